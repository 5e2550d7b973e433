// What an instruction reads from memory, by its encoding and the registers around it.
#pragma once

#include "traces/types.hpp"

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace emu {

// Of the processor, by their numbers in encodings: rax rcx rdx rbx rsp rbp rsi rdi r8 to r15; ymm0 to ymm15, the lowest word first.
struct AddressRegisters {
    std::array<u64, 16> general{};
    u64 fs_base = 0, gs_base = 0;
    std::array<std::array<u64, 4>, 16> vectors{};
};

struct MemoryRead {
    u64 address;
    u64 size;       // bytes
};

// 8 bytes of memory as they were before the instruction; nothing where they are not known.
using MemoryWord = std::function<std::optional<u64>(u64 address)>;

// Also what it reads without naming it: the stack, strings. `next` is the address behind it; `after` holds the registers when it has
// ended: a repeated string ends where these say. Of XRSTOR, what its XSTATE_BV names (SDM Vol. 1, 13.8).
std::vector<MemoryRead> memoryReads(std::span<const u8> instruction, u64 next, const AddressRegisters& before, const AddressRegisters& after,
                                    const MemoryWord& word);

}  // namespace emu
