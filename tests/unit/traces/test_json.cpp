#include "traces/complaint.hpp"
#include "traces/json_parse.hpp"
#include "traces/json_text.hpp"
#include "traces/json_writer.hpp"
#include "traces/reader.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

using namespace traces;

namespace {

std::string escaped(std::string_view s) {
    std::string out;
    appendText(out, s);
    return out;
}

std::string firstError(const std::string& text) {
    std::istringstream in(text);
    Reader reader(in);
    while (reader.next()) {}
    return reader.error() ? std::to_string(reader.error()->line) + ": " + reader.error()->message : "";
}

std::string withAttr(const std::string& member) {
    return R"({"kind":"local","seq":0,"insn":0,"pid":1,"name":"a","value":)" + member + "}\n";
}

class FullDisk final : public Sink {
public:
    explicit FullDisk(std::size_t room) : room_(room) {}
    Result write(std::string_view bytes) override {
        const std::size_t n = std::min(bytes.size(), room_ - text.size());
        text += bytes.substr(0, n);
        return {n, n == bytes.size() ? 0 : ENOSPC};
    }
    void truncate(u64 size) override { text.resize(size); }
    std::string name() const override { return "t.jsonl"; }
    std::string text;

private:
    std::size_t room_;
};

Event local(u64 seq, Value value) { return {Kind::local, seq, 7, 3, {{"name", Value::text("a")}, {"value", std::move(value)}}}; }

}  // namespace

TEST_CASE("text is escaped so that every byte comes back") {
    CHECK(escaped("a\"b\\c\n\t\x01\x7f") == R"("a\"b\\c\n\t\u0001\u007f")");
    CHECK(escaped("h\xc3\xa9") == "\"h\xc3\xa9\"");
    CHECK(escaped("\xff") == R"("\uefff")");
    CHECK(escaped("\x80z") == R"("\uef80z")");
    CHECK(escaped("\xc2\x9b") == R"("\u009b")");                     // a control sequence must not reach a terminal
    CHECK(escaped("\xee\xbe\x80") == R"("\uefee\uefbe\uef80")");     // a genuine U+EF80
    CHECK(escaped("\xed\xa0\x80") == R"("\uefed\uefa0\uef80")");     // a surrogate
    CHECK(escaped("\xf4\x90\x80\x80") == R"("\ueff4\uef90\uef80\uef80")");
    CHECK(escaped("\xe2\x82") == R"("\uefe2\uef82")");               // cut short
    std::string bytes;
    for (u32 state = 1, i = 0; i < 20000; ++i) {
        state = state * 1664525 + 1013904223;
        bytes += static_cast<char>(state >> 24);
    }
    for (int lead : {0xc2, 0xe0, 0xed, 0xee, 0xef, 0xf0, 0xf4})
        for (int second = 0x80; second < 0xc0; ++second)
            bytes += {static_cast<char>(lead), static_cast<char>(second), '\x80', '\xbf'};
    CHECK(unescapeBytes(nlohmann::json::parse(escaped(bytes)).get<std::string>()) == bytes);
}

TEST_CASE("an event is one line with its keys in order") {
    MemorySink sink;
    JsonWriter writer(sink, nullptr);
    writer.event({Kind::user_write, 12, 34, 3, {{"address", Value::hex(0x7ffe)}, {"bytes", Value::bytes("\x7f" "E", 2)}}});
    writer.event(local(13, Value::object().with("n", Value::count(-2)).with("l", Value::list({Value::boolean(true), Value::null()}))));
    writer.flush();
    CHECK(sink.text() == R"({"kind":"user_write","seq":12,"insn":34,"pid":3,"address":"0x7ffe","bytes":"7f45"})" "\n"
                         R"({"kind":"local","seq":13,"insn":7,"pid":3,"name":"a","value":{"n":-2,"l":[true,null]}})" "\n");
}

