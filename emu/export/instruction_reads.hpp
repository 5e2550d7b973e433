// What an instruction reads from memory, by its encoding and the registers around it.
#pragma once

#include "traces/types.hpp"

#include <array>
#include <span>
#include <vector>

namespace emu {

// Of the processor, by their numbers in encodings: rax rcx rdx rbx rsp rbp rsi rdi r8 to r15.
struct AddressRegisters {
    std::array<u64, 16> general{};
    u64 fs_base = 0, gs_base = 0;
};

struct MemoryRead {
    u64 address;
    u64 size;       // bytes
};

// Also what it reads without naming it: the stack, strings. Not what gathers, XRSTOR and their like read.
// `next` is the address behind it; `after` holds the registers when it has ended: a repeated string ends where these say.
std::vector<MemoryRead> memoryReads(std::span<const u8> instruction, u64 next, const AddressRegisters& before,
                                    const AddressRegisters& after);

}  // namespace emu
