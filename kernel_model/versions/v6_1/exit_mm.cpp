// Linux 6.1 kernel/fork.c, kernel/futex/core.c: what a task owes to others before it leaves its address space.
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/versions/v6_1/process.hpp"

namespace kernel::v6_1 {

static TRACED(void, futex_cleanup, (task_struct*, tsk)) {
    if (tsk->robust_list.get()) exit_robust_list(tsk);
    if (holdsPiState(tsk)) exit_pi_state_list(tsk);
}
static TRACED(void, futex_exit_release, (task_struct*, tsk)) { futex_cleanup(tsk); }
static TRACED(void, futex_exec_release, (task_struct*, tsk)) { futex_cleanup(tsk); }

// set_tid_address(2): the word is cleared and its futex woken, when others may still look at it.
static void clearChildTid(task_struct* tsk, mm_struct* mm) {
    if (!tsk->clear_child_tid.get()) return;
    if (mm && mm->mm_users > 1) {
        static_cast<void>(put_user(0, tsk->clear_child_tid.get()));
        futexWake(tsk->clear_child_tid.get().address, 1);
    }
    tsk->clear_child_tid = UserPtr<int>{};
}

TRACED(void, mm_release, (task_struct*, tsk), (mm_struct*, mm)) {
    clearChildTid(tsk, mm);
    if (tsk->vfork_done.get()) complete_vfork_done(tsk);
}

TRACED(void, exit_mm_release, (task_struct*, tsk), (mm_struct*, mm)) {
    futex_exit_release(tsk);
    v6_1::mm_release(tsk, mm);
}
TRACED(void, exec_mm_release, (task_struct*, tsk), (mm_struct*, mm)) {
    futex_exec_release(tsk);
    v6_1::mm_release(tsk, mm);
}

}  // namespace kernel::v6_1
