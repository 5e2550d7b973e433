#include "cpu/cpu.hpp"
#include "tests/unit/cpu/machine.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace cpu;

namespace {

struct Step {
    u64 address;
    std::vector<u8> bytes;
    Registers before, after;
    std::vector<InstructionRecord::MemoryWrite> writes;
    u32 changed;
};
struct Recorder : InstructionObserver {
    void instruction(const InstructionRecord& r) override { steps.push_back(copied(r)); }
    static Step copied(const InstructionRecord& r) {
        return {r.address, {r.bytes.begin(), r.bytes.end()}, *r.before, *r.after, {r.writes.begin(), r.writes.end()}, r.changed};
    }
    std::vector<Step> steps;
};
// Tells what it saw only if that is what was said to have changed.
struct Changes : Recorder {
    void instruction(const InstructionRecord& r) override {
        for (u32 i = 0; i < 16; ++i) CHECK((r.before->gpr[i] != r.after->gpr[i]) == (r.changed >> i & 1));
        CHECK((r.before->rflags != r.after->rflags) == !!(r.changed & InstructionRecord::RFLAGS));
        CHECK((r.after->rip != r.address + r.bytes.size()) == !!(r.changed & InstructionRecord::RIP));
        Recorder::instruction(r);
    }
};
bool sameWrites(const std::vector<InstructionRecord::MemoryWrite>& a, const std::vector<InstructionRecord::MemoryWrite>& b) {
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
        return x.address == y.address && x.size == y.size && !std::memcmp(x.before, y.before, sizeof x.before) &&
               !std::memcmp(x.after, y.after, sizeof x.after);
    });
}
struct PartsToo : InstructionObserver {
    void instruction(const InstructionRecord& r) override { whole.push_back(Recorder::copied(r)); }
    void interrupted(const InstructionRecord& r) override { parts.push_back(Recorder::copied(r)); }
    std::vector<Step> whole, parts;
};

}  // namespace

TEST_CASE("observed instructions report registers, flags and memory; a faulting one is not reported") {
    // mov ecx, 2; l: sub ecx, 1; push rcx; jne l; add [rsi], ecx; mov eax, [0]
    const std::vector<u8> code{0xb9, 2, 0, 0, 0, 0x83, 0xe9, 1, 0x51, 0x75, 0xfa, 0x01, 0x0e, 0x8b, 0x04, 0x25, 0, 0, 0, 0};
    Machine plain(code), m(code);
    Recorder recorder;
    m.processor.observeInstructions(&recorder);
    for (Machine* each : {&plain, &m}) {
        each->reg(RSI) = Machine::DATA + 0xffe;
        CHECK(each->run(100).vector == VECTOR_PF);
    }
    CHECK(sameRegisters(plain.registers(), m.registers()));
    CHECK(m.processor.instructions() == plain.processor.instructions());
    REQUIRE(recorder.steps.size() == 8);
    for (u64 i = 0; i + 1 < recorder.steps.size(); ++i) {
        CHECK(sameRegisters(recorder.steps[i].after, recorder.steps[i + 1].before));
        CHECK(recorder.steps[i].after.rip == recorder.steps[i + 1].address);
    }
    CHECK(recorder.steps[1].bytes == std::vector<u8>{0x83, 0xe9, 1});
    CHECK(!(recorder.steps[1].after.rflags & FLAG_ZF));
    CHECK((recorder.steps[4].after.rflags & FLAG_ZF));
    const Step& push = recorder.steps[2];
    REQUIRE(push.writes.size() == 1);
    CHECK(push.writes[0].address == push.after.gpr[RSP]);
    CHECK(push.writes[0].size == 8);
    CHECK(push.writes[0].before[0] == 0);
    CHECK(push.writes[0].after[0] == 1);
    REQUIRE(recorder.steps[7].writes.size() == 1);      // crosses a page
    CHECK(recorder.steps[7].writes[0].size == 4);
}

