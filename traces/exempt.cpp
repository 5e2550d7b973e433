#include "traces/exempt.hpp"

#include <algorithm>

namespace traces {
namespace {

constexpr std::string_view what_was_run = "how the trace came to be";
constexpr std::string_view observation = "what somebody saw or decided; what followed from it is told by other events";
constexpr std::string_view named_elsewhere = "a name for the reader; the object is told apart by other attributes";

constexpr Exempt table[] = {
    {Kind::header, "version tool seed cpu program program_hash argv env options frames", what_was_run},
    {Kind::task, "ppid", "real_parent of the task_struct is told by set"},
    {Kind::call, "args", observation},
    {Kind::ret, "result injected", observation},
    {Kind::local, "*", "a variable of a function: gone when it returns"},
    {Kind::set, "old", "in part: the first time that a field is shown, its value at birth; afterwards it is compared", true},
    {Kind::set, "object",
     "in part: which frame a reference count (not _mapcount) is of, unless it is mapped and the count was shown before and is again", true},
    {Kind::object_new, "from", observation},
    {Kind::check, "*", observation},
    {Kind::vma, "file", named_elsewhere},
    {Kind::pte, "old new", "in part: the bits A and D, which the processor sets unseen, where none of those that were there is lost", true},
    {Kind::page_fill, "file offset", "where the content came from; the content is told by the blob"},
    {Kind::page_fill, "pfn source from blob", "in part: of a page that nobody maps", true},
    {Kind::blob, "bytes", "in part: of a page that nobody maps", true},
    {Kind::user_write, "address", "in part: of zeros that are written where there are zeros, so that nothing changes", true},
    {Kind::sys_enter, "name args", "the number and the registers are compared"},
    {Kind::sys_exit, "name result errno", "rax is told by registers"},
    {Kind::input, "*", "where it goes is told by user_write and page_write"},
    {Kind::page_fault_user, "address error_code", observation},
    {Kind::exception, "vector name error_code", observation},
    {Kind::sched_switch, "prev_state", "state of the task_struct is told by set"},
    {Kind::sched_process_exec, "*", observation},
    {Kind::sched_process_exit, "exit_code", "exit_code of the task_struct is told by set"},
    {Kind::signal_generate, "sig name code result error info", observation},
    {Kind::signal_generate, "target_pid", "in part: of another task of the same name", true},
    {Kind::signal_deliver, "*", observation},
    {Kind::insn, "symbol", named_elsewhere},
    {Kind::unsupported, "*", observation},
    {Kind::truncated, "*", observation},
    {Kind::footer, "exit_status", observation},
};

bool names(std::string_view list, std::string_view name) {
    if (list == "*") return true;
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(' '), list.size());
        if (list.substr(0, end) == name) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

}  // namespace

std::span<const Exempt> exempt() noexcept { return table; }

bool isExempt(Kind kind, std::string_view attr) noexcept {
    return std::ranges::any_of(table, [&](const Exempt& one) { return one.kind == kind && !one.in_part && names(one.attrs, attr); });
}

std::string exemptReference() {
    std::string out = "| event | attributes | why |\n|---|---|---|\n";
    for (const Exempt& one : table) {
        out += "| " + std::string(info(one.kind).name) + " | " + (one.attrs == "*" ? "all" : std::string(one.attrs)) + " | " +
               std::string(one.why) + " |\n";
    }
    return out;
}

}  // namespace traces
