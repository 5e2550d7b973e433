// Linux init/init_task.c: pid 0 and what it owns. It is never created by fork; boot fills it in.
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/init/init.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/kernel/sched/fiber.hpp"

namespace kernel {

task_struct init_task;
mm_struct init_mm;

namespace {

signal_struct init_signals;
sighand_struct init_sighand;
cred init_cred;
files_struct init_files;
fs_struct init_fs;
pid init_struct_pid;

// Static objects exist before anybody traces; the trace learns of them now.
void announce(const Object& object) {
    using traces::Value;
    if (traces::tracer().on(traces::Kind::object_new))
        traces::tracer().emit(traces::Kind::object_new,
                              {{"object", traces::objectValue(&object)}, {"type", Value::text(object.objectType())}});
}

void setLimits(signal_struct& sig) {
    for (rlimit& limit : sig.rlim) limit = {RLIM_INFINITY, RLIM_INFINITY};
    sig.rlim[RLIMIT_STACK] = {8 << 20, RLIM_INFINITY};
    sig.rlim[RLIMIT_CORE] = {0, RLIM_INFINITY};
    sig.rlim[RLIMIT_NPROC] = {0, 0};        // fork_init
    sig.rlim[RLIMIT_NOFILE] = {1024, 4096};
    sig.rlim[RLIMIT_MEMLOCK] = {64 << 10, 64 << 10};
    sig.rlim[RLIMIT_SIGPENDING] = {0, 0};   // fork_init
    sig.rlim[RLIMIT_MSGQUEUE] = {819200, 819200};
    sig.rlim[RLIMIT_NICE] = {0, 0};
    sig.rlim[RLIMIT_RTPRIO] = {0, 0};
}

void setCredentials(cred& c) {
    c.usage = 4;                            // cred and real_cred, and the static one
    c.cap_permitted = c.cap_effective = c.cap_bset = version().process.cap_full_set;
    init_task.real_cred = &c;
    init_task.cred = &c;
    processesOfUser(0) = 1;
}

void setFamily(task_struct& t) {
    t.group_leader = &t;
    t.thread_group = {&t};
    t.real_parent = &t;
    t.parent = &t;
    init_struct_pid.count = 1;
    init_struct_pid.tasks[PIDTYPE_PID] = {&t};      // keeps it from being freed
    for (kernel::pid*& number : t.pids) number = &init_struct_pid;
}

}  // namespace

void setUpInitTask() {
    for (const Object* object : {static_cast<Object*>(&init_task), static_cast<Object*>(&init_mm), static_cast<Object*>(&init_signals),
                                 static_cast<Object*>(&init_sighand), static_cast<Object*>(&init_cred),
                                 static_cast<Object*>(&init_files), static_cast<Object*>(&init_fs), static_cast<Object*>(&init_struct_pid)})
        announce(*object);
    task_struct& t = init_task;
    t.stack = std::make_unique<Fiber>();
    t.usage = 2;
    t.flags = PF_KTHREAD;
    t.prio = 120;
    t.static_prio = 120;
    t.comm = "swapper";
    init_mm.mm_users = 2;
    init_mm.mm_count = 1;
    t.active_mm = &init_mm;
    setCredentials(init_cred);
    setFamily(t);
    init_signals.nr_threads = 1;
    init_signals.live = 1;
    init_signals.sigcnt = 1;
    setLimits(init_signals);
    t.signal = &init_signals;
    t.sighand = &init_sighand;
    t.files = &init_files;
    t.fs = &init_fs;
    current_task = &t;
    traces::tracer().setTask(0);
}

}  // namespace kernel
