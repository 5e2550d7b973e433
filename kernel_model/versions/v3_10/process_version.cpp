#include "kernel_model/versions/v3_10/process.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

namespace kernel::v3_10 {

static TRACED(void, switch_mm, (mm_struct*, prev), (mm_struct*, next)) { switchAddressSpace(prev, next); }
static void wakeAll(task_struct*, task_struct* parent) { wake_up(parent->signal->wait_chldexit); }

TRACED(void, schedule_tail, (task_struct*, prev)) {
    finish_task_switch(prev);
    storeChildTid();
}

const ProcessVersion processVersion{
    .boot = boot,
    .kernel_init_waits = false,
    .clone = clone,
    .kernel_thread = kernel_thread,
    .startInit = startInit,
    .waitForVfork = wait_for_completion_killable,
    .mm_release = mm_release,
    .arch_prctl = do_arch_prctl,
    .callNumberIsInt = false,
    .newTaskState = TASK_RUNNING,
    .schedule_tail = schedule_tail,
    .switch_mm = switch_mm,
    .zombiesShow = false,
    .lastSwitch = schedule,
    .fullLimitIsExceeded = true,
    .do_exit = do_exit,
    .do_group_exit = do_group_exit,
    .release_task = release_task,
    .wakeWaiters = wakeAll,
    .wait4 = wait4,
    .do_wait = do_wait,
    .waitidOptions = static_cast<int>(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED),
    .waitidFillsOnError = false,
    .hasPidfds = false,
    .ownGroupIsZero = false,
    .subreaperOfDescendants = false,
    .cap_full_set = ~u64{0},
    .lastPrctl = 40,
    .newerProc = false,
    .fsCredsMode = false,
    .flockChecksCommand = false,
    .groupBeforeTerminal = false,
    .lastCapability = 36,
    .stateField = "state",
    .stateBits = {EXIT_ZOMBIE, EXIT_DEAD, TASK_DEAD, TASK_WAKEKILL},
    .pidTypes = {0, 1, 2, 3},
};

}  // namespace kernel::v3_10
