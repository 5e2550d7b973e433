// Linux init/main.c: from the hand-over of the boot loader to the first user program, in outline.
#include "kernel_model/include/stop.hpp"
#include "kernel_model/include/host_terminal.hpp"
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/version/exec.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/init/init.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/kernel/kthread.hpp"
#include "kernel_model/kernel/sched/fiber.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <algorithm>

namespace kernel {
namespace {

struct MachineEnded {};                     // unwinds pid 0's stack to start_kernel
bool ended = false;
MachineEnd how_it_ended;
completion kthreadd_done;
enum SystemState { SYSTEM_BOOTING, SYSTEM_RUNNING } state = SYSTEM_BOOTING;

}  // namespace

// Never destroyed: tasks with static storage end after main().
union MachineStorage {
    constexpr MachineStorage() : machine() {}
    constexpr ~MachineStorage() {}
    Machine machine;
};
static constinit MachineStorage the_machine;
Machine& machine() { return the_machine.machine; }

void stopIfMachineEnded() {
    if (ended && current == &init_task) throw MachineEnded{};
}

void writeBackMappings();       // mm/filemap.cpp

// The kernel stacks of the other tasks are left as they are: nothing runs on them any more.
void endMachine(MachineEnd how) {
    writeBackMappings();
    how_it_ended = std::move(how);
    ended = true;
    task_struct* last = std::exchange(current_task, &init_task);
    if (last == &init_task) throw MachineEnded{};
    Fiber::switchTo(*last->stack, *init_task.stack, true);
    std::abort();
}

// ---- start_kernel's steps, of which versions/*/boot.cpp make the whole. Those with nothing to model are there so that the order can be
// seen.

TRACED(void, setup_arch) {}
TRACED(void, trap_init) {}
TRACED(void, mm_init) {
    if (!nr_free_pages()) page_alloc_init(*machine().memory);
}
TRACED(void, sched_init) { ++init_mm.mm_count; }     // the boot task borrows it
TRACED(void, anon_vma_init) {}
TRACED(void, cred_init) {}
TRACED(void, proc_caches_init) {}
TRACED(void, signals_init) {}

// One thread per eight kernel stacks' worth of memory; fewer than the host has room for, which maps two areas per stack
// (vm.max_map_count is 65530).
TRACED(void, fork_init, (u64, mempages)) {
    max_threads = std::max(20, static_cast<int>(std::min<u64>(mempages / 16, 16384)));
    const auto half = static_cast<u64>(max_threads / 2);
    init_task.signal->rlim[RLIMIT_NPROC] = {half, half};
    init_task.signal->rlim[RLIMIT_SIGPENDING] = {half, half};
}

TRACED(void, vfs_caches_init) {
    fs_struct* fs = init_task.fs;
    fs->root = dget(rootDentry());
    fs->pwd = dget(rootDentry());
}

// The idle task: when nobody can run, and nobody waits for the terminal, time jumps to the next timer.
TRACED_NORETURN(cpu_startup_entry) {
    for (;;) {
        while (!current->need_resched && runQueueEmpty()) {
            stopIfRequested();
            if (waitForTerminal(nextTimerExpiry())) continue;
            if (nextTimerExpiry() == ~u64{0}) panic("deadlock: all tasks sleep: " + sleepers());
            jumpVirtualTime(nextTimerExpiry());
            runExpiredTimers();
        }
        schedule_preempt_disabled();
    }
}

void startFirstTasks() {
    version().process.startInit({kernel_init});
    version().process.kernel_thread({kthreadd}, {}, CLONE_FS | CLONE_FILES);
    complete(&kthreadd_done);
}

MachineEnd start_kernel() {
    if (!traces::tracer().emitted()) traces::tracer().setClock(processor().instructionCounter());
    setUpInitTask();
    if (traces::tracer().on(traces::Kind::call)) traces::CallScope{"start_kernel", {}};
    try {
        version().process.boot();
    } catch (const MachineEnded&) {
    }
    return how_it_ended;
}

// ---- Pid 1, while it still is a kernel thread.

static TRACED(void, smp_init) {}
static TRACED(void, free_initmem) {}

static TRACED(void, do_initcalls) {
    for (const Initcall call : binfmtInitcalls()) call();
}
static TRACED(void, do_basic_setup) { do_initcalls(); }

// Linux opens /dev/console and duplicates it; here the three descriptors are the host's three streams.
static void openStandardStreams() {
    for (int stream = 0; stream < 3; ++stream) {
        file* opened = openHostStream(stream);
        const int fd = opened ? get_unused_fd_flags(0) : -1;
        if (fd < 0) panic("Warning: unable to open an initial console.");
        fd_install(static_cast<unsigned>(fd), opened);
    }
}

static TRACED(void, kernel_init_freeable) {
    if (!version().process.kernel_init_waits) wait_for_completion(&kthreadd_done);
    smp_init();
    do_basic_setup();
    openStandardStreams();
}

static TRACED(int, run_init_process, (const std::string&, init_filename)) {
    std::vector<std::string> argv{init_filename};
    argv.insert(argv.end(), machine().boot.init_arguments.begin(), machine().boot.init_arguments.end());
    std::vector<std::string> envp = machine().boot.environment;
    user_arg_ptr arguments, environment;
    arguments.kernel = &argv;
    environment.kernel = &envp;
    return version().exec.kernel_execve(init_filename, arguments, environment);
}

// Linux runs /init of the initial ramdisk before the real root is there. Ours lies in /dev/host, which the guest's root need
// not show, so pid 1 has that directory as its root until it has been executed.
static int runInitialProgram() {
    file* program = openInit();
    if (!program) return -ENOENT;
    dentry* ramdisk = program->f_path->d_parent;
    fput(program);
    fs_struct* fs = current->fs;
    dentry *const root = fs->root, *const pwd = fs->pwd;
    fs->root = ramdisk;
    fs->pwd = ramdisk;
    const int error = run_init_process("/init");
    fs->root = root;
    fs->pwd = pwd;
    return error;
}

TRACED(int, kernel_init, (ThreadArgument, unused)) {
    if (version().process.kernel_init_waits) wait_for_completion(&kthreadd_done);
    kernel_init_freeable();
    free_initmem();
    state = SYSTEM_RUNNING;
    if (const int error = runInitialProgram(); error < 0)
        panic("No init found (errno " + std::to_string(-error) + "). Try passing init= option to kernel.");
    return 0;
}

}  // namespace kernel
