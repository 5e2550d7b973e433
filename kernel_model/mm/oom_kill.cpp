// Linux mm/oom_kill.c: memory is exhausted, so the process that uses most of it is killed.
#include "kernel_model/include/counts.hpp"
#include "kernel_model/include/linux/signal.hpp"
#include "kernel_model/mm/all_mms.hpp"
#include "kernel_model/mm/internal.hpp"

namespace kernel {
namespace {

constexpr i64 OOM_SCORE_ADJ_MIN = -1000;

// Pages that its end would give back, adjusted by thousandths of all memory; 0: not to be killed.
TRACED(u64, oom_badness, (task_struct*, p)) {
    const task_struct* user = find_lock_task_mm(p);
    if (user == nullptr || p->pid == 1 || p->flags & PF_KTHREAD) return 0;
    const mm_struct* mm = user->mm;
    const i64 used = std::max<i64>(mm->rss_anon + mm->rss_file, 0) + static_cast<i64>(mm->nr_ptes.get());
    const i64 total = static_cast<i64>(machine().memory->frames()), adjustment = p->signal->oom_score_adj;
    if (adjustment == OOM_SCORE_ADJ_MIN) return 0;
    return static_cast<u64>(std::max<i64>(used + adjustment * (total / 1000), 1));
}

task_struct* select_bad_process(u64& points) {
    task_struct* chosen = nullptr;
    points = 0;
    for (task_struct* p : all_tasks()) {
        const u64 badness = oom_badness(p);
        if (badness <= points) continue;
        points = badness;
        chosen = p;
    }
    return chosen;
}

TRACED(void, oom_kill_process, (task_struct*, victim), (u64, points), (const char*, message)) {
    kernel_counts.out_of_memory = true;
    kernel_siginfo info;
    info.si_signo = SIGKILL;
    info.si_code = SI_KERNEL;
    send_sig_info(SIGKILL, info, victim);
}

// false: nobody can be killed.
TRACED(bool, out_of_memory) {
    u64 points = 0;
    task_struct* victim = select_bad_process(points);
    if (victim == nullptr) return false;
    victim = find_lock_task_mm(victim);
    if (!fatal_signal_pending(victim)) oom_kill_process(victim, points, "Out of memory");
    return true;
}

}  // namespace

// The fault is tried again later, when the victim has given its memory back.
TRACED(void, pagefault_out_of_memory) {
    if (fatal_signal_pending(current)) return;
    if (!out_of_memory()) return panic("Out of memory and no killable processes...");
    if (!fatal_signal_pending(current)) schedule();
}

}  // namespace kernel
