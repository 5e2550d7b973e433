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

}  // namespace traces
