// The registers of a task by the names that a trace gives them: one table for showing, hashing and setting them.
#pragma once

#include "cpu/cpu.hpp"
#include "traces/event.hpp"

#include <span>
#include <string>

namespace emu {

// Those of `b` that differ from `a`, by name: hex, or a list of four for ymm. `but` is left out.
traces::Value differingRegisters(const cpu::Registers& a, const cpu::Registers& b, std::string_view but = {});

// The same as JSON text, at most so many characters; `changed` is InstructionRecord's, and says whether rip is one of them.
constexpr std::size_t longestRegisters = 4096;
char* putChangedRegisters(char* at, const cpu::Registers& a, const cpu::Registers& b, u32 changed);

// The first of registerNames(), up to rflags: those that changed, and their values at `at`, 8 bytes each.
constexpr unsigned registerWords = 18;
u32 putWords(char*& at, const cpu::Registers& registers, u32 changed);

// XXH64 of all of them, in the order of the table, 8 bytes each with the low ones first.
u64 hashOfRegisters(const cpu::Registers& registers);

// False: there is no such register, or the value does not fit.
bool setRegister(cpu::Registers& registers, std::string_view name, const traces::Value& value);
traces::Value registerValue(const cpu::Registers& registers, std::string_view name);     // null: there is none
std::span<const std::string> registerNames();       // in the order of the table

}  // namespace emu
