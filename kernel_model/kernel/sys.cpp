// Linux kernel/sys.c, exec_domain.c, capability.c: names, limits and other single calls.
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/version.hpp"
#include "kernel_model/kernel/timespec.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace kernel {

struct new_utsname { char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65]; };
static void fill(char (&to)[65], const std::string& from) { std::memcpy(to, from.data(), std::min<std::size_t>(from.size(), 64)); }

// personality(2), UNAME26: Linux 3.N calls itself 2.6.(40+N), Linux 4.N and later 2.6.(60+N); what follows the numbers stays.
static std::string releaseShown() {
    constexpr u32 UNAME26 = 0x20000;
    const std::string_view release = version().release;
    if (!(current->personality & UNAME26)) return std::string(release);
    const int major = std::atoi(release.data()), minor = std::atoi(release.data() + release.find('.') + 1);
    std::size_t rest = 0;
    for (int dots = 0; rest < release.size(); ++rest) {
        const char c = release[rest];
        if (c == '.' ? ++dots >= 3 : c < '0' || c > '9') break;
    }
    return "2.6." + std::to_string(minor + (major == 3 ? 40 : 60)) + std::string(release.substr(rest));
}
static const char* machineShown() {
    constexpr u32 PER_LINUX32 = 8, PER_MASK = 0xff;
    return (current->personality & PER_MASK) == PER_LINUX32 ? "i686" : "x86_64";
}

SYSCALL_DEFINE(1, newuname, (UserPtr<new_utsname>, name)) {
    new_utsname u{};
    fill(u.sysname, "Linux");
    fill(u.nodename, machine().boot.hostname);
    fill(u.release, releaseShown());
    fill(u.version, version().utsVersion);
    fill(u.machine, machineShown());
    fill(u.domainname, "(none)");
    return put_user(u, name);
}
SYSCALL_DEFINE(2, sethostname, (UserPtr<void>, name), (int, len)) {
    if (!capable(CAP_SYS_ADMIN)) return -EPERM;
    if (len < 0 || len > 64) return -EINVAL;
    char text[65] = {};
    if (copy_from_user(text, name, static_cast<u64>(len))) return -EFAULT;
    machine().boot.hostname.assign(text, strnlen(text, 64));
    return 0;
}

struct sysinfo_64 {
    i64 uptime;
    u64 loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    u16 procs, pad;
    u32 pad1;
    u64 totalhigh, freehigh;
    u32 mem_unit, pad2;
};
static_assert(sizeof(sysinfo_64) == 112);
SYSCALL_DEFINE(1, sysinfo, (UserPtr<sysinfo_64>, info)) {
    sysinfo_64 s{};
    s.uptime = static_cast<i64>(ktime_get() / NSEC_PER_SEC);
    s.totalram = machine().memory->frames() * PAGE_SIZE;
    s.freeram = nr_free_pages() * PAGE_SIZE;
    s.procs = static_cast<u16>(nr_threads);
    s.mem_unit = 1;
    return put_user(s, info);
}

// ---- Limits (getrlimit(2)).

static int do_prlimit(task_struct* p, u32 resource, const rlimit* fresh, rlimit* old) {
    if (resource >= RLIM_NLIMITS) return -EINVAL;
    rlimit& limit = p->signal->rlim[resource];
    if (old) *old = limit;
    if (!fresh) return 0;
    if (fresh->rlim_cur > fresh->rlim_max) return -EINVAL;
    if (resource == RLIMIT_NOFILE && fresh->rlim_max > 1024 * 1024) return -EPERM;      // fs.nr_open
    if (fresh->rlim_max > limit.rlim_max && !capable(CAP_SYS_RESOURCE)) return -EPERM;
    limit = *fresh;
    return 0;
}
SYSCALL_DEFINE(2, getrlimit, (u32, resource), (UserPtr<rlimit>, rlim)) {
    rlimit value{};
    TRY_INT(do_prlimit(current, resource, nullptr, &value));
    return put_user(value, rlim);
}
SYSCALL_DEFINE(2, setrlimit, (u32, resource), (UserPtr<rlimit>, rlim)) {
    const rlimit fresh = TRY(get_user(rlim));
    return do_prlimit(current, resource, &fresh, nullptr);
}
SYSCALL_DEFINE(4, prlimit64, (int, pid), (u32, resource), (UserPtr<rlimit>, new_rlim), (UserPtr<rlimit>, old_rlim)) {
    rlimit fresh{}, old{};
    if (new_rlim) fresh = TRY(get_user(new_rlim));
    task_struct* p = pid ? find_task_by_vpid(pid) : current;
    if (!p) return -ESRCH;
    const cred *mine = current->cred, *his = p->cred;
    const bool same_user = mine->uid == his->euid && mine->uid == his->suid && mine->uid == his->uid;
    const bool same_group = mine->gid == his->egid && mine->gid == his->sgid && mine->gid == his->gid;
    if (p != current && !(same_user && same_group) && !capable(CAP_SYS_RESOURCE)) return -EPERM;
    TRY_INT(do_prlimit(p, resource, new_rlim ? &fresh : nullptr, &old));
    return old_rlim ? put_user(old, old_rlim) : 0;
}

SYSCALL_DEFINE(1, personality, (u32, persona)) {
    const u32 old = current->personality;
    if (persona != 0xffffffff) current->personality = persona;
    return old;
}

