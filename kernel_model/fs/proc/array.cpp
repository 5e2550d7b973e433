// /proc/PID/stat and status (Linux fs/proc/array.c; proc(5)).
#include "kernel_model/drivers/tty/tty.hpp"
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/ptrace.hpp"
#include "kernel_model/include/version/process.hpp"

#include <algorithm>

namespace kernel {
namespace {

using ull = unsigned long long;

struct State { char letter; const char* name; };
State stateOf(const task_struct* t) {
    if (t->exit_state & EXIT_DEAD) return {'X', "X (dead)"};
    if (t->exit_state & EXIT_ZOMBIE) return {'Z', "Z (zombie)"};
    if (t->state & __TASK_STOPPED) return {'T', "T (stopped)"};
    if (t->state & TASK_UNINTERRUPTIBLE) return {'D', "D (disk sleep)"};
    if (t->state & TASK_INTERRUPTIBLE) return {'S', "S (sleeping)"};
    return {'R', "R (running)"};
}

int idOf(const task_struct* t, pid_type type) {
    const pid* p = t->group_leader ? t->group_leader->pids[type] : nullptr;
    return p ? p->nr.get() : 0;
}
int parentOf(const task_struct* t) { return t->real_parent ? t->real_parent->tgid.get() : 0; }

struct Signals { u64 ignored = 0, caught = 0; };
Signals signalsOf(const task_struct* t) {
    Signals s;
    if (!t->sighand) return s;
    for (int i = 0; i < NSIG; ++i) {
        const u64 handler = t->sighand->action[static_cast<u64>(i)].sa_handler;
        if (handler == HANDLER_IGN) s.ignored |= u64{1} << i;
        else if (handler != HANDLER_DFL) s.caught |= u64{1} << i;
    }
    return s;
}

bool newer() { return version().process.newerProc; }

std::string memoryLines(const task_struct* t) {
    const mm_struct* const mm = t->mm;
    const ull total = mm->total_vm * 4, rss = static_cast<ull>(mm->rss_file + mm->rss_anon) * 4, stack = mm->stack_vm * 4;
    const ull text = (PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK)) >> 10;
    const ull exec = mm->exec_vm * 4, lib = exec > text ? exec - text : 0;
    const u64 old_data = mm->total_vm - std::min(mm->total_vm.get(), mm->shared_vm + mm->stack_vm);
    const ull data = (newer() ? mm->data_vm.get() : old_data) * 4;
    std::string s = format("VmPeak:\t%8llu kB\nVmSize:\t%8llu kB\nVmLck:\t%8llu kB\nVmPin:\t%8llu kB\nVmHWM:\t%8llu kB\nVmRSS:\t%8llu kB\n",
                           total, total, static_cast<ull>(mm->locked_vm * 4), 0ULL, rss, rss);
    if (newer())
        s += format("RssAnon:\t%8llu kB\nRssFile:\t%8llu kB\nRssShmem:\t%8llu kB\n", static_cast<ull>(mm->rss_anon) * 4,
                    static_cast<ull>(mm->rss_file) * 4, 0ULL);
    s += format("VmData:\t%8llu kB\nVmStk:\t%8llu kB\nVmExe:\t%8llu kB\nVmLib:\t%8llu kB\nVmPTE:\t%8llu kB\nVmSwap:\t%8llu kB\n", data, stack,
                text, lib, static_cast<ull>(mm->nr_ptes * 4), 0ULL);
    if (newer())
        s += format("HugetlbPages:\t%8u kB\nCoreDumping:\t%d\nTHP_enabled:\t%d\n", 0u,
                    t->signal && t->signal->core_state.get() ? 1 : 0, (mm->flags & MMF_DISABLE_THP) == 0);
    return s;
}

std::string identityLines(const task_struct* t) {
    const cred* const c = t->cred;
    const fs_struct* const fs = t->fs;
    std::string s = format("Name:\t%s\n", t->comm.get().c_str());
    if (newer() && fs) s += format("Umask:\t%#04o\n", static_cast<unsigned>(fs->umask.get()));
    s += format("State:\t%s\nTgid:\t%d\n", stateOf(t).name, t->tgid.get());
    if (newer()) s += "Ngid:\t0\n";
    s += format("Pid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", t->pid.get(), parentOf(t));
    s += format("Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t%zu\nGroups:\t", c->uid.get(), c->euid.get(), c->suid.get(),
                c->fsuid.get(), c->gid.get(), c->egid.get(), c->sgid.get(), c->fsgid.get(),
                t->files ? std::max<std::size_t>(t->files->fdt.fd.size(), 64) : 0);
    for (const gid_t group : c->groups) s += std::to_string(group) + " ";
    if (!newer()) return s + "\n";
    if (c->groups.empty()) s += " ";
    return s + format("\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", t->tgid.get(), t->pid.get(), idOf(t, PIDTYPE_PGID),
                      idOf(t, PIDTYPE_SID));
}

std::string signalLines(const task_struct* t) {
    const Signals signals = signalsOf(t);
    const ull queued = queuedSignalsOfUser(t->real_cred->uid), most = t->signal ? t->signal->rlim[RLIMIT_SIGPENDING].rlim_cur : 0;
    return format("Threads:\t%d\nSigQ:\t%llu/%llu\nSigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\nSigIgn:\t%016llx\nSigCgt:\t%016llx\n",
                  t->signal ? t->signal->nr_threads.get() : 0, queued, most, static_cast<ull>(t->pending.signal),
                  static_cast<ull>(t->signal ? t->signal->shared_pending.signal : 0), static_cast<ull>(t->blocked.get()),
                  static_cast<ull>(signals.ignored), static_cast<ull>(signals.caught));
}

std::string privilegeLines(const task_struct* t) {
    const cred* const c = t->cred;
    const ull all = (u64{2} << version().process.lastCapability) - 1;
    std::string s = format("CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\nCapBnd:\t%016llx\n", c->cap_inheritable & all,
                           c->cap_permitted & all, c->cap_effective & all, c->cap_bset & all);
    if (newer()) s += format("CapAmb:\t%016llx\nNoNewPrivs:\t%d\n", static_cast<ull>(c->cap_ambient.get()), t->no_new_privs.get());
    s += "Seccomp:\t0\n";
    if (newer()) s += "Seccomp_filters:\t0\nSpeculation_Store_Bypass:\tnot vulnerable\nSpeculationIndirectBranch:\talways enabled\n";
    return s;
}

}  // namespace

