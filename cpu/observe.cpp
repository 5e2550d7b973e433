// Observed runs: one instruction at a time, every store through Core::write, which logs it.
#include "cpu/core.hpp"

namespace cpu {

namespace {

Registers settled(const Core& core) {
    Registers copy = core;
    copy.rflags = (copy.rflags & ~FLAGS_STATUS) | statusFlags(core.flags, core.older);
    return copy;
}

}  // namespace

void Core::beforeInstruction(const Block& block) {
    observed = settled(*this);
    writes.clear();
    const Op& op = block.ops()[0];
    const u64 length = op.end() - op.offset(), here = block.straddles ? PAGE_SIZE - op.offset() : length;
    const u8* at = memory.frame(block.pfn) + op.offset();
    observedBytes.assign(at, at + here);
    if (block.straddles) observedBytes.insert(observedBytes.end(), memory.frame(block.second), memory.frame(block.second) + (length - here));
}

void Core::afterInstruction() {
    const Registers after = settled(*this);
    observer->instruction({observed.rip, observedBytes, &observed, &after, writes});
}

}  // namespace cpu
