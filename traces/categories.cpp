// The CATEGORIES of -e trace=CATEGORIES.
#include "traces/vocabulary.hpp"

#include <algorithm>

namespace traces {
namespace {

constexpr CategoryInfo categoryTable[] = {
    {"kernel", "calls of kernel functions, their results and local variables"},
    {"syscall", "system calls"},
    {"object", "kernel objects and every change of their fields, the list of formats"},
    {"check", "rules that the kernel applied"},
    {"mm", "memory areas, page table entries, page contents, kernel writes to user memory"},
    {"fault", "page faults and other exceptions"},
    {"sched", "task switches and the run queue"},
    {"task", "tasks, forks, execs and exits"},
    {"signal", "signals sent and delivered"},
    {"input", "bytes from outside the machine"},
    {"insn", "every instruction with what it changed, and the registers that the kernel changed"},
};

u64 categoryMask(std::string_view name) noexcept {
    u64 mask = 0;
    for (const KindInfo& kind : vocabulary())
        if (kind.category == name) mask |= bit(kind.kind);
    return mask;
}

// 0: no such name.
u64 maskOf(std::string_view name) noexcept {
    if (name == "all") return everything();
    if (const u64 mask = categoryMask(name)) return mask;
    const KindInfo* kind = findKind(name);
    return kind ? bit(kind->kind) : 0;
}

std::string unknown(std::string_view name) {
    std::string message = "no category or kind of event is called '" + std::string(name) + "'; categories are";
    for (const CategoryInfo& category : categories()) (message += ' ') += category.name;
    return message + " all none, and '!' before one leaves it out";
}

void addItem(std::string& list, std::string_view item) {
    if (!list.empty()) list += ',';
    list += item;
}

}  // namespace

std::span<const CategoryInfo> categories() noexcept { return categoryTable; }

u64 alwaysOn() noexcept { return categoryMask("always"); }

u64 everything() noexcept { return (u64{1} << kindCount) - 1; }

Selection parseCategories(std::string_view text) {
    u64 mask = text.starts_with('!') ? everything() : 0;
    while (true) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view name = text.substr(0, comma);
        const bool away = name.starts_with('!');
        if (away) name.remove_prefix(1);
        if (name != "none") {
            const u64 named = maskOf(name);
            if (!named) return {0, unknown(name)};
            mask = away ? mask & ~named : mask | named;
        } else {
            mask = away ? everything() : 0;
        }
        if (comma == text.size()) break;
        text.remove_prefix(comma + 1);
    }
    return {mask | alwaysOn(), {}};
}

std::string describeMask(u64 mask) {
    if ((mask | alwaysOn()) == everything()) return "all";
    std::string list;
    for (const CategoryInfo& category : categories()) {
        const u64 whole = categoryMask(category.name);
        if ((mask & whole) == whole) addItem(list, category.name);
        else
            for (const KindInfo& kind : vocabulary())
                if (whole & mask & bit(kind.kind)) addItem(list, kind.name);
    }
    return list.empty() ? "none" : list;
}

}  // namespace traces
