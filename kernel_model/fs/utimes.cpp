// File times (Linux fs/utimes.c; utimensat(2)).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>

namespace kernel {
namespace {

struct Time { i64 sec, part; };             // part: ns, or us in the older calls
constexpr i64 NOW = (1 << 30) - 1, OMIT = (1 << 30) - 2;   // UTIME_NOW, UTIME_OMIT
constexpr i64 FURTHEST = 9'223'372'035;      // s that i64 nanoseconds reach to, in the year 2262; a later time is set to that
constexpr i64 second = 1'000'000'000;

struct NewTimes { Time access{0, NOW}, modify{0, NOW}; };

// The flags of a time that is to be set, to the one given or to the present.
u32 validity(const Time& t, u32 set, u32 to_given) { return t.part == OMIT ? 0 : t.part == NOW ? set : set | to_given; }
i64 nanoseconds(const Time& t) { return t.part == OMIT || t.part == NOW ? 0 : std::clamp(t.sec, -FURTHEST, FURTHEST) * second + t.part; }

int utimes_common(dentry* d, const NewTimes& t) {
    inode* const node = d->d_inode;
    if (node->i_sb->read_only) return -EROFS;
    const bool owner = privilegedFiles(CAP_FOWNER) || current->cred->fsuid == node->i_uid.get();
    const bool both_now = t.access.part == NOW && t.modify.part == NOW;
    if (!owner && !both_now) return -EPERM;
    if (!owner && inode_permission(node, MAY_WRITE)) return -EACCES;
    TRY_INT(notify_change(node, {.ia_valid = validity(t.access, ATTR_ATIME, ATTR_ATIME_SET) | validity(t.modify, ATTR_MTIME, ATTR_MTIME_SET),
                                 .ia_atime = nanoseconds(t.access),
                                 .ia_mtime = nanoseconds(t.modify)}));
    fsnotify(t.access.part == OMIT ? IN_MODIFY : t.modify.part == OMIT ? IN_ACCESS : IN_ATTRIB, d);
    return 0;
}

bool valid(const Time& t) {
    return t.part == NOW || t.part == OMIT || (t.part >= 0 && t.part < second);
}

// A null name means the descriptor itself (futimens).
long do_utimes(int dfd, UserPtr<const char> filename, const NewTimes& t, int flags) {
    if (!valid(t.access) || !valid(t.modify) || (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))) return -EINVAL;
    if (!filename && dfd != AT_FDCWD) {
        if (flags & AT_SYMLINK_NOFOLLOW) return -EINVAL;
        const FileRef f(static_cast<unsigned>(dfd));
        return f ? utimes_common(f->f_path, t) : -EBADF;
    }
    const DentryRef d(TRY(path_lookup_at(dfd, filename, flags)));
    return utimes_common(d.get(), t);
}

Result<NewTimes> microseconds(UserPtr<void> utimes) {
    NewTimes t;
    if (!utimes.address) return t;
    if (copy_from_user(&t, utimes, sizeof t)) return Failure{-EFAULT};
    for (Time* each : {&t.access, &t.modify}) {
        if (each->part < 0 || each->part >= 1'000'000) return Failure{-EINVAL};
        each->part *= 1000;
    }
    return t;
}

}  // namespace

SYSCALL_DEFINE(4, utimensat, (int, dfd), (UserPtr<const char>, filename), (UserPtr<void>, utimes), (int, flags)) {
    NewTimes t;
    if (utimes && copy_from_user(&t, utimes, sizeof t)) return -EFAULT;
    if (utimes && t.access.part == OMIT && t.modify.part == OMIT) return 0;
    return do_utimes(dfd, filename, t, flags);
}
SYSCALL_DEFINE(3, futimesat, (int, dfd), (UserPtr<const char>, filename), (UserPtr<void>, utimes)) {
    const NewTimes t = TRY(microseconds(utimes));
    return do_utimes(dfd, filename, t, 0);
}
SYSCALL_DEFINE(2, utimes, (UserPtr<const char>, filename), (UserPtr<void>, utimes)) {
    return sys_futimesat(AT_FDCWD, filename, utimes);
}
SYSCALL_DEFINE(2, utime, (UserPtr<const char>, filename), (UserPtr<void>, times)) {
    NewTimes t;
    if (times) {
        i64 seconds[2];
        if (copy_from_user(seconds, times, sizeof seconds)) return -EFAULT;
        t = {{seconds[0], 0}, {seconds[1], 0}};
    }
    return do_utimes(AT_FDCWD, filename, t, 0);
}

}  // namespace kernel
