// For observers that ask for more than every complete instruction.
#pragma once

#include "cpu/cpu.hpp"

namespace cpu {

// Also told of an instruction that a fault stopped, with what it had done until then: mostly nothing, but some elements of a
// repeated string instruction or a gather (SDM Vol. 2, REP; VGATHER). It is not counted, and rip is still at it.
class InterruptionObserver : public InstructionObserver {
public:
    virtual void interrupted(const InstructionRecord&) = 0;
};

}  // namespace cpu