Result<std::string> showTaskStatus(task_struct* t) {
    std::string s = identityLines(t);
    if (t->mm) s += memoryLines(t);
    s += signalLines(t) + privilegeLines(t);
    s += format("Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\n"
                "voluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n",
                static_cast<ull>(t->nvcsw.get()), static_cast<ull>(t->nivcsw.get()));
    return s;
}

namespace {
struct Terminal { u64 number = 0; int pgrp = -1; };
Terminal terminalOf(const signal_struct* sig) {
    const tty_struct* const tty = sig ? sig->tty : nullptr;
    return tty ? Terminal{encodeDevice(tty->device), tty->pgrp ? tty->pgrp->nr.get() : -1} : Terminal{};
}

struct Registers { ull sp = 0, ip = 0; };
// v6.1 shows them of a dying process only.
Registers registersOf(task_struct* t) {
    const pt_regs* const regs = task_pt_regs(t);
    if (newer() && !(t->flags & (PF_EXITING | PF_DUMPCORE))) return {};
    return regs ? Registers{regs->sp, regs->ip} : Registers{};
}
}  // namespace

// The 52 fields of v3.10, in the order of proc(5).
Result<std::string> showTaskStat(task_struct* t) {
    const mm_struct* const mm = t->mm;
    const auto jiffies = [](u64 ns) { return static_cast<ull>(ns / 10'000'000); };
    const auto of = [mm](auto member) { return static_cast<ull>(mm ? (mm->*member).get() : 0); };
    const Signals signals = signalsOf(t);
    const signal_struct* const sig = t->signal;
    const Terminal terminal = terminalOf(sig);
    const bool permitted = ptrace_may_access(t, PTRACE_MODE_READ | PTRACE_MODE_FSCREDS);
    const auto ofKnown = [&](auto member) { return permitted ? of(member) : 0; };
    const auto codeOf = [&](auto member) { return permitted ? of(member) : static_cast<ull>(mm != nullptr); };
    const Registers registers = permitted && mm ? registersOf(t) : Registers{};
    std::string s = format("%d (%s) %c %d %d %d %llu %d %u %llu %llu %llu %llu ", t->pid.get(), t->comm.get().c_str(), stateOf(t).letter,
                           parentOf(t), idOf(t, PIDTYPE_PGID), idOf(t, PIDTYPE_SID), static_cast<ull>(terminal.number), terminal.pgrp,
                           t->flags.get(), static_cast<ull>(t->min_flt.get()),
                           static_cast<ull>(sig ? sig->cmin_flt : 0), static_cast<ull>(t->maj_flt.get()),
                           static_cast<ull>(sig ? sig->cmaj_flt : 0));
    s += format("%llu %llu %llu %llu %d %d %d 0 %llu ", jiffies(t->utime), jiffies(t->stime),
                jiffies(sig ? sig->cutime : 0), jiffies(sig ? sig->cstime : 0), t->prio - 100, t->static_prio - 120, sig ? sig->nr_threads.get() : 0, jiffies(t->start_time));
    const ull limit = sig ? sig->rlim[RLIMIT_RSS].rlim_cur : 0;
    s += format("%llu %lld %llu %llu %llu %llu %llu %llu ", of(&mm_struct::total_vm) * PAGE_SIZE,
                static_cast<long long>(mm ? mm->rss_file + mm->rss_anon : 0), limit, codeOf(&mm_struct::start_code),
                codeOf(&mm_struct::end_code), ofKnown(&mm_struct::start_stack), registers.sp, registers.ip);
    const bool waits = newer() && permitted && t->state != TASK_RUNNING && sig && sig->nr_threads < 2;
    s += format("%llu %llu %llu %llu %d 0 0 %d 0 %d %d 0 0 0 ", static_cast<ull>(t->pending.signal & 0x7fff'ffff),
                static_cast<ull>(t->blocked & 0x7fff'ffff), static_cast<ull>(signals.ignored & 0x7fff'ffff),
                static_cast<ull>(signals.caught & 0x7fff'ffff), waits, t->exit_signal.get(), t->rt_priority.get(), t->policy.get());
    s += format("%llu %llu %llu %llu %llu %llu %llu %d\n", ofKnown(&mm_struct::start_data), ofKnown(&mm_struct::end_data),
                ofKnown(&mm_struct::start_brk), ofKnown(&mm_struct::arg_start), ofKnown(&mm_struct::arg_end),
                ofKnown(&mm_struct::env_start), ofKnown(&mm_struct::env_end), permitted ? t->exit_code.get() : 0);
    return s;
}

}  // namespace kernel
