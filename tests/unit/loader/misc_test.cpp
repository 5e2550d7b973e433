#include "loader/misc_entries.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace loader;

namespace {

const MiscRules& rules = v6_1::misc_rules;
int refusal(const std::string& line, const MiscRules& r = rules) { return parseMiscEntry(line, r).error(); }

}  // namespace

TEST_CASE("A line registers an interpreter by magic or by extension") {
    const auto magic = parseMiscEntry(":elf:M:4:\\x7fE\\x00:\\xff\\xff\\x0f:/bin/i:OC\n", rules);
    REQUIRE(magic.ok());
    CHECK(magic.value()->offset == 4);
    CHECK(magic.value()->magic == std::string("\x7f" "E\0", 3));
    CHECK(magic.value()->flags == (MISC_OPEN_BINARY | MISC_CREDENTIALS));
    CHECK(describeEntry(*magic.value()) == "enabled\ninterpreter /bin/i\nflags: OC\noffset 4\nmagic 7f4500\nmask ffff0f\n");
    const auto extension = parseMiscEntry(",py,E,,py,,/bin/python,P", rules);
    REQUIRE(extension.ok());
    CHECK(describeEntry(*extension.value()) == "enabled\ninterpreter /bin/python\nflags: P\nextension .py\n");
}

TEST_CASE("A bad line is refused") {
    for (const char* line : {":a:M::MZ::/b", ":a/b:M::MZ::/bin/i:", "::M::MZ::/bin/i:", ":a:X::MZ::/bin/i:", ":a:M:-1:MZ::/bin/i:",
                             ":a:M::MZ:\\xff:/bin/i:", ":a:M::::/bin/i:", ":a:M::MZ:::", ":a:M::MZ::/bin/i:Q", ":a:M:255:MZ::/bin/i:",
                             ":a:E::p/y::/bin/i:", ":..:M::MZ::/bin/i:"})
        CHECK(refusal(line) == -EINVAL);
    CHECK(refusal(":a:M:254:MZ::/bin/i:") == 0);
    CHECK(refusal(":a:M:254:MZ::/bin/i:", v3_10::misc_rules) == -EINVAL);
    CHECK(refusal(":a:M::MZ::/bin/i:F") == 0);
    CHECK(refusal(":a:M::MZ::/bin/i:F", v3_10::misc_rules) == -EINVAL);
    CHECK(refusal(":" + std::string(2000, 'a') + ":M::MZ::/bin/i:") == -EINVAL);
}

TEST_CASE("An entry matches under its mask, or by the last extension") {
    kernel::linux_binprm bprm;
    const std::string header = "abMZ";
    std::copy(header.begin(), header.end(), bprm.buf.begin());
    bprm.interp = "/x/prog.tar.py";
    const auto matches = [&](const char* line) { return matchesEntry(*parseMiscEntry(line, rules).value(), &bprm); };
    CHECK(matches(":a:M:2:MZ::/bin/i:"));
    CHECK_FALSE(matches(":a:M:1:MZ::/bin/i:"));
    CHECK(matches(":a:M:2:mz:\\xdf\\xdf:/bin/i:"));
    CHECK(matches(":a:E::py::/bin/i:"));
    CHECK_FALSE(matches(":a:E::tar::/bin/i:"));
}
