// Extended attributes (Linux fs/xattr.c; xattr(7)). They are kept where 6.1 keeps them: user.*, trusted.* and security.* on the
// disk file system that --root shows, trusted.* and security.* on a tmpfs; the host's own user.* in a writable bind. Elsewhere a file
// lists none and has none.
#include "kernel_model/fs/hostfs_nameless.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/fs/xattr.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>
#include <string_view>

namespace kernel {
namespace {

bool isTrusted(const std::string& name) { return name.starts_with("trusted."); }

// The file system's handler: 0, EOPNOTSUPP without one, EINVAL for a name that is a prefix alone.
int xattr_resolve_name(const inode* node, const std::string& name) {
    const bool on_disk = node->i_sb->s_type == std::string_view(overlayName), in_memory = node->i_sb->s_magic == TMPFS_MAGIC;
    for (const std::string_view prefix : {"user.", "trusted.", "security."}) {
        if (!name.starts_with(prefix)) continue;
        if (prefix == "user." ? !on_disk && !isWrittenThrough(node) : !on_disk && !in_memory) return -EOPNOTSUPP;
        return name.size() == prefix.size() ? -EINVAL : 0;
    }
    return -EOPNOTSUPP;
}

int xattr_permission(inode* node, const std::string& name, int mask) {
    const bool write = mask & MAY_WRITE;
    const umode_t mode = node->i_mode;
    if (write && node->i_sb->read_only) return -EROFS;
    if (name.starts_with("security.")) return write && !capable(CAP_SYS_ADMIN) ? -EPERM : 0;
    if (name.starts_with("system.")) return 0;
    if (isTrusted(name)) return capable(CAP_SYS_ADMIN) ? 0 : write ? -EPERM : -ENODATA;
    if (name.starts_with("user.")) {
        if (!S_ISREG(mode) && !S_ISDIR(mode)) return write ? -EPERM : -ENODATA;
        const bool owner = current->cred->fsuid == node->i_uid.get() || privilegedFiles(CAP_FOWNER);
        if (S_ISDIR(mode) && mode & S_ISVTX && write && !owner) return -EPERM;
    }
    return inode_permission(node, mask);
}

Result<std::string> nameFrom(UserPtr<const char> from) {
    std::string name;
    const i64 length = strncpy_from_user(name, from, XATTR_NAME_MAX + 1);
    if (length < 0) return Failure{-EFAULT};
    if (length == 0 || length > static_cast<i64>(XATTR_NAME_MAX)) return Failure{-ERANGE};
    return name;
}

void changed(dentry* d) {
    d->d_inode->i_ctime = currentTime();
    fsnotify(IN_ATTRIB, d);
}

TRACED(int, vfs_setxattr, (dentry*, d), (const std::string&, name), (std::span<const u8>, value), (int, flags)) {
    inode* const node = d->d_inode;
    TRY_INT(xattr_permission(node, name, MAY_WRITE));
    if (name == "security.capability") return missing(Missing::file_capabilities);      // an exec would have to look at it
    if (isAccessList(name)) {
        TRY_INT(set_posix_acl(node, name, value));
    } else {
        TRY_INT(xattr_resolve_name(node, name));
        TRY_INT(setAttribute(node, name, value, flags));
    }
    changed(d);
    return 0;
}

long setxattr(dentry* d, UserPtr<const char> user_name, UserPtr<void> value, u64 size, int flags) {
    if (flags & ~(XATTR_CREATE | XATTR_REPLACE)) return -EINVAL;
    const std::string name = TRY(nameFrom(user_name));
    if (size > XATTR_SIZE_MAX) return -E2BIG;
    std::vector<u8> bytes(size);
    if (copy_from_user(bytes.data(), value, size)) return -EFAULT;
    return vfs_setxattr(d, name, bytes, flags);
}

// What there is, into a buffer of `size` bytes; 0 asks how many there are.
long give(std::span<const u8> bytes, UserPtr<void> to, u64 size) {
    if (size == 0) return static_cast<long>(bytes.size());
    if (bytes.size() > size) return -ERANGE;
    return copy_to_user(to, bytes.data(), bytes.size()) ? -EFAULT : static_cast<long>(bytes.size());
}

long getxattr(dentry* d, UserPtr<const char> user_name, UserPtr<void> value, u64 size) {
    const std::string name = TRY(nameFrom(user_name));
    const inode* const node = d->d_inode;
    TRY_INT(xattr_permission(d->d_inode, name, MAY_READ));
    if (isAccessList(name)) return getAccessList(node);
    TRY_INT(xattr_resolve_name(node, name));
    std::vector<u8> bytes;
    TRY_INT(attribute(node, name, bytes));
    return give(bytes, value, size);
}

long listxattr(const dentry* d, UserPtr<void> list, u64 size) {
    std::vector<std::string> names;
    TRY_INT(attributeNames(d->d_inode, names));
    std::vector<u8> bytes;
    for (const std::string& name : names)
        if (!isTrusted(name) || capable(CAP_SYS_ADMIN)) bytes.insert(bytes.end(), name.c_str(), name.c_str() + name.size() + 1);
    return give(bytes, list, std::min<u64>(size, XATTR_LIST_MAX));
}

long removexattr(dentry* d, UserPtr<const char> user_name) {
    const std::string name = TRY(nameFrom(user_name));
    inode* const node = d->d_inode;
    TRY_INT(xattr_permission(node, name, MAY_WRITE));
    if (isAccessList(name)) {
        TRY_INT(set_posix_acl(node, name, {}));
        fsnotify(IN_ATTRIB, d);
        return 0;
    }
    TRY_INT(xattr_resolve_name(node, name));
    TRY_INT(removeAttribute(node, name));
    changed(d);
    return 0;
}

template <class Body>
long ofPath(UserPtr<const char> path, int flags, Body body) {
    const DentryRef d(TRY(path_lookup_at(AT_FDCWD, path, flags)));
    return body(d.get());
}
template <class Body>
long ofFile(int fd, Body body) {
    const FileRef f(static_cast<unsigned>(fd));
    return f ? body(f->f_path) : -EBADF;
}

}  // namespace

SYSCALL_DEFINE(5, setxattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name), (UserPtr<void>, value), (u64, size),
               (int, flags)) {
    return ofPath(pathname, 0, [&](dentry* d) { return setxattr(d, name, value, size, flags); });
}
SYSCALL_DEFINE(5, lsetxattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name), (UserPtr<void>, value), (u64, size),
               (int, flags)) {
    return ofPath(pathname, AT_SYMLINK_NOFOLLOW, [&](dentry* d) { return setxattr(d, name, value, size, flags); });
}
SYSCALL_DEFINE(5, fsetxattr, (int, fd), (UserPtr<const char>, name), (UserPtr<void>, value), (u64, size), (int, flags)) {
    return ofFile(fd, [&](dentry* d) { return setxattr(d, name, value, size, flags); });
}
SYSCALL_DEFINE(4, getxattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name), (UserPtr<void>, value), (u64, size)) {
    return ofPath(pathname, 0, [&](dentry* d) { return getxattr(d, name, value, size); });
}
SYSCALL_DEFINE(4, lgetxattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name), (UserPtr<void>, value), (u64, size)) {
    return ofPath(pathname, AT_SYMLINK_NOFOLLOW, [&](dentry* d) { return getxattr(d, name, value, size); });
}
SYSCALL_DEFINE(4, fgetxattr, (int, fd), (UserPtr<const char>, name), (UserPtr<void>, value), (u64, size)) {
    return ofFile(fd, [&](dentry* d) { return getxattr(d, name, value, size); });
}
SYSCALL_DEFINE(3, listxattr, (UserPtr<const char>, pathname), (Bytes<char>, list), (u64, size)) {
    return ofPath(pathname, 0, [&](dentry* d) { return listxattr(d, UserPtr<void>(list.address), size); });
}
SYSCALL_DEFINE(3, llistxattr, (UserPtr<const char>, pathname), (Bytes<char>, list), (u64, size)) {
    return ofPath(pathname, AT_SYMLINK_NOFOLLOW, [&](dentry* d) { return listxattr(d, UserPtr<void>(list.address), size); });
}
SYSCALL_DEFINE(3, flistxattr, (int, fd), (Bytes<char>, list), (u64, size)) {
    return ofFile(fd, [&](dentry* d) { return listxattr(d, UserPtr<void>(list.address), size); });
}
SYSCALL_DEFINE(2, removexattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name)) {
    return ofPath(pathname, 0, [&](dentry* d) { return removexattr(d, name); });
}
SYSCALL_DEFINE(2, lremovexattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name)) {
    return ofPath(pathname, AT_SYMLINK_NOFOLLOW, [&](dentry* d) { return removexattr(d, name); });
}
SYSCALL_DEFINE(2, fremovexattr, (int, fd), (UserPtr<const char>, name)) {
    return ofFile(fd, [&](dentry* d) { return removexattr(d, name); });
}

}  // namespace kernel
