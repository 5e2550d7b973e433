// task_struct and what hangs on it (Linux include/linux/sched.h, v3.10; spec/structs.md says who writes which field when).
#pragma once

#include "cpu/state.hpp"
#include "kernel_model/include/linux/hrtimer.hpp"
#include "kernel_model/include/linux/mm_types.hpp"
#include "kernel_model/include/linux/signal.hpp"
#include "kernel_model/include/linux/task_list.hpp"

#include <list>
#include <memory>
#include <vector>

namespace kernel {

struct fs_struct;
struct files_struct;
struct task_struct;
struct wait_opts;
class Fiber;                                // kernel/sched/fiber.hpp: the task's kernel stack

// v3.10's bits; the trace shows the version's own (version/process.hpp).
enum TaskState : long { TASK_RUNNING = 0, TASK_INTERRUPTIBLE = 1, TASK_UNINTERRUPTIBLE = 2, __TASK_STOPPED = 4, EXIT_ZOMBIE = 16,
    EXIT_DEAD = 32, TASK_DEAD = 64, TASK_WAKEKILL = 128, TASK_NEW = 2048, TASK_KILLABLE = TASK_WAKEKILL | TASK_UNINTERRUPTIBLE };
constexpr TaskState operator|(TaskState a, TaskState b) { return static_cast<TaskState>(static_cast<long>(a) | b); }
traces::Value traceValue(TaskState);
// task_struct.state, a field that the versions name differently.
class StateField {
public:
    StateField& operator=(TaskState);
    operator TaskState() const { return value_; }

private:
    TaskState value_ = TASK_RUNNING;
};
constexpr u32 PF_IDLE = 0x2, PF_EXITING = 0x4, PF_POSTCOREDUMP = 0x8, PF_WQ_WORKER = 0x20, PF_FORKNOEXEC = 0x40, PF_SUPERPRIV = 0x100, PF_DUMPCORE = 0x200, PF_SIGNALED = 0x400, PF_NPROC_EXCEEDED = 0x1000,
              PF_NOFREEZE = 0x8000, PF_KTHREAD = 0x200000, PF_RANDOMIZE = 0x400000,
              PF_NO_SETAFFINITY = 0x4000000;
constexpr u32 ADDR_NO_RANDOMIZE = 0x40000, MMAP_PAGE_ZERO = 0x100000, ADDR_COMPAT_LAYOUT = 0x200000,
              READ_IMPLIES_EXEC = 0x400000;

// The saved user registers on the kernel stack, in memory order (asm/ptrace.h).
struct pt_regs {
    u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
static_assert(sizeof(pt_regs) == 168);

struct rlimit { u64 rlim_cur, rlim_max; };
constexpr u64 RLIM_INFINITY = ~u64{0};
enum { RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE,
       RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_LOCKS, RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO,
       RLIMIT_RTTIME, RLIM_NLIMITS };

struct cred : Object {
    cred() : Object("cred", sizeof *this) {}
    cred(const cred& from);                 // a duplicate, usage 1
    FIELD_INIT(int, usage, 1);
    FIELD(uid_t, uid);
    FIELD(gid_t, gid);
    FIELD(uid_t, suid);
    FIELD(gid_t, sgid);
    FIELD(uid_t, euid);
    FIELD(gid_t, egid);
    FIELD(uid_t, fsuid);
    FIELD(gid_t, fsgid);
    FIELD(u64, cap_permitted);
    FIELD(u64, cap_effective);
    FIELD(u64, cap_inheritable);
    FIELD(u64, cap_bset);
    FIELD(u64, cap_ambient);                // v6.1
    FIELD(u32, securebits);
    std::vector<gid_t> groups;
};
constexpr u32 SECBIT_KEEP_CAPS = 0x10, SECBIT_KEEP_CAPS_LOCKED = 0x20;
OrNull<cred> prepare_creds();                 // kernel/cred.cpp: a copy of current's, usage 1
OrNull<cred> prepare_exec_creds();
int commit_creds(cred*);
void abort_creds(cred*);
void put_cred(cred*);
int copy_creds(task_struct*, u64 clone_flags);
// capabilities(7): whether the present task has it in its effective set, here and in `set`. Numbers of uapi linux/capability.h.
enum Capability : int {
    CAP_CHOWN = 0, CAP_DAC_OVERRIDE = 1, CAP_DAC_READ_SEARCH = 2, CAP_FOWNER = 3, CAP_FSETID = 4, CAP_KILL = 5, CAP_SETGID = 6, CAP_SETUID = 7,
    CAP_SETPCAP = 8, CAP_LINUX_IMMUTABLE = 9, CAP_IPC_LOCK = 14, CAP_SYS_RAWIO = 17, CAP_SYS_CHROOT = 18, CAP_SYS_PTRACE = 19, CAP_SYS_ADMIN = 21,
    CAP_SYS_BOOT = 22, CAP_SYS_NICE = 23, CAP_SYS_RESOURCE = 24, CAP_MKNOD = 27, CAP_MAC_OVERRIDE = 32, CAP_CHECKPOINT_RESTORE = 40
};
bool capable(Capability);
inline bool cap_raised(u64 set, int capability) { return set >> capability & 1; }

struct pid : Object {
    pid() : Object("pid", sizeof *this) {}
    FIELD(int, count);
    FIELD(int, nr);                         // numbers[0].nr
    TaskList tasks[4];                      // users as pid_type says
};
enum pid_type { PIDTYPE_PID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_TGID };    // v3.10's numbers; it has no TGID
traces::Value traceValue(pid_type);         // the number that the version gives it

struct k_itimer;                            // a POSIX timer: kernel/posix-timers.cpp
struct cpu_itimer { u64 expires = 0, incr = 0; };   // ITIMER_PROF, ITIMER_VIRTUAL: nanoseconds of cpu time, 0 = off

struct wait_queue_head_t {
    std::list<task_struct*> task_list;
    u64 wakeups = 0;                        // calls of wake_up: an edge for epoll
};
struct completion { bool done = false; wait_queue_head_t wait; };

struct signal_struct : Object {
    signal_struct() : Object("signal_struct", sizeof *this) {}
    FIELD(int, sigcnt);
    FIELD(int, live);
    FIELD(int, nr_threads);
    FIELD(int, quick_threads);              // v6.1: threads that have not begun to exit
    wait_queue_head_t wait_chldexit;
    sigpending shared_pending;
    task_struct* curr_target = nullptr;                         // who was given the last signal of the group
    FIELD(int, group_exit_code);
    FIELD(u32, flags);
    FIELD(task_struct*, group_exit_task);
    FIELD(int, notify_count);
    FIELD(struct core_state*, core_state);                      // v6.1: a core dump in progress
    FIELD(bool, leader);
    FIELD(pid*, leader_pid);
    struct tty_struct* tty = nullptr;                           // the controlling terminal
    rlimit rlim[RLIM_NLIMITS]{};
    u64 utime = 0, stime = 0, cutime = 0, cstime = 0;           // nanoseconds of virtual time
    u64 min_flt = 0, maj_flt = 0, cmin_flt = 0, cmaj_flt = 0;
    u64 nvcsw = 0, nivcsw = 0, cnvcsw = 0, cnivcsw = 0, maxrss = 0, cmaxrss = 0;    // of dead threads and children; pages
    hrtimer real_timer;                                         // ITIMER_REAL
    u64 it_real_incr = 0;                                       // its period in nanoseconds, 0 = once
    cpu_itimer it[2];                                           // CPUCLOCK_PROF, CPUCLOCK_VIRT
    std::list<std::shared_ptr<k_itimer>> posix_timers;          // by id
    int next_posix_timer_id = 0;
    int group_stop_count = 0;                                   // threads that still have to stop
    FIELD(bool, has_child_subreaper);
    FIELD(bool, is_child_subreaper);
    int oom_score_adj = 0, oom_score_adj_min = 0;               // -1000 to 1000
};
constexpr u32 SIGNAL_STOP_STOPPED = 1, SIGNAL_STOP_CONTINUED = 2, SIGNAL_GROUP_EXIT = 4, SIGNAL_GROUP_COREDUMP = 8, SIGNAL_CLD_STOPPED = 0x10,
              SIGNAL_CLD_CONTINUED = 0x20, SIGNAL_UNKILLABLE = 0x40;
constexpr u32 JOBCTL_STOP_PENDING = 1u << 17;       // the low 16 bits: the signal of the group stop

struct thread_struct {
    cpu::Registers user;                    // FPU, segments, bases; general registers are in pt_regs while in the kernel
    u64 trap_nr = 0, error_code = 0, cr2 = 0;   // of the last fault that became a signal
};

// What a kernel thread runs. Types of their own, so that the trace shows a name and no host address.
struct ThreadArgument { void* pointer = nullptr; };
struct KernelThreadFunction {
    int (*call)(ThreadArgument) = nullptr;
    explicit operator bool() const { return call; }
    bool operator==(const KernelThreadFunction&) const = default;
};

// What restart_syscall(2) goes on with.
struct restart_block {
    long (*fn)(restart_block*) = nullptr;
    u64 expires = 0;                        // virtual nanoseconds
    UserPtr<void> rmtp;                     // nanosleep: where the rest goes; poll: the descriptors
    u64 address = 0;                        // futex
    u32 value = 0, bitset = 0, flags = 0;   // futex; poll: value = number of descriptors
};
// Work that a task does before it goes back to user mode (task_work_add).
struct callback_head {
    void (*func)(void*) = nullptr;
    void* data = nullptr;
};

struct task_struct : Object {
    task_struct();
    explicit task_struct(const task_struct& from);  // what dup_task_struct copies; queues, lists and kernel stack are new
    ~task_struct();
    StateField state;
    std::unique_ptr<Fiber> stack;
    pt_regs regs{};                         // top of the kernel stack: task_pt_regs(task)
    FIELD(int, usage);
    FIELD(u32, flags);
    FIELD(bool, on_rq);
    FIELD(int, prio);
    FIELD(int, static_prio);
    FIELD(int, policy);                     // SCHED_*
    FIELD(int, rt_priority);                // 1 to 99 with SCHED_FIFO and SCHED_RR, else 0
    FIELD(bool, sched_reset_on_fork);
    FIELD(mm_struct*, mm);
    FIELD(mm_struct*, active_mm);
    FIELD_INIT(TaskState, exit_state, TASK_RUNNING);
    FIELD(int, exit_code);
    FIELD(int, exit_signal);
    FIELD(int, pdeath_signal);
    FIELD(u32, personality);
    FIELD(bool, did_exec);
    FIELD(bool, in_execve);
    FIELD(bool, no_new_privs);
    FIELD(pid_t, pid);
    FIELD(pid_t, tgid);
    FIELD(task_struct*, real_parent);
    FIELD(task_struct*, parent);
    TaskList children;                      // oldest first
    FIELD(task_struct*, group_leader);
    TaskList thread_group;                  // on the leader: all threads, itself first
    kernel::pid* pids[4]{};
    FIELD(completion*, vfork_done);
    FIELD(UserPtr<int>, set_child_tid);
    FIELD(UserPtr<int>, clear_child_tid);
    u64 utime = 0, stime = 0;
    FIELD(u64, min_flt);
    FIELD(u64, maj_flt);
    FIELD(u64, nvcsw);
    FIELD(u64, nivcsw);
    u64 start_time = 0;
    u64 timer_slack_ns = 50000, default_timer_slack_ns = 50000;
    FIELD(kernel::cred*, real_cred);
    FIELD(kernel::cred*, cred);
    FIELD(std::string, comm);               // at most 15 bytes
    FIELD(fs_struct*, fs);
    FIELD(files_struct*, files);
    FIELD(signal_struct*, signal);
    FIELD(sighand_struct*, sighand);
    FIELD(kernel_sigset, blocked);
    kernel_sigset real_blocked = 0;         // while sigtimedwait waits: what is blocked before and behind it
    kernel_sigset saved_sigmask = 0;
    bool restore_sigmask = false;
    sigpending pending;
    FIELD(u64, sas_ss_sp);
    FIELD(u64, sas_ss_size);
    u32 sas_ss_flags = 0;
    thread_struct thread;
    FIELD(u32, parent_exec_id);
    FIELD(u32, self_exec_id);
    FIELD(u64, robust_list);
    FIELD(u64, rseq);
    u32 rseq_sig = 0, rseq_event_mask = 0;
    std::vector<callback_head> task_works;
    bool notify_resume = false;             // TIF_NOTIFY_RESUME
    int pagefault_disabled = 0;             // > 0: a fault of the kernel on user memory is not served (v6.1)
    bool sigpending_flag = false;           // TIF_SIGPENDING
    bool need_resched = false;              // TIF_NEED_RESCHED
    KernelThreadFunction kthread_function;  // kernel thread: what ret_from_fork calls
    ThreadArgument kthread_argument;
    u64 wake_time = 0;                      // schedule_timeout: virtual nanoseconds, 0 = none
    int ioprio = -1;                        // ioprio_set(2); -1: never set
    int mempolicy = 0;                      // set_mempolicy(2): mode and mode flags
    bool mempolicy_node = false;            // its nodes: the only one, or none
    u32 jobctl = 0;
    kernel_siginfo last_siginfo;
    kernel::restart_block restart_block;
    wait_opts* child_wait = nullptr;        // what do_wait looks for while it sleeps
};
traces::Value traceValue(completion*);

inline traces::Value traceValue(const pt_regs* r) {
    return r ? traces::Value::object().with("ip", traces::Value::hex(r->ip)).with("sp", traces::Value::hex(r->sp)) : traces::Value::null();
}
u64 kernelTextAddress(KernelThreadFunction);        // kernel/kthread.cpp: a guest address that stands for the function
KernelThreadFunction kernelFunctionAt(u64 address);
traces::Value traceValue(KernelThreadFunction);
inline traces::Value traceValue(ThreadArgument) { return traces::Value::null(); }
inline traces::Value traceValue(const sigpending* p) { return traces::Value::hex(p->signal); }
inline traces::Value traceValue(const std::list<task_struct*>* l) { return traces::Value::count(static_cast<i64>(l->size())); }

extern task_struct init_task;
extern mm_struct init_mm;
extern int nr_threads;
extern task_struct* current_task;           // per-CPU current_task; set by __switch_to
#define current (::kernel::current_task)
inline pt_regs* task_pt_regs(task_struct* t) { return &t->regs; }
inline pt_regs* current_pt_regs() { return &current_task->regs; }
inline u64 rlimit_cur(int resource) { return current_task->signal->rlim[resource].rlim_cur; }

// kernel/sched/core.cpp. schedule() is the only place that switches kernel stacks.
void schedule();
void wake_up_new_task(task_struct*);
int wake_up_process(task_struct*);          // 1 when it was asleep
void set_current_state(TaskState);
i64 schedule_timeout_until(u64 virtual_ns); // sleeps in the present state until woken or the time has come; ns that were left
void schedule_preempt_disabled();
bool runQueueEmpty();
// Sleep until condition() holds; 0, or -ERESTARTSYS when a signal came first (wait_event_interruptible).
template <class Condition>
int wait_event_interruptible(wait_queue_head_t& queue, Condition condition) {
    while (!condition()) {
        if (signal_pending(current_task)) return -ERESTARTSYS;
        queue.task_list.push_back(current_task);
        set_current_state(TASK_INTERRUPTIBLE);
        schedule();
        queue.task_list.remove(current_task);
    }
    return 0;
}
void wake_up(wait_queue_head_t&);           // all sleepers, oldest first
void complete(completion*);
void wait_for_completion(completion*);

// version/process.hpp: do_exit, do_group_exit, release_task. kernel/fork.cpp, kernel/pid.cpp:
[[noreturn]] void do_exit(long code);
[[noreturn]] void do_group_exit(int exit_code);
void release_task(task_struct*);
void put_task_struct(task_struct*);
void mm_release(task_struct*, mm_struct*);
task_struct* find_task_by_vpid(pid_t nr);
pid* find_vpid(int nr);
int nextPidNumber();                        // the next free one; -1: all are taken
pid* newPid(int nr);                        // null: the number is taken, or out of range
void put_pid(pid*);
void free_pid(pid*);
void attach_pid(task_struct*, pid_type, pid*);
void detach_pid(task_struct*, pid_type);
void change_pid(task_struct*, pid_type, pid*);
void transfer_pid(task_struct* from, task_struct* to, pid_type);
inline task_struct* next_thread(task_struct* t) { return t->group_leader->thread_group.after(t); }     // in a circle
inline pid* task_pgrp(const task_struct* t) { return t->group_leader->pids[PIDTYPE_PGID]; }     // of every thread: its leader's
inline pid* task_session(const task_struct* t) { return t->group_leader->pids[PIDTYPE_SID]; }
inline int task_pgrp_nr(const task_struct* t) { return task_pgrp(t) ? task_pgrp(t)->nr.get() : 0; }
inline int task_session_nr(const task_struct* t) { return task_session(t) ? task_session(t)->nr.get() : 0; }
inline bool signal_group_exit(const signal_struct* sig) { return (sig->flags & SIGNAL_GROUP_EXIT) || sig->group_exit_task; }
inline bool thread_group_leader(const task_struct* t) { return t->exit_signal >= 0; }
inline bool thread_group_empty(const task_struct* t) { return t->group_leader->thread_group.size() <= 1; }
inline bool same_thread_group(const task_struct* a, const task_struct* b) { return a->signal == b->signal; }
int& processesOfUser(uid_t);                // user_struct.processes
u64 queuedSignalsOfUser(uid_t);             // user_struct.sigpending: POSIX timers hold one each
extern int max_threads;
OrNull<task_struct> dup_task_struct(task_struct*);
void free_task(task_struct*);
const TaskList& all_tasks();                // thread group leaders in order of creation, for /proc
TaskList& tasksList();                      // the same list, for those who add and remove
task_struct* child_reaper();                // pid 1
void put_signal_struct(signal_struct*);
void exit_creds(task_struct*);
void exit_itimers(signal_struct*);
void __cleanup_sighand(sighand_struct*);

// Virtual time in nanoseconds since boot: one instruction is one nanosecond, plus the jumps while all tasks slept.
u64 ktime_get();
void task_work_add(task_struct*, callback_head);
void task_work_run();                       // current's, oldest first
u64 ktime_get_real();                       // epoch + ktime_get()

struct TaskDead {};                         // thrown by do_exit to unwind the dead task's kernel stack; nobody catches it but the fiber

}  // namespace kernel
