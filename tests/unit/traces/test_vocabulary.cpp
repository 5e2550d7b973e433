#include "tests/unit/traces/source_tree.hpp"
#include "traces/complaint.hpp"
#include "traces/exempt.hpp"
#include "traces/reader.hpp"
#include "traces/schema.hpp"
#include "traces/vocabulary.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace traces;

TEST_CASE("the vocabulary is unambiguous") {
    std::set<std::string_view> names;
    std::set<std::string_view> known{"always"};
    for (const CategoryInfo& category : categories()) known.insert(category.name);
    for (const KindInfo& kind : vocabulary()) {
        INFO(kind.name);
        CHECK(names.insert(kind.name).second);
        CHECK(known.count(kind.category));
        CHECK(kind.meaning.ends_with('.'));
        std::set<std::string_view> attrs{"kind", "seq", "insn", "pid"};
        for (const AttrInfo& attr : kind.attrs) CHECK(attrs.insert(attr.name).second);
    }
}

TEST_CASE("categories of -e trace=") {
    CHECK(parseCategories("all").mask == everything());
    CHECK(parseCategories("none").mask == alwaysOn());
    CHECK(parseCategories("kernel,syscall").mask ==
          (alwaysOn() | bit(Kind::call) | bit(Kind::ret) | bit(Kind::local) | bit(Kind::sys_enter) | bit(Kind::sys_exit)));
    CHECK(parseCategories("!insn").mask == (everything() & ~bit(Kind::insn) & ~bit(Kind::registers)));
    CHECK(parseCategories("mm,!blob").mask ==
          (alwaysOn() | bit(Kind::vma) | bit(Kind::pte) | bit(Kind::page_fill) | bit(Kind::user_write) |
                                                        bit(Kind::page_write)));
    CHECK(parseCategories("call").mask == (alwaysOn() | bit(Kind::call)));
    CHECK((alwaysOn() & bit(Kind::footer)) != 0);
    const Selection wrong = parseCategories("kernel,sycall");
    CHECK(wrong.error.find("'sycall'") != std::string::npos);
    CHECK(wrong.error.find("syscall") != std::string::npos);
    for (const char* bad : {"", "kernel,", ",", "!", "All"}) CHECK_FALSE(parseCategories(bad).error.empty());
    for (const char* text : {"all", "none", "kernel,syscall", "kernel,vma,pte"}) CHECK(describeMask(parseCategories(text).mask) == text);
}

TEST_CASE("generated: the JSON Schemas are those of the vocabulary") {     // EXECSCOPE_WRITE_PAGES=1 test_traces "generated:*"
    const std::string strict = schemaText(Schema::strict), permissive = schemaText(Schema::permissive);
    CHECK((generated("traces/schema/trace.schema.json", strict) == strict));
    CHECK((generated("traces/schema/trace.permissive.schema.json", permissive) == permissive));
}

namespace {

std::map<std::string, std::string> sampleLines() {
    std::ifstream in(sourcePath("traces/samples/events.jsonl"), std::ios::binary);
    std::map<std::string, std::string> lines;
    Reader reader(in);
    const std::string text = contentOf("traces/samples/events.jsonl");
    for (std::size_t at = 0; const auto event = reader.next();) {
        const std::size_t end = text.find('\n', at);
        CHECK(complaint(*event) == "");
        lines[std::string(info(event->kind).name)] = text.substr(at, end - at);
        at = end + 1;
    }
    CHECK_FALSE(reader.error());
    return lines;
}

std::string replacePart(std::string text, const std::string& name, const std::string& part) {
    const std::string begin = "<!-- generated: " + name + " -->\n";
    const std::size_t from = text.find(begin);
    REQUIRE(from != std::string::npos);
    const std::size_t to = text.find("<!-- end -->", from);
    REQUIRE(to != std::string::npos);
    return text.replace(from + begin.size(), to - from - begin.size(), "\n" + part);
}

}  // namespace

TEST_CASE("there is a sample line of every kind") {
    const auto lines = sampleLines();
    for (const KindInfo& kind : vocabulary()) {
        INFO(kind.name);
        CHECK(lines.count(std::string(kind.name)));
    }
}

TEST_CASE("generated: docs/trace-format.md describes the vocabulary") {
    const std::string name = "docs/trace-format.md";
    std::string text = replacePart(contentOf(name), "categories", categoryReference() + "\n");
    text = replacePart(text, "exempt", exemptReference() + "\n");
    text = replacePart(text, "events", eventReference(sampleLines()));
    CHECK((generated(name, text) == text));
}
