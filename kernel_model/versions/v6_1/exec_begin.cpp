// fs/exec.c as v6.1 has it: leaving the old image. begin_new_exec is the point of no return.
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/versions/v6_1/mm.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/rseq.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/versions/v6_1/exec.hpp"
#include "kernel_model/versions/v6_1/process.hpp"

#include <algorithm>

namespace kernel::v6_1 {

namespace {

// Rights of the file that is executed in the end, not of the script that led to it (execve(2), "Effect on ... set-user-ID").
TRACED(void, bprm_fill_uid, (linux_binprm*, bprm), (file*, file)) {
    const inode* inode = file->f_inode;
    if (!check("!no_new_privs", !current->no_new_privs, current->no_new_privs)) return;
    if (inode->i_mode & S_ISUID) {
        bprm->per_clear |= PER_CLEAR_ON_SETID;
        bprm->cred->euid = inode->i_uid;
    }
    if ((inode->i_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
        bprm->per_clear |= PER_CLEAR_ON_SETID;
        bprm->cred->egid = inode->i_gid;
    }
}

TRACED(int, bprm_creds_from_file, (linux_binprm*, bprm)) {
    file* file = bprm->execfd_creds ? bprm->executable : bprm->file;
    bprm_fill_uid(bprm, file);
    return security_bprm_creds_from_file(bprm, file);
}

}  // namespace

// Both threads swap their numbers (kernel/pid.c): the caller becomes the process, the old leader a thread that ends.
static TRACED(void, exchange_tids, (task_struct*, left), (task_struct*, right)) {
    pid *const a = left->pids[PIDTYPE_PID], *const b = right->pids[PIDTYPE_PID];
    a->tasks[PIDTYPE_PID] = {right};
    b->tasks[PIDTYPE_PID] = {left};
    left->pids[PIDTYPE_PID] = b;
    right->pids[PIDTYPE_PID] = a;
    const pid_t number = left->pid;
    left->pid = right->pid.get();
    right->pid = number;
}

// The thread becomes the process: both swap their numbers, the old leader disappears with the thread's.
static int takeOverLeader(task_struct* tsk) {
    task_struct* leader = tsk->group_leader;
    TRY_INT(waitForLeader(tsk));
    tsk->start_time = leader->start_time;
    exchange_tids(tsk, leader);
    transfer_pid(leader, tsk, PIDTYPE_TGID);
    transfer_pid(leader, tsk, PIDTYPE_PGID);
    transfer_pid(leader, tsk, PIDTYPE_SID);
    inheritLeader(tsk, leader);
    traces::tracer().setTask(tsk->pid);
    traceTask(tsk);
    v6_1::release_task(leader);
    return 0;
}

TRACED(int, de_thread, (task_struct*, tsk)) {
    if (!thread_group_empty(tsk)) {
        TRY_INT(endOtherThreads(tsk));
        if (!thread_group_leader(tsk)) TRY_INT(takeOverLeader(tsk));
        tsk->signal->group_exit_task = nullptr;
        tsk->signal->notify_count = 0;
    }
    tsk->exit_signal = SIGCHLD;
    return 0;
}

static TRACED(void, membarrier_exec_mmap, (mm_struct*, mm)) {}      // nobody here registers for membarrier(2)
static TRACED(void, posix_cpu_timers_exit, (task_struct*, tsk)) {}    // their queues hang on the task and go with exit_itimers

static TRACED(void, activate_mm, (mm_struct*, prev), (mm_struct*, next)) { version().process.switch_mm(prev, next); }

TRACED(int, exec_mmap, (mm_struct*, mm)) {
    task_struct* tsk = current;
    mm_struct* old_mm = tsk->mm;
    mm_struct* active_mm = tsk->active_mm;
    exec_mm_release(tsk, old_mm);
    membarrier_exec_mmap(mm);
    tsk->active_mm = mm;
    tsk->mm = mm;
    activate_mm(active_mm, mm);
    if (old_mm) {
        BUG_ON(active_mm != old_mm);
        mm_update_next_owner(old_mm);
        mmput(old_mm);
    } else if (active_mm) {
        mmdrop(active_mm);
    }
    return 0;
}

// A descriptor table of one's own; the shared one is the others'.
TRACED(int, unshare_files) {
    files_struct* shared = nullptr;
    TRY_INT(unshareFiles(&shared));
    put_files_struct(shared);
    return 0;
}

static TRACED(int, unshare_sighand, (task_struct*, me)) {
    return makeSighandPrivate(me);
}

static TRACED(void, __set_task_comm, (task_struct*, tsk), (const std::string&, buf), (bool, exec)) { setTaskName(tsk, buf); }

namespace {

// prctl(2), PR_SET_DUMPABLE: a program with other rights than its user's, or that its user may not read, is not dumped.
void decideDumpable(const linux_binprm* bprm) {
    constexpr int suid_dumpable = SUID_DUMP_DISABLE;        // sysctl fs.suid_dumpable
    const struct cred* cred = current->cred;
    const bool own = cred->euid == cred->uid && cred->egid == cred->gid;
    const bool readable = !(bprm->interp_flags & BINPRM_FLAGS_ENFORCE_NONDUMP);
    set_dumpable(current->mm, own && readable ? SUID_DUMP_USER : suid_dumpable);
}

TRACED(int, set_cred_ucounts, (cred*, new_cred)) { return 0; }      // one user namespace: who pays stays the same

// Run through a descriptor, the program has the file's name, not the descriptor's number.
std::string nameOf(const linux_binprm* bprm) {
    if (!bprm->comm_from_dentry) return taskName(bprm->filename);
    const dentry* d = bprm->file->f_path;
    return d->d_parent == d && d->covers ? d->covers->d_name : d->d_name;
}

TRACED(void, fpu_flush_thread) { resetFpu(); }
TRACED(void, flush_thread) { fpu_flush_thread(); }

void resetTask(linux_binprm* bprm) {
    task_struct* me = current;
    me->flags &= ~(PF_RANDOMIZE | PF_FORKNOEXEC | PF_NOFREEZE | PF_NO_SETAFFINITY);
    v6_1::flush_thread();
    me->personality &= ~bprm->per_clear.get();
    do_close_on_exec(me->files);
    if (bprm->secureexec) {
        me->pdeath_signal = 0;
        bprm->rlim_stack.rlim_cur = std::min(bprm->rlim_stack.rlim_cur, _STK_LIM);
    }
    me->sas_ss_sp = 0;
    me->sas_ss_size = 0;
    decideDumpable(bprm);
    __set_task_comm(me, nameOf(bprm), true);
    me->self_exec_id += 1;
    flush_signal_handlers(me, false);
}

int commitCredentials(linux_binprm* bprm) {
    TRY_INT(set_cred_ucounts(bprm->cred));
    security_bprm_committing_creds(bprm);
    commit_creds(bprm->cred);
    bprm->cred = nullptr;
    if (get_dumpable(current->mm) != SUID_DUMP_USER) perf_event_exit_task(current);
    security_bprm_committed_creds(bprm);
    return 0;
}

// binfmt_misc, flag O: the interpreter gets the program as a descriptor.
int installExecutable(linux_binprm* bprm) {
    const int fd = get_unused_fd_flags(0);
    TRY_INT(fd);
    fd_install(static_cast<unsigned>(fd), bprm->executable);
    bprm->executable = nullptr;
    bprm->execfd = fd;
    return 0;
}

int replaceMm(linux_binprm* bprm) {
    TRY_INT(v6_1::set_mm_exe_file(bprm->mm, bprm->file));
    would_dump(bprm, bprm->file);
    if (bprm->have_execfd) would_dump(bprm, bprm->executable);
    acct_arg_size(bprm, 0);
    TRY_INT(exec_mmap(bprm->mm));
    bprm->mm = nullptr;
    return 0;
}

}  // namespace

TRACED(int, begin_new_exec, (linux_binprm*, bprm)) {
    task_struct* me = current;
    TRY_INT(bprm_creds_from_file(bprm));
    bprm->point_of_no_return = true;
    TRY_INT(de_thread(me));
    TRY_INT(unshare_files());
    TRY_INT(replaceMm(bprm));
    posix_cpu_timers_exit(me);
    exit_itimers(me->signal);
    flush_itimer_signals();
    TRY_INT(unshare_sighand(me));
    resetTask(bprm);
    TRY_INT(commitCredentials(bprm));
    return bprm->have_execfd ? installExecutable(bprm) : 0;
}

static TRACED(void, arch_setup_new_exec) {}         // cpuid faulting, which no program here can ask for

TRACED(void, setup_new_exec, (linux_binprm*, bprm)) {
    arch_pick_mmap_layout(current->mm);
    arch_setup_new_exec();
    current->mm->task_size = TASK_SIZE;
}

TRACED(void, finalize_exec, (linux_binprm*, bprm)) { current->signal->rlim[RLIMIT_STACK] = bprm->rlim_stack; }

// A random page in the GiB behind the end of the bss (mm/util.c randomize_page).
TRACED(u64, arch_randomize_brk, (mm_struct*, mm)) {
    const u64 start = PAGE_ALIGN(mm->brk);
    const u64 pages = ((u64{1} << 30) - (start - mm->brk)) >> PAGE_SHIFT;
    return start + ((randomU64("arch_randomize_brk") % pages) << PAGE_SHIFT);
}

}  // namespace kernel::v6_1
