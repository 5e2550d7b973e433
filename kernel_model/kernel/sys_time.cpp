// Linux kernel/sys.c: getrusage(2), times(2). User time is exact: one nanosecond for each instruction; the kernel takes none.
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/timespec.hpp"

namespace kernel {

u64 residentPages(const mm_struct* mm) { return static_cast<u64>(mm->rss_file + mm->rss_anon); }
u64 clock_t_of(u64 ns) { return ns / (NSEC_PER_SEC / 100); }

namespace {
struct Sum { u64 utime, stime, min_flt, maj_flt; };
Sum ofThread(const task_struct* t) { return {t->utime, t->stime, t->min_flt, t->maj_flt}; }
Sum ofGroup(const task_struct* t) {
    const signal_struct* s = t->signal;
    Sum sum{s->utime, s->stime, s->min_flt, s->maj_flt};
    for (const task_struct* each : t->group_leader->thread_group) {
        sum.utime += each->utime;
        sum.stime += each->stime;
        sum.min_flt += each->min_flt;
        sum.maj_flt += each->maj_flt;
    }
    return sum;
}
Sum ofChildren(const task_struct* t) {
    const signal_struct* s = t->signal;
    return {s->cutime, s->cstime, s->cmin_flt, s->cmaj_flt};
}
}  // namespace

Rusage rusageOf(task_struct* p, int who) {
    Sum sum{};
    if (who == 1) sum = ofThread(p);
    else if (who == -1) sum = ofChildren(p);
    else {
        sum = ofGroup(p);
        if (const Sum more = ofChildren(p); who == -2)
            sum = {sum.utime + more.utime, sum.stime + more.stime, sum.min_flt + more.min_flt, sum.maj_flt + more.maj_flt};
    }
    const timeval user = ns_to_timeval(sum.utime), system = ns_to_timeval(sum.stime);
    Rusage r{};
    r.utime_sec = user.tv_sec;
    r.utime_usec = user.tv_usec;
    r.stime_sec = system.tv_sec;
    r.stime_usec = system.tv_usec;
    r.minflt = static_cast<i64>(sum.min_flt);
    r.majflt = static_cast<i64>(sum.maj_flt);
    if (who == 0 || who == 1) {
        r.nvcsw = static_cast<i64>(p->nvcsw.get());
        r.nivcsw = static_cast<i64>(p->nivcsw.get());
        if (const mm_struct* mm = p->mm) r.maxrss = (mm->rss_file + mm->rss_anon) * 4;
    }
    return r;
}

SYSCALL_DEFINE(2, getrusage, (int, who), (UserPtr<Rusage>, ru)) {
    if (who != 0 && who != -1 && who != 1) return -EINVAL;
    return put_user(rusageOf(current, who), ru);
}

struct tms { u64 utime, stime, cutime, cstime; };
SYSCALL_DEFINE(1, times, (UserPtr<tms>, tbuf)) {
    const Sum mine = ofGroup(current), children = ofChildren(current);
    const tms value{clock_t_of(mine.utime), clock_t_of(mine.stime), clock_t_of(children.utime), clock_t_of(children.stime)};
    if (tbuf && put_user(value, tbuf)) return -EFAULT;
    return static_cast<long>(clock_t_of(ktime_get()));
}

}  // namespace kernel
