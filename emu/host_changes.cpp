// What the guest changes on the host, below paths of --bind HOST:GUEST:rw. A parent directory is opened beneath the allowed path
// without symlinks, and the last name is never followed, whatever others do to the tree meanwhile.
#include "emu/host_gateway.hpp"
#include "kernel_model/include/linux/fs.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace emu {

namespace {

// The guest's umask has decided.
class NoUmask {
public:
    NoUmask() : before_(::umask(0)) {}
    ~NoUmask() { ::umask(before_); }
    NoUmask(const NoUmask&) = delete;
    NoUmask& operator=(const NoUmask&) = delete;

private:
    mode_t before_;
};

constexpr mode_t STICKY_AND_PERMISSIONS = S_ISVTX | 0777;

mode_t allowedMode(mode_t mode, bool directory) { return mode & (STICKY_AND_PERMISSIONS | (directory ? S_ISGID : 0)); }

timespec hostTime(const kernel::iattr& attr, u32 set, u32 to_given, i64 ns) {
    constexpr i64 second = 1'000'000'000;
    if (!(attr.ia_valid & set)) return {0, UTIME_OMIT};
    if (!(attr.ia_valid & to_given)) return {0, UTIME_NOW};
    const i64 part = (ns % second + second) % second;
    return {(ns - part) / second, part};
}

// fd may be an O_PATH one, which fchmod(2) does not take. A symlink is changed itself.
int applyTo(int fd, const kernel::iattr& attr) {
    using namespace kernel;
    const auto given = [&attr](u32 what, u32 id) { return attr.ia_valid & what ? id : ~u32{0}; };
    const uid_t user = given(ATTR_UID, attr.ia_uid);
    const gid_t group = given(ATTR_GID, attr.ia_gid);
    if (~user | ~group && ::fchownat(fd, "", user, group, AT_EMPTY_PATH) < 0) return -errno;
    if (attr.ia_valid & ATTR_MODE) {
        struct ::stat s {};
        if (::fstat(fd, &s) < 0) return -errno;
        const std::string self = "/proc/self/fd/" + std::to_string(fd);
        if (::chmod(self.c_str(), allowedMode(attr.ia_mode, S_ISDIR(s.st_mode))) < 0) return -errno;
    }
    if (!(attr.ia_valid & (ATTR_ATIME | ATTR_MTIME))) return 0;
    const timespec times[] = {hostTime(attr, ATTR_ATIME, ATTR_ATIME_SET, attr.ia_atime),
                              hostTime(attr, ATTR_MTIME, ATTR_MTIME_SET, attr.ia_mtime)};
    return orErrno(::utimensat(fd, "", times, AT_EMPTY_PATH));
}

// As the host's kernel does for everybody but root: a program with new content has no set-id bits.
void dropSetId(int fd) {
    struct ::stat s {};
    if (::fstat(fd, &s) == 0 && s.st_mode & (S_ISUID | S_ISGID)) (void)!::fchmod(fd, s.st_mode & STICKY_AND_PERMISSIONS);
}

long writeAt(int fd, u64 offset, std::span<const u8> from) {
    std::size_t done = 0;
    while (done < from.size()) {
        const ssize_t n = ::pwrite(fd, from.data() + done, from.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return done ? static_cast<long>(done) : -errno;
        done += static_cast<std::size_t>(n);
    }
    return static_cast<long>(done);
}

}  // namespace

int Gateway::parentOf(const std::string& path, Descriptor& parent, std::string& name) {
    Place where;
    if (const int error = place(path, where); error < 0) return error;
    if (!where.writable) return -EROFS;
    const auto slash = where.name.rfind('/');
    name = slash == std::string::npos ? where.name : where.name.substr(slash + 1);
    where.name = slash == std::string::npos ? "." : where.name.substr(0, slash);
    const int fd = openBelow(where, O_PATH | O_DIRECTORY);
    if (fd < 0) return fd;
    parent = Descriptor{fd};
    return 0;
}

int Gateway::hold(const std::string& path, bool writable) {
    Place where;
    if (const int error = place(path, where); error < 0) return error;
    if (writable && !where.writable) return -EROFS;
    Descriptor opened = path == created_.first ? std::exchange(created_.second, Descriptor{}) : Descriptor{};
    if (!opened) opened = Descriptor{openBelow(where, (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)};
    if (opened.get() == -EACCES && writable) opened = Descriptor{openBelow(where, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)};
    return opened ? keep(std::move(opened)) : opened.get();
}

int Gateway::keep(Descriptor opened) {
    struct ::stat s {};
    if (::fstat(opened.get(), &s) < 0) return -errno;
    if (!S_ISREG(s.st_mode)) return -ENXIO;
    const int handle = opened.get();
    held_.insert_or_assign(handle, Held{std::move(opened), s.st_dev, s.st_ino});
    return handle;
}

bool Gateway::isHeld(const struct ::stat& s) const {
    return std::ranges::any_of(held_, [&s](const auto& each) { return each.second.inode == s.st_ino && each.second.device == s.st_dev; });
}

// What lay in a file without a name is free when nobody has it open any more.
void Gateway::letGo(int handle) {
    const Held file = std::move(held_.at(handle));
    held_.erase(handle);
    struct ::stat s {};
    if (::fstat(handle, &s) == 0 && s.st_nlink == 0 && !isHeld(s)) disk_.account(-s.st_blocks * 512);
}

long Gateway::pwriteHeld(int handle, u64 offset, std::span<const u8> from) {
    const int fd = held_.at(handle).file.get();
    if (!disk_.fits(fd, offset, from.size())) return -ENOSPC;
    dropSetId(fd);
    return disk_.counted(fd, [&] { return writeAt(fd, offset, from); });
}

int Gateway::truncateHeld(int handle, u64 size) {
    const int fd = held_.at(handle).file.get();
    dropSetId(fd);
    return disk_.counted(fd, [&] { return orErrno(::ftruncate(fd, static_cast<off_t>(size))); });
}

int Gateway::punchHeld(int handle, u64 offset, u64 size) {
    const int fd = held_.at(handle).file.get();
    dropSetId(fd);
    return disk_.counted(fd, [&] {
        return orErrno(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset), static_cast<off_t>(size)));
    });
}

