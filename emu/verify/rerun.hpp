// Instructions that are carried out again, on what the events before them have made.
#pragma once

#include "cpu/cpu.hpp"
#include "emu/tracing.hpp"
#include "emu/verify/memory.hpp"

#include <optional>

namespace emu {

class Rerun final : public cpu::InstructionObserver {
public:
    explicit Rerun(FoldedMemory& memory);
    ~Rerun() override;
    Rerun(const Rerun&) = delete;
    Rerun& operator=(const Rerun&) = delete;

    // One instruction in this address space; `registers` are then those after it. Throws Problem when the event should say
    // something else.
    void compare(const traces::Event& insn, const ObjectName& mm, cpu::Registers& registers);

private:
    void instruction(const cpu::InstructionRecord& record) override { attrs_ = instructionAttrs(record, Done::whole); }
    void interrupted(const cpu::InstructionRecord& record) override {
        if (hasEffect(record)) attrs_ = instructionAttrs(record, Done::part);
    }

    FoldedMemory& memory_;
    std::optional<std::vector<traces::Attr>> attrs_;    // that the event should have, but for `symbol`
};

}  // namespace emu
