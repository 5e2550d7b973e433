// Linux kernel/rseq.c: rseq(2) of 6.1. A thread that is preempted or gets a signal inside a registered critical section
// continues at the section's abort address.
#include "kernel_model/include/linux/rseq.hpp"
#include "kernel_model/include/linux/signal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"

namespace kernel {
namespace {

constexpr u32 RSEQ_BYTES = 32, EVENT_PREEMPT = 1, EVENT_SIGNAL = 2;
constexpr u64 CPU_ID_START = 0, CPU_ID = 4, RSEQ_CS = 8, FLAGS = 16;      // offsets in struct rseq
struct rseq_cs { u32 version, flags; u64 start_ip, post_commit_offset, abort_ip; };

int setCpuId(task_struct* t, u32 start, u32 id) {
    if (put_user(start, UserPtr<u32>{t->rseq + CPU_ID_START})) return -EFAULT;
    return put_user(id, UserPtr<u32>{t->rseq + CPU_ID});
}
int clear_rseq_cs(task_struct* t) { return put_user(u64{0}, UserPtr<u64>{t->rseq + RSEQ_CS}); }

// The signature in front of the abort handler shows that the program meant it.
int checkSection(const task_struct* t, const rseq_cs& cs) {
    if (cs.start_ip >= TASK_SIZE || cs.start_ip + cs.post_commit_offset >= TASK_SIZE || cs.abort_ip >= TASK_SIZE || cs.version)
        return -EINVAL;
    if (cs.start_ip + cs.post_commit_offset < cs.start_ip) return -EINVAL;
    if (cs.abort_ip - cs.start_ip < cs.post_commit_offset) return -EINVAL;
    return TRY(get_user(UserPtr<u32>{cs.abort_ip - 4})) == t->rseq_sig ? 0 : -EINVAL;
}

TRACED(int, rseq_ip_fixup, (pt_regs*, regs)) {
    task_struct* t = current;
    const u64 at = TRY(get_user(UserPtr<u64>{t->rseq + RSEQ_CS}));
    if (!at) return 0;
    if (at >= TASK_SIZE) return -EINVAL;
    const rseq_cs cs = TRY(get_user(UserPtr<rseq_cs>{at}));
    TRY_INT(checkSection(t, cs));
    if (regs->ip - cs.start_ip >= cs.post_commit_offset) return clear_rseq_cs(t);
    if (cs.flags || TRY(get_user(UserPtr<u32>{t->rseq + FLAGS}))) return -EINVAL;
    if (!std::exchange(t->rseq_event_mask, 0)) return 0;
    TRY_INT(clear_rseq_cs(t));
    regs->ip = cs.abort_ip;
    return 0;
}

}  // namespace

static TRACED(void, __rseq_handle_notify_resume, (int, sig), (pt_regs*, regs)) {
    if (current->flags & PF_EXITING) return;
    if (rseq_ip_fixup(regs) < 0 || setCpuId(current, 0, 0)) force_sigsegv(sig);     // the only cpu is 0
}
void rseq_handle_notify_resume(ksignal* ksig, pt_regs* regs) {
    if (current->rseq.get()) __rseq_handle_notify_resume(ksig ? ksig->sig : 0, regs);
}
void rseq_signal_deliver(ksignal* ksig, pt_regs* regs) {
    current->rseq_event_mask |= EVENT_SIGNAL;
    rseq_handle_notify_resume(ksig, regs);
}
void rseq_preempt(task_struct* t) {
    if (!t->rseq.get()) return;
    t->rseq_event_mask |= EVENT_PREEMPT;
    t->notify_resume = true;
}

static void forget(task_struct* t) {
    t->rseq = 0u;
    t->rseq_sig = t->rseq_event_mask = 0;
}
TRACED(void, rseq_execve, (task_struct*, t)) { forget(t); }

static int unregister(u64 rseq, u32 rseq_len, u32 sig) {
    if (!current->rseq.get() || current->rseq != rseq || rseq_len != RSEQ_BYTES) return -EINVAL;
    if (current->rseq_sig != sig) return -EPERM;
    constexpr u32 UNINITIALIZED = ~u32{0};
    TRY_INT(setCpuId(current, 0, UNINITIALIZED));
    forget(current);
    return 0;
}
SYSCALL_DEFINE(4, rseq, (UserPtr<void>, rseq), (u32, rseq_len), (int, flags), (u32, sig)) {
    constexpr int UNREGISTER = 1;
    if (flags == UNREGISTER) return unregister(rseq.address, rseq_len, sig);
    if (flags) return -EINVAL;
    if (current->rseq.get()) {
        if (current->rseq != rseq.address || rseq_len != RSEQ_BYTES) return -EINVAL;
        return current->rseq_sig == sig ? -EBUSY : -EPERM;
    }
    if (rseq.address % RSEQ_BYTES || rseq_len != RSEQ_BYTES) return -EINVAL;
    if (rseq.address >= TASK_SIZE - RSEQ_BYTES) return -EFAULT;
    current->rseq = rseq.address;
    current->rseq_sig = sig;
    current->notify_resume = true;
    return 0;
}

}  // namespace kernel
