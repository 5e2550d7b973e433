#include "emu/host_gateway.hpp"

#include "kernel_model/include/stop.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <memory>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace emu {

namespace {

constexpr std::size_t OPEN_FILES = 64;      // read descriptors kept open

std::string directoryOf(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

bool climbs(const std::string& path) { return (path + "/").find("/../") != std::string::npos; }

int orErrno(int result) { return result < 0 ? -errno : result; }

}  // namespace

Gateway::Gateway(GuestOutput output) : output_(output) {}

void Gateway::allow(const std::string& path, bool writable) {
    const std::string parent = directoryOf(path);
    Descriptor fd{::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (fd) grants_.insert_or_assign(path, Grant{std::move(fd), writable});
}

// The longest allowed path that holds `path`; the rest is resolved below it by openat2(2), beneath and without symlinks.
int Gateway::place(const std::string& path, Place& out) const {
    if (climbs(path) || !path.starts_with('/')) return -EACCES;
    for (std::string prefix = path;; prefix = directoryOf(prefix)) {
        if (const auto grant = grants_.find(prefix); grant != grants_.end()) {
            const std::string parent = directoryOf(prefix);
            const std::size_t begin = path.find_first_not_of('/', parent == "/" ? 0 : parent.size());
            const std::string rest = begin == std::string::npos ? "." : path.substr(begin);
            out = {grant->second.parent.get(), rest, grant->second.writable};
            return 0;
        }
        if (prefix == "/") return -EACCES;
    }
}

int Gateway::openBelow(const Place& where, int flags, unsigned mode) const {
    open_how how{};
    how.flags = static_cast<u64>(flags | O_CLOEXEC);
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return orErrno(static_cast<int>(::syscall(SYS_openat2, where.directory, where.name.c_str(), &how, sizeof how)));
}

int Gateway::stat(const std::string& path, kernel::HostStat& out) {
    Place where;
    if (const int error = place(path, where); error < 0) return error;
    // O_NOFOLLOW with O_PATH opens a final symlink itself, which RESOLVE_NO_SYMLINKS allows (openat2(2)).
    const Descriptor fd{openBelow(where, O_PATH | O_NOFOLLOW)};
    if (!fd) return fd.get();
    struct ::stat s {};
    if (::fstat(fd.get(), &s) < 0) return -errno;
    out.mode = static_cast<kernel::umode_t>(s.st_mode);
    out.uid = s.st_uid;
    out.gid = s.st_gid;
    out.size = static_cast<u64>(s.st_size);
    out.nlink = static_cast<u32>(s.st_nlink);
    out.mtime_ns = s.st_mtim.tv_sec * 1'000'000'000 + s.st_mtim.tv_nsec;
    out.rdev = static_cast<u32>(s.st_rdev);
    out.identity = s.st_ino ^ (s.st_dev << 40);
    return 0;
}

int Gateway::list(const std::string& directory, std::vector<std::string>& names) {
    Place where;
    if (const int error = place(directory, where); error < 0) return error;
    const int fd = openBelow(where, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return fd;
    const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(fd), ::closedir};
    if (!stream) {
        ::close(fd);
        return -errno;
    }
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return 0;
}

int Gateway::readlink(const std::string& path, std::string& target) {
    Place where;
    if (const int error = place(path, where); error < 0) return error;
    const Descriptor fd{openBelow(where, O_PATH | O_NOFOLLOW)};
    if (!fd) return fd.get();
    char buffer[PATH_MAX];
    const ssize_t length = ::readlinkat(fd.get(), "", buffer, sizeof buffer);
    if (length < 0) return -errno;
    target.assign(buffer, static_cast<std::size_t>(length));
    return 0;
}

int Gateway::cached(const std::string& path) {
    if (const auto known = open_.find(path); known != open_.end()) return known->second.get();
    Place where;
    if (const int error = place(path, where); error < 0) return error;
    const int fd = openBelow(where, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return fd;
    if (open_.size() >= OPEN_FILES) {
        open_.erase(recent_.front());
        recent_.pop_front();
    }
    open_.insert_or_assign(path, Descriptor{fd});
    recent_.push_back(path);
    return fd;
}

void Gateway::forget(const std::string& path) {
    const auto covers = [&path](const std::string& known) { return known == path || known.starts_with(path + "/"); };
    std::erase_if(open_, [&](const auto& entry) { return covers(entry.first); });
    std::erase_if(recent_, covers);
}

static long readAt(int fd, u64 offset, std::span<u8> to) {
    std::size_t done = 0;
    while (done < to.size()) {
        const ssize_t n = ::pread(fd, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -errno;
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    return static_cast<long>(done);
}

static long writeAt(int fd, u64 offset, std::span<const u8> from) {
    std::size_t done = 0;
    while (done < from.size()) {
        const ssize_t n = ::pwrite(fd, from.data() + done, from.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return done ? static_cast<long>(done) : -errno;
        done += static_cast<std::size_t>(n);
    }
    return static_cast<long>(done);
}

long Gateway::pread(const std::string& path, u64 offset, std::span<u8> to) {
    const int fd = cached(path);
    return fd < 0 ? fd : readAt(fd, offset, to);
}

int Gateway::hold(const std::string& path, bool writable) {
    Place where;
    if (const int error = place(path, where); error < 0) return error;
    if (writable && !where.writable) return -EROFS;
    int fd = openBelow(where, (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd == -EACCES && writable) fd = openBelow(where, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return fd;
    Descriptor opened{fd};
    struct ::stat s {};
    if (::fstat(fd, &s) < 0) return -errno;
    if (!S_ISREG(s.st_mode)) return -ENXIO;
    held_.insert_or_assign(fd, std::move(opened));
    return fd;
}

void Gateway::letGo(int handle) { held_.erase(handle); }
long Gateway::preadHeld(int handle, u64 offset, std::span<u8> to) { return readAt(held_.at(handle).get(), offset, to); }
long Gateway::pwriteHeld(int handle, u64 offset, std::span<const u8> from) {
    const int fd = held_.at(handle).get();
    return disk_.fits(fd, offset, from.size()) ? disk_.counted(fd, [&] { return writeAt(fd, offset, from); }) : -ENOSPC;
}
int Gateway::truncateHeld(int handle, u64 size) {
    const int fd = held_.at(handle).get();
    return disk_.counted(fd, [&] { return orErrno(::ftruncate(fd, static_cast<off_t>(size))); });
}

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
    forget(path);
    return 0;
}

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

// Set-id and sticky bits stay in the guest: a program of its choosing must not become privileged on the host.
int Gateway::create(const std::string& path, kernel::umode_t mode) {
    Descriptor parent;
    std::string name;
    if (const int error = parentOf(path, parent, name); error < 0) return error;
    if (!disk_.takeName()) return -ENOSPC;
    const int made = orErrno(S_ISDIR(mode) ? ::mkdirat(parent.get(), name.c_str(), mode & 0777)
                                           : ::openat(parent.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0777));
    if (made < 0) disk_.giveName();
    else if (!S_ISDIR(mode)) ::close(made);
    return std::min(made, 0);
}

int Gateway::remove(const std::string& path) {
    Descriptor parent;
    std::string name;
    if (const int error = parentOf(path, parent, name); error < 0) return error;
    struct ::stat s {};
    if (::fstatat(parent.get(), name.c_str(), &s, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
    const bool directory = S_ISDIR(s.st_mode);
    if (::unlinkat(parent.get(), name.c_str(), directory ? AT_REMOVEDIR : 0) < 0) return -errno;
    disk_.giveName();
    if (s.st_nlink == 1) disk_.account(-s.st_blocks * 512);
    return 0;
}

int Gateway::rename(const std::string& from, const std::string& to) {
    Descriptor source, target;
    std::string source_name, target_name;
    if (const int error = parentOf(from, source, source_name); error < 0) return error;
    if (const int error = parentOf(to, target, target_name); error < 0) return error;
    return orErrno(::renameat(source.get(), source_name.c_str(), target.get(), target_name.c_str()));
}

int Gateway::streamFd(int stream) const {
    return stream == STDOUT_FILENO && output_ == GuestOutput::standardError ? STDERR_FILENO : stream;
}

long Gateway::readStream(int stream, std::span<u8> to) {
    if (!waitFor(streamFd(stream), POLLIN)) return -EINTR;
    ssize_t n;
    do n = ::read(streamFd(stream), to.data(), to.size());
    while (n < 0 && errno == EINTR && !kernel::stop_requested);
    return n < 0 ? -errno : n;
}

// With a terminal, no write waits so long that Ctrl-C would not be heard.
long Gateway::writeStream(int stream, std::span<const u8> from) {
    if (!waitFor(streamFd(stream), POLLOUT)) return -EINTR;
    struct ::stat status {};
    if (there() && ::fstat(streamFd(stream), &status) == 0 && !S_ISREG(status.st_mode))
        from = from.first(std::min<std::size_t>(from.size(), PIPE_BUF));
    ssize_t n;
    do n = ::write(streamFd(stream), from.data(), from.size());
    while (n < 0 && errno == EINTR && !kernel::stop_requested);
    return n < 0 ? -errno : n;
}

bool Gateway::isTerminal(int stream) { return ::isatty(streamFd(stream)) == 1; }

int Gateway::terminalStream() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (isTerminal(stream)) return stream;
    return -1;
}

void Gateway::beginTerminal() {
    const int stream = terminalStream();
    begin(stream < 0 ? -1 : streamFd(stream));
}

void Gateway::windowSize(u16& rows, u16& columns) {
    winsize size{};
    if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0) (void)::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    rows = size.ws_row;
    columns = size.ws_col;
}

}  // namespace emu
