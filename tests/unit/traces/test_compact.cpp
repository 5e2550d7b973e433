#include "traces/compact.hpp"
#include "traces/json_writer.hpp"
#include "traces/plain_bytes.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <sstream>
#include <utility>

using namespace traces;

namespace {

std::string rendered(const std::string& file) {
    std::stringbuf in{file};
    TraceText text(in);
    std::string out;
    char part[1000];
    while (const std::streamsize n = text.sgetn(part, sizeof part)) out.append(part, static_cast<std::size_t>(n));
    return out;
}

template <class T>
std::string low(T value) {
    std::string out(sizeof value, '\0');
    std::memcpy(out.data(), &value, sizeof value);
    return out;
}

const std::string begin = R"(,"address":"0x10","bytes":"90","text":"nop","regs":)";

// The same four instructions as text and as records: defined, again, with two writes, as text.
struct Step { std::string text, records; };
std::vector<Step> steps() {
    const std::string define = "D" + low(u16{7}) + low(static_cast<u32>(begin.size())) + begin;
    const std::string writes = R"(,"memory":[{"address":"0xfff8","bytes":"0102"},{"address":"0x0","bytes":"ff"}]})";
    const std::string vector = begin + R"({"ymm0":["0x1","0x2","0x0","0x0"]}})";
    return {{begin + R"({"rax":"0x1","rip":"0x7fffffffffffffff"}})", define + "I" + low(u16{7}) + low(u32{5}) + low(u64{1}) + low(~u64{0} >> 1)},
            {begin + "{}}", "I" + low(u16{7}) + low(u32{0})},
            {begin + R"({"rcx":"0x0"})" + writes,
             "I" + low(u16{7}) + low(u32{2} | 2u << compactRegisters) + low(u64{0}) + low(u64{0xfff8}) + low(u8{2}) + "\x01\x02" + low(u64{0}) + low(u8{1}) + "\xff"},
            {vector, "T" + low(static_cast<u32>(vector.size())) + vector}};
}

void write(JsonWriter& writer, bool compact) {
    u64 seq = 0, insn = 100;
    writer.event({Kind::header, seq++, 0, 0, {{"schema", Value::text("x")}}});
    for (const int pid : {3, 4})
        for (const Step& step : steps()) {
            const std::string text = compact ? step.records : step.text;
            writer.prepare(text);
            writer.event({Kind::insn, seq++, ++insn, pid, {}});
            if (pid == 4) writer.event({Kind::set, seq++, insn, pid, {{"new", Value::count(-1)}}});
        }
    writer.event({Kind::footer, seq, insn, 0, {{"instructions", Value::count(8)}}});
}

}  // namespace

TEST_CASE("compact: a trace holds the same bytes in both forms") {
    MemorySink lines, records;
    {
        JsonWriter json(lines, nullptr), compact(records, nullptr, "rax rcx rip");
        write(json, false);
        write(compact, true);
    }
    CHECK(rendered(records.text()) == lines.text());
    CHECK(rendered(lines.text()) == lines.text());
    CHECK(lines.text().find("\"rip\":\"0x7fffffffffffffff\"") != std::string::npos);

    SECTION("what was cut is whole lines, and the beginning of one where a record was cut") {
        unsigned cut = 0;
        for (std::size_t size = compactMagic.size(); size < records.text().size(); ++size) {
            const std::string some = rendered(records.text().substr(0, size));
            REQUIRE(lines.text().starts_with(some));
            REQUIRE((some.empty() || some.back() == '\n' || some.ends_with("\n{") || some == "{"));
            cut += !some.empty() && some.back() == '{';
        }
        CHECK(cut > records.text().size() / 2);
    }
    SECTION("damage is an error, or a trace without a footer") {
        for (std::size_t at = compactMagic.size(); at < records.text().size(); ++at)
            for (const char c : {'\0', '\xff', 'I', 'D', 'L'}) {
                std::string changed = records.text();
                if (std::exchange(changed[at], c) == c) continue;
                std::string text;
                try {
                    text = rendered(changed);
                } catch (const DamagedData&) {
                }
                REQUIRE(text.find("footer") == std::string::npos);
            }
        CHECK_THROWS_WITH(rendered(records.text() + "L"), Catch::Contains("behind its end"));
        std::string changed = records.text();
        changed.back() ^= 1;
        CHECK_THROWS_WITH(rendered(changed), Catch::Contains("at byte " + std::to_string(changed.rfind("F", changed.rfind("{\"kind\":\"footer\"")))) &&
                                                 Catch::Contains("hash"));
        CHECK_THROWS_AS(rendered(std::string(compactMagic) + "a\nI" + low(u16{1}) + low(u32{0})), DamagedData);
        CHECK_THROWS_AS(rendered(std::string(compactMagic) + "a\nX"), DamagedData);
    }
    SECTION("the lines before the damage come first") {
        for (const std::string& file : {records.text().substr(0, records.text().rfind("F")) + "Xfooter", records.text() + "X"}) {
            std::stringbuf in{file};
            TraceText text(in);
            std::string out(lines.text().size(), '\0');
            const std::size_t before = lines.text().rfind('\n', lines.text().size() - 2) + 1;
            REQUIRE(text.sgetn(out.data(), static_cast<std::streamsize>(out.size())) == static_cast<std::streamsize>(before));
            CHECK(lines.text().starts_with(out.substr(0, before)));
            CHECK_THROWS_AS(text.sgetc(), DamagedData);
            CHECK_THROWS_AS(text.sgetn(out.data(), 1), DamagedData);
        }
    }
}
