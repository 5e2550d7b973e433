// Linux kernel/sys.c: getrusage(2), times(2). User time is exact: one nanosecond for each instruction; the kernel takes none.
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/timespec.hpp"

#include <algorithm>

namespace kernel {

u64 residentPages(const mm_struct* mm) { return static_cast<u64>(mm->rss_file + mm->rss_anon); }
u64 clock_t_of(u64 ns) { return ns / (NSEC_PER_SEC / 100); }

namespace {
struct Sum {
    u64 utime = 0, stime = 0, min_flt = 0, maj_flt = 0, nvcsw = 0, nivcsw = 0;
    Sum& operator+=(const Sum& o) {
        utime += o.utime;
        stime += o.stime;
        min_flt += o.min_flt;
        maj_flt += o.maj_flt;
        nvcsw += o.nvcsw;
        nivcsw += o.nivcsw;
        return *this;
    }
};
Sum ofThread(const task_struct* t) { return {t->utime, t->stime, t->min_flt, t->maj_flt, t->nvcsw, t->nivcsw}; }
Sum ofGroup(const task_struct* t) {
    const signal_struct* s = t->signal;
    Sum sum{s->utime, s->stime, s->min_flt, s->maj_flt, s->nvcsw, s->nivcsw};
    for (const task_struct* each : t->group_leader->thread_group) sum += ofThread(each);
    return sum;
}
Sum ofChildren(const task_struct* t) {
    const signal_struct* s = t->signal;
    return {s->cutime, s->cstime, s->cmin_flt, s->cmaj_flt, s->cnvcsw, s->cnivcsw};
}
constexpr int SELF = 0, CHILDREN = -1, THREAD = 1, BOTH = -2;

Sum sumOf(const task_struct* p, int who) {
    if (who == THREAD) return ofThread(p);
    Sum sum = who == CHILDREN ? Sum{} : ofGroup(p);
    if (who != SELF) sum += ofChildren(p);
    return sum;
}
u64 largestResident(const task_struct* p, int who) {
    const signal_struct* s = p->signal;
    u64 pages = who == CHILDREN || who == BOTH ? s->cmaxrss : 0;
    if (who == CHILDREN) return pages;
    if (const mm_struct* mm = p->mm) pages = std::max(pages, residentPages(mm));
    return std::max(pages, s->maxrss);
}
}  // namespace

Rusage rusageOf(task_struct* p, int who) {
    const Sum sum = sumOf(p, who);
    const timeval user = ns_to_timeval(sum.utime), system = ns_to_timeval(sum.stime);
    Rusage r{};
    r.utime_sec = user.tv_sec;
    r.utime_usec = user.tv_usec;
    r.stime_sec = system.tv_sec;
    r.stime_usec = system.tv_usec;
    r.minflt = static_cast<i64>(sum.min_flt);
    r.majflt = static_cast<i64>(sum.maj_flt);
    r.nvcsw = static_cast<i64>(sum.nvcsw);
    r.nivcsw = static_cast<i64>(sum.nivcsw);
    r.maxrss = static_cast<i64>(largestResident(p, who) * PAGE_SIZE / 1024);
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