TEST_CASE("what is read and written again has the same bytes") {
    MemorySink sink;
    JsonWriter writer(sink, nullptr);
    writer.event(local(0, Value::hex(~u64{0})));
    writer.event(local(1, Value::count(std::numeric_limits<i64>::min())));
    writer.event(local(2, Value::text("0x10 \xff \x1b[31m")));
    writer.event(local(3, Value::text("0x0010")));
    writer.event({Kind::sys_enter, 4, 9, 1, {{"nr", Value::count(1)}, {"name", Value::text("0xa")},
                  {"args", Value::list({Value::text("0x1")})}, {"raw", Value::list({Value::hex(1)})}}});
    writer.flush();
    std::istringstream in(sink.text());
    Reader reader(in);
    std::string again;
    while (const auto event = reader.next()) {
        appendEvent(again, *event);
        again += '\n';
        CHECK(complaint(*event) == "");
    }
    CHECK_FALSE(reader.error());
    CHECK(again == sink.text());
}

TEST_CASE("a later minor version is read as far as it is known, another major version is not") {
    const auto header = [](const std::string& version) {
        return R"({"kind":"header","seq":0,"insn":0,"pid":0,"version":")" + version + "\"}\n";
    };
    const std::string newer = header("1.99") + R"({"kind":"of tomorrow","seq":1})" "\n" + withAttr("1");
    CHECK(firstError(newer) == "");
    std::istringstream in(newer);
    Reader reader(in);
    CHECK(reader.next()->kind == Kind::header);
    CHECK(reader.next()->kind == Kind::local);
    CHECK(reader.passedOver() == 1);
    CHECK(reader.line() == 3);
    CHECK(reader.offset() == newer.size());
    CHECK(firstError(header("1.0") + R"({"kind":"of tomorrow","seq":1})" "\n") == R"(2: unknown kind of event "of tomorrow")");
    CHECK(firstError(header("2.0")).starts_with(R"(1: this is version "2.0" of the format)"));
    CHECK(firstError(header("")).starts_with("1: this is version"));
}

TEST_CASE("a hostile trace gives an error with its line") {
    const std::string good = withAttr("1");
    CHECK(firstError("") == "");
    CHECK(firstError(good) == "");
    CHECK(firstError(good + "{") == "2: the trace was cut inside this line");
    CHECK(firstError(good + "{\n") == "2: not JSON at byte 2");
    CHECK(firstError("[]\n") == "1: not a JSON object");
    CHECK(firstError("{}\n") == "1: no 'kind'");
    CHECK(firstError(R"({"kind":7})" "\n") == "1: no 'kind'");
    CHECK(firstError(R"({"kind":"x\ny"})" "\n") == R"(1: unknown kind of event "x\ny")");
    CHECK(firstError(R"({"kind":"local","seq":-1,"insn":0,"pid":0})" "\n") == "1: 'seq' is not a number from 0");
    CHECK(firstError(R"({"kind":"local","seq":1,"insn":0,"pid":4294967296})" "\n") == "1: 'pid' is not a process id");
    CHECK(firstError(R"({"kind":"local","seq":1,"insn":0})" "\n") == "1: no 'pid'");
    CHECK(firstError(withAttr("1.5")) == "1: '1.5' is not an integer of 64 bits");
    CHECK(firstError(withAttr("1e999999")).find("1: ") == 0);
    CHECK(firstError(withAttr("9223372036854775808")) == "1: an integer does not fit 64 bits");
    CHECK(firstError(withAttr("1,\"value\":1")) == "1: 'value' appears twice in an object");
    CHECK(firstError(withAttr("\"\xff\"")).find("1: not JSON") == 0);
    CHECK(firstError(withAttr("\"\\ud800\"")).find("1: not JSON") == 0);
    CHECK(firstError(withAttr(std::string(100000, '[') + std::string(100000, ']'))) == "1: more than 16 levels of nesting");
    std::string keys = "{\"k\":0";
    for (int i = 0; i < 2000; ++i) keys += ",\"" + std::to_string(i) + "\":0";
    CHECK(firstError(withAttr(keys + "}")) == "1: an object has more than 1024 keys");
    std::string names;
    for (int i = 0; i < 5000; ++i) names += withAttr("1,\"n" + std::to_string(i) + "\":0");
    CHECK(firstError(names) == "4097: more than 4096 unknown attribute names");
    std::string values = "[0";
    for (int i = 0; i < 1 << 20; ++i) values += ",0";
    CHECK(parseJson(values + "]", 16).error == "more than 1048576 values");
    values.resize(values.size() - 4);
    CHECK(parseJson(values + "]", 16).error.empty());
}

