// Linux v3.10 init/main.c: start_kernel in outline, rest_init.
#include "kernel_model/include/machine.hpp"
#include "kernel_model/init/init.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/versions/v3_10/process.hpp"

namespace kernel::v3_10 {

static TRACED(void, pidmap_init) {}
static TRACED(void, init_idle_bootup_task, (task_struct*, idle)) {}

static TRACED(void, rest_init) {
    startFirstTasks();
    init_idle_bootup_task(current);
    schedule_preempt_disabled();
    cpu_startup_entry();
}

void boot() {
    setup_arch();
    trap_init();
    kernel::mm_init();
    sched_init();
    pidmap_init();
    anon_vma_init();
    cred_init();
    fork_init(machine().memory->frames());
    proc_caches_init();
    vfs_caches_init();
    signals_init();
    rest_init();
}

}  // namespace kernel::v3_10