int Gateway::setAttributesHeld(int handle, const kernel::iattr& attr) { return applyTo(held_.at(handle).file.get(), attr); }

long Gateway::pwrite(const std::string& path, u64 offset, std::span<const u8> from) {
    const int handle = hold(path, true);
    if (handle < 0) return handle;
    const long put = pwriteHeld(handle, offset, from);
    letGo(handle);
    return put;
}

int Gateway::truncate(const std::string& path, u64 size) {
    const int handle = hold(path, true);
    if (handle < 0) return handle;
    const int result = truncateHeld(handle, size);
    letGo(handle);
    return result;
}

int Gateway::setAttributes(const std::string& path, const kernel::iattr& attr) {
    Descriptor parent;
    std::string name;
    if (const int error = parentOf(path, parent, name); error < 0) return error;
    const Descriptor fd{orErrno(::openat(parent.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC))};
    return fd ? applyTo(fd.get(), attr) : fd.get();
}

// make: of a name in a directory, -1 and errno where it fails.
template <class Make> int Gateway::newName(const std::string& path, Make make) {
    Descriptor parent;
    std::string name;
    if (const int error = parentOf(path, parent, name); error < 0) return error;
    if (!disk_.takeName()) return -ENOSPC;
    forget(path);
    const NoUmask guests;
    const int made = orErrno(make(parent.get(), name.c_str()));
    if (made < 0) disk_.giveName();
    return made;
}

