// Linux 6.1 init/main.c: start_kernel in outline, rest_init.
#include "kernel_model/include/machine.hpp"
#include "kernel_model/init/init.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/versions/v6_1/process.hpp"

namespace kernel::v6_1 {

static TRACED(void, maple_tree_init) {}
static TRACED(void, random_init) {}
static TRACED(void, pid_idr_init) {}

static TRACED(void, rest_init) {
    startFirstTasks();
    schedule_preempt_disabled();
    cpu_startup_entry();
}
static TRACED(void, arch_call_rest_init) { rest_init(); }

void boot() {
    setup_arch();
    trap_init();
    kernel::mm_init();
    sched_init();
    maple_tree_init();
    random_init();
    pid_idr_init();
    anon_vma_init();
    cred_init();
    fork_init(machine().memory->frames());
    proc_caches_init();
    vfs_caches_init();
    signals_init();
    arch_call_rest_init();
}

}  // namespace kernel::v6_1
