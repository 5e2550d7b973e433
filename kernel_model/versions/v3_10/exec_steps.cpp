// fs/exec.c as v3.10 has it: strings, the stack, opening, threads and the address space.
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"
#include "kernel_model/versions/v3_10/exec.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"

namespace kernel::v3_10 {

TRACED(int, do_execve, (const std::string&, filename), (user_arg_ptr, argv), (user_arg_ptr, envp)) {
    return do_execve_common(filename, argv, envp);
}

int executeNamed(const std::string& filename, user_arg_ptr argv, user_arg_ptr envp) {
    const int error = do_execve(filename, argv, envp);
    putname(filename);
    return error;
}

static TRACED(int, __bprm_mm_init, (linux_binprm*, bprm)) {
    auto* vma = new vm_area_struct;
    vma->vm_mm = bprm->mm;
    return createStackVma(bprm, vma);
}

TRACED(int, bprm_mm_init, (linux_binprm*, bprm)) {
    mm_struct* mm = mm_alloc();
    if (!mm) return -ENOMEM;
    bprm->mm = mm;
    int error = init_new_context(current, mm);
    if (!error) error = __bprm_mm_init(bprm);
    if (error < 0) {
        bprm->mm = nullptr;
        mmdrop(mm);
    }
    return error;
}

TRACED(int, copy_strings, (int, argc), (user_arg_ptr, argv), (linux_binprm*, bprm)) { return pushStrings(bprm, argc, argv); }

TRACED(int, copy_strings_kernel, (int, argc), (const KernelStrings&, strings), (linux_binprm*, bprm)) {
    return copy_strings(argc, {{}, &strings}, bprm);
}

// Opens for execution: a regular file that nobody has open for writing; writers are kept out until allow_write_access.
TRACED(Result<file*>, open_exec, (const std::string&, name)) {
    return checkExecutable(TRY(do_filp_open(AT_FDCWD, name, O_RDONLY, 0, MAY_EXEC)));
}

TRACED(void, set_task_comm, (task_struct*, tsk), (const std::string&, comm)) { setTaskName(tsk, comm); }

TRACED(void, filename_to_taskname, (std::string&, tcomm), (const std::string&, filename)) { tcomm = taskName(filename); }

TRACED(int, check_unsafe_exec, (linux_binprm*, bprm)) {
    constexpr int LSM_UNSAFE_SHARE = 1, LSM_UNSAFE_NO_NEW_PRIVS = 8;
    if (current->no_new_privs) bprm->unsafe = bprm->unsafe | LSM_UNSAFE_NO_NEW_PRIVS;
    fs_struct* fs = current->fs;
    if (!check("fs.users <= threads that share it", fs->users <= threadsSharing(fs, current->group_leader), fs->users)) {
        bprm->unsafe = bprm->unsafe | LSM_UNSAFE_SHARE;
        return 0;
    }
    if (!check("!fs.in_exec", !fs->in_exec, fs->in_exec)) return -EAGAIN;
    fs->in_exec = true;
    return 1;
}

// The thread becomes the process: pid, place in the family and exit signal are the old leader's (execve(2), "attributes").
static int takeOverLeader(task_struct* tsk) {
    task_struct* leader = tsk->group_leader;
    TRY_INT(waitForLeader(tsk));
    tsk->start_time = leader->start_time;
    tsk->pid = leader->pid;
    change_pid(tsk, PIDTYPE_PID, leader->pids[PIDTYPE_PID]);
    transfer_pid(leader, tsk, PIDTYPE_PGID);
    transfer_pid(leader, tsk, PIDTYPE_SID);
    inheritLeader(tsk, leader);
    traces::tracer().setTask(tsk->pid);
    traceTask(tsk);
    release_task(leader);
    return 0;
}

// Kills the other threads, waits for them, gives this one a table of actions of its own.
TRACED(int, de_thread, (task_struct*, tsk)) {
    signal_struct* sig = tsk->signal;
    if (!thread_group_empty(tsk)) {
        TRY_INT(endOtherThreads(tsk));
        if (!thread_group_leader(tsk)) TRY_INT(takeOverLeader(tsk));
    }
    sig->group_exit_task = nullptr;
    sig->notify_count = 0;
    tsk->exit_signal = SIGCHLD;
    exit_itimers(sig);
    flush_itimer_signals();
    return makeSighandPrivate(tsk);
}

static TRACED(void, activate_mm, (mm_struct*, prev), (mm_struct*, next)) { processor().loadCr3(next->pgd); }

// The point of no return of v3.10: after this the old image is gone.
TRACED(int, exec_mmap, (mm_struct*, mm)) {
    task_struct* tsk = current;
    mm_struct* old_mm = tsk->mm;
    mm_struct* active_mm = tsk->active_mm;
    mm_release(tsk, old_mm);
    tsk->mm = mm;
    tsk->active_mm = mm;
    activate_mm(active_mm, mm);
    arch_pick_mmap_layout(mm);
    if (old_mm) {
        BUG_ON(active_mm != old_mm);
        mmput(old_mm);
    } else if (active_mm) {
        mmdrop(active_mm);
    }
    return 0;
}

// Stretches the VMA over both places, moves the pages, lets the old place go.
static TRACED(int, shift_arg_pages, (vm_area_struct*, vma), (u64, shift)) { return shiftStack(vma, shift); }

TRACED(int, setup_arg_pages, (linux_binprm*, bprm), (u64, stack_top), (int, executable_stack)) {
    mm_struct* mm = current->mm;
    vm_area_struct* vma = bprm->vma;
    Local<u64> stack_shift("stack_shift");
    stack_shift = TRY(stackShift(bprm, stack_top));
    bprm->p -= stack_shift;
    mm->arg_start = bprm->p;
    bprm->exec -= stack_shift;

    vm_area_struct* prev = nullptr;
    TRY_INT(mprotect_fixup(vma, &prev, vma->vm_start, vma->vm_end, finalStackFlags(mm, executable_stack)));
    if (stack_shift) TRY_INT(shift_arg_pages(vma, stack_shift));
    vma->vm_flags &= ~VM_STACK_INCOMPLETE_SETUP;
    Local<u64> stack_base("stack_base");
    stack_base = stackBase(vma, rlimit_cur(RLIMIT_STACK));
    mm->start_stack = bprm->p;
    return expand_stack(vma, stack_base) ? -EFAULT : 0;
}

int call_modprobe(const std::string&) {
    check("modprobe can be run", false, "/sbin/modprobe");
    return -ENOENT;
}

// A random page in the 32 MiB behind the end of the bss (drivers/char/random.c randomize_range).
TRACED(u64, arch_randomize_brk, (mm_struct*, mm)) {
    constexpr u64 range = 0x0200'0000;
    const u64 start = mm->brk;
    if (start + range <= start) return start;
    return PAGE_ALIGN(randomU64("arch_randomize_brk") % range + start);
}

}  // namespace kernel::v3_10
