#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>

using namespace cpu;

namespace {

constexpr u64 CODE = Machine::CODE, DATA = Machine::DATA;

// mov [rsi], eax; mov ebx, [rsi]; ud2
const std::vector<u8> STORE_LOAD{0x89, 0x06, 0x8b, 0x1e, 0x0f, 0x0b};

Trap fault(Machine& m, const std::vector<u8>& code) {
    m.put(CODE, code);
    m.registers().rip = CODE;
    const Registers before = m.registers();
    const u64 executed = m.processor.instructions();
    const Trap trap = m.run(1000);
    CHECK(sameRegisters(before, m.registers()));
    CHECK(m.processor.instructions() == executed);
    return trap;
}

}  // namespace

TEST_CASE("accesses set A and D and cross pages") {
    Machine m(STORE_LOAD);
    m.reg(RSI) = DATA + 0xffe;
    m.reg(RAX) = 0x11223344;
    CHECK(m.run(2).kind == Trap::Kind::limit);
    CHECK(m.reg(RBX) == 0x11223344);
    CHECK(m.peek<u32>(DATA + 0xffe) == 0x11223344);
    for (u64 page : {DATA, DATA + PAGE_SIZE}) CHECK((*m.entry(page) & (PTE_ACCESSED | PTE_DIRTY)) == (PTE_ACCESSED | PTE_DIRTY));
    CHECK(!(*m.entry(DATA + 2 * PAGE_SIZE) & PTE_ACCESSED));
    CHECK((*m.entry(CODE) & (PTE_ACCESSED | PTE_DIRTY)) == PTE_ACCESSED);
}

TEST_CASE("a fault names its address and error code and leaves no effect") {
    Machine m;
    m.reg(RSI) = 0x12345;
    Trap trap = fault(m, {0x8b, 0x1e});
    CHECK(trap.vector == VECTOR_PF);
    CHECK(trap.error_code == PF_USER);
    CHECK(trap.address == 0x12345);
    trap = fault(m, {0x01, 0x06});
    CHECK(trap.error_code == (PF_USER | PF_WRITE));

    *m.entry(DATA) &= ~PTE_WRITE;
    m.processor.invalidatePage(DATA);
    m.reg(RSI) = DATA;
    trap = fault(m, {0x01, 0x06});
    CHECK(trap.error_code == (PF_USER | PF_WRITE | PF_PRESENT));

    m.unmap(DATA + PAGE_SIZE);      // the second page of a crossing access
    *m.entry(DATA) |= PTE_WRITE;
    m.reg(RSI) = DATA + 0xffd;
    trap = fault(m, {0x48, 0x01, 0x06});
    CHECK(trap.error_code == (PF_USER | PF_WRITE));
    CHECK(trap.address == DATA + PAGE_SIZE);

    m.reg(RSI) = u64{1} << 50;
    CHECK(fault(m, {0x8b, 0x1e}).vector == VECTOR_GP);
    m.reg(RBP) = u64{1} << 50;
    CHECK(fault(m, {0x8b, 0x5d, 0x00}).vector == VECTOR_SS);
    m.reg(RSP) = u64{1} << 50;
    CHECK(fault(m, {0x50}).vector == VECTOR_SS);
    CHECK(fault(m, {0xf4}).vector == VECTOR_GP);            // hlt
    m.reg(RAX) = u64{1} << 50;
    CHECK(fault(m, {0xff, 0xe0}).vector == VECTOR_GP);      // jmp to a non-canonical address
}

TEST_CASE("fetching faults as an instruction fetch, also in the middle of an instruction") {
    Machine m;
    m.registers().rip = DATA;
    Trap trap = m.run(10);
    CHECK(trap.vector == VECTOR_PF);
    CHECK(trap.error_code == (PF_USER | PF_INSTRUCTION | PF_PRESENT));
    CHECK(trap.address == DATA);

    const u64 last = CODE + PAGE_SIZE;
    m.put(last - 3, {0x90, 0xb8, 0x01});    // nop; mov eax, imm32
    m.put(last, {0x02, 0x03, 0x04, 0x0f, 0x0b});
    m.registers().rip = last - 3;
    trap = m.run(10);
    CHECK(trap.vector == VECTOR_UD);
    CHECK(m.reg(RAX) == 0x04030201);
    CHECK(m.registers().rip == last + 3);

    m.unmap(last);
    m.registers().rip = last - 3;
    trap = m.run(10);
    CHECK(trap.vector == VECTOR_PF);
    CHECK(trap.error_code == (PF_USER | PF_INSTRUCTION));
    CHECK(trap.address == last);
    CHECK(m.registers().rip == last - 2);
}