TEST_CASE("the hash is XXH64") {
    CHECK(xxh64("", 0) == 0xef46db3751d8e999);
    CHECK(xxh64("a", 1) == 0xd24ec4f1a98c6e5b);
    CHECK(xxh64("abc", 3) == 0x44bc2cf5ad770999);
    const std::string text = "Nobody inspects the spammish repetition";
    CHECK(xxh64(text.data(), text.size()) == 0xfbcea83c8a378bf1);
    Xxh64 pieces;
    for (std::size_t at = 0, n = 1; at < text.size(); at += n, n = n % 7 + 1)
        pieces.update(text.data() + at, n = std::min(n, text.size() - at));
    CHECK(pieces.digest() == 0xfbcea83c8a378bf1);
}

TEST_CASE("the footer carries the hash of all lines before it") {
    MemorySink sink;
    JsonWriter writer(sink, nullptr);
    for (u64 i = 0; i < 40000; ++i) writer.event(local(i, Value::hex(i * i)));
    writer.event({Kind::footer, 40000, 9, 0, {{"exit_status", Value::count(0)}}});
    const std::string& text = sink.text();
    const std::size_t last = text.rfind('\n', text.size() - 2) + 1;
    const auto footer = nlohmann::json::parse(text.substr(last));
    std::string expected;
    appendHex(expected, xxh64(text.data(), last));
    CHECK(footer["hash"].dump() == expected);
    CHECK(writer.bytes() == text.size());
}

TEST_CASE("a full disk leaves whole lines and is reported once") {
    std::vector<std::string> reports;
    FullDisk sink(std::size_t{1500} << 10);
    JsonWriter writer(sink, [&](const std::string& message) { reports.push_back(message); });
    for (u64 i = 0; i < 60000; ++i) writer.event(local(i, Value::count(1)));
    writer.flush();
    REQUIRE(reports.size() == 1);
    CHECK(writer.failed());
    CHECK(sink.text.back() == '\n');
    const auto lines = std::count(sink.text.begin(), sink.text.end(), '\n');
    CHECK(reports[0] == "cannot write the trace to t.jsonl: No space left on device; it holds the first " +
                            std::to_string(lines) + " events (" + std::to_string(sink.text.size()) +
                            " bytes) and no more will be added; the program runs on");
    CHECK(firstError(sink.text) == "");
}

// Another parser says whether it is JSON; beyond that, ours refuses what a trace does not have.
TEST_CASE("what is not JSON is refused, and nothing else for that reason") {
    const std::string texts[] = {
        R"({"kind":"local","seq":12,"list":[1,-2,[],{}],"o":{"a":null,"b":true,"c":false}})", R"( { "a" : [ 1 , 2 ] } )",
        "\"\\u00e9\\uD83d\\uDE00\\n\\t\\/\\b\\f\\r\\\\\\\"\"", "\"\xc3\xa9\xf0\x9f\x98\x80\x7f\"", "-0", "00", "-", "1.", "1e", "[1,]",
        "{,}", "\"\\u12\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "tru", "nul", "\"a\tb\"", "\"\xed\xa0\x80\"", "\"\xc0\x80\"", "", " ", "1 2", "1.5e+7",
    };
    const std::string alphabet = "{}[]\",:\\u0d8eE.+-1truefalsnl \t\n\x01\x7f\xc3\xa9\xef\xbe\x80";
    std::mt19937 random(3);
    for (const std::string& text : texts)
        for (unsigned change = 0; change < 400; ++change) {
            std::string changed = text;
            for (unsigned i = 0; i < change % 4 && !changed.empty(); ++i) {
                const std::size_t at = random() % changed.size();
                const char c = alphabet[random() % alphabet.size()];
                if (random() % 3) changed[at] = c;
                else if (random() % 2) changed.insert(at, 1, c);
                else changed.erase(at, 1 + random() % 3);
            }
            const std::string error = parseJson(changed, 16).error;
            const bool other =
                error.find("64 bits") != std::string::npos || error.find("twice") != std::string::npos;    // the rest was not looked at
            INFO(changed << ": " << error);
            CHECK((other || error.empty() == nlohmann::json::accept(changed)));
        }
}
