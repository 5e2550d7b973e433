#include "emu/recording/guest_symbols.hpp"

#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/sched.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace emu {

// What a process maps changes in the kernel only: by exec, mmap, munmap, brk, a switch to another process. Even where it looks the
// same, one file may have taken another's place.
u64 GuestSymbols::generation() {
    if (unchanged()) return generation_;
    const kernel::mm_struct* mm = kernel::current_task->mm.get();
    functions_.clear();
    elsewhere_.clear();
    space_.emplace(mm);
    serial_ = mm->objectSerial();
    changes_ = kernel::vmaChanges();
    return ++generation_;
}

bool GuestSymbols::unchanged() const noexcept {
    return space_ && kernel::current_task->mm->objectSerial() == serial_ && kernel::vmaChanges() == changes_;
}

const std::vector<GuestSymbols::Function>& GuestSymbols::functionsOf(const Module& module) {
    const auto [known, fresh] = functions_.try_emplace(&module);
    if (!fresh) return known->second;
    for (const ElfSymbol& s : module.elf.symbols) {
        const bool code = s.type() == STT_FUNC || s.type() == STT_GNU_IFUNC || (s.type() == STT_NOTYPE && s.size == 0);
        if (code && s.section != SHN_UNDEF && !s.name.empty()) known->second.push_back({s.value, s.size, &s});
    }
    const auto before = [](const Function& a, const Function& b) {      // of one place the largest first, then in the file's order
        return std::tuple(a.value, b.size, a.symbol) < std::tuple(b.value, a.size, b.symbol);
    };
    std::ranges::sort(known->second, before);
    return known->second;
}

// The innermost one that covers the address: the last to begin before it, the largest of those.
GuestSymbols::Place GuestSymbols::find(u64 address) {
    generation();
    const Module* module = space_->moduleAt(address);
    if (!module) return {};
    const u64 wanted = address - module->bias;
    const std::vector<Function>& functions = functionsOf(*module);
    auto at = std::ranges::upper_bound(functions, wanted, {}, &Function::value);
    Place best{};
    for (u64 value = 0; at != functions.begin();) {
        --at;
        if (best.symbol && at->value != value) break;
        if (at->size && wanted - at->value >= at->size) continue;
        best = {at->symbol, wanted - at->value};
        value = at->value;
    }
    return best;
}

const std::string& GuestSymbols::at(u64 address) {
    const Place place = find(address);
    text_.clear();
    if (!place.symbol) return text_;
    char offset[20];
    ((text_ += place.symbol->name) += "+0x").append(offset, std::to_chars(offset, offset + sizeof offset, place.offset, 16).ptr);
    return text_;
}

bool GuestSymbols::begins(u64 address, std::string_view function) {
    generation();
    if (elsewhere_.contains(address)) return false;
    if (const Module* module = space_->moduleAt(address)) {
        const std::vector<Function>& functions = functionsOf(*module);
        const auto [first, last] = std::ranges::equal_range(functions, address - module->bias, {}, &Function::value);
        if (std::any_of(first, last, [function](const Function& f) { return f.symbol->name == function; })) return true;
    }
    elsewhere_.insert(address);
    return false;
}

}  // namespace emu
