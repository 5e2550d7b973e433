// Linux arch/x86/syscalls/syscall_64.tbl: which definition a number means. A new call is a row in syscall_64.tbl.
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/version/version.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace kernel {

#define SYSCALL(number, name) extern const SyscallDefinition syscall_##name;
#define PARTIAL(number, name, missing) SYSCALL(number, name)
#include "kernel_model/arch/x86/syscalls/syscall_64.tbl"
#undef SYSCALL
#undef PARTIAL

struct SyscallRow {
    int number;
    const SyscallDefinition* definition;
    const char* missing;
};
static constexpr SyscallRow rows[] = {
#define SYSCALL(number, name) {number, &syscall_##name, nullptr},
#define PARTIAL(number, name, missing) {number, &syscall_##name, missing},
#include "kernel_model/arch/x86/syscalls/syscall_64.tbl"
#undef SYSCALL
#undef PARTIAL
};

static constexpr std::size_t TABLE_SIZE = 512;
static constexpr auto byNumber = [] {
    std::array<const SyscallDefinition*, TABLE_SIZE> table{};
    for (const SyscallRow& row : rows) table[static_cast<std::size_t>(row.number)] = row.definition;
    return table;
}();

std::string missingOfSyscall(u64 number) {
    const auto* const row = std::ranges::find(rows, static_cast<int>(number), &SyscallRow::number);
    if (row == std::end(rows)) return "";
    const std::string refused = missingOfCall(row->definition->name);
    return row->missing ? row->missing + (refused.empty() ? "" : "; " + refused) : refused;
}

const SyscallDefinition* syscallOfAnyVersion(u64 number) { return number < TABLE_SIZE ? byNumber[number] : nullptr; }

const SyscallDefinition* syscallByNumber(u64 number) {
    return number < TABLE_SIZE && number <= version().lastSyscall ? byNumber[number] : nullptr;
}

std::string_view syscallFunction(const char* name) {
    static auto& made = *new std::map<std::pair<std::string, std::string>, std::string>;
    const auto [at, fresh] = made.try_emplace({version().syscallPrefix, name});
    if (fresh) at->second = std::string(version().syscallPrefix) + name;
    return at->second;
}

}  // namespace kernel
