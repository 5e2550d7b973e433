// Linux arch/x86/syscalls/syscall_64.tbl: which definition a number means. A new call is a row in syscall_64.tbl.
#include "kernel_model/include/linux/syscalls.hpp"

#include <array>

namespace kernel {

#define SYSCALL(number, name) extern const SyscallDefinition syscall_##name;
#include "kernel_model/arch/x86/syscalls/syscall_64.tbl"
#undef SYSCALL

static constexpr SyscallRow rows[] = {
#define SYSCALL(number, name) {number, &syscall_##name},
#include "kernel_model/arch/x86/syscalls/syscall_64.tbl"
#undef SYSCALL
};

static constexpr std::size_t TABLE_SIZE = 512;
static constexpr auto byNumber = [] {
    std::array<const SyscallDefinition*, TABLE_SIZE> table{};
    for (const SyscallRow& row : rows) table[static_cast<std::size_t>(row.number)] = row.definition;
    return table;
}();

const SyscallDefinition* syscallByNumber(u64 number) { return number < TABLE_SIZE ? byNumber[number] : nullptr; }

}  // namespace kernel
