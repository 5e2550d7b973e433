// See version.hpp.
#pragma once

#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/version/version.hpp"

namespace kernel {

// What a new task is made of (Linux 6.1 include/linux/sched/task.h; v3.10 passes it as arguments of do_fork).
struct kernel_clone_args {
    u64 flags = 0;                          // CLONE_*, without the exit signal
    int exit_signal = 0;
    u64 stack = 0, stack_size = 0;          // address and bytes; 0: the parent's stack pointer
    UserPtr<int> parent_tid, child_tid, pidfd;
    u64 tls = 0;
    std::vector<pid_t> set_tid;             // clone3: the number it shall have
    bool kthread = false;
    KernelThreadFunction fn;
    ThreadArgument fn_arg;
};
traces::Value traceValue(const kernel_clone_args*);
struct Rusage;

struct ProcessVersion {
    // init/main.c
    void (*boot)();                         // what start_kernel does; does not return
    bool kernel_init_waits;                 // for pid 2, before kernel_init_freeable and not in it
    // kernel/fork.c, arch/x86/kernel/process_64.c
    long (*clone)(kernel_clone_args*);      // what fork, vfork, clone and clone3 end in: the new pid, or -errno
    pid_t (*kernel_thread)(KernelThreadFunction, ThreadArgument, u64 flags);
    pid_t (*startInit)(KernelThreadFunction);                   // rest_init's pid 1
    int (*waitForVfork)(completion*);       // until it is done, or a fatal signal came: -ERESTARTSYS
    void (*mm_release)(task_struct*, mm_struct*);
    long (*arch_prctl)(task_struct*, int code, u64 address);
    bool callNumberIsInt;                   // only the low half of rax counts
    // kernel/sched
    TaskState newTaskState;                   // until it is first woken
    void (*schedule_tail)(task_struct* prev);
    void (*switch_mm)(mm_struct* prev, mm_struct* next);
    bool zombiesShow;                       // sched_switch tells a zombie (Z) from a dead task (X)
    void (*lastSwitch)();                   // at the end of a dead task's stack
    bool fullLimitIsExceeded;               // set*uid to a user with RLIMIT_NPROC processes: execve gives EAGAIN
    // kernel/exit.c
    void (*do_exit)(long code);             // does not return
    void (*do_group_exit)(int exit_code);   // does not return
    void (*release_task)(task_struct*);
    void (*wakeWaiters)(task_struct* child, task_struct* parent);       // what __wake_up_parent does
    long (*wait4)(wait_opts*, UserPtr<int> status, UserPtr<Rusage>);
    long (*do_wait)(wait_opts*);
    int waitidOptions;                      // all that waitid(2) takes
    bool waitidFillsOnError;                // siginfo_t is cleared for ECHILD too
    bool hasPidfds;                         // waitid knows P_PIDFD
    bool ownGroupIsZero;                    // waitid(P_PGID, 0)
    bool subreaperOfDescendants;            // PR_SET_CHILD_SUBREAPER counts for those that are already there
    u64 cap_full_set;                       // CAP_FULL_SET: what user 0 has
    int lastPrctl;                          // highest option of prctl(2) that counts from 1
    bool newerProc;                         // /proc/PID has timerslack_ns; status and timers the lines that came since v3.10
    bool fsCredsMode;                       // /proc asks with the file system ids; a thread may look at the others of its process
    bool flockChecksCommand;                // before it looks at the descriptor; LOCK_MAND does nothing
    bool groupBeforeTerminal;               // TIOCSPGRP reads the group before it looks whose terminal it is
    int lastCapability;
    const char* stateField;                 // name of task_struct.state
    // EXIT_ZOMBIE, EXIT_DEAD, TASK_DEAD, TASK_WAKEKILL
    std::array<long, 4> stateBits;
    int pidTypes[4];                        // the numbers of PIDTYPE_PID, PGID, SID, TGID
};

namespace v3_10 { extern const ProcessVersion processVersion; }
namespace v6_1 { extern const ProcessVersion processVersion; }

}  // namespace kernel
