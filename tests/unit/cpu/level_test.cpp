// --cpu: what a level has, what it lacks, and that CPUID says so.
#include "cpu/cpuid.hpp"
#include "cpu/lower.hpp"
#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace cpu;

namespace {

struct Case {
    const char* text;
    std::vector<u8> code;
    Level since;
};
const Case CASES[] = {
    {"paddd xmm0, xmm1", {0x66, 0x0f, 0xfe, 0xc1}, Level::v1},
    {"cmpxchg16b [rsp]", {0x48, 0x0f, 0xc7, 0x0c, 0x24}, Level::v2},
    {"lahf", {0x9f}, Level::v2},
    {"popcnt eax, eax", {0xf3, 0x0f, 0xb8, 0xc0}, Level::v2},
    {"haddpd xmm0, xmm1", {0x66, 0x0f, 0x7c, 0xc1}, Level::v2},
    {"pshufb xmm0, xmm1", {0x66, 0x0f, 0x38, 0x00, 0xc1}, Level::v2},
    {"pmulld xmm0, xmm1", {0x66, 0x0f, 0x38, 0x40, 0xc1}, Level::v2},
    {"crc32 eax, al", {0xf2, 0x0f, 0x38, 0xf0, 0xc0}, Level::v2},
    {"movbe eax, [rsp]", {0x0f, 0x38, 0xf0, 0x04, 0x24}, Level::v3},
    {"andn eax, eax, eax", {0xc4, 0xe2, 0x78, 0xf2, 0xc0}, Level::v3},
    {"vaddps ymm0, ymm0, ymm0", {0xc5, 0xfc, 0x58, 0xc0}, Level::v3},
    {"vpaddd ymm0, ymm0, ymm0", {0xc5, 0xfd, 0xfe, 0xc0}, Level::v3},
    {"vfmadd132sd xmm0, xmm0, xmm0", {0xc4, 0xe2, 0xf9, 0x99, 0xc0}, Level::v3},
    {"xgetbv", {0x0f, 0x01, 0xd0}, Level::v3},
    {"prefetchw [rsp]", {0x0f, 0x0d, 0x0c, 0x24}, Level::v1},
    {"endbr64", {0xf3, 0x0f, 0x1e, 0xfa}, Level::v1},
};

u64 afterOne(Level level, const std::vector<u8>& code, u64 source) {
    Machine m(code);
    m.processor.setModel(level);
    m.reg(RCX) = source;
    m.reg(RAX) = 99;
    CHECK(m.run(1).kind == Trap::Kind::limit);
    return m.reg(RAX);
}

}  // namespace

TEST_CASE("an instruction that the level lacks is #UD") {
    for (Level level : LEVELS)
        for (const Case& c : CASES) {
            Machine m(c.code);
            m.processor.setModel(level);
            const Trap trap = m.run(1);
            INFO(c.text << " at " << levelName(level));
            CHECK((trap.kind == Trap::Kind::exception && trap.vector == VECTOR_UD) == (level < c.since));
            CHECK(!trap.unsupported);
        }
}

TEST_CASE("LZCNT and TZCNT are BSR and BSF where the level lacks them") {
    const std::vector<u8> lzcnt = {0xf3, 0x0f, 0xbd, 0xc1}, tzcnt = {0xf3, 0x0f, 0xbc, 0xc1};      // eax, ecx
    CHECK(afterOne(Level::v1, lzcnt, 0x10) == 4);
    CHECK(afterOne(Level::v2, lzcnt, 0x10) == 4);
    CHECK(afterOne(Level::v3, lzcnt, 0x10) == 27);
    CHECK(afterOne(Level::v2, tzcnt, 0) == 99);
    CHECK(afterOne(Level::v3, tzcnt, 0) == 32);
}

TEST_CASE("a change of level drops what was decoded") {
    Machine m({0xc5, 0xf8, 0x77});      // vzeroupper
    CHECK(m.run(1).kind == Trap::Kind::limit);
    m.processor.setModel(Level::v2);
    m.registers().rip = Machine::CODE;
    CHECK(m.run(1).vector == VECTOR_UD);
}

