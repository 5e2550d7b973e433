#include "emu/host_terminal.hpp"
#include "emu/give_back_terminal.hpp"

#include "kernel_model/include/stop.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

namespace emu {

namespace {

constexpr u64 SECOND = 1'000'000'000;
constexpr int fatalSignals[] = {SIGTERM, SIGHUP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGXCPU, SIGXFSZ, SIGALRM, SIGUSR1, SIGUSR2};

u64 hostTime() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<u64>(now.tv_sec) * SECOND + static_cast<u64>(now.tv_nsec);
}

winsize sizeOf(int fd) {
    winsize size{};
    (void)::ioctl(fd, TIOCGWINSZ, &size);
    return size;
}

constexpr std::size_t MAX_CANON_LINE = 4096;

bool canRead(int fd) {
    pollfd event{fd, POLLIN, 0};
    return ::poll(&event, 1, 0) > 0 && (event.revents & POLLIN) && !(event.revents & POLLHUP);
}

std::vector<u8> readBytes(int fd, std::size_t most) {
    std::vector<u8> bytes(most);
    const ssize_t n = ::read(fd, bytes.data(), bytes.size());
    bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return bytes;
}

// What a fatal signal's handler gives back: it reaches no object.
struct GivenBack { int fd = -1; termios modes{}; };
GivenBack given_back;

void restoreAndDie(int signal) {
    giveBackTerminal();
    (void)::signal(signal, SIG_DFL);
    (void)::raise(signal);
}

void restoreOnDeath(int fd, const termios& modes) {
    given_back = {fd, modes};
    for (const int signal : fatalSignals)
        if (::signal(signal, restoreAndDie) == SIG_IGN) (void)::signal(signal, SIG_IGN);
}

}  // namespace

void giveBackTerminal() {
    if (given_back.fd >= 0) (void)::tcsetattr(given_back.fd, TCSANOW, &given_back.modes);
}

TerminalKeys::~TerminalKeys() { end(); }

void TerminalKeys::begin(int fd, u16 rows, u16 columns) {
    fd_ = fd;
    rows_ = rows;
    columns_ = columns;
    if (fd_ < 0) return;
    sigset_t ours;
    sigemptyset(&ours);
    for (const int signal : {SIGINT, SIGQUIT, SIGWINCH, SIGCONT}) sigaddset(&ours, signal);
    sigprocmask(SIG_BLOCK, &ours, &mask_before_);
    signals_ = ::signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
    const winsize now = sizeOf(fd);
    if (now.ws_row != rows || now.ws_col != columns) (void)::kill(::getpid(), SIGWINCH);
}

void TerminalKeys::end() {
    if (fd_ < 0) return;
    if (taken_) {
        (void)::tcsetattr(fd_, TCSADRAIN, &found_);
        given_back.fd = -1;
        for (const int signal : fatalSignals)
            if (::signal(signal, SIG_DFL) == SIG_IGN) (void)::signal(signal, SIG_IGN);
    }
    if (signals_ >= 0) ::close(signals_);
    sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
    fd_ = signals_ = -1;
    taken_ = false;
}

int TerminalKeys::applyModes() const {
    termios modes = found_;
    ::cfmakeraw(&modes);
    modes.c_cflag = found_.c_cflag;
    modes.c_oflag = output_modes_;
    while (::tcsetattr(fd_, TCSADRAIN, &modes) < 0)
        if (errno != EINTR || kernel::stop_requested) return -errno;
    return 0;
}

int TerminalKeys::takeKeys(kernel::TypedAhead& ahead) {
    if (::tcgetattr(fd_, &found_) < 0) return -errno;
    if (found_.c_lflag & ICANON)
        while (canRead(fd_) && ahead.lines.size() < MAX_CANON_LINE) ahead.lines.push_back(readBytes(fd_, MAX_CANON_LINE));
    // What comes from now on is no line any more, but still shown by the host: as many bytes have been when all is ours.
    termios shown = found_;
    shown.c_lflag &= ~static_cast<tcflag_t>(ICANON);
    taken_ = true;
    restoreOnDeath(fd_, found_);
    if (found_.c_lflag & ICANON && ::tcsetattr(fd_, TCSANOW, &shown) < 0) return -errno;
    int count = 0;
    (void)::ioctl(fd_, FIONREAD, &count);
    if (const int error = applyModes(); error < 0) return error;
    if (count > 0) ahead.unfinished = readBytes(fd_, std::min<std::size_t>(static_cast<std::size_t>(count), MAX_CANON_LINE));
    return 0;
}

void TerminalKeys::setOutputModes(u32 c_oflag) {
    if (std::exchange(output_modes_, c_oflag) != c_oflag && taken_) (void)applyModes();
}

long TerminalKeys::keys(u64, std::span<u8> to, u64& wait_ns) {
    pollfd events[] = {{signals_, POLLIN, 0}, {taken_ && !to.empty() ? fd_ : -1, POLLIN, 0}};
    const u64 wait = std::min(wait_ns, 1'000'000 * SECOND);
    const timespec patience{static_cast<time_t>(wait / SECOND), static_cast<long>(wait % SECOND)};
    const u64 begin = wait ? hostTime() : 0;
    const int ready = ::ppoll(events, 2, &patience, nullptr);
    if (wait) wait_ns -= ready != 0 ? std::min(hostTime() - begin, wait) : wait;
    if (ready <= 0 || !events[1].revents) return 0;
    const ssize_t n = ::read(fd_, to.data(), to.size());
    if (n < 0) return errno == EINTR || errno == EAGAIN ? 0 : -EIO;
    return n == 0 ? -EIO : n;
}

int TerminalKeys::takeSignal() {
    signalfd_siginfo info;
    while (::read(signals_, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGWINCH) {
            const winsize now = sizeOf(fd_);
            rows_ = now.ws_row;
            columns_ = now.ws_col;
        }
        if (info.ssi_signo != SIGCONT) return static_cast<int>(info.ssi_signo);
        if (taken_) (void)applyModes();     // a shell has had the terminal meanwhile
    }
    return 0;
}

long TerminalKeys::write(std::span<const u8> from) {
    ssize_t n;
    do n = ::write(fd_, from.data(), from.size());
    while (n < 0 && errno == EINTR && !kernel::stop_requested);
    return n < 0 ? -errno : n;
}

bool TerminalKeys::waitFor(int fd, short events) const {
    if (fd_ < 0) return true;
    pollfd both[] = {{fd, events, 0}, {signals_, POLLIN, 0}};
    while (::poll(both, 2, -1) < 0 && errno == EINTR && !kernel::stop_requested) {}
    return !kernel::stop_requested && !(both[1].revents & POLLIN);
}

}  // namespace emu
