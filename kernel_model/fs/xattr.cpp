// Extended attributes (Linux fs/xattr.c): no file system here has any. As on a real one without them, a file lists none
// and getting or changing one fails with EOPNOTSUPP (xattr(7)).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {
namespace {

long ofPath(UserPtr<const char> name, int flags, long answer) {
    const DentryRef d(TRY(path_lookup_at(AT_FDCWD, name, flags)));
    return answer;
}
long ofFile(int fd, long answer) { return FileRef(static_cast<unsigned>(fd)) ? answer : -EBADF; }

}  // namespace

SYSCALL_DEFINE(5, setxattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name), (UserPtr<void>, value),
               (u64, size), (int, flags)) {
    return ofPath(pathname, 0, -EOPNOTSUPP);
}
SYSCALL_DEFINE(5, lsetxattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name), (UserPtr<void>, value),
               (u64, size), (int, flags)) {
    return ofPath(pathname, AT_SYMLINK_NOFOLLOW, -EOPNOTSUPP);
}
SYSCALL_DEFINE(5, fsetxattr, (int, fd), (UserPtr<const char>, name), (UserPtr<void>, value), (u64, size),
               (int, flags)) {
    return ofFile(fd, -EOPNOTSUPP);
}
SYSCALL_DEFINE(4, getxattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name), (UserPtr<void>, value),
               (u64, size)) {
    return ofPath(pathname, 0, -EOPNOTSUPP);
}
SYSCALL_DEFINE(4, lgetxattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name), (UserPtr<void>, value),
               (u64, size)) {
    return ofPath(pathname, AT_SYMLINK_NOFOLLOW, -EOPNOTSUPP);
}
SYSCALL_DEFINE(4, fgetxattr, (int, fd), (UserPtr<const char>, name), (UserPtr<void>, value), (u64, size)) {
    return ofFile(fd, -EOPNOTSUPP);
}
SYSCALL_DEFINE(3, listxattr, (UserPtr<const char>, pathname), (Bytes<char>, list), (u64, size)) {
    return ofPath(pathname, 0, 0);
}
SYSCALL_DEFINE(3, llistxattr, (UserPtr<const char>, pathname), (Bytes<char>, list), (u64, size)) {
    return ofPath(pathname, AT_SYMLINK_NOFOLLOW, 0);
}
SYSCALL_DEFINE(3, flistxattr, (int, fd), (Bytes<char>, list), (u64, size)) { return ofFile(fd, 0); }
SYSCALL_DEFINE(2, removexattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name)) {
    return ofPath(pathname, 0, -EOPNOTSUPP);
}
SYSCALL_DEFINE(2, lremovexattr, (UserPtr<const char>, pathname), (UserPtr<const char>, name)) {
    return ofPath(pathname, AT_SYMLINK_NOFOLLOW, -EOPNOTSUPP);
}
SYSCALL_DEFINE(2, fremovexattr, (int, fd), (UserPtr<const char>, name)) { return ofFile(fd, -EOPNOTSUPP); }

}  // namespace kernel
