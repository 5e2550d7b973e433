#include "emu/options.hpp"

#include <catch2/catch.hpp>

namespace {

using Words = std::vector<std::string>;

emu::Parsed parse(Words words) {
    words.insert(words.begin(), "execscope");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    return emu::parseCommandLine(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

TEST_CASE("options end where the program begins") {
    const emu::Parsed parsed = parse({"run", "--seed", "7", "sh", "-c", "echo $1", "--", "x", "--seed", "8"});
    REQUIRE(parsed.options);
    CHECK(parsed.options->world.seed == 7);
    CHECK(parsed.options->world.program == Words{"sh", "-c", "echo $1", "--", "x", "--seed", "8"});
}

TEST_CASE("-- ends the options, and only the first one is ours") {
    CHECK(parse({"run", "--", "-x", "--", "y"}).options->world.program == Words{"-x", "--", "y"});
    CHECK(parse({"run", "x", "--", "x"}).options->world.program == Words{"x", "--", "x"});
}

TEST_CASE("--bind takes HOST, GUEST and rw apart") {
    const emu::Parsed parsed = parse({"run", "--bind", "/a", "--bind", "/b:/c", "--bind", "/d:/e:rw", "--bind", "/f:rw", "p"});
    REQUIRE(parsed.options);
    const std::vector<emu::Bind>& binds = parsed.options->world.binds;
    REQUIRE(binds.size() == 4);
    CHECK((binds[0].host == "/a" && binds[0].guest.empty() && !binds[0].writable));
    CHECK((binds[1].host == "/b" && binds[1].guest == "/c" && !binds[1].writable));
    CHECK((binds[2].host == "/d" && binds[2].guest == "/e" && binds[2].writable));
    CHECK((binds[3].host == "/f" && binds[3].guest.empty() && binds[3].writable));
}

TEST_CASE("a command line that is not understood gives status 125") {
    const std::vector<Words> bad = {{}, {"frob"}, {"run"}, {"run", "--"}, {"run", "--bogus", "p"}, {"run", "--seed", "x", "p"},
                                    {"run", "--bind", "a:b", "p"}, {"run", "--profile", "v9", "p"}, {"trace", "-e", "x", "p"}};
    for (const Words& words : bad) {
        const emu::Parsed parsed = parse(words);
        CHECK_FALSE(parsed.options);
        CHECK(parsed.status == emu::OWN_FAILURE);
    }
}

TEST_CASE("a trace file given to tree is read, not run") {
    CHECK(parse({"tree", "--depth", "3", "a.jsonl"}).options->traces == Words{"a.jsonl"});
    CHECK(parse({"tree", "prog", "a.jsonl"}).options->traces.empty());
    CHECK(parse({"tree", EXECSCOPE_SOURCE_DIR "/traces/samples/events.jsonl"}).options->traces.size() == 1);
}
