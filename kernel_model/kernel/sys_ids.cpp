// Linux kernel/sys.c, kernel/timer.c: who a process is. credentials(7).
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/version/process.hpp"

#include <algorithm>

namespace kernel {

SYSCALL_DEFINE(0, getpid) { return current->tgid; }
SYSCALL_DEFINE(0, gettid) { return current->pid; }
SYSCALL_DEFINE(0, getppid) { return current->real_parent->tgid; }
SYSCALL_DEFINE(0, getuid) { return current->cred->uid; }
SYSCALL_DEFINE(0, geteuid) { return current->cred->euid; }
SYSCALL_DEFINE(0, getgid) { return current->cred->gid; }
SYSCALL_DEFINE(0, getegid) { return current->cred->egid; }
SYSCALL_DEFINE(1, set_tid_address, (UserPtr<int>, tidptr)) {
    current->clear_child_tid = tidptr;
    return current->pid;
}

namespace {

constexpr u32 KEEP = ~u32{0};
// One of the three present ids, or privileged.
template <class R, class E, class S>
bool allowed(u32 id, const R& real, const E& effective, const S& saved, Capability capability) {
    return id == KEEP || id == real.get() || id == effective.get() || id == saved.get() || capable(capability);
}
// setrlimit(2), RLIMIT_NPROC: changing the user succeeds, but execve will not while the limit is exceeded.
void noteProcessLimit(uid_t uid) {
    const auto processes = static_cast<u64>(processesOfUser(uid)), limit = rlimit_cur(RLIMIT_NPROC);
    const bool exceeded = uid != 0 && (version().process.fullLimitIsExceeded ? processes >= limit : processes > limit);
    current->flags = exceeded ? current->flags | PF_NPROC_EXCEEDED : current->flags & ~PF_NPROC_EXCEEDED;
}
// Leaving user 0 loses the capabilities (capabilities(7), "Effect of user ID changes on capabilities").
int commitIds(cred* c) {
    const cred* old = current->cred;
    const bool was_root = old->uid == 0u || old->euid == 0u || old->suid == 0u;
    const bool keep = old->securebits & SECBIT_KEEP_CAPS;
    if (was_root && c->uid != 0u && c->euid != 0u && c->suid != 0u) {
        if (!keep) c->cap_permitted = c->cap_effective = 0u;
        c->cap_ambient = 0u;
    }
    if (old->euid == 0u && c->euid != 0u) c->cap_effective = 0u;
    if (old->euid != 0u && c->euid == 0u) c->cap_effective = c->cap_permitted;
    if (c->uid != old->uid) noteProcessLimit(c->uid);
    return commit_creds(c);
}

}  // namespace

SYSCALL_DEFINE(1, setuid, (u32, uid)) {
    if (uid == KEEP) return -EINVAL;
    const cred* old = current->cred;
    const bool root = capable(CAP_SETUID);
    if (!root && uid != old->uid && uid != old->suid) return -EPERM;
    cred* c = prepare_creds();
    if (!c) return -ENOMEM;
    if (root) {
        c->uid = uid;
        c->suid = uid;
    }
    c->euid = uid;
    c->fsuid = uid;
    return commitIds(c);
}
SYSCALL_DEFINE(1, setgid, (u32, gid)) {
    if (gid == KEEP) return -EINVAL;
    const cred* old = current->cred;
    const bool root = capable(CAP_SETGID);
    if (!root && gid != old->gid && gid != old->sgid) return -EPERM;
    cred* c = prepare_creds();
    if (!c) return -ENOMEM;
    if (root) {
        c->gid = gid;
        c->sgid = gid;
    }
    c->egid = gid;
    c->fsgid = gid;
    return commit_creds(c);
}

SYSCALL_DEFINE(2, setreuid, (u32, ruid), (u32, euid)) {
    const cred* old = current->cred;
    if (!(ruid == KEEP || ruid == old->uid || ruid == old->euid || capable(CAP_SETUID))) return -EPERM;
    if (!allowed(euid, old->uid, old->euid, old->suid, CAP_SETUID)) return -EPERM;
    cred* c = prepare_creds();
    if (!c) return -ENOMEM;
    if (ruid != KEEP) c->uid = ruid;
    if (euid != KEEP) c->euid = euid;
    if (ruid != KEEP || (euid != KEEP && euid != old->uid)) c->suid = c->euid;
    c->fsuid = c->euid;
    return commitIds(c);
}
SYSCALL_DEFINE(2, setregid, (u32, rgid), (u32, egid)) {
    const cred* old = current->cred;
    if (!(rgid == KEEP || rgid == old->gid || rgid == old->egid || capable(CAP_SETGID))) return -EPERM;
    if (!allowed(egid, old->gid, old->egid, old->sgid, CAP_SETGID)) return -EPERM;
    cred* c = prepare_creds();
    if (!c) return -ENOMEM;
    if (rgid != KEEP) c->gid = rgid;
    if (egid != KEEP) c->egid = egid;
    if (rgid != KEEP || (egid != KEEP && egid != old->gid)) c->sgid = c->egid;
    c->fsgid = c->egid;
    return commit_creds(c);
}

SYSCALL_DEFINE(3, setresuid, (u32, ruid), (u32, euid), (u32, suid)) {
    const cred* old = current->cred;
    for (const u32 id : {ruid, euid, suid})
        if (!allowed(id, old->uid, old->euid, old->suid, CAP_SETUID)) return -EPERM;
    cred* c = prepare_creds();
    if (!c) return -ENOMEM;
    if (ruid != KEEP) c->uid = ruid;
    if (euid != KEEP) c->euid = euid;
    if (suid != KEEP) c->suid = suid;
    c->fsuid = c->euid;
    return commitIds(c);
}
SYSCALL_DEFINE(3, setresgid, (u32, rgid), (u32, egid), (u32, sgid)) {
    const cred* old = current->cred;
    for (const u32 id : {rgid, egid, sgid})
        if (!allowed(id, old->gid, old->egid, old->sgid, CAP_SETGID)) return -EPERM;
    cred* c = prepare_creds();
    if (!c) return -ENOMEM;
    if (rgid != KEEP) c->gid = rgid;
    if (egid != KEEP) c->egid = egid;
    if (sgid != KEEP) c->sgid = sgid;
    c->fsgid = c->egid;
    return commit_creds(c);
}

static long putThree(u32 real, u32 effective, u32 saved, UserPtr<u32> r, UserPtr<u32> e, UserPtr<u32> s) {
    return put_user(real, r) || put_user(effective, e) || put_user(saved, s) ? -EFAULT : 0;
}
SYSCALL_DEFINE(3, getresuid, (UserPtr<u32>, ruid), (UserPtr<u32>, euid), (UserPtr<u32>, suid)) {
    const cred* c = current->cred;
    return putThree(c->uid, c->euid, c->suid, ruid, euid, suid);
}
SYSCALL_DEFINE(3, getresgid, (UserPtr<u32>, rgid), (UserPtr<u32>, egid), (UserPtr<u32>, sgid)) {
    const cred* c = current->cred;
    return putThree(c->gid, c->egid, c->sgid, rgid, egid, sgid);
}

// The capabilities over files go with user 0 (capabilities(7)).
static void moveFileCapabilities(cred* c, uid_t from, uid_t to) {
    constexpr u64 CAP_FS_SET = 1u << CAP_CHOWN | 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH | 1u << CAP_FOWNER | 1u << CAP_FSETID |
                               1u << CAP_LINUX_IMMUTABLE | 1u << CAP_MKNOD | u64{1} << CAP_MAC_OVERRIDE;
    if (from == 0 && to != 0) c->cap_effective &= ~CAP_FS_SET;
    if (from != 0 && to == 0) c->cap_effective |= c->cap_permitted & CAP_FS_SET;
}

// setfsuid(2): returns the former id, whether or not it changed.
SYSCALL_DEFINE(1, setfsuid, (u32, uid)) {
    const cred* old = current->cred;
    const u32 before = old->fsuid;
    if (uid == KEEP || !(uid == old->fsuid || allowed(uid, old->uid, old->euid, old->suid, CAP_SETUID))) return before;
    cred* c = prepare_creds();
    if (!c) return before;
    c->fsuid = uid;
    moveFileCapabilities(c, before, uid);
    commit_creds(c);
    return before;
}
SYSCALL_DEFINE(1, setfsgid, (u32, gid)) {
    const cred* old = current->cred;
    const u32 before = old->fsgid;
    if (gid == KEEP || !(gid == old->fsgid || allowed(gid, old->gid, old->egid, old->sgid, CAP_SETGID))) return before;
    cred* c = prepare_creds();
    if (!c) return before;
    c->fsgid = gid;
    commit_creds(c);
    return before;
}

constexpr int NGROUPS_MAX_ = 65536;
SYSCALL_DEFINE(2, getgroups, (int, gidsetsize), (UserPtr<u32>, grouplist)) {
    const auto& groups = current->cred->groups;
    const int count = static_cast<int>(groups.size());
    if (gidsetsize < 0) return -EINVAL;
    if (gidsetsize == 0) return count;
    if (count > gidsetsize) return -EINVAL;
    return copy_to_user(grouplist, groups.data(), groups.size() * sizeof(gid_t)) ? -EFAULT : count;
}
SYSCALL_DEFINE(2, setgroups, (int, gidsetsize), (UserPtr<u32>, grouplist)) {
    if (!capable(CAP_SETGID)) return -EPERM;
    if (gidsetsize < 0 || gidsetsize > NGROUPS_MAX_) return -EINVAL;
    std::vector<gid_t> groups(static_cast<std::size_t>(gidsetsize));
    if (copy_from_user(groups.data(), grouplist, groups.size() * sizeof(gid_t))) return -EFAULT;
    if (std::ranges::find(groups, static_cast<gid_t>(-1)) != groups.end()) return -EINVAL;
    std::ranges::sort(groups);
    cred* c = prepare_creds();
    if (!c) return -ENOMEM;
    c->groups = std::move(groups);
    return commit_creds(c);
}

}  // namespace kernel
