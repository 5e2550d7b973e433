// XSAVE, XSAVEC, XSAVEOPT, XRSTOR and XGETBV in the model and on this processor: the same state, the same bytes in memory.
#include "cpu/cpuid.hpp"
#include "cpu/xstate.hpp"
#include "tests/lib/host_fxsave.hpp"
#include "tests/unit/cpu/machine.hpp"
#include "tests/unit/cpu/random.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <functional>

using namespace cpu;

namespace {

struct alignas(64) Area : std::array<u8, 1024> {};
// A context switch between XRSTOR and XSAVEOPT may change what the processor takes for in use (SDM Vol. 1 §13.6): seen on a Zen 4.
constexpr unsigned LOOKS = 3;
using Run = std::function<void(const Area& state, Area& out, u32 mask)>;

bool onThisProcessor() {
    if (!missingOnHost(Level::v3).empty()) return false;
    u32 eax = 1, ebx, ecx = 0, edx;
    asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if (!(ecx >> 27 & 1)) return false;
    eax = 0xd, ecx = 1;
    asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return (eax & 3) == 3;      // XSAVEOPT, XSAVEC
}

// Loads the state, saves it with one instruction, and puts the test's own state back.
#define NATIVE(instruction)                                                                                  \
    [](const Area& state, Area& out, u32 mask) {                                                             \
        alignas(64) static u8 mine[8192];                                                                    \
        asm volatile("mov $7, %%eax\n xor %%edx, %%edx\n xsave64 (%0)\n xrstor64 (%1)\n mov %3, %%eax\n "     \
                     instruction " (%2)\n mov $7, %%eax\n xrstor64 (%0)"                                     \
                     : : "r"(mine), "r"(state.data()), "r"(out.data()), "r"(mask) : "rax", "rdx", "memory");  \
    }

struct Saved {
    const char* name;
    std::vector<u8> code;       // on [rdi]
    Run native;
};
const Saved FORMS[] = {
    {"xsave64", {0x48, 0x0f, 0xae, 0x27}, NATIVE("xsave64")},     {"xsave", {0x0f, 0xae, 0x27}, NATIVE("xsave")},
    {"xsavec64", {0x48, 0x0f, 0xc7, 0x27}, NATIVE("xsavec64")},   {"xsavec", {0x0f, 0xc7, 0x27}, NATIVE("xsavec")},
    {"xsaveopt64", {0x48, 0x0f, 0xae, 0x37}, NATIVE("xsaveopt64")},
};
constexpr u8 XRSTOR64[] = {0x48, 0x0f, 0xae, 0x2e};     // xrstor64 [rsi]

void putU64(Area& area, u64 at, u64 value) { std::memcpy(area.data() + at, &value, 8); }
// A state that the instruction may load: reserved parts clear, MXCSR valid.
Area randomState(Random& random, bool compacted) {
    Area area{};
    for (u64 at = 0; at < xsaveBytes(7); at += 8) putU64(area, at, random.next());
    putU64(area, 0, (random.next() & 0x07ff00ffffff0f7f) | 0x40);
    putU64(area, 24, random.next() & 0xffff);
    for (u64 at = XSAVE_HEADER_AT; at < XSAVE_YMM_AT; at += 8) putU64(area, at, 0);
    const u64 components = compacted ? random.below(8) : 7;
    putU64(area, XSAVE_HEADER_AT, random.next() & components);
    if (compacted) putU64(area, XSAVE_HEADER_AT + 8, components | XCOMP_COMPACTED);
    return area;
}

}  // namespace

TEST_CASE("XRSTOR and every XSAVE give this processor's bytes") {
    if (!onThisProcessor()) {
        WARN("skipped: this processor lacks XSAVEC or AVX");
        return;
    }
    Random random;
    for (const Saved& form : FORMS)
        for (unsigned round = 0; round < 300; ++round) {
            const Area state = randomState(random, round % 2);
            const u32 mask = static_cast<u32>(random.below(8));
            Area before{};
            for (u8& byte : before) byte = static_cast<u8>(random.next());
            for (u64 at = XSAVE_HEADER_AT; at < XSAVE_YMM_AT; at += 8) putU64(before, at, 0);
            std::vector<u8> code(std::begin(XRSTOR64), std::end(XRSTOR64));
            code.insert(code.end(), form.code.begin(), form.code.end());
            Machine m(code);
            std::memcpy(m.at(Machine::DATA), state.data(), state.size());
            std::memcpy(m.at(Machine::DATA + 1024), before.data(), before.size());
            m.reg(RSI) = Machine::DATA;
            m.reg(RDI) = Machine::DATA + 1024;
            m.reg(RAX) = 7;
            CHECK(m.run(1).kind == Trap::Kind::limit);
            m.reg(RAX) = mask;
            CHECK(m.run(1).kind == Trap::Kind::limit);
            u8* const mine = m.at(Machine::DATA + 1024);
            forgetDialect(mine);
            std::size_t differs = 0;
            for (unsigned look = 0; look < LOOKS && differs < before.size(); ++look) {
                Area native = before;
                form.native(state, native, mask);
                forgetDialect(native.data());
                differs = static_cast<std::size_t>(std::mismatch(native.begin(), native.end(), mine).first - native.begin());
            }
            INFO(form.name << " mask " << mask << " differs at " << differs);
            CHECK(differs == before.size());
        }
}

TEST_CASE("XRSTOR refuses what the SDM forbids, and changes nothing") {
    struct Case { u64 at, value; };
    constexpr Case wrong[] = {{XSAVE_HEADER_AT, 8}, {XSAVE_HEADER_AT + 8, 1}, {XSAVE_HEADER_AT + 16, 1}, {24, 0x10000}};
    for (const Case& c : wrong) {
        Machine m({std::begin(XRSTOR64), std::end(XRSTOR64)});
        Area area{};
        putU64(area, c.at, c.value);
        std::memcpy(m.at(Machine::DATA), area.data(), area.size());
        m.registers().ymm[3].lane[1] = 5;
        m.reg(RSI) = Machine::DATA;
        m.reg(RAX) = 7;
        CHECK(m.run(1).vector == VECTOR_GP);
        CHECK(m.registers().ymm[3].lane[1] == 5);
    }
    Machine m({std::begin(XRSTOR64), std::end(XRSTOR64)});
    m.reg(RSI) = Machine::DATA + 16;
    CHECK(m.run(1).vector == VECTOR_GP);
}

TEST_CASE("XGETBV says what the kernel enabled and what is in use") {
    Machine m({0x0f, 0x01, 0xd0, 0x0f, 0x01, 0xd0, 0x0f, 0x01, 0xd0});
    CHECK(m.run(1).kind == Trap::Kind::limit);
    CHECK(m.reg(RAX) == 7);
    m.registers().ymm[9].lane[3] = 1;
    m.reg(RCX) = 1;
    CHECK(m.run(1).kind == Trap::Kind::limit);
    CHECK(m.reg(RAX) == 4);
    m.reg(RCX) = 2;
    CHECK(m.run(1).vector == VECTOR_GP);
}
