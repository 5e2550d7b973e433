#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/versions/v6_1/process.hpp"

namespace kernel::v6_1 {

static TRACED(void, switch_mm_irqs_off, (mm_struct*, prev), (mm_struct*, next)) { switchAddressSpace(prev, next); }

static TRACED(void, calculate_sigpending) {
    current->sigpending_flag = true;
    recalc_sigpending();
}

TRACED(void, schedule_tail, (task_struct*, prev)) {
    finish_task_switch(prev);
    storeChildTid();
    calculate_sigpending();
}

// Linux kernel/sched/completion.c: wait_for_common and what it calls show only as far as they lead to schedule().
static TRACED(void, do_wait_for_common, (completion*, x), (TaskState, state)) { waitUntilDone(x, state); }
static TRACED(void, wait_for_common, (completion*, x), (TaskState, state)) { do_wait_for_common(x, state); }
TRACED(int, wait_for_completion_state, (completion*, x), (TaskState, state)) {
    wait_for_common(x, state);
    return x->done ? 0 : -ERESTARTSYS;
}
int waitForVfork(completion* x) { return wait_for_completion_state(x, TASK_KILLABLE); }

static pid_t startInit(KernelThreadFunction init) {
    const pid_t pid = user_mode_thread(init, {}, CLONE_FS);
    if (task_struct* p = find_task_by_vpid(pid)) p->flags |= PF_NO_SETAFFINITY;
    return pid;
}

const ProcessVersion processVersion{
    .boot = boot,
    .kernel_init_waits = true,
    .clone = kernel_clone,
    .kernel_thread = kernel_thread,
    .startInit = startInit,
    .waitForVfork = waitForVfork,
    .mm_release = exec_mm_release,
    .arch_prctl = do_arch_prctl_64,
    .callNumberIsInt = true,
    .newTaskState = TASK_NEW,
    .schedule_tail = schedule_tail,
    .switch_mm = switch_mm_irqs_off,
    .zombiesShow = true,
    .lastSwitch = __schedule,
    .fullLimitIsExceeded = false,
    .do_exit = do_exit,
    .do_group_exit = do_group_exit,
    .release_task = release_task,
    .wakeWaiters = __wake_up_sync_key,
    .wait4 = wait4,
    .do_wait = do_wait,
    .waitidOptions = static_cast<int>(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL),
    .waitidFillsOnError = true,
    .hasPidfds = true,
    .ownGroupIsZero = true,
    .subreaperOfDescendants = true,
    .cap_full_set = 0x1ff'ffff'ffff,
    .lastPrctl = 65,
    .newerProc = true,
    .fsCredsMode = true,
    .flockChecksCommand = true,
    .groupBeforeTerminal = true,
    .lastCapability = 40,
    .stateField = "__state",
    .stateBits = {0x20, 0x10, 0x80, 0x100},
    .pidTypes = {0, 2, 3, 1},
};

}  // namespace kernel::v6_1
