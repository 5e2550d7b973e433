// The registers of a task by the names that a trace gives them: one table for showing, hashing and setting them.
#pragma once

#include "cpu/state.hpp"
#include "traces/event.hpp"

#include <span>
#include <string>

namespace emu {

// Those of `b` that differ from `a`, by name: hex, or a list of four for ymm. `but` is left out.
traces::Value differingRegisters(const cpu::Registers& a, const cpu::Registers& b, std::string_view but = {});

// The same as JSON text, without rip when the program `goesOn` behind the instruction; at most so many characters.
constexpr std::size_t longestRegisters = 4096;
char* putDifferingRegisters(char* at, const cpu::Registers& a, const cpu::Registers& b, bool goesOn);

// The first of registerNames(), up to rflags: those that differ as a mask, their values at `at`, 8 bytes each. The others: below.
constexpr unsigned registerWords = 18;
u32 putDifferingWords(char*& at, const cpu::Registers& a, const cpu::Registers& b, bool goesOn);
bool differBeyondWords(const cpu::Registers& a, const cpu::Registers& b);

// XXH64 of all of them, in the order of the table, 8 bytes each with the low ones first.
u64 hashOfRegisters(const cpu::Registers& registers);

// False: there is no such register, or the value does not fit.
bool setRegister(cpu::Registers& registers, std::string_view name, const traces::Value& value);
traces::Value registerValue(const cpu::Registers& registers, std::string_view name);     // null: there is none
std::span<const std::string> registerNames();       // in the order of the table

}  // namespace emu
