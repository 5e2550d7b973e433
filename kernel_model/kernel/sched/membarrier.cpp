// Linux kernel/sched/membarrier.c: membarrier(2). One processor sees its own memory in order, so every barrier holds already;
// what is left are the commands, and who registered for them.
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {
namespace {

constexpr int QUERY = 0, GLOBAL = 1, GLOBAL_EXPEDITED = 2, REGISTER_GLOBAL_EXPEDITED = 4, PRIVATE = 8, REGISTER_PRIVATE = 16,
              PRIVATE_SYNC_CORE = 32, REGISTER_PRIVATE_SYNC_CORE = 64, PRIVATE_RSEQ = 128, REGISTER_PRIVATE_RSEQ = 256;
constexpr int ALL = GLOBAL | GLOBAL_EXPEDITED | REGISTER_GLOBAL_EXPEDITED | PRIVATE | REGISTER_PRIVATE | PRIVATE_SYNC_CORE |
                    REGISTER_PRIVATE_SYNC_CORE | PRIVATE_RSEQ | REGISTER_PRIVATE_RSEQ;

}  // namespace

SYSCALL_DEFINE(3, membarrier, (int, cmd), (u32, flags), (int, cpu_id)) {
    constexpr u32 FLAG_CPU = 1;
    if (flags && !(cmd == PRIVATE_RSEQ && flags == FLAG_CPU)) return -EINVAL;
    int& state = current->mm->membarrier_state;
    switch (cmd) {
        case QUERY: return ALL;
        case GLOBAL:
        case GLOBAL_EXPEDITED: return 0;
        case REGISTER_GLOBAL_EXPEDITED:
        case REGISTER_PRIVATE:
        case REGISTER_PRIVATE_SYNC_CORE:
        case REGISTER_PRIVATE_RSEQ: state |= cmd; return 0;
        case PRIVATE:
        case PRIVATE_SYNC_CORE:
        case PRIVATE_RSEQ: return state & cmd << 1 ? 0 : -EPERM;
        default: return -EINVAL;
    }
}

}  // namespace kernel
