// Loads of segment registers, and what user mode may ask about segments.
#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>

using namespace cpu;

namespace {

constexpr u64 CODE = Machine::CODE, DATA = Machine::DATA;


}  // namespace

TEST_CASE("far pointers load a segment and a register, or nothing") {
    Machine m;
    m.reg(RSI) = DATA;
    m.put(DATA, {0x78, 0x56, 0x34, 0x12, 0x2b, 0});
    m.reg(RAX) = ~u64{0};
    m.registers().fs_base = 5;
    CHECK(vectorOf(m.runOne({0x0f, 0xb4, 0x06})) == 0);       // lfs eax, [rsi]
    CHECK(m.reg(RAX) == 0x12345678);
    CHECK(m.registers().fs == 0x2b);
    CHECK(m.registers().fs_base == 0);
    m.put(DATA + 4, {0x10, 0});
    const Trap trap = m.runOne({0x0f, 0xb5, 0x0e});           // lgs ecx, [rsi]
    CHECK(trap.vector == VECTOR_GP);
    CHECK(trap.error_code == 0x10);
    CHECK(m.reg(RCX) == 0);
}

TEST_CASE("data segments take selectors of Linux's user segments with any level, SS its own alone") {
    for (u16 selector = 0; selector < 0x100; ++selector) {
        const u16 entry = selector & 0xf8;
        const bool user = !(selector & 4) && (entry == 0 || entry == 0x20 || entry == 0x28 || entry == 0x30 || entry == 0x78);
        Machine m;
        m.reg(RCX) = selector;
        const Trap data = m.runOne({0x8e, 0xc1});             // mov es, ecx
        CHECK(vectorOf(data) == (user ? 0 : VECTOR_GP));
        if (!user) CHECK(data.error_code == (selector & ~3u));
        CHECK(m.registers().es == (user ? selector : 0));
        CHECK(vectorOf(m.runOne({0x8e, 0xd1})) == (selector == 0x2b ? 0 : VECTOR_GP));    // mov ss, ecx
        m.put(Machine::STACK + 0x800, {static_cast<u8>(selector), 0});
        CHECK(vectorOf(m.runOne({0x0f, 0xa9})) == (user ? 0 : VECTOR_GP));                // pop gs
    }
}

TEST_CASE("user mode sees the rights of Linux's segments and its own bases") {
    Machine m;
    m.reg(RCX) = 0x33;
    CHECK(vectorOf(m.runOne({0x0f, 0x02, 0xc1})) == 0);       // lar eax, ecx
    CHECK(m.reg(RAX) == 0xaffb00);
    CHECK(m.registers().rflags & FLAG_ZF);
    m.reg(RCX) = 0x10;
    CHECK(vectorOf(m.runOne({0x0f, 0x02, 0xc1})) == 0);
    CHECK(m.reg(RAX) == 0xaffb00);
    CHECK(!(m.registers().rflags & FLAG_ZF));
    CHECK(m.runOne({0xf3, 0x48, 0x0f, 0xae, 0xd0}).vector == VECTOR_UD);      // wrfsbase rax
    m.processor.setFsgsbase(true);
    m.reg(RAX) = 0x1234;
    CHECK(vectorOf(m.runOne({0xf3, 0x48, 0x0f, 0xae, 0xd0})) == 0);
    CHECK(m.registers().fs_base == 0x1234);
    m.reg(RAX) = u64{1} << 50;
    CHECK(m.runOne({0xf3, 0x48, 0x0f, 0xae, 0xd0}).vector == VECTOR_GP);
    CHECK(m.runOne({0x0f, 0x34}).vector == VECTOR_GP);        // sysenter
}

TEST_CASE("LAR, LSL, VERR and VERW say of every selector what this processor says under Linux") {
    // lar eax, ecx; pushfq; lsl ebx, ecx; pushfq; verr ecx; pushfq; verw ecx; pushfq
    Machine m({0x0f, 0x02, 0xc1, 0x9c, 0x0f, 0x03, 0xd9, 0x9c, 0x0f, 0x00, 0xe1, 0x9c, 0x0f, 0x00, 0xe9, 0x9c});
    const u64 top = m.reg(RSP);
    for (u32 selector = 0; selector < 0x10000; ++selector) {
        u32 rights = 7, limit = 9;
        u8 zero[4];
        asm volatile("lar %6, %0\n sete %2\n lsl %6, %1\n sete %3\n verr %w6\n sete %4\n verw %w6\n sete %5"
                     : "+r"(rights), "+r"(limit), "=&m"(zero[0]), "=&m"(zero[1]), "=&m"(zero[2]), "=&m"(zero[3]) : "r"(selector) : "cc");
        if ((selector & ~3u) == 0x78) limit = 0;        // the number of the processor that this runs on
        m.registers().rip = CODE;
        m.reg(RSP) = top;
        m.reg(RAX) = 7, m.reg(RBX) = 9, m.reg(RCX) = selector;
        bool same = vectorOf(m.run(8)) == 0 && m.reg(RAX) == rights && m.reg(RBX) == limit;
        for (u64 i = 0; i < 4; ++i) same = same && (m.peek<u64>(top - 8 * (i + 1)) >> 6 & 1) == zero[i];
        if (same) continue;
        INFO(std::hex << selector << ": " << rights << " " << limit << ", model " << m.reg(RAX) << " " << m.reg(RBX));
        FAIL_CHECK();
    }
}
