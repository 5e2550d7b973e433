// Arguments that are flags or numbers with names, of calls that have no letters for them.
#include "emu/export/strace_arguments.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>

namespace emu {

namespace {

using Names = std::span<const StraceFlag>;
enum class Named : u8 { flags, number };

constexpr StraceFlag ADVICE[] = {{0, "POSIX_FADV_NORMAL"}, {1, "POSIX_FADV_RANDOM"}, {2, "POSIX_FADV_SEQUENTIAL"}, {3, "POSIX_FADV_WILLNEED"},
                                 {4, "POSIX_FADV_DONTNEED"}, {5, "POSIX_FADV_NOREUSE"}};
constexpr StraceFlag ATTRIBUTE[] = {{1, "XATTR_CREATE"}, {2, "XATTR_REPLACE"}};
constexpr StraceFlag ACCESS[] = {{0x100, "AT_SYMLINK_NOFOLLOW"}, {0x200, "AT_EACCESS"}, {0x1000, "AT_EMPTY_PATH"}};
constexpr StraceFlag RENAME[] = {{1, "RENAME_NOREPLACE"}, {2, "RENAME_EXCHANGE"}, {4, "RENAME_WHITEOUT"}};
constexpr StraceFlag MEMFD[] = {{1, "MFD_CLOEXEC"}, {2, "MFD_ALLOW_SEALING"}, {4, "MFD_HUGETLB"}};
constexpr StraceFlag ALLOCATE[] = {{1, "FALLOC_FL_KEEP_SIZE"}, {2, "FALLOC_FL_PUNCH_HOLE"}, {8, "FALLOC_FL_COLLAPSE_RANGE"}, {16, "FALLOC_FL_ZERO_RANGE"},
                                   {32, "FALLOC_FL_INSERT_RANGE"}, {64, "FALLOC_FL_UNSHARE_RANGE"}};
constexpr StraceFlag LOCK[] = {{1, "LOCK_SH"}, {2, "LOCK_EX"}, {4, "LOCK_NB"}, {8, "LOCK_UN"}};
constexpr StraceFlag SYNC[] = {{1, "MS_ASYNC"}, {2, "MS_INVALIDATE"}, {4, "MS_SYNC"}};
constexpr StraceFlag PRIORITY[] = {{0, "PRIO_PROCESS"}, {1, "PRIO_PGRP"}, {2, "PRIO_USER"}};
constexpr StraceFlag SCHEDULER[] = {{0, "SCHED_OTHER"}, {1, "SCHED_FIFO"}, {2, "SCHED_RR"},
                                    {3, "SCHED_BATCH"}, {5, "SCHED_IDLE"}, {6, "SCHED_DEADLINE"}};
constexpr StraceFlag EVENT[] = {{1, "EFD_SEMAPHORE"}, {02000000, "EFD_CLOEXEC"}, {04000, "EFD_NONBLOCK"}};
constexpr StraceFlag TIMER[] = {{02000000, "TFD_CLOEXEC"}, {04000, "TFD_NONBLOCK"}};
constexpr StraceFlag SET_TIMER[] = {{1, "TFD_TIMER_ABSTIME"}, {2, "TFD_TIMER_CANCEL_ON_SET"}};
constexpr StraceFlag SIGNAL[] = {{02000000, "SFD_CLOEXEC"}, {04000, "SFD_NONBLOCK"}};
constexpr StraceFlag SHUT[] = {{0, "SHUT_RD"}, {1, "SHUT_WR"}, {2, "SHUT_RDWR"}};
constexpr StraceFlag ID[] = {{0, "P_ALL"}, {1, "P_PID"}, {2, "P_PGID"}, {3, "P_PIDFD"}};
constexpr StraceFlag USAGE[] = {{0, "RUSAGE_SELF"}, {0xffffffff, "RUSAGE_CHILDREN"}, {1, "RUSAGE_THREAD"}};
constexpr StraceFlag ACCEPT[] = {{02000000, "SOCK_CLOEXEC"}, {04000, "SOCK_NONBLOCK"}};
constexpr StraceFlag PIPE[] = {{1, "SPLICE_F_MOVE"}, {2, "SPLICE_F_NONBLOCK"}, {4, "SPLICE_F_MORE"}, {8, "SPLICE_F_GIFT"}};

struct Row {
    std::string_view call;
    std::size_t argument;
    Named named;
    Names names;
};
constexpr Row ROWS[] = {
    {"fadvise64", 3, Named::number, ADVICE}, {"setxattr", 4, Named::flags, ATTRIBUTE}, {"lsetxattr", 4, Named::flags, ATTRIBUTE},
    {"fsetxattr", 4, Named::flags, ATTRIBUTE}, {"faccessat2", 3, Named::flags, ACCESS}, {"renameat2", 4, Named::flags, RENAME},
    {"memfd_create", 1, Named::flags, MEMFD}, {"fallocate", 1, Named::flags, ALLOCATE}, {"flock", 1, Named::flags, LOCK}, {"msync", 2, Named::flags, SYNC},
    {"getpriority", 0, Named::number, PRIORITY}, {"setpriority", 0, Named::number, PRIORITY}, {"sched_get_priority_max", 0, Named::number, SCHEDULER},
    {"sched_get_priority_min", 0, Named::number, SCHEDULER}, {"sched_setscheduler", 1, Named::number, SCHEDULER}, {"eventfd2", 1, Named::flags, EVENT},
    {"timerfd_create", 1, Named::flags, TIMER}, {"timerfd_settime", 1, Named::flags, SET_TIMER}, {"signalfd4", 3, Named::flags, SIGNAL},
    {"shutdown", 1, Named::number, SHUT}, {"waitid", 0, Named::number, ID}, {"getrusage", 0, Named::number, USAGE}, {"accept4", 3, Named::flags, ACCEPT},
    {"splice", 5, Named::flags, PIPE}, {"tee", 3, Named::flags, PIPE}};

}  // namespace

std::string straceFlags(Names names, u64 value, const char* zero) {
    std::string out;
    for (const StraceFlag& flag : names) {
        if (!flag.value || (value & flag.value) != flag.value) continue;
        out += (out.empty() ? "" : "|") + std::string(flag.name);
        value &= ~flag.value;
    }
    if (value) out += (out.empty() ? "" : "|") + hex(value);
    return out.empty() ? zero : out;
}

std::string straceName(Names names, u64 value) {
    const auto known = std::ranges::find(names, value, &StraceFlag::value);
    return known == names.end() ? hex(value) : known->name;
}

std::string straceScheduler(u64 policy) { return straceName(SCHEDULER, policy); }

std::optional<std::string> straceNamed(const StraceCall& call, std::size_t argument) {
    for (const Row& row : ROWS) {
        if (row.call != call.name || row.argument != argument) continue;
        const u64 value = call.raw[argument] & 0xffffffff;
        return row.named == Named::flags ? straceFlags(row.names, value, "0") : straceName(row.names, value);
    }
    return std::nullopt;
}

}  // namespace emu
