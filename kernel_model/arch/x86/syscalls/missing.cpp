#include "kernel_model/include/linux/missing.hpp"

#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <cerrno>
#include <sstream>

namespace kernel {
namespace {

struct Row { const char* calls; const char* what; int error; const char* errno_name; };
constexpr Row table[] = {
#define MISSING(identifier, calls, what, error) {calls, what, error, error ? #error : "no effect"},
#include "kernel_model/arch/x86/syscalls/missing.tbl"
#undef MISSING
};

bool isOf(const Row& row, const std::string& call) {
    std::istringstream calls(row.calls);
    for (std::string one; calls >> one;)
        if (one == call) return true;
    return false;
}

}  // namespace

int missing(Missing what, const std::string& detail) {
    const Row& row = table[static_cast<std::size_t>(what)];
    const pt_regs* const regs = current_pt_regs();
    const u64 address = regs->ip - 2, number = regs->orig_ax;     // of SYSCALL, which has two bytes
    if (*row.what) unsupported("feature", row.what, detail, address, row.errno_name);
    else unsupported("syscall", syscallNameOfLinux(number), std::to_string(number), address, row.errno_name);
    return -row.error;
}

std::string missingOfCall(const std::string& call) {
    std::string all;
    for (const Row& row : table) {
        if (!isOf(row, call)) continue;
        all += std::string(all.empty() ? "" : "; ") + (*row.what ? row.what : "everything") + ": " + row.errno_name;
    }
    return all;
}

}  // namespace kernel
