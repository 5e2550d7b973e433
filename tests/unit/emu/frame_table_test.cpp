#include "emu/backtrace/frame_table.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <vector>

using namespace emu;

namespace {

constexpr u64 SECTION = 0x400000, CODE = 0x3ff000;
constexpr u64 PLENTY = 1000000;

// One CIE ("zR", code 1, data -8: CFA = rsp + 8, rip at CFA - 8) and one FDE for CODE to CODE + 0x20, in which a push at CODE + 1
// moves the CFA to rsp + 16 and saves rbp at CFA - 16 (LSB, "Exception Frames").
std::vector<u8> table() {
    std::vector<u8> bytes = {20, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1, 0, 0};
    const auto add = [&](auto value) {
        const u8* at = reinterpret_cast<const u8*>(&value);
        bytes.insert(bytes.end(), at, at + sizeof value);
    };
    add(u32{20});
    add(u32{28});                                                           // back to the CIE
    add(static_cast<u32>(CODE - (SECTION + bytes.size())));
    add(u32{0x20});
    for (const int byte : {0, 0x41, 0x0e, 16, 0x86, 2, 0, 0}) add(static_cast<u8>(byte));
    add(u32{0});
    return bytes;
}

}  // namespace

TEST_CASE("a row says where the caller's registers are") {
    const std::vector<u8> section = table();
    u64 work = PLENTY;
    const auto first = frameRowAt(section, SECTION, CODE, work), later = frameRowAt(section, SECTION, CODE + 0x1f, work);
    REQUIRE(first);
    CHECK(first->cfa_register == DWARF_RSP);
    CHECK(first->cfa_offset == 8);
    CHECK(first->rules[DWARF_RIP].offset == -8);
    CHECK(first->rules[DWARF_RBP].kind == RegisterRule::Kind::same);
    REQUIRE(later);
    CHECK(later->cfa_offset == 16);
    CHECK(later->rules[DWARF_RBP].offset == -16);
    CHECK(!frameRowAt(section, SECTION, CODE + 0x20, work));
    CHECK(!frameRowAt(section, SECTION, CODE - 1, work));
}

TEST_CASE("a table takes no more work than it may") {
    const std::vector<u8> section = table();
    u64 work = PLENTY;
    REQUIRE(frameRowAt(section, SECTION, CODE + 0x1f, work));
    const u64 needed = PLENTY - work;
    CHECK(needed < 20);
    for (u64 less = 0; less < needed; ++less) {
        work = less;
        CHECK(!frameRowAt(section, SECTION, CODE + 0x1f, work));
        CHECK(work == 0);
    }
    work = needed;
    CHECK(frameRowAt(section, SECTION, CODE + 0x1f, work));
}

TEST_CASE("no table is too strange to be read") {
    u64 noise = 88172645463325252;
    const auto random = [&] { return noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17; };
    unsigned rows = 0;
    for (unsigned round = 0; round < 100000; ++round) {
        std::vector<u8> section = table();
        for (u64 changes = random() % 6; changes > 0; --changes) section[random() % section.size()] = static_cast<u8>(random() >> 20);
        section.resize(section.size() - random() % 8);
        u64 work = 1000;
        rows += frameRowAt(section, SECTION, CODE + random() % 0x20, work).has_value();
    }
    CHECK(rows > 10000);
    CHECK(rows < 99000);
}
