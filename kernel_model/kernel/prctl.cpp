// Linux kernel/sys.c: prctl(2).
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/version/process.hpp"

#include <algorithm>
#include <cstring>
#include <sys/prctl.h>

namespace kernel {
namespace {

using Arguments = std::array<u64, 4>;       // arg2 to arg5

long getName(const Arguments& a) {
    char comm[16] = {};
    std::memcpy(comm, current->comm.get().data(), std::min<std::size_t>(current->comm.get().size(), 15));
    return copy_to_user(UserPtr<void>(a[0]), comm, sizeof comm) ? -EFAULT : 0;
}
long setName(const Arguments& a) {
    std::string comm;
    if (strncpy_from_user(comm, UserPtr<const char>{a[0]}, 15) < 0) return -EFAULT;
    current->comm = comm.substr(0, 15);
    return 0;
}
long setDumpable(const Arguments& a) {
    if (a[0] > 1) return -EINVAL;
    current->mm->flags = (current->mm->flags & ~3u) | static_cast<u32>(a[0]);
    return 0;
}
long setDeathSignal(const Arguments& a) {
    if (a[0] > NSIG) return -EINVAL;
    current->pdeath_signal = static_cast<int>(a[0]);
    return 0;
}

void tellDescendants(const task_struct* of) {
    for (const task_struct* thread : of->group_leader->thread_group)
        for (const task_struct* child : thread->children) {
            if (child->signal->has_child_subreaper) continue;
            child->signal->has_child_subreaper = true;
            tellDescendants(child);
        }
}
long setSubreaper(const Arguments& a) {
    current->signal->is_child_subreaper = a[0] != 0;
    if (a[0] && version().process.subreaperOfDescendants) tellDescendants(current);
    return 0;
}
long setNoNewPrivileges(const Arguments& a) {
    if (a[0] != 1 || a[1] || a[2] || a[3]) return -EINVAL;
    current->no_new_privs = true;
    return 0;
}
long getNoNewPrivileges(const Arguments& a) {
    return a[0] || a[1] || a[2] || a[3] ? -EINVAL : static_cast<long>(current->no_new_privs.get());
}
long commitSecurebits(u32 bits) {
    cred* c = prepare_creds();
    if (!c) return -ENOMEM;
    c->securebits = bits;
    return commit_creds(c);
}
long setKeepCapabilities(const Arguments& a) {
    if (a[0] > 1) return -EINVAL;
    const u32 others = current->cred->securebits & ~SECBIT_KEEP_CAPS;
    if (others & SECBIT_KEEP_CAPS_LOCKED) return -EPERM;
    return commitSecurebits(a[0] ? others | SECBIT_KEEP_CAPS : others);
}
// capabilities(7), "The securebits flags". Of them only SECBIT_KEEP_CAPS and its lock are modelled.
long setSecurebits(const Arguments& a) {
    constexpr u64 all = 0xff, modelled = SECBIT_KEEP_CAPS | SECBIT_KEEP_CAPS_LOCKED;
    const u64 old = current->cred->securebits, locks = old & SECBIT_KEEP_CAPS_LOCKED;
    const bool changes_locked = locks && ((a[0] ^ old) & modelled);
    if (changes_locked || (a[0] & ~all) || !capable(CAP_SETPCAP)) return -EPERM;
    if (a[0] & ~modelled) return missing(Missing::securebits, std::to_string(a[0]));
    return commitSecurebits(static_cast<u32>(a[0]));
}
long getKeepCapabilities(const Arguments&) { return (current->cred->securebits & SECBIT_KEEP_CAPS) != 0; }
long getSecurebits(const Arguments&) { return static_cast<long>(current->cred->securebits); }
long setTimerSlack(const Arguments& a) {
    current->timer_slack_ns = static_cast<i64>(a[0]) <= 0 ? current->default_timer_slack_ns : a[0];
    return 0;
}
long getTimerSlack(const Arguments&) { return static_cast<long>(current->timer_slack_ns); }
long setHugePagesOff(const Arguments& a) {
    if (a[1] || a[2] || a[3]) return -EINVAL;
    const u32 others = current->mm->flags & ~MMF_DISABLE_THP;
    current->mm->flags = a[0] ? others | MMF_DISABLE_THP : others;
    return 0;
}
long getHugePagesOff(const Arguments& a) {
    if (a[0] || a[1] || a[2] || a[3]) return -EINVAL;
    return (current->mm->flags & MMF_DISABLE_THP) != 0;
}
bool isCapability(u64 number) { return number <= static_cast<u64>(version().process.lastCapability); }
long readBounding(const Arguments& a) { return isCapability(a[0]) ? cap_raised(current->cred->cap_bset, static_cast<int>(a[0])) : -EINVAL; }
long dropBounding(const Arguments& a) {
    if (!capable(CAP_SETPCAP)) return -EPERM;
    if (!isCapability(a[0])) return -EINVAL;
    cred* c = prepare_creds();
    if (!c) return -ENOMEM;
    c->cap_bset &= ~(u64{1} << a[0]);
    return commit_creds(c);
}

// PR_CAP_AMBIENT of prctl(2), Linux 4.3.
long changeAmbient(const Arguments& a) {
    enum { IS_SET = 1, RAISE, LOWER, CLEAR_ALL };
    const cred* old = current->cred;
    if (a[0] == CLEAR_ALL ? a[1] || a[2] || a[3] : !isCapability(a[1]) || a[2] || a[3]) return -EINVAL;
    const u64 one = a[0] == CLEAR_ALL ? 0 : u64{1} << a[1];
    if (a[0] == IS_SET) return (old->cap_ambient & one) != 0;
    if (a[0] < RAISE || a[0] > CLEAR_ALL) return -EINVAL;
    if (a[0] == RAISE && !(old->cap_permitted & old->cap_inheritable & one)) return -EPERM;
    cred* c = prepare_creds();
    if (!c) return -ENOMEM;
    c->cap_ambient = a[0] == CLEAR_ALL ? 0 : a[0] == RAISE ? old->cap_ambient | one : old->cap_ambient & ~one;
    return commit_creds(c);
}

long getDeathSignal(const Arguments& a) { return put_user(current->pdeath_signal.get(), UserPtr<int>{a[0]}); }
long getDumpable(const Arguments&) { return current->mm->flags & 3; }
long zero(const Arguments&) { return 0; }       // no seccomp; PR_TIMING_STATISTICAL; nobody counts events
long setTiming(const Arguments& a) { return a[0] == PR_TIMING_STATISTICAL ? 0 : -EINVAL; }
long getTimeStampCounter(const Arguments& a) { return put_user(PR_TSC_ENABLE, UserPtr<int>{a[0]}); }
long getMachineCheckPolicy(const Arguments& a) { return a[0] || a[1] || a[2] || a[3] ? -EINVAL : PR_MCE_KILL_DEFAULT; }
long getSubreaper(const Arguments& a) { return put_user(static_cast<int>(current->signal->is_child_subreaper), UserPtr<int>{a[0]}); }
long getTidAddress(const Arguments& a) { return put_user(current->clear_child_tid.get().address, UserPtr<u64>{a[0]}); }

struct Option { int number; long (*run)(const Arguments&); };
constexpr Option options[] = {
    {PR_SET_PDEATHSIG, setDeathSignal}, {PR_GET_PDEATHSIG, getDeathSignal}, {PR_GET_DUMPABLE, getDumpable},
    {PR_SET_DUMPABLE, setDumpable}, {PR_GET_KEEPCAPS, getKeepCapabilities}, {PR_SET_KEEPCAPS, setKeepCapabilities},
    {PR_GET_TIMING, zero}, {PR_TASK_PERF_EVENTS_DISABLE, zero}, {PR_TASK_PERF_EVENTS_ENABLE, zero}, {PR_SET_TIMING, setTiming}, {PR_SET_NAME, setName}, {PR_GET_NAME, getName},
    {PR_GET_SECCOMP, zero}, {PR_CAPBSET_READ, readBounding}, {PR_CAPBSET_DROP, dropBounding}, {PR_CAP_AMBIENT, changeAmbient}, {PR_GET_TSC, getTimeStampCounter}, {PR_GET_SECUREBITS, getSecurebits},
    {PR_MCE_KILL_GET, getMachineCheckPolicy}, {PR_SET_CHILD_SUBREAPER, setSubreaper}, {PR_GET_CHILD_SUBREAPER, getSubreaper},
    {PR_SET_NO_NEW_PRIVS, setNoNewPrivileges}, {PR_GET_NO_NEW_PRIVS, getNoNewPrivileges}, {PR_GET_TID_ADDRESS, getTidAddress},
    {PR_SET_SECUREBITS, setSecurebits}, {PR_SET_TIMERSLACK, setTimerSlack}, {PR_GET_TIMERSLACK, getTimerSlack},
    {PR_SET_THP_DISABLE, setHugePagesOff}, {PR_GET_THP_DISABLE, getHugePagesOff},
};
// What x86 answers with EINVAL itself: unaligned accesses, floating-point emulation and exceptions, byte order, MPX.
constexpr int notOnX86[] = {PR_GET_UNALIGN, PR_SET_UNALIGN, PR_GET_FPEMU, PR_SET_FPEMU, PR_GET_FPEXC, PR_SET_FPEXC,
                            PR_GET_ENDIAN, PR_SET_ENDIAN, PR_MPX_ENABLE_MANAGEMENT, PR_MPX_DISABLE_MANAGEMENT, 17, 18};

}  // namespace

SYSCALL_DEFINE(5, prctl, (int, option), (u64, arg2), (u64, arg3), (u64, arg4), (u64, arg5)) {
    for (const Option& known : options)
        if (known.number == option && option <= version().process.lastPrctl) return known.run({arg2, arg3, arg4, arg5});
    const bool linux_has_it =
        option > 0 && option <= version().process.lastPrctl && std::ranges::find(notOnX86, option) == std::end(notOnX86);
    return linux_has_it ? missing(Missing::prctl_option, std::to_string(option)) : -EINVAL;
}

}  // namespace kernel