TEST_CASE("CPUID has exactly the features of the level") {
    for (Level level : LEVELS)
        for (const FeatureInfo& f : features()) {
            const CpuidResult r = cpuidLeaf(level, f.leaf, f.subleaf);
            const u32 output = f.output == CpuidRegister::eax ? r.eax :
                               f.output == CpuidRegister::ebx ? r.ebx :
                               f.output == CpuidRegister::ecx ? r.ecx :
                                                                r.edx;
            INFO(f.name << " at " << levelName(level));
            // Beyond the highest leaf, that leaf answers.
            if (f.leaf <= cpuidLeaf(level, f.leaf & 0x80000000, 0).eax) CHECK((output >> f.bit & 1) == has(level, f));
        }
    CHECK(cpuidLeaf(Level::v1, 7, 0).ebx == cpuidLeaf(Level::v1, 4, 0).ebx);
    CHECK(cpuidLeaf(Level::v3, 0xd, 0).ebx == 832);
    CHECK(cpuidLeaf(Level::v3, 0x14, 0).eax == cpuidLeaf(Level::v3, 0xd, 0).eax);
    std::set<std::string_view> names;
    for (const FeatureInfo& f : features()) CHECK(names.insert(f.name).second);
}

TEST_CASE("CLFLUSHOPT and CLWB are #UD, and CPUID does not have them") {
    const std::vector<u8> clflushopt = {0x66, 0x0f, 0xae, 0x3c, 0x24}, clwb = {0x66, 0x0f, 0xae, 0x34, 0x24},
                          clflush = {0x0f, 0xae, 0x3c, 0x24};
    for (Level level : LEVELS) {
        for (const std::vector<u8>& code : {clflushopt, clwb, clflush}) {
            Machine m(code);
            m.processor.setModel(level);
            CHECK((m.run(1).vector == VECTOR_UD) == (code != clflush));
        }
        const CpuidResult r = cpuidLeaf(level, 7, 0);
        CHECK((cpuidLeaf(level, 0, 0).eax < 7 || !(r.ebx >> 23 & 3)));
        CHECK((cpuidLeaf(level, 1, 0).edx >> 19 & 1) == 1);
    }
}

// SDM Vol. 2, CPUID.07H:EBX bits 6 and 13; Vol. 1 §8.1.8.
TEST_CASE("x87 keeps FDP, FCS and FDS as CPUID says") {
    for (Level level : LEVELS)
        for (const bool unmasked : {false, true}) {
            Machine m({0xd9, 0x28, 0xd9, 0x06, 0xd9, 0x33});        // fldcw [rax]; fld dword [rsi]; fnstenv [rbx]
            m.processor.setModel(level);
            m.reg(RAX) = Machine::DATA, m.reg(RSI) = Machine::DATA + 0x10, m.reg(RBX) = Machine::DATA + 0x40;
            m.put(Machine::DATA, {static_cast<u8>(unmasked ? 0x7e : 0x7f), 3});
            m.put(Machine::DATA + 0x10, {1, 0, 0x80, 0x7f});        // a signalling NaN
            CHECK(m.run(3).kind == Trap::Kind::limit);
            const u32 features = cpuidLeaf(level, 0, 0).eax < 7 ? 0 : cpuidLeaf(level, 7, 0).ebx;
            const bool exceptionsOnly = features >> 6 & 1;
            INFO(levelName(level) << (unmasked ? ", unmasked" : ""));
            CHECK(exceptionsOnly == (level == Level::v3));
            CHECK(m.peek<u32>(Machine::DATA + 0x40 + 20) == (exceptionsOnly && !unmasked ? 0 : Machine::DATA + 0x10));
            CHECK((features >> 13 & 1) == (level >= Level::v2));
            CHECK(m.peek<u16>(Machine::DATA + 0x40 + 16) == 0);
            CHECK(m.peek<u16>(Machine::DATA + 0x40 + 24) == 0);
        }
}
