#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>

using namespace cpu;

TEST_CASE("a loop runs to its end and the instructions are counted exactly") {
    // mov ecx, 1000; xor eax, eax; l: add eax, ecx; sub ecx, 1; jne l; ud2
    Machine m({0xb9, 0xe8, 0x03, 0, 0, 0x31, 0xc0, 0x01, 0xc8, 0x83, 0xe9, 0x01, 0x75, 0xf9, 0x0f, 0x0b});
    const Trap trap = m.run(~0ull >> 1);
    CHECK(trap.kind == Trap::Kind::exception);
    CHECK(trap.vector == VECTOR_UD);
    CHECK(m.reg(RAX) == 500500);
    CHECK(m.registers().rip == Machine::CODE + 14);
    CHECK(m.processor.instructions() == 3002);
}

TEST_CASE("one by one and all at once give the same states") {
    const std::vector<u8> code{0xb9, 0x64, 0, 0, 0, 0x31, 0xc0, 0x01, 0xc8, 0x83, 0xe9, 0x01, 0x75, 0xf9, 0x0f, 0x0b};
    for (u64 n : {1, 2, 3, 7, 63, 64, 65, 100, 129, 200, 301}) {
        Machine once(code), steps(code);
        CHECK(once.run(n).kind == Trap::Kind::limit);
        for (u64 i = 0; i < n; ++i) CHECK(steps.run(1).kind == Trap::Kind::limit);
        CHECK(sameRegisters(once.registers(), steps.registers()));
        CHECK(once.processor.instructions() == n);
    }
}

TEST_CASE("TF traps behind each instruction") {
    Machine m({0x90, 0x0f, 0x05});
    m.registers().rflags |= FLAG_TF;
    Trap trap = m.run(10);
    CHECK(trap.vector == VECTOR_DB);
    CHECK(m.registers().rip == Machine::CODE + 1);
    CHECK(m.run(10).kind == Trap::Kind::syscall);
    // pushf; or qword [rsp], 0x100; popf; nop: the first trap is behind the nop
    Machine set({0x9c, 0x48, 0x81, 0x0c, 0x24, 0x00, 0x01, 0, 0, 0x9d, 0x90, 0x0f, 0x0b});
    trap = set.run(10);
    CHECK(trap.vector == VECTOR_DB);
    CHECK(set.registers().rip == Machine::CODE + 11);
}
