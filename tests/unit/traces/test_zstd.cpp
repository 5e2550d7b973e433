#include "traces/json_writer.hpp"
#include "traces/plain_bytes.hpp"
#include "traces/zstd_sink.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <sstream>

using namespace traces;

namespace {

class Shared final : public Sink {
public:
    explicit Shared(std::string& text, int error = 0) : text_(text), error_(error) {}
    Result write(std::string_view bytes) override {
        if (error_) return {0, error_};
        text_ += bytes;
        return {bytes.size(), 0};
    }
    std::string name() const override { return "shared"; }

private:
    std::string& text_;
    int error_;
};

std::string plain(std::string_view file) {
    std::stringbuf in{std::string(file)};
    PlainBytes bytes(in);
    std::string out;
    std::vector<char> part(100'000);
    while (const std::streamsize n = bytes.sgetn(part.data(), static_cast<std::streamsize>(part.size())))
        out.append(part.data(), static_cast<std::size_t>(n));
    return out;
}

u32 low(std::string_view s, std::size_t at) {
    u32 value;
    std::memcpy(&value, s.data() + at, 4);
    return value;
}

Event lineOf(Kind kind, u64 seq) { return {kind, seq, 0, 0, {{"hash", Value::hex(seq * 0x9e3779b97f4a7c15)}}}; }

}  // namespace

TEST_CASE("zstd: frames begin with checkpoints and can be read alone, as the index says") {
    std::string file, lines;
    {
        ZstdSink sink(std::make_unique<Shared>(file));
        MemorySink memory;
        JsonWriter writer(sink, nullptr), same(memory, nullptr);
        for (u64 i = 0; i < 200'000; ++i)
            for (JsonWriter* one : {&writer, &same}) one->event(lineOf(i % 1000 ? Kind::set : Kind::checkpoint, i));
        writer.finish();
        REQUIRE_FALSE(writer.failed());
        same.finish();
        lines = memory.text();
    }
    REQUIRE(plain(file) == lines);
    REQUIRE(low(file, file.size() - 4) == 0x8F92EAB1);
    const u32 frames = low(file, file.size() - 9);
    REQUIRE(frames >= 2);
    const std::size_t index = file.size() - 9 - 8 * std::size_t{frames};
    std::size_t at = 0, content = 0;
    for (u32 i = 0; i < frames; ++i) {
        const std::string one = plain(std::string_view(file).substr(at, low(file, index + 8 * i)));
        CHECK(one.size() == low(file, index + 8 * i + 4));
        CHECK(one.starts_with("{\"kind\":\"checkpoint\""));
        CHECK(one == lines.substr(content, one.size()));
        at += low(file, index + 8 * i);
        content += one.size();
    }
    CHECK(content == lines.size());
}

TEST_CASE("zstd: what was cut is read as far as it goes, what was changed is refused") {
    std::string file;
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919) + "\n";
    {
        ZstdSink sink(std::make_unique<Shared>(file));
        for (std::size_t at = 0; at < text.size(); at += 10'000) CHECK(sink.write(std::string_view(text).substr(at, 10'000)).error == 0);
    }
    CHECK(plain(file) == text);
    const std::string half = plain(std::string_view(file).substr(0, file.size() / 2));
    CHECK(half.size() > text.size() / 4);
    CHECK(text.starts_with(half));
    std::string changed = file;
    changed[file.size() / 2] ^= 0x10;
    CHECK_THROWS_AS(plain(changed), DamagedData);
    std::stringbuf in{changed};
    PlainBytes bytes(in);
    std::string out(text.size(), '\0');
    const std::streamsize good = bytes.sgetn(out.data(), static_cast<std::streamsize>(out.size()));
    CHECK(good > static_cast<std::streamsize>(text.size() / 4));
    CHECK(text.starts_with(out.substr(0, static_cast<std::size_t>(good))));
    CHECK(plain("no zstd\n") == "no zstd\n");
    CHECK(plain("").empty());
}

TEST_CASE("zstd: a write error is that of the file, once") {
    std::string file, message;
    ZstdSink sink(std::make_unique<Shared>(file, ENOSPC));
    JsonWriter writer(sink, [&](const std::string& text) { message += text; });
    for (u64 i = 0; i < 100; ++i) writer.event(lineOf(Kind::set, i));
    writer.finish();
    CHECK(writer.failed());
    CHECK(message.find("No space left on device") != std::string::npos);
    writer.finish();
    CHECK(message.find("No space") == message.rfind("No space"));
}
