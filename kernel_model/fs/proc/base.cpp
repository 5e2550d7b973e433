// Files of /proc/PID (Linux fs/proc/base.c, namespaces aside; proc(5)).
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/coredump.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/exec.hpp"
#include "kernel_model/include/version/process.hpp"

#include <algorithm>

namespace kernel {
namespace {

using Text = Result<std::string>;

Text comm(task_struct* t) { return t->comm.get() + "\n"; }
int setComm(task_struct* t, const std::string& text) {
    if (!same_thread_group(t, current)) return -EINVAL;
    setTaskName(t, text.substr(0, std::min<u64>(text.find('\0'), 15)));
    return 0;
}

Text cmdline(task_struct* t) {
    const mm_struct* const mm = t->mm;
    if (!mm || !mm->arg_end) return std::string();
    return readUserOf(t, mm->arg_start, std::min(mm->arg_end.get(), mm->arg_start + PAGE_SIZE));
}
Text environ(task_struct* t) {
    const mm_struct* const mm = t->mm;
    if (!mm || !mm->env_end) return std::string();
    return readUserOf(t, mm->env_start, mm->env_end);
}
// saved_auxv up to and with AT_NULL.
Text auxv(task_struct* t) {
    const mm_struct* const mm = t->mm;
    if (!mm) return std::string();
    u64 words = 0;
    while (words + 2 <= mm->saved_auxv.size() && mm->saved_auxv[words] != AT_NULL) words += 2;
    words = std::min(words + 2, static_cast<u64>(mm->saved_auxv.size()));
    return std::string(reinterpret_cast<const char*>(mm->saved_auxv.data()), words * 8);
}

Text limits(task_struct* t) {
    struct Row { const char *name, *unit; };
    static constexpr Row rows[RLIM_NLIMITS] = {
        {"Max cpu time", "seconds"},       {"Max file size", "bytes"},        {"Max data size", "bytes"},
        {"Max stack size", "bytes"},       {"Max core file size", "bytes"},   {"Max resident set", "bytes"},
        {"Max processes", "processes"},    {"Max open files", "files"},       {"Max locked memory", "bytes"},
        {"Max address space", "bytes"},    {"Max file locks", "locks"},       {"Max pending signals", "signals"},
        {"Max msgqueue size", "bytes"},    {"Max nice priority", ""},         {"Max realtime priority", ""},
        {"Max realtime timeout", "us"}};
    const auto value = [](u64 n) { return n == RLIM_INFINITY ? std::string("unlimited") : std::to_string(n); };
    std::string s = format("%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (int i = 0; i < RLIM_NLIMITS; ++i) {
        const rlimit& r = t->signal->rlim[i];
        s += format("%-25s %-20s %-20s %-10s\n", rows[i].name, value(r.rlim_cur).c_str(), value(r.rlim_max).c_str(), rows[i].unit);
    }
    return s;
}

Result<dentry*> exe(task_struct* t) {
    const mm_struct* const mm = t->mm;
    if (!mm || !mm->exe_file) return Failure{-ENOENT};
    return dget(mm->exe_file->f_path);
}
Result<dentry*> pathIn(task_struct* t, dentry* fs_struct::* member) {
    const fs_struct* const fs = t->fs;
    if (!fs) return Failure{-ENOENT};
    return dget(fs->*member ? fs->*member : rootDentry());
}
Result<dentry*> cwd(task_struct* t) { return pathIn(t, &fs_struct::pwd); }
Result<dentry*> root(task_struct* t) { return pathIn(t, &fs_struct::root); }

template <Result<dentry*> (*follow)(task_struct*)>
Text nameOf(task_struct* t) {
    const DentryRef d(TRY(follow(t)));
    return d_path(d.get());
}

u32 filterMask() { return ((1u << version().exec.dump_filter_bits) - 1) << MMF_DUMP_FILTER_SHIFT; }
Text coredumpFilter(task_struct* t) {
    const mm_struct* const mm = t->mm;
    return mm ? format("%08x\n", (mm->flags & filterMask()) >> MMF_DUMP_FILTER_SHIFT) : std::string();
}
int setCoredumpFilter(task_struct* t, const std::string& text) {
    const u64 value = TRY(parseNumber(text, 0));
    if (t->mm.get()) t->mm->flags = (t->mm->flags & ~filterMask()) | (static_cast<u32>(value << MMF_DUMP_FILTER_SHIFT) & filterMask());
    return 0;
}

Text cgroup(task_struct*) { return std::string(version().process.newerProc ? "0::/\n" : ""); }
Text cpuset(task_struct*) { return std::string("/\n"); }
Text idMap(task_struct*) { return format("%10u %10u %10u\n", 0u, 0u, ~0u); }
Text noSecurityModule(task_struct*) { return Failure{-EINVAL}; }
Text oomScore(task_struct* t) {
    const mm_struct* const mm = t->mm;
    if (!mm) return std::string("0\n");
    const auto total = static_cast<i64>(machine().memory->frames());
    const u64 used = static_cast<u64>(mm->rss_file + mm->rss_anon) + mm->nr_ptes;
    const i64 badness = static_cast<i64>(used) + t->signal->oom_score_adj * total / 1000;
    const i64 points = badness * 1000 / total;
    return format("%lld\n", static_cast<long long>(std::max<i64>(version().process.newerProc ? (1000 + points) * 2 / 3 : points, 0)));
}
Text schedstat(task_struct* t) { return format("%llu 0 %llu\n", static_cast<unsigned long long>(t->utime + t->stime),
                                               static_cast<unsigned long long>(t->nvcsw + t->nivcsw)); }
Text wchan(task_struct*) { return std::string("0"); }       // as where the kernel's stacks cannot be read
Text setgroups(task_struct*) { return std::string("allow\n"); }
Text unset(task_struct*) { return std::string("4294967295"); }
// The numbers of namespaces are those of the first ones (Linux include/linux/proc_ns.h).
template <const char* (*name)(), unsigned number>
Text initialNamespace(task_struct*) { return format("%s:[%u]", name(), number); }
#define NAMESPACE(name, number) initialNamespace<[] { return #name; }, number>

constexpr umode_t readable = S_IFREG | 0444, own = S_IFREG | 0400, setting = S_IFREG | 0644, link = S_IFLNK | 0777;
constexpr ProcEntry entries[] = {
    {"attr/current", S_IFREG | 0666, noSecurityModule},
    {"auxv", own, auxv, nullptr, nullptr, false, ProcAccess::memory},
    {"cgroup", readable, cgroup},
    {"cmdline", readable, cmdline},
    {"comm", setting, comm, nullptr, setComm},
    {"coredump_filter", S_IFREG | 0644, coredumpFilter, nullptr, setCoredumpFilter},
    {"cpuset", readable, cpuset},
    {"cwd", link, nameOf<cwd>, cwd},
    {"environ", own, environ, nullptr, nullptr, false, ProcAccess::opening},
    {"exe", link, nameOf<exe>, exe},
    {"gid_map", setting, idMap},
    {"limits", readable, limits},
    {"loginuid", setting, unset},
    {"maps", readable, showMaps, nullptr, nullptr, false, ProcAccess::memory},
    {"mountinfo", readable, showMountinfo},
    {"mounts", readable, showMounts},
    {"ns/ipc", link, NAMESPACE(ipc, 0xefffffff)},
    {"ns/mnt", link, NAMESPACE(mnt, 0xf0000000)},
    {"ns/net", link, NAMESPACE(net, 0xf0000098)},
    {"ns/pid", link, NAMESPACE(pid, 0xeffffffc)},
    {"ns/user", link, NAMESPACE(user, 0xeffffffd)},
    {"ns/uts", link, NAMESPACE(uts, 0xeffffffe)},
    {"oom_score", readable, oomScore},
    {"oom_score_adj", setting, showOomScoreAdj, nullptr, storeOomScoreAdj},
    {"personality", own, showPersonality, nullptr, nullptr, false, ProcAccess::attaching, readable},
    {"root", link, nameOf<root>, root},
    {"schedstat", readable, schedstat},
    {"sessionid", readable, unset},
    {"setgroups", setting, setgroups, nullptr, nullptr, true},
    {"smaps", readable, showSmaps, nullptr, nullptr, false, ProcAccess::memory},
    {"smaps_rollup", readable, showSmapsRollup, nullptr, nullptr, true, ProcAccess::memory},
    {"stat", readable, showTaskStat},
    {"statm", readable, showStatm},
    {"status", readable, showTaskStatus},
    {"timers", readable, showTimers},
    {"timerslack_ns", S_IFREG | 0666, showTimerSlack, nullptr, storeTimerSlack, true},
    {"uid_map", setting, idMap},
    {"wchan", readable, wchan},
};

}  // namespace

std::span<const ProcEntry> procTaskEntries() { return entries; }

// access_process_vm, for reading.
std::string readUserOf(task_struct* t, u64 begin, u64 end) {
    std::string bytes;
    while (begin < end) {
        auto p = get_user_page(t->mm, begin & PAGE_MASK, false);
        if (!p.ok()) break;
        const u64 n = std::min(end - begin, PAGE_SIZE - begin % PAGE_SIZE);
        bytes.append(reinterpret_cast<const char*>(page_address(*p)) + begin % PAGE_SIZE, n);
        put_page(*p);
        begin += n;
    }
    return bytes;
}

}  // namespace kernel