TEST_CASE("code that writes code runs what it wrote") {
    // mov byte [rip + 1], al ; mov ebx, 0 ; inc ecx; cmp ecx, 3; jne start; ud2 — rewrites the immediate behind it
    Machine m({0x88, 0x05, 0x01, 0, 0, 0, 0xbb, 0, 0, 0, 0, 0x01, 0xd8, 0xff, 0xc1, 0x83, 0xf9, 0x03, 0x75, 0xec, 0x0f, 0x0b});
    m.reg(RAX) = 1;
    m.reg(RCX) = 0;
    CHECK(m.run(1000).vector == VECTOR_UD);
    CHECK(m.reg(RBX) == 4);
    CHECK(m.reg(RAX) == 8);
    CHECK(m.processor.instructions() == 18);
}

TEST_CASE("the kernel's changes to a frame drop its code") {
    Machine m({0xb8, 1, 0, 0, 0, 0x0f, 0x0b});
    m.run(10);
    CHECK(m.reg(RAX) == 1);
    CHECK(m.processor.frameHasCode(frameOf(*m.entry(CODE))));
    m.put(CODE, {0xb8, 2, 0, 0, 0});
    CHECK(!m.processor.frameHasCode(frameOf(*m.entry(CODE))));
    m.registers().rip = CODE;
    m.run(10);
    CHECK(m.reg(RAX) == 2);
    u8* byte = m.processor.userByte(CODE + 1, Access::write);
    REQUIRE(byte);
    *byte = 3;
    m.registers().rip = CODE;
    m.run(10);
    CHECK(m.reg(RAX) == 3);
}

TEST_CASE("a frame mapped twice runs at both addresses") {
    // lea rax, [rip]; call next; next: pop rbx; ud2
    Machine m({0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0, 0x5b, 0x0f, 0x0b});
    const u64 other = 0x7000'0000'0000;
    m.map(other, 0);
    *m.entry(other) = *m.entry(CODE);
    for (u64 at : {CODE, other}) {
        m.registers().rip = at;
        m.run(10);
        CHECK(m.reg(RAX) == at + 7);
        CHECK(m.reg(RBX) == at + 12);
        CHECK(m.registers().rip == at + 13);
    }
}

TEST_CASE("push and pop of memory that shares a TLB slot with the stack") {
    Machine m({0xff, 0x36, 0x8f, 0x07, 0x0f, 0x0b});   // push [rsi]; pop [rdi]; ud2
    const u64 far = Machine::STACK + 512 * PAGE_SIZE;
    m.map(far, PTE_WRITE);
    m.reg(RSI) = far + 0x10;
    m.reg(RDI) = far + 0xffa;
    m.map(far + PAGE_SIZE, PTE_WRITE);
    *m.at(far + 0x10) = 0x5a;
    CHECK(m.run(10).vector == VECTOR_UD);
    CHECK(m.peek<u64>(far + 0xffa) == 0x5a);
}

TEST_CASE("system entries stop behind the instruction") {
    Machine m({0x0f, 0x05, 0xcd, 0x80, 0xcc, 0xcd, 0x81});
    Trap trap = m.run(100);
    CHECK(trap.kind == Trap::Kind::syscall);
    CHECK(m.reg(RCX) == CODE + 2);
    CHECK(m.reg(R11) == m.registers().rflags);
    CHECK(m.registers().rip == CODE + 2);
    trap = m.run(100);
    CHECK(trap.kind == Trap::Kind::interrupt);
    CHECK(trap.vector == 0x80);
    CHECK(m.registers().rip == CODE + 4);
    trap = m.run(100);
    CHECK(trap.vector == VECTOR_BP);
    CHECK(m.registers().rip == CODE + 5);
    CHECK(m.processor.instructions() == 3);
    trap = m.run(100);
    CHECK(trap.vector == VECTOR_GP);
    CHECK(trap.error_code == 0x81 * 8 + 2);
    CHECK(m.registers().rip == CODE + 5);
}

TEST_CASE("rep movs goes on behind a fault where it stopped") {
    Machine m({0xf3, 0xa4, 0x0f, 0x0b});
    m.unmap(DATA + PAGE_SIZE);
    m.reg(RSI) = DATA;
    m.reg(RDI) = DATA + PAGE_SIZE - 16;
    m.reg(RCX) = 32;
    Trap trap = m.run(10);
    CHECK(trap.vector == VECTOR_PF);
    CHECK(trap.address == DATA + PAGE_SIZE);
    CHECK(m.reg(RCX) == 16);
    CHECK(m.registers().rip == CODE);
    m.map(DATA + PAGE_SIZE, PTE_WRITE);
    trap = m.run(10);
    CHECK(trap.vector == VECTOR_UD);
    CHECK(m.reg(RCX) == 0);
    CHECK(m.processor.instructions() == 1);
}
