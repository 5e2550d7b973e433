// The vocabulary of events, each kind declared once. Schema, documentation and --help derive from this table.
#pragma once

#include "traces/types.hpp"

#include <span>
#include <string_view>

namespace traces {

enum class Kind : u8 {
    header, task, call, ret, local, set, object_new, object_free, check, vma, pte, page_fill, blob, user_write,
    sys_enter, sys_exit, input, page_fault_user, exception, sched_switch, sched_process_fork, sched_process_exec,
    sched_process_exit, signal_generate, signal_deliver, insn, unsupported, truncated, checkpoint, footer,
};
inline constexpr std::size_t kindCount = static_cast<std::size_t>(Kind::footer) + 1;
constexpr u64 bit(Kind kind) noexcept { return u64{1} << static_cast<unsigned>(kind); }

}  // namespace traces
