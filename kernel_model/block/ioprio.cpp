// Linux block/ioprio.c: ioprio_set(2), ioprio_get(2). Kept and shown: there is no device whose queue would heed it.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <algorithm>

namespace kernel {
namespace {

enum { IOPRIO_CLASS_NONE, IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE };
enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_PGRP, IOPRIO_WHO_USER };
constexpr int CLASS_SHIFT = 13, LEVELS = 8, NORMAL = 4;

int classOf(int ioprio) { return ioprio >> CLASS_SHIFT & 7; }
int value(int its_class, int level) { return its_class << CLASS_SHIFT | level; }
// v3.10 shows the level of a task that has set none.
int unset() { return version().process.newerProc ? 0 : NORMAL; }

int ioprio_check_cap(int ioprio) {
    const int level = ioprio & ((1 << CLASS_SHIFT) - 1);
    switch (version().process.newerProc ? classOf(ioprio) : ioprio >> CLASS_SHIFT) {
        case IOPRIO_CLASS_NONE: return level ? -EINVAL : 0;
        case IOPRIO_CLASS_RT:
            if (!capable(CAP_SYS_ADMIN) && !(version().process.newerProc && capable(CAP_SYS_NICE))) return -EPERM;
            [[fallthrough]];
        case IOPRIO_CLASS_BE: return level >= LEVELS ? -EINVAL : 0;
        case IOPRIO_CLASS_IDLE: return 0;
        default: return -EINVAL;
    }
}

int set_task_ioprio(task_struct* p, int ioprio) {
    const uid_t his = p->real_cred->uid;
    if (his != current->cred->euid && his != current->cred->uid && !capable(CAP_SYS_NICE)) return -EPERM;
    p->ioprio = ioprio;
    return 0;
}

int shown(const task_struct* p) {
    const int set = p->ioprio;
    return set < 0 ? unset() : set;
}
// What counts when several are compared: a nice value stands for none.
int effective(const task_struct* p) {
    const int set = p->ioprio;
    if (set > 0 && classOf(set) != IOPRIO_CLASS_NONE) return set;
    if (!version().process.newerProc) return value(IOPRIO_CLASS_BE, NORMAL);
    return value(p->policy == SCHED_IDLE ? IOPRIO_CLASS_IDLE :
                 p->rt_priority          ? IOPRIO_CLASS_RT :
                                           IOPRIO_CLASS_BE,
                 (p->static_prio - DEFAULT_PRIO + 20) / 5);
}

}  // namespace

SYSCALL_DEFINE(3, ioprio_set, (int, which), (int, who), (int, ioprio)) {
    TRY_INT(ioprio_check_cap(ioprio));
    if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER) return -EINVAL;
    int result = -ESRCH;
    for (task_struct* p : targetsOf(which - IOPRIO_WHO_PROCESS, who))
        if ((result = set_task_ioprio(p, ioprio)) < 0) break;
    return result;
}
SYSCALL_DEFINE(2, ioprio_get, (int, which), (int, who)) {
    if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER) return -EINVAL;
    int best = -ESRCH;
    for (const task_struct* p : targetsOf(which - IOPRIO_WHO_PROCESS, who)) {
        const int its = which == IOPRIO_WHO_PROCESS ? shown(p) : effective(p);
        best = best < 0 ? its : std::min(best, its);
    }
    return best;
}

}  // namespace kernel
