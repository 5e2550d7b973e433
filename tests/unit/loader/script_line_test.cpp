#include "loader/script_line.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace {

auto parse(std::string_view text) {
    std::array<u8, 128> header{};
    std::copy_n(text.begin(), std::min(text.size(), header.size()), header.begin());
    return loader::parseScriptLine(header);
}

}  // namespace

TEST_CASE("A script line names an interpreter and at most one argument") {
    REQUIRE(parse("#!/bin/sh\n"));
    CHECK(parse("#!/bin/sh\n")->interpreter == "/bin/sh");
    CHECK_FALSE(parse("#!/bin/sh\n")->argument);
    CHECK_FALSE(parse("#!/bin/sh \t \n")->argument);
    CHECK(parse("#! \t/bin/sh -e  -x \t\nrest")->interpreter == "/bin/sh");
    CHECK(parse("#! \t/bin/sh -e  -x \t\nrest")->argument == "-e  -x");
    CHECK(parse("#!/bin/sh")->interpreter == "/bin/sh");
    CHECK(parse("#!/bin/sh\r\n")->interpreter == "/bin/sh\r");
}

TEST_CASE("A script line without a name is none") {
    CHECK_FALSE(parse("#!"));
    CHECK_FALSE(parse("#!\n"));
    CHECK_FALSE(parse("#!  \t \n/bin/sh"));
    CHECK_FALSE(parse(std::string_view("#!\0/bin/sh\n", 11)));
}

TEST_CASE("v3.10 cuts a long script line at 127 bytes") {
    const std::string line = "#!/" + std::string(200, 'a') + "\n";
    CHECK(parse(line)->interpreter == "/" + std::string(124, 'a'));
    const std::string argument = "#!/bin/sh " + std::string(200, 'b') + "\n";
    CHECK(parse(argument)->argument == std::string(117, 'b'));
}

namespace {

auto parseStrictly(std::string_view text) {
    std::array<u8, 256> header{};
    std::copy_n(text.begin(), std::min(text.size(), header.size()), header.begin());
    return loader::parseScriptLineStrictly(header);
}

}  // namespace

TEST_CASE("v6.1 refuses a name that may have been cut, and cuts an argument") {
    CHECK(parseStrictly("#! \t/bin/sh -e  -x \t\nrest")->argument == "-e  -x");
    CHECK_FALSE(parseStrictly("#!/" + std::string(300, 'a') + "\n"));
    CHECK_FALSE(parseStrictly("#!" + std::string(300, ' ') + "/bin/sh\n"));
    CHECK(parseStrictly("#!/bin/sh " + std::string(400, 'b'))->argument == std::string(245, 'b'));
    CHECK_FALSE(parseStrictly("#!\n"));
    CHECK_FALSE(parseStrictly("#! \t\n"));
    CHECK(parseStrictly("#!")->interpreter.empty());
    CHECK(parseStrictly("#!/bin/sh")->interpreter == "/bin/sh");
    CHECK(parseStrictly("#!/" + std::string(252, 'a'))->interpreter == "/" + std::string(252, 'a'));     // 255 bytes, then NUL
    CHECK(parseStrictly("#!/" + std::string(252, 'a') + " \n")->interpreter == "/" + std::string(252, 'a'));
    CHECK_FALSE(parseStrictly("#!/" + std::string(253, 'a')));
}
