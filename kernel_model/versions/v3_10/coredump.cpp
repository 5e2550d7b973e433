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

static bool dumpToFile(const linux_binfmt* binfmt, coredump_params& cprm) {
    constexpr u32 LARGE_FILE = 0100000;     // O_LARGEFILE
    const Corename name = formatCorename(&cprm);
    if (name.is_pipe) {
        unsupported("feature", "core_pattern |", "a program that takes the core", 0, "no core is dumped");
        return false;
    }
    if (!check("RLIMIT_CORE is a page or more", cprm.limit >= binfmt->min_coredump, cprm.limit)) return false;
    const Result<file*> opened = filp_open(name.name, O_CREAT | O_RDWR | O_NOFOLLOW | LARGE_FILE, 0600);
    if (!opened.ok()) return false;
    cprm.file = opened.value();
    const bool dumped = writeCore(binfmt, cprm);
    filp_close(cprm.file);
    return dumped;
}

TRACED(void, do_coredump, (const kernel_siginfo&, siginfo)) {
    mm_struct* mm = current->mm;
    const linux_binfmt* binfmt = mm->binfmt;
    if (!binfmt || !binfmt->core_dump) return;
    if (!check("the process is dumpable", get_dumpable(mm) != SUID_DUMP_DISABLE, get_dumpable(mm))) return;
    core_state state;
    coredump_params cprm;
    cprm.siginfo = &siginfo;
    cprm.limit = rlimit_cur(RLIMIT_CORE);
    cprm.mm_flags = mm->flags;
    cprm.state = &state;
    cred* fresh = prepare_creds();
    if (coredump_wait(siginfo.si_signo, &state) >= 0) {
        cred* old = override_creds(fresh);
        coredump_finish(mm, dumpToFile(binfmt, cprm));
        revert_creds(old);
    }
    put_cred(fresh);
}

void exitDuringDump(task_struct* tsk) {
    if (core_state* state = tsk->mm->core_state) restDuringDump(state, true);
}

}  // namespace kernel::v3_10
