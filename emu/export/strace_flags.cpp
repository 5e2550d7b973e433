// Names of flags and requests: the ABI of x86-64 Linux, in the order in which strace writes them.
#include "emu/export/strace_structs.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <span>

namespace emu {

namespace {

constexpr StraceFlag OPEN[] = {{0100, "O_CREAT"}, {0200, "O_EXCL"}, {0400, "O_NOCTTY"}, {01000, "O_TRUNC"}, {02000, "O_APPEND"},
                               {04000, "O_NONBLOCK"}, {04010000, "O_SYNC"}, {010000, "O_DSYNC"}, {040000, "O_DIRECT"},
                               {0100000, "O_LARGEFILE"}, {0400000, "O_NOFOLLOW"}, {01000000, "O_NOATIME"}, {02000000, "O_CLOEXEC"},
                               {010000000, "O_PATH"}, {020200000, "O_TMPFILE"}, {0200000, "O_DIRECTORY"}};
constexpr StraceFlag MMAP[] = {{0x10, "MAP_FIXED"}, {0x20, "MAP_ANONYMOUS"}, {0x40, "MAP_32BIT"}, {0x100, "MAP_GROWSDOWN"},
                               {0x800, "MAP_DENYWRITE"}, {0x2000, "MAP_LOCKED"}, {0x4000, "MAP_NORESERVE"}, {0x8000, "MAP_POPULATE"},
                               {0x20000, "MAP_STACK"}, {0x40000, "MAP_HUGETLB"}, {0x100000, "MAP_FIXED_NOREPLACE"}};
constexpr StraceFlag CLONE[] = {{0x100, "CLONE_VM"}, {0x200, "CLONE_FS"}, {0x400, "CLONE_FILES"}, {0x800, "CLONE_SIGHAND"},
                                {0x1000, "CLONE_PIDFD"}, {0x2000, "CLONE_PTRACE"}, {0x4000, "CLONE_VFORK"}, {0x8000, "CLONE_PARENT"},
                                {0x10000, "CLONE_THREAD"}, {0x20000, "CLONE_NEWNS"}, {0x40000, "CLONE_SYSVSEM"}, {0x80000, "CLONE_SETTLS"},
                                {0x100000, "CLONE_PARENT_SETTID"}, {0x200000, "CLONE_CHILD_CLEARTID"}, {0x400000, "CLONE_DETACHED"},
                                {0x800000, "CLONE_UNTRACED"}, {0x1000000, "CLONE_CHILD_SETTID"}, {0x2000000, "CLONE_NEWCGROUP"}, {0x4000000, "CLONE_NEWUTS"},
                                {0x8000000, "CLONE_NEWIPC"}, {0x10000000, "CLONE_NEWUSER"}, {0x20000000, "CLONE_NEWPID"}, {0x40000000, "CLONE_NEWNET"},
                                {0x80000000, "CLONE_IO"}};
constexpr StraceFlag WAIT[] = {{1, "WNOHANG"}, {2, "WSTOPPED"}, {4, "WEXITED"}, {8, "WCONTINUED"}, {0x1000000, "WNOWAIT"},
                               {0x20000000, "__WNOTHREAD"}, {0x40000000, "__WALL"}, {0x80000000, "__WCLONE"}};
constexpr StraceFlag AT[] = {{0x100, "AT_SYMLINK_NOFOLLOW"},
                             {0x200, "AT_REMOVEDIR"},
                             {0x400, "AT_SYMLINK_FOLLOW"},
                             {0x800, "AT_NO_AUTOMOUNT"},
                             {0x1000, "AT_EMPTY_PATH"}};
constexpr StraceFlag RANDOM[] = {{1, "GRND_NONBLOCK"}, {2, "GRND_RANDOM"}, {4, "GRND_INSECURE"}};
constexpr StraceFlag DESCRIPTOR[] = {{1, "FD_CLOEXEC"}};
constexpr StraceFlag MODE[] = {{04000, "S_ISUID"}, {02000, "S_ISGID"}, {01000, "S_ISVTX"}};

constexpr StraceFlag RESOURCE[] = {{0, "RLIMIT_CPU"}, {1, "RLIMIT_FSIZE"}, {2, "RLIMIT_DATA"}, {3, "RLIMIT_STACK"}, {4, "RLIMIT_CORE"},
                                   {5, "RLIMIT_RSS"}, {6, "RLIMIT_NPROC"}, {7, "RLIMIT_NOFILE"}, {8, "RLIMIT_MEMLOCK"}, {9, "RLIMIT_AS"},
                                   {10, "RLIMIT_LOCKS"}, {11, "RLIMIT_SIGPENDING"}, {12, "RLIMIT_MSGQUEUE"}, {13, "RLIMIT_NICE"},
                                   {14, "RLIMIT_RTPRIO"}, {15, "RLIMIT_RTTIME"}};
constexpr StraceFlag ARCH[] = {{0x1001, "ARCH_SET_GS"}, {0x1002, "ARCH_SET_FS"}, {0x1003, "ARCH_GET_FS"}, {0x1004, "ARCH_GET_GS"}};
constexpr StraceFlag FCNTL[] = {{0, "F_DUPFD"}, {1, "F_GETFD"}, {2, "F_SETFD"}, {3, "F_GETFL"}, {4, "F_SETFL"}, {5, "F_GETLK"}, {6, "F_SETLK"},
                                {7, "F_SETLKW"}, {8, "F_SETOWN"}, {9, "F_GETOWN"}, {1030, "F_DUPFD_CLOEXEC"}, {1031, "F_SETPIPE_SZ"},
                                {1032, "F_GETPIPE_SZ"}};
constexpr StraceFlag SEEK[] = {{0, "SEEK_SET"}, {1, "SEEK_CUR"}, {2, "SEEK_END"}, {3, "SEEK_DATA"}, {4, "SEEK_HOLE"}};
constexpr StraceFlag MASK[] = {{0, "SIG_BLOCK"}, {1, "SIG_UNBLOCK"}, {2, "SIG_SETMASK"}};

constexpr StraceFlag ACTION[] = {{0x4000000, "SA_RESTORER"}, {0x8000000, "SA_ONSTACK"}, {0x10000000, "SA_RESTART"}, {0x20000000, "SA_INTERRUPT"},
                                 {0x40000000, "SA_NODEFER"}, {0x80000000, "SA_RESETHAND"}, {4, "SA_SIGINFO"}, {1, "SA_NOCLDSTOP"}, {2, "SA_NOCLDWAIT"}};
constexpr StraceFlag POLL[] = {{1, "POLLIN"}, {2, "POLLPRI"}, {4, "POLLOUT"}, {0x40, "POLLRDNORM"}, {0x80, "POLLRDBAND"}, {0x100, "POLLWRNORM"},
                               {0x200, "POLLWRBAND"}, {0x400, "POLLMSG"}, {8, "POLLERR"}, {0x10, "POLLHUP"}, {0x20, "POLLNVAL"}, {0x1000, "POLLREMOVE"},
                               {0x2000, "POLLRDHUP"}};
constexpr StraceFlag EPOLL[] = {{1, "EPOLLIN"}, {2, "EPOLLPRI"}, {4, "EPOLLOUT"}, {0x40, "EPOLLRDNORM"}, {0x80, "EPOLLRDBAND"}, {0x100, "EPOLLWRNORM"},
                                {0x200, "EPOLLWRBAND"}, {0x400, "EPOLLMSG"}, {8, "EPOLLERR"}, {0x10, "EPOLLHUP"}, {0x2000, "EPOLLRDHUP"},
                                {0x10000000, "EPOLLEXCLUSIVE"}, {0x20000000, "EPOLLWAKEUP"}, {0x40000000, "EPOLLONESHOT"}, {0x80000000, "EPOLLET"}};
constexpr StraceFlag STACK[] = {{1, "SS_ONSTACK"}, {2, "SS_DISABLE"}, {0x80000000, "SS_AUTODISARM"}};
constexpr StraceFlag LOCK_ALL[] = {{1, "MCL_CURRENT"}, {2, "MCL_FUTURE"}, {4, "MCL_ONFAULT"}};
constexpr StraceFlag TIMER[] = {{1, "TIMER_ABSTIME"}};
constexpr StraceFlag EPOLL_MAKE[] = {{02000000, "EPOLL_CLOEXEC"}};
constexpr StraceFlag SOCKET[] = {{02000000, "SOCK_CLOEXEC"}, {04000, "SOCK_NONBLOCK"}};
constexpr StraceFlag SOCKET_TYPE[] = {{1, "SOCK_STREAM"}, {2, "SOCK_DGRAM"},     {3, "SOCK_RAW"},
                                      {4, "SOCK_RDM"},    {5, "SOCK_SEQPACKET"}, {10, "SOCK_PACKET"}};
constexpr StraceFlag FAMILY[] = {{0, "AF_UNSPEC"}, {1, "AF_UNIX"}, {2, "AF_INET"}, {10, "AF_INET6"}, {16, "AF_NETLINK"}, {17, "AF_PACKET"}};
constexpr StraceFlag CLOCK[] = {{0, "CLOCK_REALTIME"}, {1, "CLOCK_MONOTONIC"}, {2, "CLOCK_PROCESS_CPUTIME_ID"}, {3, "CLOCK_THREAD_CPUTIME_ID"},
                                {4, "CLOCK_MONOTONIC_RAW"}, {5, "CLOCK_REALTIME_COARSE"}, {6, "CLOCK_MONOTONIC_COARSE"}, {7, "CLOCK_BOOTTIME"},
                                {8, "CLOCK_REALTIME_ALARM"}, {9, "CLOCK_BOOTTIME_ALARM"}, {11, "CLOCK_TAI"}};
constexpr StraceFlag ITIMER[] = {{0, "ITIMER_REAL"}, {1, "ITIMER_VIRTUAL"}, {2, "ITIMER_PROF"}};
constexpr StraceFlag EPOLL_CONTROL[] = {{1, "EPOLL_CTL_ADD"}, {2, "EPOLL_CTL_DEL"}, {3, "EPOLL_CTL_MOD"}};

// What strace says of bits and numbers without a name: `0x40 /* AT_??? */`.
struct Vocabulary {
    std::span<const StraceFlag> names;
    const char* unknown;
};

Vocabulary flagsOf(StraceSet set) {
    switch (set) {
        case StraceSet::open: return {OPEN, "O_???"};
        case StraceSet::mmap: return {MMAP, "MAP_???"};
        case StraceSet::clone: return {CLONE, "CLONE_???"};
        case StraceSet::wait: return {WAIT, "W???"};
        case StraceSet::at: return {AT, "AT_???"};
        case StraceSet::random: return {RANDOM, "GRND_???"};
        case StraceSet::descriptor: return {DESCRIPTOR, "FD_???"};
        case StraceSet::mode: return {MODE, ""};
        case StraceSet::action: return {ACTION, "SA_???"};
        case StraceSet::poll: return {POLL, "POLL???"};
        case StraceSet::epoll: return {EPOLL, "EPOLL???"};
        case StraceSet::stack: return {STACK, "SS_???"};
        case StraceSet::lockAll: return {LOCK_ALL, "MCL_???"};
        case StraceSet::timer: return {TIMER, "TIMER_???"};
        case StraceSet::epollMake: return {EPOLL_MAKE, "EPOLL_???"};
        case StraceSet::socket: return {SOCKET, "SOCK_???"};
        case StraceSet::none: return {{}, ""};
    }
    return {{}, ""};
}

Vocabulary namesOf(StraceEnum set) {
    switch (set) {
        case StraceEnum::resource: return {RESOURCE, "RLIMIT_???"};
        case StraceEnum::arch: return {ARCH, "ARCH_???"};
        case StraceEnum::fcntl: return {FCNTL, "F_???"};
        case StraceEnum::seek: return {SEEK, "SEEK_???"};
        case StraceEnum::mask: return {MASK, "SIG_???"};
        case StraceEnum::clock: return {CLOCK, "CLOCK_???"};
        case StraceEnum::itimer: return {ITIMER, "ITIMER_???"};
        case StraceEnum::epoll: return {EPOLL_CONTROL, "EPOLL_CTL_???"};
        case StraceEnum::family: return {FAMILY, "AF_???"};
        case StraceEnum::socket: return {SOCKET_TYPE, "SOCK_???"};
    }
    return {{}, ""};
}

}  // namespace

std::string straceUnknown(u64 value, const char* name) {
    const std::string number = value ? hex(value) : "0";
    return *name ? number + " /* " + name + " */" : number;
}

std::string straceFlags(std::span<const StraceFlag> names, u64 value, const char* zero, const char* unknown) {
    std::string out;
    for (const StraceFlag& flag : names) {
        if (!flag.value || (value & flag.value) != flag.value) continue;
        out += (out.empty() ? "" : "|") + std::string(flag.name);
        value &= ~flag.value;
    }
    if (value && out.empty() && *zero) return straceUnknown(value, unknown);
    if (value) out += (out.empty() ? "" : "|") + hex(value);
    return out.empty() ? zero : out;
}

std::string straceName(std::span<const StraceFlag> names, u64 value, const char* unknown) {
    const auto known = std::ranges::find(names, value, &StraceFlag::value);
    return known == names.end() ? straceUnknown(value, unknown) : known->name;
}

std::string straceOctal(u64 bits) {
    char text[32];
    std::snprintf(text, sizeof text, "0%02llo", static_cast<unsigned long long>(bits));
    return text;
}

std::string straceOpenFlags(u64 flags) {
    static constexpr const char* access[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
    const std::string more = straceFlags(StraceSet::open, flags & ~u64{3} & 0xffffffff, "");
    return access[flags & 3] + (more.empty() ? "" : "|" + more);
}

std::string straceMode(u64 mode) {
    static const std::map<u64, const char*> types = {{0140000, "S_IFSOCK"}, {0120000, "S_IFLNK"}, {0100000, "S_IFREG"}, {060000, "S_IFBLK"},
                                                     {040000, "S_IFDIR"},   {020000, "S_IFCHR"},  {010000, "S_IFIFO"}};
    const auto type = types.find(mode & 0170000);
    const std::string bits = straceFlags(StraceSet::mode, mode & 07000, "");
    return (type == types.end() ? straceOctal(mode & 0170000) : std::string(type->second)) + (bits.empty() ? "" : "|" + bits) + "|" +
           straceOctal(mode & 0777);
}

std::string straceFlags(StraceSet set, u64 value, const char* zero) {
    const Vocabulary known = flagsOf(set);
    return straceFlags(known.names, value, zero, known.unknown);
}

std::string straceName(StraceEnum set, u64 value) {
    const Vocabulary known = namesOf(set);
    return straceName(known.names, value, known.unknown);
}

}  // namespace emu
