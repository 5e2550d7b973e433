// stat(2), readlink(2) (Linux fs/stat.c) and statfs(2) (fs/statfs.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/fs/ramfs/space.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/machine.hpp"

#include <algorithm>

namespace kernel {
namespace {

struct UserStat {                           // struct stat of the x86-64 ABI
    u64 st_dev, st_ino, st_nlink;
    u32 st_mode, st_uid, st_gid, pad;
    u64 st_rdev;
    i64 st_size, st_blksize, st_blocks;
    u64 st_atime_sec, st_atime_nsec, st_mtime_sec, st_mtime_nsec, st_ctime_sec, st_ctime_nsec;
    i64 unused[3];
};
static_assert(sizeof(UserStat) == 144);

struct UserStatxTime {
    i64 tv_sec;
    u32 tv_nsec;
    i32 reserved;
};
struct UserStatx {                          // struct statx (statx(2))
    u32 stx_mask, stx_blksize;
    u64 stx_attributes;
    u32 stx_nlink, stx_uid, stx_gid;
    u16 stx_mode, spare0;
    u64 stx_ino, stx_size, stx_blocks, stx_attributes_mask;
    UserStatxTime stx_atime, stx_btime, stx_ctime, stx_mtime;
    u32 stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
    u64 stx_mnt_id, spare[13];
};
static_assert(sizeof(UserStatx) == 256);

struct UserStatfs {
    i64 f_type, f_bsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree;
    i32 f_fsid[2];
    i64 f_namelen, f_frsize, f_flags, f_spare[4];
};
static_assert(sizeof(UserStatfs) == 120);

constexpr u64 second = 1'000'000'000;

}  // namespace

static TRACED(int, cp_new_stat, (inode*, node), (UserPtr<void>, statbuf)) {
    kstat k;
    vfs_getattr(node, k);
    UserStat s{};
    s.st_dev = encodeDevice(k.dev);
    s.st_ino = k.ino;
    s.st_nlink = k.nlink;
    s.st_mode = k.mode;
    s.st_uid = k.uid;
    s.st_gid = k.gid;
    s.st_rdev = encodeDevice(k.rdev);
    s.st_size = static_cast<i64>(k.size);
    s.st_blksize = k.blksize;
    s.st_blocks = static_cast<i64>(k.blocks);
    const auto split = [](i64 ns, u64& sec, u64& nsec) {
        const i64 rest = (ns % static_cast<i64>(second) + static_cast<i64>(second)) % static_cast<i64>(second);
        sec = static_cast<u64>((ns - rest) / static_cast<i64>(second));
        nsec = static_cast<u64>(rest);
    };
    split(k.atime_ns, s.st_atime_sec, s.st_atime_nsec);
    split(k.mtime_ns, s.st_mtime_sec, s.st_mtime_nsec);
    split(k.ctime_ns, s.st_ctime_sec, s.st_ctime_nsec);
    return copy_to_user(statbuf, &s, sizeof s) ? -EFAULT : 0;
}

namespace {

UserStatxTime statxTime(i64 ns) {
    const i64 rest = (ns % static_cast<i64>(second) + static_cast<i64>(second)) % static_cast<i64>(second);
    return {(ns - rest) / static_cast<i64>(second), static_cast<u32>(rest), 0};
}

}  // namespace

// No time of birth, as on a file system without them.
static TRACED(int, cp_statx, (dentry*, d), (UserPtr<void>, buffer)) {
    inode* const node = d->d_inode;
    kstat k;
    vfs_getattr(node, k);
    UserStatx s{};
    s.stx_mask = STATX_BASIC_STATS | STATX_MNT_ID;
    s.stx_blksize = static_cast<u32>(k.blksize);
    s.stx_nlink = static_cast<u32>(k.nlink);
    s.stx_uid = k.uid;
    s.stx_gid = k.gid;
    s.stx_mode = static_cast<u16>(k.mode);
    s.stx_ino = k.ino;
    s.stx_size = k.size;
    s.stx_blocks = static_cast<u64>(k.blocks);
    s.stx_atime = statxTime(k.atime_ns);
    s.stx_ctime = statxTime(k.ctime_ns);
    s.stx_mtime = statxTime(k.mtime_ns);
    s.stx_rdev_major = MAJOR(k.rdev), s.stx_rdev_minor = MINOR(k.rdev);
    s.stx_dev_major = MAJOR(k.dev), s.stx_dev_minor = MINOR(k.dev);
    s.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT;
    s.stx_attributes = d == node->i_sb->s_root ? STATX_ATTR_MOUNT_ROOT : 0;
    s.stx_mnt_id = static_cast<u64>(mountId(node->i_sb));
    return copy_to_user(buffer, &s, sizeof s) ? -EFAULT : 0;
}

namespace {

long statPath(int dfd, UserPtr<const char> name, UserPtr<void> statbuf, int flags) {
    const DentryRef d(TRY(path_lookup_at(dfd, name, flags)));
    return cp_new_stat(d->d_inode, statbuf);
}

long fillStatfs(const inode* node, UserPtr<void> buf) {
    const super_block* const sb = node->i_sb;
    UserStatfs s{};
    s.f_type = static_cast<i64>(sb->s_magic);
    s.f_bsize = s.f_frsize = 4096;
    if (sb->s_magic != 0x9fa0) {            // PROC_SUPER_MAGIC has no space
        const MemorySpace space = memorySpace();
        s.f_blocks = static_cast<i64>(space.pages);
        s.f_bfree = s.f_bavail = static_cast<i64>(std::min(space.free_pages, nr_free_pages()));
        s.f_files = static_cast<i64>(space.names);
        s.f_ffree = static_cast<i64>(space.free_names);
    }
    s.f_namelen = NAME_MAX;
    s.f_flags = 0x20 | (sb->read_only ? 1 : 0);   // ST_VALID, ST_RDONLY
    return copy_to_user(buf, &s, sizeof s) ? -EFAULT : 0;
}

}  // namespace

SYSCALL_DEFINE(2, newstat, (UserPtr<const char>, filename), (UserPtr<void>, statbuf)) {
    return statPath(AT_FDCWD, filename, statbuf, 0);
}
SYSCALL_DEFINE(2, newlstat, (UserPtr<const char>, filename), (UserPtr<void>, statbuf)) {
    return statPath(AT_FDCWD, filename, statbuf, AT_SYMLINK_NOFOLLOW);
}
SYSCALL_DEFINE(4, newfstatat, (int, dfd), (UserPtr<const char>, filename), (UserPtr<void>, statbuf), (int, flag)) {
    if (flag & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)) return -EINVAL;
    return statPath(dfd, filename, statbuf, flag);
}
SYSCALL_DEFINE(5, statx, (int, dfd), (UserPtr<const char>, filename), (unsigned, flags), (unsigned, mask), (UserPtr<void>, buffer)) {
    if (mask & STATX__RESERVED || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE) return -EINVAL;
    const int known = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;
    if (static_cast<int>(flags) & ~known) return -EINVAL;
    const DentryRef d(TRY(path_lookup_at(dfd, filename, static_cast<int>(flags) & ~AT_STATX_SYNC_TYPE)));
    return cp_statx(d.get(), buffer);
}
SYSCALL_DEFINE(2, newfstat, (unsigned, fd), (UserPtr<void>, statbuf)) {
    const FileRef f(fd, FileRef::Kind::raw);
    return f ? cp_new_stat(f->f_inode, statbuf) : -EBADF;
}

