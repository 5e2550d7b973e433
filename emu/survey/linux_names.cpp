// Names that Linux knows: ioctl requests (ioctl_tty(2), ioctl_list(2), asm-generic/ioctls.h), files of /proc and /dev.
#include "emu/survey/survey.hpp"

#include <algorithm>
#include <string_view>

namespace emu {

namespace {

struct Request { u64 number; const char* name; };
constexpr Request requests[] = {
    {0x5401, "TCGETS"}, {0x5402, "TCSETS"}, {0x5403, "TCSETSW"}, {0x5404, "TCSETSF"}, {0x5405, "TCGETA"}, {0x5409, "TCSBRK"},
    {0x540a, "TCXONC"}, {0x540b, "TCFLSH"}, {0x540c, "TIOCEXCL"}, {0x540d, "TIOCNXCL"}, {0x540e, "TIOCSCTTY"}, {0x540f, "TIOCGPGRP"},
    {0x5410, "TIOCSPGRP"}, {0x5411, "TIOCOUTQ"}, {0x5412, "TIOCSTI"}, {0x5413, "TIOCGWINSZ"}, {0x5414, "TIOCSWINSZ"}, {0x5415, "TIOCMGET"},
    {0x541b, "FIONREAD"}, {0x541d, "TIOCCONS"}, {0x5421, "FIONBIO"}, {0x5422, "TIOCNOTTY"}, {0x5423, "TIOCSETD"}, {0x5424, "TIOCGETD"},
    {0x5425, "TCSBRKP"}, {0x5429, "TIOCGSID"}, {0x5450, "FIONCLEX"}, {0x5451, "FIOCLEX"}, {0x5452, "FIOASYNC"}, {0x5460, "FIOQSIZE"},
    {0x80045430, "TIOCGPTN"}, {0x40045431, "TIOCSPTLCK"}, {0x802c542a, "TCGETS2"}, {0x402c542b, "TCSETS2"}, {0x40049409, "FICLONE"},
    {0x4020940d, "FICLONERANGE"}, {0xc020660b, "FS_IOC_FIEMAP"}, {0x80086601, "FS_IOC_GETFLAGS"}, {0x40086602, "FS_IOC_SETFLAGS"},
    {0x8912, "SIOCGIFCONF"}, {0x8913, "SIOCGIFFLAGS"}, {0x8927, "SIOCGIFHWADDR"}, {0x8933, "SIOCGIFINDEX"}, {0x4b33, "KDGKBTYPE"},
};

constexpr std::string_view ofProc[] = {
    "buddyinfo", "bus", "cgroups", "cmdline", "consoles", "cpuinfo", "crypto", "devices", "diskstats", "driver", "execdomains", "filesystems", "fs",
    "interrupts", "iomem", "ioports", "irq", "kallsyms", "kcore", "key-users", "keys", "kmsg", "loadavg", "locks", "meminfo", "misc", "modules",
    "mounts", "net", "pagetypeinfo", "partitions", "pressure", "self", "slabinfo", "softirqs", "stat", "swaps", "sys", "sysvipc", "thread-self",
    "timer_list", "tty", "uptime", "version", "vmallocinfo", "vmstat", "zoneinfo",
};
constexpr std::string_view ofProcess[] = {
    "attr", "autogroup", "auxv", "cgroup", "clear_refs", "cmdline", "comm", "coredump_filter", "cpuset", "cwd", "environ", "exe", "fd", "fdinfo",
    "gid_map", "io", "limits", "loginuid", "map_files", "maps", "mem", "mountinfo", "mounts", "mountstats", "net", "ns", "numa_maps", "oom_adj",
    "oom_score", "oom_score_adj", "pagemap", "personality", "projid_map", "root", "sched", "schedstat", "sessionid", "setgroups", "smaps",
    "smaps_rollup", "stack", "stat", "statm", "status", "syscall", "task", "timens_offsets", "timers", "timerslack_ns", "uid_map", "wchan",
};
constexpr std::string_view ofSys[] = {"block", "bus", "class", "dev", "devices", "firmware", "fs", "kernel", "module", "power"};
constexpr std::string_view ofDev[] = {
    "console", "fd", "full", "fuse", "kmsg", "mem", "mqueue", "net", "null", "ptmx", "pts", "random", "rtc", "shm", "stderr", "stdin", "stdout",
    "tty", "urandom", "zero",
};

bool among(std::span<const std::string_view> names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

// The part of the path before the next slash, which goes.
std::string_view first(std::string_view& rest) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    return part;
}

}  // namespace

std::string ioctlName(u64 request) {
    const auto found = std::ranges::find(requests, request, &Request::number);
    return found == std::end(requests) ? "" : found->name;
}

// What lies in a directory of devices, processes or descriptors differs from machine to machine: only its own name counts there.
bool linuxHasFile(const std::string& path) {
    std::string_view rest = path;
    (void)first(rest);
    const std::string_view top = first(rest), name = first(rest);
    if (name.empty()) return true;
    if (top == "sys") return among(ofSys, name) && (rest.empty() || name == "devices" || name == "kernel");
    if (top == "dev") return among(ofDev, name) && (rest.empty() || name == "net");
    if (name != "self" && name != "thread-self" && name != "N") return among(ofProc, name) && name != "fs" && name != "driver";
    if (rest.empty()) return name != "N";
    std::string_view member = first(rest);
    if (member == "task" && !rest.empty()) {
        (void)first(rest);
        member = first(rest);
        return !member.empty() && among(ofProcess, member);
    }
    return among(ofProcess, member) && member != "fd" && member != "fdinfo" && member != "map_files";
}

}  // namespace emu