SYSCALL_DEFINE(3, getcpu, (UserPtr<u32>, cpup), (UserPtr<u32>, nodep), (UserPtr<void>, unused)) {
    const int cpu = cpup ? put_user(0u, cpup) : 0, node = nodep ? put_user(0u, nodep) : 0;
    return cpu | node ? -EFAULT : 0;
}

// ---- reboot(2): the way pid 1 ends the machine.

static constexpr u32 MAGIC1 = 0xfee1dead, RESTART2 = 0xa1b2c3d4, POWER_OFF = 0x4321fedc, HALT = 0xcdef0123, RESTART = 0x01234567;
SYSCALL_DEFINE(4, reboot, (u32, magic1), (u32, magic2), (u32, cmd), (UserPtr<const char>, arg)) {
    if (!capable(CAP_SYS_BOOT)) return -EPERM;
    constexpr u32 magic2s[] = {672274793, 85072278, 369367448, 537993216};
    if (magic1 != MAGIC1 || std::ranges::find(magic2s, magic2) == std::end(magic2s)) return -EINVAL;
    MachineEnd end;
    switch (cmd) {
        case 0:                             // CAD_OFF
        case 0x89abcdef: return 0;          // CAD_ON
        case RESTART2:
            if (strncpy_from_user(end.command, arg, 255) < 0) return -EFAULT;
            endMachine(end);
        case RESTART:
        case HALT:
        case POWER_OFF: endMachine(end);
        default: return -EINVAL;
    }
}

// ---- capget(2), capset(2), version 3 (two words).

struct cap_header { u32 version; int pid; };
struct cap_data { u32 effective, permitted, inheritable; };
static constexpr u32 CAPABILITY_V1 = 0x19980330, CAPABILITY_V2 = 0x20071026, CAPABILITY_V3 = 0x20080522;
static Result<u64> capWords(UserPtr<cap_header> header, cap_header& h) {
    h = TRY(get_user(header));
    if (h.version == CAPABILITY_V1) return u64{1};
    if (h.version == CAPABILITY_V2 || h.version == CAPABILITY_V3) return u64{2};
    if (put_user(CAPABILITY_V3, UserPtr<u32>{header.address})) return Failure{-EFAULT};
    return Failure{-EINVAL};
}
SYSCALL_DEFINE(2, capget, (UserPtr<cap_header>, header), (UserPtr<cap_data>, dataptr)) {
    cap_header h{};
    const auto words = capWords(header, h);
    if (!words.ok()) return words.error() == -EINVAL && !dataptr ? 0 : words.error();
    const task_struct* p = h.pid ? find_task_by_vpid(h.pid) : current;
    if (!p) return h.pid < 0 ? -EINVAL : -ESRCH;
    const cred* c = p->cred;
    cap_data data[2];
    for (int i = 0; i < 2; ++i)
        data[i] = {static_cast<u32>(c->cap_effective >> (32 * i)), static_cast<u32>(c->cap_permitted >> (32 * i)),
                   static_cast<u32>(c->cap_inheritable >> (32 * i))};
    return dataptr && copy_to_user(dataptr, data, words.value() * sizeof(cap_data)) ? -EFAULT : 0;
}
SYSCALL_DEFINE(2, capset, (UserPtr<cap_header>, header), (UserPtr<cap_data>, dataptr)) {
    cap_header h{};
    const u64 words = TRY(capWords(header, h));
    if (h.pid && h.pid != current->pid) return -EPERM;
    cap_data data[2] = {};
    if (copy_from_user(data, dataptr, words * sizeof(cap_data))) return -EFAULT;
    const auto joined = [&](u32 cap_data::* word) { return (u64{data[1].*word} << 32 | data[0].*word) & version().process.cap_full_set; };
    const u64 effective = joined(&cap_data::effective), permitted = joined(&cap_data::permitted),
              inheritable = joined(&cap_data::inheritable);
    const cred* old = current->cred;
    const u64 inherited = old->cap_inheritable;
    if (!capable(CAP_SETPCAP) && (inheritable & ~(inherited | old->cap_permitted))) return -EPERM;
    if (inheritable & ~(inherited | old->cap_bset)) return -EPERM;
    if ((permitted & ~old->cap_permitted.get()) || (effective & ~permitted)) return -EPERM;
    cred* c = prepare_creds();
    if (!c) return -ENOMEM;
    c->cap_effective = effective;
    c->cap_permitted = permitted;
    c->cap_inheritable = inheritable;
    c->cap_ambient &= permitted & inheritable;
    return commit_creds(c);
}

// ptrace(2): nobody can be traced here. What asks for a traced process finds none.
SYSCALL_DEFINE(4, ptrace, (i64, request), (i64, pid), (u64, addr), (u64, data)) {
    constexpr i64 TRACEME = 0, ATTACH = 16, SEIZE = 0x4206;
    if (request != TRACEME && !find_task_by_vpid(static_cast<pid_t>(pid))) return -ESRCH;
    if (request != TRACEME && request != ATTACH && request != SEIZE) return -ESRCH;
    return missing(Missing::tracing);
}

// syslog(2): the kernel log is empty.
SYSCALL_DEFINE(3, syslog, (int, type), (UserPtr<void>, buf), (int, len)) {
    if (type < 0 || type > 10) return -EINVAL;
    if (type == 10) return 262144;          // SYSLOG_ACTION_SIZE_BUFFER
    return (type == 2 || type == 3 || type == 4) && (!buf || len < 0) ? -EINVAL : 0;
}

}  // namespace kernel
