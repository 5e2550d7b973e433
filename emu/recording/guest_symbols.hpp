// The functions of the running program and its libraries, by address.
#pragma once

#include "emu/backtrace/user_space.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace emu {

class GuestSymbols {
public:
    // NAME+0xOFFSET of the current task, or empty. Valid until the next call.
    const std::string& at(u64 address);
    bool begins(u64 address, std::string_view function);    // whether it begins there: always the same function
    bool unchanged() const noexcept;                        // generation() is what it was
    u64 latest() const noexcept { return generation_; }    // as of the last call of the others
    u64 generation();                                       // another one: an address may have another symbol

private:
    struct Place { const ElfSymbol* symbol; u64 offset; };
    struct Function { u64 value, size; const ElfSymbol* symbol; };
    Place find(u64 address);
    const std::vector<Function>& functionsOf(const Module& module);

    std::optional<UserSpace> space_;
    u32 serial_ = 0;                        // of the mm_struct
    u64 changes_ = 0;
    u64 generation_ = 0;
    std::unordered_map<const Module*, std::vector<Function>> functions_;    // by value, of each module
    std::unordered_set<u64> elsewhere_;     // addresses at which the function that is asked for does not begin
    std::string text_;
};

}  // namespace emu