SYSCALL_DEFINE(4, readlinkat, (int, dfd), (UserPtr<const char>, pathname), (Bytes<char>, buf), (int, bufsiz)) {
    if (bufsiz <= 0) return -EINVAL;
    const DentryRef d(TRY(path_lookup_at(dfd, pathname, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)));
    if (!S_ISLNK(d->d_inode->i_mode)) {
        const Result<char> first = get_user(pathname);      // readlink(2), ENOENT: an empty name that is not a link's descriptor
        return first.ok() && first.value() == '\0' ? -ENOENT : -EINVAL;
    }
    const std::string target = TRY(d->d_inode->i_op->readlink(d.get()));
    const u64 n = std::min<u64>(target.size(), static_cast<u64>(bufsiz));
    if (copy_to_user(UserPtr<void>(buf.address), target.data(), n)) return -EFAULT;
    return static_cast<long>(n);
}
SYSCALL_DEFINE(3, readlink, (UserPtr<const char>, path), (Bytes<char>, buf), (int, bufsiz)) {
    return sys_readlinkat(AT_FDCWD, path, buf, bufsiz);
}

SYSCALL_DEFINE(2, statfs, (UserPtr<const char>, pathname), (UserPtr<void>, buf)) {
    const std::string path = TRY(getname(pathname));
    const DentryRef d(TRY(path_lookup(path, AT_FDCWD, true)));
    return fillStatfs(d->d_inode, buf);
}
SYSCALL_DEFINE(2, fstatfs, (unsigned, fd), (UserPtr<void>, buf)) {
    const FileRef f(fd, FileRef::Kind::raw);
    return f ? fillStatfs(f->f_inode, buf) : -EBADF;
}

}  // namespace kernel