TEST_CASE("what a repeated instruction did before a fault is reported as a part, not as an instruction") {
    const std::vector<u8> code{0xf3, 0xaa};         // rep stosb
    Machine m(code);
    PartsToo observer;
    m.processor.observeInstructions(&observer);
    m.reg(RDI) = Machine::DATA + 16 * PAGE_SIZE - 40;
    m.reg(RCX) = 50;
    m.reg(RAX) = 7;
    CHECK(m.run(100).vector == VECTOR_PF);
    CHECK(m.processor.instructions() == 0);
    CHECK(observer.whole.empty());
    REQUIRE(observer.parts.size() == 1);
    const Step& part = observer.parts[0];
    CHECK(part.bytes == code);
    CHECK(part.before.gpr[RCX] == 50);
    CHECK(part.after.gpr[RCX] == 10);
    CHECK(part.after.rip == part.address);
    REQUIRE(part.writes.size() == 2);
    CHECK((part.writes[0].size + part.writes[1].size == 40 && part.writes[1].after[0] == 0x0707070707070707));
}

namespace {

// mov ecx, 20; mov rsi, 0x600000; mov rdi, 0x601000-12; 1: mov [rsi+rcx*8], rcx; add [rsi+8], ecx; inc rax; inc rbx; rol edx,
// 3; rol ebx, 1; xor [rsi+rcx], cl; push rax; push qword ptr [rsi+8]; call 2f; pop r8; pop r9; lock cmpxchg [rsi+16], rcx; xchg
// [rsi+24], rdx; mov [rdi], rcx; inc rdi; cmp ecx, 5; cmovb r10, rsi; setnz r11b; bt rcx, 2; adc rax, rbx; dec rcx; jnz 1b; lea
// rsi, [rip+self]; mov byte ptr [rsi], 0x91; nop; self: nop; mov dword ptr [rip+after], 0x90909090; after: .byte
// 0x0f,0x0b,0x0f,0x0b; std; cld; mov rsi, 0x600000; mov rdi, 0x600ff0; mov ecx, 100; rep movsb; mov ecx, 9; rep stosq; push
// 0x1f80; ldmxcsr [rsp]; mov rcx, 0x3fd5555555555555; movq xmm1, rcx; movddup xmm1, xmm1; mulpd xmm1, xmm1; movups [rsp-40],
// xmm1; movaps [rsp-24], xmm1; divpd xmm2, xmm1; stmxcsr [rsp]; fld1; fldpi; fmulp; fstp tbyte ptr [rsp-64]; movq mm0, rax;
// emms; jmp [rip+pointer]; pointer: .quad 0x400ffe; 2: add rdx, 3; ret
const std::vector<u8> everything{
    0xb9, 0x14, 0x00, 0x00, 0x00, 0x48, 0xc7, 0xc6, 0x00, 0x00, 0x60, 0x00, 0x48, 0xc7, 0xc7, 0xf4, 0x0f, 0x60, 0x00, 0x48,
    0x89, 0x0c, 0xce, 0x01, 0x4e, 0x08, 0x48, 0xff, 0xc0, 0x48, 0xff, 0xc3, 0xc1, 0xc2, 0x03, 0xd1, 0xc3, 0x30, 0x0c, 0x0e,
    0x50, 0xff, 0x76, 0x08, 0xe8, 0xb5, 0x00, 0x00, 0x00, 0x41, 0x58, 0x41, 0x59, 0xf0, 0x48, 0x0f, 0xb1, 0x4e, 0x10, 0x48,
    0x87, 0x56, 0x18, 0x48, 0x89, 0x0f, 0x48, 0xff, 0xc7, 0x83, 0xf9, 0x05, 0x4c, 0x0f, 0x42, 0xd6, 0x41, 0x0f, 0x95, 0xc3,
    0x48, 0x0f, 0xba, 0xe1, 0x02, 0x48, 0x11, 0xd8, 0x48, 0xff, 0xc9, 0x75, 0xb6, 0x48, 0x8d, 0x35, 0x04, 0x00, 0x00, 0x00,
    0xc6, 0x06, 0x91, 0x90, 0x90, 0xc7, 0x05, 0x00, 0x00, 0x00, 0x00, 0x90, 0x90, 0x90, 0x90, 0x0f, 0x0b, 0x0f, 0x0b, 0xfd,
    0xfc, 0x48, 0xc7, 0xc6, 0x00, 0x00, 0x60, 0x00, 0x48, 0xc7, 0xc7, 0xf0, 0x0f, 0x60, 0x00, 0xb9, 0x64, 0x00, 0x00, 0x00,
    0xf3, 0xa4, 0xb9, 0x09, 0x00, 0x00, 0x00, 0xf3, 0x48, 0xab, 0x68, 0x80, 0x1f, 0x00, 0x00, 0x0f, 0xae, 0x14, 0x24, 0x48,
    0xb9, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5, 0x3f, 0x66, 0x48, 0x0f, 0x6e, 0xc9, 0xf2, 0x0f, 0x12, 0xc9, 0x66, 0x0f,
    0x59, 0xc9, 0x0f, 0x11, 0x4c, 0x24, 0xd8, 0x0f, 0x29, 0x4c, 0x24, 0xe8, 0x66, 0x0f, 0x5e, 0xd1, 0x0f, 0xae, 0x1c, 0x24,
    0xd9, 0xe8, 0xd9, 0xeb, 0xde, 0xc9, 0xdb, 0x7c, 0x24, 0xc0, 0x48, 0x0f, 0x6e, 0xc0, 0x0f, 0x77, 0xff, 0x25, 0x00, 0x00,
    0x00, 0x00, 0xfe, 0x0f, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x48, 0x83, 0xc2, 0x03, 0xc3};
// At 0x400ffe: mov eax, 0x12345678; mov rcx, 1; mov r9, 0; mov [r9], rcx
const std::vector<u8> nextPage{
    0xb8, 0x78, 0x56, 0x34, 0x12, 0x48, 0xc7, 0xc1, 0x01, 0x00, 0x00, 0x00, 0x49, 0xc7, 0xc1, 0x00, 0x00, 0x00, 0x00, 0x49,
    0x89, 0x09};

// Everything, told in slices of so many instructions.
std::vector<Step> told(u64 slice, std::vector<u8>& memory) {
    Machine m(everything);
    m.put(Machine::CODE + 0xffe, nextPage);
    Changes observer;
    m.processor.observeInstructions(&observer);
    cpu::Trap trap;
    do trap = m.run(slice);
    while (trap.kind == Trap::Kind::limit && m.processor.instructions() < 1000);
    CHECK(trap.vector == VECTOR_PF);
    CHECK(m.registers().rip == Machine::CODE + 0x1011);
    CHECK(observer.steps.size() == m.processor.instructions());
    memory.assign(m.at(Machine::DATA), m.at(Machine::DATA) + PAGE_SIZE);
    return observer.steps;
}

}  // namespace

TEST_CASE("a reporting block tells what instructions tell that run one by one") {
    std::vector<u8> memory, other;
    const std::vector<Step> single = told(1, memory);
    for (const u64 slice : {1000u, 50u, 7u}) {
        const std::vector<Step> steps = told(slice, other);
        CHECK(memory == other);
        REQUIRE(steps.size() == single.size());
        for (u64 i = 0; i < steps.size(); ++i) {
            CAPTURE(slice, i, steps[i].address);
            REQUIRE(steps[i].address == single[i].address);
            REQUIRE(steps[i].bytes == single[i].bytes);
            REQUIRE(sameRegisters(steps[i].before, single[i].before));
            REQUIRE(sameRegisters(steps[i].after, single[i].after));
            REQUIRE(steps[i].changed == single[i].changed);
            REQUIRE(sameWrites(steps[i].writes, single[i].writes));
        }
    }
}
