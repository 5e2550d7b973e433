#include "emu/verify/rerun.hpp"

namespace emu {

using traces::Event;
using traces::Value;

Rerun::Rerun(FoldedMemory& memory) : memory_(memory) { memory_.processor().observeInstructions(this); }
Rerun::~Rerun() { memory_.processor().observeInstructions(nullptr); }

void Rerun::compare(const Event& event, const ObjectName& mm, cpu::Registers& registers) {
    cpu::Cpu& cpu = memory_.processor();
    attrs_.reset();
    memory_.activate(mm);
    cpu.registers() = registers;
    static_cast<void>(cpu.run(cpu.instructions() + 1));
    registers = cpu.registers();
    demand(attrs_.has_value(), "the instruction cannot be carried out on the state that the events have made");
    for (const traces::Attr& expected : *attrs_) {
        const Value* told = event.find(expected.name);
        if (told && *told == expected.value) continue;
        throw Problem("'" + std::string(expected.name) + "' should be " + shown(expected.value));
    }
    const std::size_t symbol = event.find("symbol") ? 1 : 0;
    demand(event.attrs.size() == attrs_->size() + symbol, "the instruction has no other effects than the ones of the processor");
}

}  // namespace emu
