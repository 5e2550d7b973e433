// Linux v3.10 fs/coredump.c: who shares the address space dies, the dumper writes the file.
#include "kernel_model/versions/v3_10/coredump.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/versions/v3_10/exec.hpp"

namespace kernel::v3_10 {

static TRACED(int, zap_process, (task_struct*, start), (int, exit_code)) {
    return zapGroup(start, exit_code, [](const task_struct* t) { return t->mm.get() != nullptr; });
}

static bool uses(const task_struct* leader, const mm_struct* mm) {
    for (const task_struct* t : leader->thread_group)
        if (t->mm.get()) return t->mm == mm;
    return false;
}
// clone(2) with CLONE_VM but without CLONE_THREAD: they die too.
static int zapOtherProcesses(const mm_struct* mm, int exit_code) {
    int count = 0;
    for (task_struct* leader : all_tasks()) {
        if (leader == current->group_leader || leader->flags & PF_KTHREAD || !uses(leader, mm)) continue;
        count += zap_process(leader, exit_code);
        leader->signal->flags = SIGNAL_GROUP_EXIT;
    }
    return count;
}

static TRACED(int, zap_threads, (task_struct*, tsk), (mm_struct*, mm), (core_state*, state), (int, exit_code)) {
    signal_struct* sig = tsk->signal;
    if (signal_group_exit(sig)) return -EAGAIN;
    mm->core_state = state;
    int nr = zap_process(tsk, exit_code);
    sig->group_exit_task = tsk;
    sig->flags = SIGNAL_GROUP_COREDUMP;
    tsk->sigpending_flag = false;
    if (mm->mm_users != nr + 1) nr += zapOtherProcesses(mm, exit_code);
    state->nr_threads = nr;
    return nr;
}
static TRACED(int, coredump_wait, (int, exit_code), (core_state*, state)) {
    mm_struct* mm = current->mm;
    const int waiters = mm->core_state.get() ? -EBUSY : zap_threads(current, mm, state, exit_code);
    if (waiters > 0) wait_for_completion(&state->startup);
    return waiters;
}

static TRACED(void, coredump_finish, (mm_struct*, mm), (bool, core_dumped)) {
    signal_struct* sig = current->signal;
    if (core_dumped && !fatal_signal_pending(current)) sig->group_exit_code |= 0x80;
    sig->group_exit_task = nullptr;
    sig->flags = SIGNAL_GROUP_EXIT;
    releaseThreads(mm->core_state);
    mm->core_state = nullptr;
}

static bool dump_interrupted() { return signal_pending(current); }

TRACED(bool, dump_write, (file*, file), (std::span<const u8>, data)) {
    if (dump_interrupted()) return false;
    loff_t pos = file->f_pos;
    const long n = __kernel_write(file, data, pos);
    if (n > 0) file->f_pos = pos;
    return n == static_cast<long>(data.size());
}
TRACED(bool, dump_seek, (file*, file), (u64, off)) {
    if (dump_interrupted()) return false;
    file->f_pos = file->f_pos + static_cast<loff_t>(off);
    return true;
}

static bool writeCore(const linux_binfmt* binfmt, coredump_params& cprm) {
    if (!mayHoldCore(cprm.file) || setInodeSize(cprm.file->f_inode, 0) < 0) return false;
    files_struct* displaced = nullptr;
    if (unshare_files(&displaced)) return false;
    if (displaced) put_files_struct(displaced);
    return !dump_interrupted() && binfmt->core_dump(&cprm);
}

TRACED(void, do_coredump, (const kernel_siginfo&, siginfo)) {
    dumpCore(siginfo, {
        .wait = [](int exit_code, core_state* state) { return coredump_wait(exit_code, state); },
        .replaces = false,
        .write = writeCore,
        .finish = [](bool core_dumped) { coredump_finish(current->mm, core_dumped); },
    });
}

void exitDuringDump(task_struct* tsk) {
    if (core_state* state = tsk->mm->core_state) restDuringDump(state, true);
}

}  // namespace kernel::v3_10
