#include "emu/host_gateway.hpp"

#include "emu/replay.hpp"
#include "kernel_model/include/machine.hpp"
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
#include <sys/uio.h>
#include <unistd.h>

namespace emu {

namespace {

constexpr std::size_t OPEN_FILES = 64;      // read descriptors kept open

std::string directoryOf(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

void writeAll(int fd, std::span<const u8> from) {
    while (!from.empty() && !kernel::stop_requested) {
        const ssize_t n = ::write(fd, from.data(), from.size());
        if (n < 0 && errno != EINTR) return;
        if (n > 0) from = from.subspan(static_cast<std::size_t>(n));
    }
}

bool climbs(const std::string& path) { return (path + "/").find("/../") != std::string::npos; }

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
    if (covers(created_.first)) created_ = std::pair(std::string(), Descriptor());
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

long Gateway::pread(const std::string& path, u64 offset, std::span<u8> to) {
    const int fd = cached(path);
    return fd < 0 ? fd : readAt(fd, offset, to);
}

// The host may give less at a time than is there.
long Gateway::preadv(const std::string& path, u64 offset, std::span<const std::span<u8>> to) {
    const int fd = cached(path);
    if (fd < 0) return fd;
    u64 size = 0;
    std::vector<iovec> parts;
    for (const std::span<u8> part : to.first(std::min<std::size_t>(to.size(), IOV_MAX))) {
        parts.push_back({part.data(), part.size()});
        size += part.size();
    }
    const long got = ::preadv(fd, parts.data(), static_cast<int>(parts.size()), static_cast<off_t>(offset));
    return got >= 0 && static_cast<u64>(got) == size && parts.size() == to.size() ? got : HostGateway::preadv(path, offset, to);
}

long Gateway::preadHeld(int handle, u64 offset, std::span<u8> to) { return readAt(held_.at(handle).file.get(), offset, to); }

int Gateway::streamFd(int stream) const {
    return stream == STDOUT_FILENO && output_ == GuestOutput::standardError ? STDERR_FILENO : stream;
}

void Gateway::replay(InputReplay* input) {
    replay_ = input;
    if (!replay_) return;
    screens_ = replay_->screens();
    for (const int stream : {STDERR_FILENO, STDOUT_FILENO})
        if (screens_->streams.at(static_cast<std::size_t>(stream))) replay_->showOn(streamFd(stream));
}

long Gateway::readStream(int stream, std::span<u8> to) {
    if (replay_ && replay_->hasInput()) return replay_->read(stream, to);
    if (!keys_.waitFor(streamFd(stream), POLLIN)) return -EINTR;
    ssize_t n;
    do n = ::read(streamFd(stream), to.data(), to.size());
    while (n < 0 && errno == EINTR && !kernel::stop_requested);
    return n < 0 ? -errno : n;
}

// With a terminal, no write waits so long that Ctrl-C would not be heard.
long Gateway::writeStream(int stream, std::span<const u8> from) {
    if (replay_) return writeReplayed(stream, from);
    if (!keys_.waitFor(streamFd(stream), POLLOUT)) return -EINTR;
    struct ::stat status {};
    if (keys_.there() && ::fstat(streamFd(stream), &status) == 0 && !S_ISREG(status.st_mode))
        from = from.first(std::min<std::size_t>(from.size(), PIPE_BUF));
    ssize_t n;
    do n = ::write(streamFd(stream), from.data(), from.size());
    while (n < 0 && errno == EINTR && !kernel::stop_requested);
    return n < 0 ? -errno : n;
}

// What becomes of the output now is not what became of it then.
long Gateway::writeReplayed(int stream, std::span<const u8> from) {
    const long room = replay_->write(stream, from.size());
    const int fd = stream == STDIN_FILENO ? replay_->screen() : streamFd(stream);       // a terminal is its output, too
    if (room > 0) writeAll(fd, from.first(static_cast<std::size_t>(room)));
    return room;
}

const Screens& Gateway::screens() {
    if (screens_) return *screens_;
    screens_.emplace();
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        screens_->streams[static_cast<std::size_t>(stream)] = ::isatty(streamFd(stream)) == 1;
    winsize size{};
    if (screens_->first() >= 0) (void)::ioctl(streamFd(screens_->first()), TIOCGWINSZ, &size);
    screens_->rows = size.ws_row;
    screens_->columns = size.ws_col;
    return *screens_;
}

bool Gateway::isTerminal(int stream) { return screens().streams.at(static_cast<std::size_t>(stream)); }

kernel::HostTerminal* Gateway::terminal() {
    if (screens().first() < 0) return nullptr;
    if (replay_) return replay_;
    return &keys_;
}

void Gateway::beginTerminal() {
    if (!replay_ && screens().first() >= 0) keys_.begin(streamFd(screens().first()), screens().rows, screens().columns);
}

}  // namespace emu
