// Observed runs: one instruction at a time, every store through Core::write, which logs it.
#include "cpu/core.hpp"

#include <cstddef>
#include <cstring>
#include <utility>

namespace cpu {

namespace {

u64 settledFlags(const Core& core) { return (core.rflags & ~FLAGS_STATUS) | statusFlags(core.flags, core.older); }

// Vector and x87 registers, four fifths of them all, seldom change.
void copy(Registers& to, const Registers& from) {
    constexpr std::size_t words = offsetof(Registers, ymm), rest = sizeof(Registers) - words;
    auto* const a = reinterpret_cast<u8*>(&to);
    const auto* const b = reinterpret_cast<const u8*>(&from);
    std::memcpy(a, b, words);
    if (std::memcmp(a + words, b + words, rest) != 0) std::memcpy(a + words, b + words, rest);
}

}  // namespace

void Core::beforeInstruction(const Block& block) {
    copy(observed, *this);
    observed.rflags = settledFlags(*this);
    writes.clear();
    const Op& op = block.ops()[0];
    const u64 length = op.end() - op.offset(), here = block.straddles ? PAGE_SIZE - op.offset() : length;
    const u8* at = memory.frame(block.pfn) + op.offset();
    observedBytes.assign(at, at + here);
    if (block.straddles) observedBytes.insert(observedBytes.end(), memory.frame(block.second), memory.frame(block.second) + (length - here));
}

void Core::afterInstruction() {
    const u64 unsettled = std::exchange(rflags, settledFlags(*this));
    const InstructionRecord record{observed.rip, observedBytes, &observed, this, writes};
    if (!faulted) observer->instruction(record);
    else observer->interrupted(record);
    rflags = unsettled;
}

}  // namespace cpu
