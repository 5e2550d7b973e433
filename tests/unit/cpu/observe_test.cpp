#include "cpu/cpu.hpp"
#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>

using namespace cpu;

namespace {

struct Step {
    u64 address;
    std::vector<u8> bytes;
    Registers before, after;
    std::vector<InstructionRecord::MemoryWrite> writes;
};
struct Recorder : InstructionObserver {
    void instruction(const InstructionRecord& r) override { steps.push_back(copied(r)); }
    static Step copied(const InstructionRecord& r) {
        return {r.address, {r.bytes.begin(), r.bytes.end()}, *r.before, *r.after, {r.writes.begin(), r.writes.end()}};
    }
    std::vector<Step> steps;
};
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
