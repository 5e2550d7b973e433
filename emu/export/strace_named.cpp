// Arguments that are flags or numbers with names, of calls that have no letters for them.
#include "emu/export/strace_arguments.hpp"
#include "emu/tools/text.hpp"

namespace emu {

namespace {

using Names = std::span<const StraceFlag>;
enum class Named : u8 { flags, number, policy };

constexpr StraceFlag ADVICE[] = {{0, "POSIX_FADV_NORMAL"}, {1, "POSIX_FADV_RANDOM"}, {2, "POSIX_FADV_SEQUENTIAL"}, {3, "POSIX_FADV_WILLNEED"},
                                 {4, "POSIX_FADV_DONTNEED"}, {5, "POSIX_FADV_NOREUSE"}};
constexpr StraceFlag ATTRIBUTE[] = {{1, "XATTR_CREATE"}, {2, "XATTR_REPLACE"}};
constexpr StraceFlag ACCESS[] = {{0x100, "AT_SYMLINK_NOFOLLOW"}, {0x200, "AT_EACCESS"}, {0x1000, "AT_EMPTY_PATH"}};
constexpr StraceFlag RENAME[] = {{1, "RENAME_NOREPLACE"}, {2, "RENAME_EXCHANGE"}, {4, "RENAME_WHITEOUT"}};
constexpr StraceFlag MEMFD[] = {{1, "MFD_CLOEXEC"}, {2, "MFD_ALLOW_SEALING"}, {4, "MFD_HUGETLB"}};
constexpr StraceFlag ALLOCATE[] = {{1, "FALLOC_FL_KEEP_SIZE"}, {2, "FALLOC_FL_PUNCH_HOLE"}, {4, "FALLOC_FL_NO_HIDE_STALE"}, {8, "FALLOC_FL_COLLAPSE_RANGE"}, {16, "FALLOC_FL_ZERO_RANGE"},
                                   {32, "FALLOC_FL_INSERT_RANGE"}, {64, "FALLOC_FL_UNSHARE_RANGE"}};
constexpr StraceFlag LOCK[] = {{1, "LOCK_SH"},    {2, "LOCK_EX"},    {4, "LOCK_NB"},     {8, "LOCK_UN"},
                               {32, "LOCK_MAND"}, {64, "LOCK_READ"}, {128, "LOCK_WRITE"}};
constexpr StraceFlag SYNC[] = {{1, "MS_ASYNC"}, {2, "MS_INVALIDATE"}, {4, "MS_SYNC"}};
constexpr StraceFlag PRIORITY[] = {{0, "PRIO_PROCESS"}, {1, "PRIO_PGRP"}, {2, "PRIO_USER"}};
constexpr StraceFlag SCHEDULER[] = {{0, "SCHED_OTHER"}, {1, "SCHED_FIFO"}, {2, "SCHED_RR"},
                                    {3, "SCHED_BATCH"}, {5, "SCHED_IDLE"}, {6, "SCHED_DEADLINE"}};
constexpr StraceFlag EVENT[] = {{1, "EFD_SEMAPHORE"}, {02000000, "EFD_CLOEXEC"}, {04000, "EFD_NONBLOCK"}};
constexpr StraceFlag TIMER[] = {{1, "TFD_TIMER_ABSTIME"}, {2, "TFD_TIMER_CANCEL_ON_SET"}, {02000000, "TFD_CLOEXEC"}, {04000, "TFD_NONBLOCK"}};
constexpr StraceFlag SET_TIMER[] = {{1, "TFD_TIMER_ABSTIME"}, {2, "TFD_TIMER_CANCEL_ON_SET"}};
constexpr StraceFlag SIGNAL[] = {{02000000, "SFD_CLOEXEC"}, {04000, "SFD_NONBLOCK"}};
constexpr StraceFlag SHUT[] = {{0, "SHUT_RD"}, {1, "SHUT_WR"}, {2, "SHUT_RDWR"}};
constexpr StraceFlag ID[] = {{0, "P_ALL"}, {1, "P_PID"}, {2, "P_PGID"}, {3, "P_PIDFD"}};
constexpr StraceFlag USAGE[] = {{0, "RUSAGE_SELF"}, {0xffffffff, "RUSAGE_CHILDREN"}, {1, "RUSAGE_THREAD"}};
constexpr StraceFlag ACCEPT[] = {{02000000, "SOCK_CLOEXEC"}, {04000, "SOCK_NONBLOCK"}};
constexpr StraceFlag PIPE[] = {{1, "SPLICE_F_MOVE"}, {2, "SPLICE_F_NONBLOCK"}, {4, "SPLICE_F_MORE"}, {8, "SPLICE_F_GIFT"}};

constexpr StraceFlag MADVISE[] = {{0, "MADV_NORMAL"}, {1, "MADV_RANDOM"}, {2, "MADV_SEQUENTIAL"}, {3, "MADV_WILLNEED"}, {4, "MADV_DONTNEED"},
                                  {8, "MADV_FREE"}, {9, "MADV_REMOVE"}, {10, "MADV_DONTFORK"}, {11, "MADV_DOFORK"}, {12, "MADV_MERGEABLE"},
                                  {13, "MADV_UNMERGEABLE"}, {14, "MADV_HUGEPAGE"}, {15, "MADV_NOHUGEPAGE"}, {16, "MADV_DONTDUMP"}, {17, "MADV_DODUMP"},
                                  {18, "MADV_WIPEONFORK"}, {19, "MADV_KEEPONFORK"}, {20, "MADV_COLD"}, {21, "MADV_PAGEOUT"}, {22, "MADV_POPULATE_READ"},
                                  {23, "MADV_POPULATE_WRITE"}, {24, "MADV_DONTNEED_LOCKED"}, {25, "MADV_COLLAPSE"}, {100, "MADV_HWPOISON"},
                                  {101, "MADV_SOFT_OFFLINE"}};
constexpr StraceFlag MLOCK[] = {{1, "MLOCK_ONFAULT"}};
constexpr StraceFlag CLOSE_RANGE[] = {{2, "CLOSE_RANGE_UNSHARE"}, {4, "CLOSE_RANGE_CLOEXEC"}};
constexpr StraceFlag SYNC_RANGE[] = {{1, "SYNC_FILE_RANGE_WAIT_BEFORE"}, {2, "SYNC_FILE_RANGE_WRITE"}, {4, "SYNC_FILE_RANGE_WAIT_AFTER"}};
constexpr StraceFlag PKEY[] = {{1, "PKEY_DISABLE_ACCESS"}, {2, "PKEY_DISABLE_WRITE"}, {4, "PKEY_DISABLE_EXECUTE"}};
constexpr StraceFlag INOTIFY[] = {{04000, "IN_NONBLOCK"}, {02000000, "IN_CLOEXEC"}};
constexpr StraceFlag WATCH[] = {{1, "IN_ACCESS"}, {2, "IN_MODIFY"}, {4, "IN_ATTRIB"}, {8, "IN_CLOSE_WRITE"}, {0x10, "IN_CLOSE_NOWRITE"}, {0x20, "IN_OPEN"},
                                {0x40, "IN_MOVED_FROM"}, {0x80, "IN_MOVED_TO"}, {0x100, "IN_CREATE"}, {0x200, "IN_DELETE"}, {0x400, "IN_DELETE_SELF"},
                                {0x800, "IN_MOVE_SELF"}, {0x2000, "IN_UNMOUNT"}, {0x4000, "IN_Q_OVERFLOW"}, {0x8000, "IN_IGNORED"},
                                {0x1000000, "IN_ONLYDIR"}, {0x2000000, "IN_DONT_FOLLOW"}, {0x4000000, "IN_EXCL_UNLINK"}, {0x10000000, "IN_MASK_CREATE"},
                                {0x20000000, "IN_MASK_ADD"}, {0x40000000, "IN_ISDIR"}, {0x80000000, "IN_ONESHOT"}};
constexpr StraceFlag UNMOUNT[] = {{1, "MNT_FORCE"}, {2, "MNT_DETACH"}, {4, "MNT_EXPIRE"}, {8, "UMOUNT_NOFOLLOW"}};
constexpr StraceFlag UNSHARE[] = {{0x80, "CLONE_NEWTIME"}, {0x100, "CLONE_VM"}, {0x200, "CLONE_FS"}, {0x400, "CLONE_FILES"}, {0x800, "CLONE_SIGHAND"},
                                  {0x10000, "CLONE_THREAD"}, {0x20000, "CLONE_NEWNS"}, {0x40000, "CLONE_SYSVSEM"}, {0x2000000, "CLONE_NEWCGROUP"},
                                  {0x4000000, "CLONE_NEWUTS"}, {0x8000000, "CLONE_NEWIPC"}, {0x10000000, "CLONE_NEWUSER"}, {0x20000000, "CLONE_NEWPID"},
                                  {0x40000000, "CLONE_NEWNET"}};
constexpr StraceFlag PIDFD[] = {{04000, "PIDFD_NONBLOCK"}};
constexpr StraceFlag HANDLE[] = {{0x400, "AT_SYMLINK_FOLLOW"}, {0x1000, "AT_EMPTY_PATH"}};
constexpr StraceFlag POLICY[] = {{0, "MPOL_DEFAULT"}, {1, "MPOL_PREFERRED"}, {2, "MPOL_BIND"}, {3, "MPOL_INTERLEAVE"}, {4, "MPOL_LOCAL"}, {5, "MPOL_PREFERRED_MANY"}};
constexpr StraceFlag POLICY_FLAGS[] = {{1 << 15, "MPOL_F_STATIC_NODES"}, {1 << 14, "MPOL_F_RELATIVE_NODES"}, {1 << 13, "MPOL_F_NUMA_BALANCING"}};
constexpr StraceFlag POLICY_BIND[] = {{1, "MPOL_MF_STRICT"}, {2, "MPOL_MF_MOVE"}, {4, "MPOL_MF_MOVE_ALL"}};
constexpr StraceFlag POLICY_GET[] = {{1, "MPOL_F_NODE"}, {2, "MPOL_F_ADDR"}, {4, "MPOL_F_MEMS_ALLOWED"}};
constexpr StraceFlag WRITE[] = {{1, "RWF_HIPRI"}, {2, "RWF_DSYNC"}, {4, "RWF_SYNC"}, {8, "RWF_NOWAIT"}, {16, "RWF_APPEND"}};
constexpr StraceFlag REBOOT[] = {{0xfee1dead, "LINUX_REBOOT_MAGIC1"}};
constexpr StraceFlag REBOOT_2[] = {{672274793, "LINUX_REBOOT_MAGIC2"},
                                   {85072278, "LINUX_REBOOT_MAGIC2A"},
                                   {369367448, "LINUX_REBOOT_MAGIC2B"},
                                   {537993216, "LINUX_REBOOT_MAGIC2C"}};
constexpr StraceFlag REBOOT_COMMAND[] = {{0, "LINUX_REBOOT_CMD_CAD_OFF"}, {0x1234567, "LINUX_REBOOT_CMD_RESTART"}, {0x45584543, "LINUX_REBOOT_CMD_KEXEC"},
                                         {0x4321fedc, "LINUX_REBOOT_CMD_POWER_OFF"}, {0x89abcdef, "LINUX_REBOOT_CMD_CAD_ON"},
                                         {0xa1b2c3d4, "LINUX_REBOOT_CMD_RESTART2"}, {0xcdef0123, "LINUX_REBOOT_CMD_HALT"},
                                         {0xd000fce2, "LINUX_REBOOT_CMD_SW_SUSPEND"}};
constexpr StraceFlag IOPRIO[] = {{1, "IOPRIO_WHO_PROCESS"}, {2, "IOPRIO_WHO_PGRP"}, {3, "IOPRIO_WHO_USER"}};

struct Row {
    std::string_view call;
    std::size_t argument;
    Named named;
    Names names;
    const char* unknown;
};
constexpr Row ROWS[] = {
    {"fadvise64", 3, Named::number, ADVICE, "POSIX_FADV_???"}, {"setxattr", 4, Named::flags, ATTRIBUTE, "XATTR_???"},
    {"lsetxattr", 4, Named::flags, ATTRIBUTE, "XATTR_???"}, {"fsetxattr", 4, Named::flags, ATTRIBUTE, "XATTR_???"},
    {"faccessat2", 3, Named::flags, ACCESS, "AT_???"}, {"renameat2", 4, Named::flags, RENAME, "RENAME_??"},
    {"memfd_create", 1, Named::flags, MEMFD, "MFD_???"}, {"fallocate", 1, Named::flags, ALLOCATE, "FALLOC_FL_???"},
    {"flock", 1, Named::flags, LOCK, "LOCK_???"}, {"msync", 2, Named::flags, SYNC, "MS_???"},
    {"getpriority", 0, Named::number, PRIORITY, "PRIO_???"}, {"setpriority", 0, Named::number, PRIORITY, "PRIO_???"},
    {"sched_get_priority_max", 0, Named::number, SCHEDULER, "SCHED_???"},
    {"sched_get_priority_min", 0, Named::number, SCHEDULER, "SCHED_???"}, {"sched_setscheduler", 1, Named::number, SCHEDULER, "SCHED_???"},
    {"eventfd2", 1, Named::flags, EVENT, "EFD_???"}, {"timerfd_create", 1, Named::flags, TIMER, "TFD_???"},
    {"timerfd_settime", 1, Named::flags, SET_TIMER, "TFD_???"}, {"signalfd4", 3, Named::flags, SIGNAL, "SFD_???"},
    {"shutdown", 1, Named::number, SHUT, "SHUT_???"}, {"waitid", 0, Named::number, ID, "P_???"},
    {"getrusage", 0, Named::number, USAGE, "RUSAGE_???"}, {"accept4", 3, Named::flags, ACCEPT, "SOCK_???"},
    {"splice", 5, Named::flags, PIPE, "SPLICE_F_???"}, {"tee", 3, Named::flags, PIPE, "SPLICE_F_???"},
    {"madvise", 2, Named::number, MADVISE, "MADV_???"}, {"mlock2", 2, Named::flags, MLOCK, "MLOCK_???"},
    {"close_range", 2, Named::flags, CLOSE_RANGE, "CLOSE_RANGE_???"},
    {"sync_file_range", 3, Named::flags, SYNC_RANGE, "SYNC_FILE_RANGE_???"}, {"pkey_alloc", 1, Named::flags, PKEY, "PKEY_???"},
    {"inotify_init1", 0, Named::flags, INOTIFY, "IN_???"}, {"inotify_add_watch", 2, Named::flags, WATCH, "IN_???"},
    {"umount2", 1, Named::flags, UNMOUNT, "MNT_???"},
    {"unshare", 0, Named::flags, UNSHARE, "CLONE_???"}, {"pidfd_open", 1, Named::flags, PIDFD, "PIDFD_???"},
    {"name_to_handle_at", 4, Named::flags, HANDLE, "AT_???"}, {"mbind", 2, Named::policy, POLICY, "MPOL_???"},
    {"mbind", 5, Named::flags, POLICY_BIND, "MPOL_???"}, {"set_mempolicy", 0, Named::policy, POLICY, "MPOL_???"},
    {"get_mempolicy", 4, Named::flags, POLICY_GET, "MPOL_???"}, {"preadv2", 4, Named::flags, WRITE, "RWF_???"},
    {"pwritev2", 4, Named::flags, WRITE, "RWF_???"}, {"reboot", 0, Named::number, REBOOT, "LINUX_REBOOT_MAGIC_???"},
    {"reboot", 1, Named::number, REBOOT_2, "LINUX_REBOOT_MAGIC_???"}, {"reboot", 2, Named::number, REBOOT_COMMAND, "LINUX_REBOOT_CMD_???"},
    {"ioprio_get", 0, Named::number, IOPRIO, "IOPRIO_WHO_???"}, {"ioprio_set", 0, Named::number, IOPRIO, "IOPRIO_WHO_???"},
    {"vmsplice", 3, Named::flags, PIPE, "SPLICE_F_???"}};

}  // namespace

// A memory policy and its flags.
static std::string policyText(u64 value) {
    u64 known = 0;
    for (const StraceFlag& flag : POLICY_FLAGS) known |= flag.value;
    const std::string policy = straceName(POLICY, value & ~known, "MPOL_???"), flags = straceFlags(POLICY_FLAGS, value & known, "");
    return policy + (flags.empty() ? "" : "|" + flags);
}

std::string straceScheduler(u64 policy) { return straceName(SCHEDULER, policy, "SCHED_???"); }

std::optional<std::string> straceNamed(const StraceCall& call, std::size_t argument) {
    for (const Row& row : ROWS) {
        if (row.call != call.name || row.argument != argument) continue;
        const u64 value = call.raw[argument] & 0xffffffff;
        if (row.named == Named::policy) return policyText(value);
        return row.named == Named::flags ? straceFlags(row.names, value, "0", row.unknown) : straceName(row.names, value, row.unknown);
    }
    return std::nullopt;
}

}  // namespace emu
