// Call frame information of .eh_frame (LSB Core, "Exception Frames"; DWARF 5 §6.4): where a function's caller left its registers.
#pragma once

#include "traces/types.hpp"

#include <array>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace emu {

// Numbers of the psABI ("DWARF Register Number Mapping"): 0 rax, 1 rdx, 2 rcx, 3 rbx, 4 rsi, 5 rdi, 6 rbp, 7 rsp, 8-15, 16 rip.
enum : unsigned { DWARF_RBP = 6, DWARF_RSP = 7, DWARF_RIP = 16, DWARF_REGISTERS = 17 };
using FrameRegisters = std::array<std::optional<u64>, DWARF_REGISTERS>;

struct RegisterRule {
    enum class Kind : u8 { same, undefined, offset, value_offset, in_register, expression, value_expression } kind = Kind::same;
    i64 offset = 0;                     // from the CFA
    u64 reg = 0;
    std::span<const u8> expression;
};
struct FrameRow {
    u64 cfa_register = 0;
    i64 cfa_offset = 0;
    std::span<const u8> cfa_expression; // instead, where not empty
    std::array<RegisterRule, DWARF_REGISTERS> rules;
    bool signal_frame = false;          // rip is the instruction itself, not one behind a call
};

// The row for `pc`, or nothing when no entry covers it. `section` is the content of .eh_frame, which begins at `address`.
// work: entries and instructions that may be looked at, less those that were; nothing when it is used up.
std::optional<FrameRow> frameRowAt(std::span<const u8> section, u64 address, u64 pc, u64& work);

}  // namespace emu