// A new file stays open for who opens it first: its mode may be one that lets nobody write (open(2), O_CREAT).
int Gateway::create(const std::string& path, kernel::umode_t mode) {
    const mode_t allowed = allowedMode(mode, S_ISDIR(mode));
    if (S_ISDIR(mode)) return newName(path, [=](int parent, const char* name) { return ::mkdirat(parent, name, allowed); });
    if (!S_ISREG(mode)) {
        if (!S_ISFIFO(mode) && !S_ISSOCK(mode)) return -EPERM;
        return newName(path, [=](int parent, const char* name) { return ::mknodat(parent, name, (mode & S_IFMT) | allowed, 0); });
    }
    constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const int made = newName(path, [=](int parent, const char* name) { return ::openat(parent, name, flags, allowed); });
    if (made < 0) return made;
    created_ = {path, Descriptor{made}};
    return 0;
}

int Gateway::symlink(const std::string& target, const std::string& path) {
    return newName(path, [&](int parent, const char* name) { return ::symlinkat(target.c_str(), parent, name); });
}

int Gateway::link(const std::string& from, const std::string& to) {
    Descriptor source;
    std::string source_name;
    if (const int error = parentOf(from, source, source_name); error < 0) return error;
    return newName(to, [&](int parent, const char* name) { return ::linkat(source.get(), source_name.c_str(), parent, name, 0); });
}

int Gateway::temporary(const std::string& directory, kernel::umode_t mode, bool mayBeLinked) {
    Place where;
    if (const int error = place(directory, where); error < 0) return error;
    if (!where.writable) return -EROFS;
    const NoUmask guests;
    Descriptor made{openBelow(where, O_TMPFILE | O_RDWR | (mayBeLinked ? 0 : O_EXCL), allowedMode(mode, false))};
    return made ? keep(std::move(made)) : made.get();
}

int Gateway::linkHeld(int handle, const std::string& to) {
    const std::string self = "/proc/self/fd/" + std::to_string(held_.at(handle).file.get());
    return newName(to, [&](int parent, const char* name) { return ::linkat(AT_FDCWD, self.c_str(), parent, name, AT_SYMLINK_FOLLOW); });
}

void Gateway::nameGone(const struct ::stat& s) {
    disk_.giveName();
    if (!S_ISDIR(s.st_mode) && s.st_nlink == 1 && !isHeld(s)) disk_.account(-s.st_blocks * 512);
}

int Gateway::remove(const std::string& path) {
    Descriptor parent;
    std::string name;
    if (const int error = parentOf(path, parent, name); error < 0) return error;
    struct ::stat s {};
    if (::fstatat(parent.get(), name.c_str(), &s, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
    if (::unlinkat(parent.get(), name.c_str(), S_ISDIR(s.st_mode) ? AT_REMOVEDIR : 0) < 0) return -errno;
    forget(path);
    nameGone(s);
    return 0;
}

int Gateway::exchange(const std::string& one, const std::string& other) {
    Descriptor source, target;
    std::string source_name, target_name;
    if (const int error = parentOf(one, source, source_name); error < 0) return error;
    if (const int error = parentOf(other, target, target_name); error < 0) return error;
    if (::renameat2(source.get(), source_name.c_str(), target.get(), target_name.c_str(), RENAME_EXCHANGE) < 0) return -errno;
    forget(one);
    forget(other);
    return 0;
}

int Gateway::rename(const std::string& from, const std::string& to) {
    Descriptor source, target;
    std::string source_name, target_name;
    if (const int error = parentOf(from, source, source_name); error < 0) return error;
    if (const int error = parentOf(to, target, target_name); error < 0) return error;
    struct ::stat replaced {};
    const bool replaces = ::fstatat(target.get(), target_name.c_str(), &replaced, AT_SYMLINK_NOFOLLOW) == 0;
    if (::renameat(source.get(), source_name.c_str(), target.get(), target_name.c_str()) < 0) return -errno;
    forget(from);
    forget(to);
    if (replaces) nameGone(replaced);
    return 0;
}

}  // namespace emu
