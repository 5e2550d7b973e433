// Linux arch/x86/syscalls/syscall_64.tbl: which definition a number means.
#include "kernel_model/include/linux/syscalls.hpp"

#include <array>

namespace kernel {

extern const SyscallDefinition syscall_read, syscall_write, syscall_open, syscall_close, syscall_newstat,
    syscall_newfstat, syscall_newlstat, syscall_poll, syscall_lseek, syscall_mmap, syscall_mprotect, syscall_munmap,
    syscall_brk, syscall_rt_sigaction, syscall_rt_sigprocmask, syscall_rt_sigreturn, syscall_ioctl, syscall_pread64,
    syscall_pwrite64, syscall_readv, syscall_writev, syscall_access, syscall_pipe, syscall_select,
    syscall_sched_yield, syscall_mremap, syscall_msync, syscall_mincore, syscall_madvise, syscall_dup, syscall_dup2,
    syscall_pause, syscall_nanosleep, syscall_getitimer, syscall_alarm, syscall_setitimer, syscall_getpid,
    syscall_sendfile64, syscall_clone, syscall_fork, syscall_vfork, syscall_execve, syscall_exit, syscall_wait4,
    syscall_kill, syscall_newuname, syscall_fcntl, syscall_flock, syscall_fsync, syscall_fdatasync, syscall_truncate,
    syscall_ftruncate, syscall_getdents, syscall_getcwd, syscall_chdir, syscall_fchdir, syscall_rename,
    syscall_mkdir, syscall_rmdir, syscall_creat, syscall_link, syscall_unlink, syscall_symlink, syscall_readlink,
    syscall_chmod, syscall_fchmod, syscall_chown, syscall_fchown, syscall_lchown, syscall_umask,
    syscall_gettimeofday, syscall_getrlimit, syscall_getrusage, syscall_sysinfo, syscall_times, syscall_ptrace,
    syscall_getuid, syscall_syslog, syscall_getgid, syscall_setuid, syscall_setgid, syscall_geteuid, syscall_getegid,
    syscall_setpgid, syscall_getppid, syscall_getpgrp, syscall_setsid, syscall_setreuid, syscall_setregid,
    syscall_getgroups, syscall_setgroups, syscall_setresuid, syscall_getresuid, syscall_setresgid, syscall_getresgid,
    syscall_getpgid, syscall_setfsuid, syscall_setfsgid, syscall_getsid, syscall_capget, syscall_capset,
    syscall_rt_sigpending, syscall_rt_sigtimedwait, syscall_rt_sigqueueinfo, syscall_rt_sigsuspend,
    syscall_sigaltstack, syscall_utime, syscall_mknod, syscall_personality, syscall_statfs, syscall_fstatfs,
    syscall_getpriority, syscall_setpriority, syscall_sched_setparam, syscall_sched_getparam,
    syscall_sched_setscheduler, syscall_sched_getscheduler, syscall_sched_get_priority_max,
    syscall_sched_get_priority_min, syscall_mlock, syscall_munlock, syscall_mlockall, syscall_munlockall,
    syscall_prctl, syscall_arch_prctl, syscall_setrlimit, syscall_chroot, syscall_sync, syscall_mount,
    syscall_umount, syscall_reboot, syscall_sethostname, syscall_gettid, syscall_tkill, syscall_time, syscall_futex,
    syscall_sched_setaffinity, syscall_sched_getaffinity, syscall_getdents64, syscall_set_tid_address,
    syscall_restart_syscall, syscall_fadvise64, syscall_clock_gettime, syscall_clock_getres, syscall_clock_nanosleep,
    syscall_exit_group, syscall_tgkill, syscall_utimes, syscall_waitid, syscall_openat, syscall_mkdirat,
    syscall_mknodat, syscall_fchownat, syscall_futimesat, syscall_newfstatat, syscall_unlinkat, syscall_renameat,
    syscall_linkat, syscall_symlinkat, syscall_readlinkat, syscall_fchmodat, syscall_faccessat, syscall_pselect6,
    syscall_ppoll, syscall_set_robust_list, syscall_get_robust_list, syscall_utimensat, syscall_fallocate,
    syscall_dup3, syscall_pipe2, syscall_preadv, syscall_pwritev, syscall_rt_tgsigqueueinfo, syscall_prlimit64,
    syscall_syncfs, syscall_getcpu;

static constexpr SyscallRow rows[] = {
    {0, &syscall_read}, {1, &syscall_write}, {2, &syscall_open}, {3, &syscall_close}, {4, &syscall_newstat},
    {5, &syscall_newfstat}, {6, &syscall_newlstat}, {7, &syscall_poll}, {8, &syscall_lseek}, {9, &syscall_mmap},
    {10, &syscall_mprotect}, {11, &syscall_munmap}, {12, &syscall_brk}, {13, &syscall_rt_sigaction},
    {14, &syscall_rt_sigprocmask}, {15, &syscall_rt_sigreturn}, {16, &syscall_ioctl}, {17, &syscall_pread64},
    {18, &syscall_pwrite64}, {19, &syscall_readv}, {20, &syscall_writev}, {21, &syscall_access}, {22, &syscall_pipe},
    {23, &syscall_select}, {24, &syscall_sched_yield}, {25, &syscall_mremap}, {26, &syscall_msync},
    {27, &syscall_mincore}, {28, &syscall_madvise}, {32, &syscall_dup}, {33, &syscall_dup2}, {34, &syscall_pause},
    {35, &syscall_nanosleep}, {36, &syscall_getitimer}, {37, &syscall_alarm}, {38, &syscall_setitimer},
    {39, &syscall_getpid}, {40, &syscall_sendfile64}, {56, &syscall_clone}, {57, &syscall_fork},
    {58, &syscall_vfork}, {59, &syscall_execve}, {60, &syscall_exit}, {61, &syscall_wait4}, {62, &syscall_kill},
    {63, &syscall_newuname}, {72, &syscall_fcntl}, {73, &syscall_flock}, {74, &syscall_fsync},
    {75, &syscall_fdatasync}, {76, &syscall_truncate}, {77, &syscall_ftruncate}, {78, &syscall_getdents},
    {79, &syscall_getcwd}, {80, &syscall_chdir}, {81, &syscall_fchdir}, {82, &syscall_rename}, {83, &syscall_mkdir},
    {84, &syscall_rmdir}, {85, &syscall_creat}, {86, &syscall_link}, {87, &syscall_unlink}, {88, &syscall_symlink},
    {89, &syscall_readlink}, {90, &syscall_chmod}, {91, &syscall_fchmod}, {92, &syscall_chown},
    {93, &syscall_fchown}, {94, &syscall_lchown}, {95, &syscall_umask}, {96, &syscall_gettimeofday},
    {97, &syscall_getrlimit}, {98, &syscall_getrusage}, {99, &syscall_sysinfo}, {100, &syscall_times},
    {101, &syscall_ptrace}, {102, &syscall_getuid}, {103, &syscall_syslog}, {104, &syscall_getgid},
    {105, &syscall_setuid}, {106, &syscall_setgid}, {107, &syscall_geteuid}, {108, &syscall_getegid},
    {109, &syscall_setpgid}, {110, &syscall_getppid}, {111, &syscall_getpgrp}, {112, &syscall_setsid},
    {113, &syscall_setreuid}, {114, &syscall_setregid}, {115, &syscall_getgroups}, {116, &syscall_setgroups},
    {117, &syscall_setresuid}, {118, &syscall_getresuid}, {119, &syscall_setresgid}, {120, &syscall_getresgid},
    {121, &syscall_getpgid}, {122, &syscall_setfsuid}, {123, &syscall_setfsgid}, {124, &syscall_getsid},
    {125, &syscall_capget}, {126, &syscall_capset}, {127, &syscall_rt_sigpending}, {128, &syscall_rt_sigtimedwait},
    {129, &syscall_rt_sigqueueinfo}, {130, &syscall_rt_sigsuspend}, {131, &syscall_sigaltstack},
    {132, &syscall_utime}, {133, &syscall_mknod}, {135, &syscall_personality}, {137, &syscall_statfs},
    {138, &syscall_fstatfs}, {140, &syscall_getpriority}, {141, &syscall_setpriority},
    {142, &syscall_sched_setparam}, {143, &syscall_sched_getparam}, {144, &syscall_sched_setscheduler},
    {145, &syscall_sched_getscheduler}, {146, &syscall_sched_get_priority_max},
    {147, &syscall_sched_get_priority_min}, {149, &syscall_mlock}, {150, &syscall_munlock}, {151, &syscall_mlockall},
    {152, &syscall_munlockall}, {157, &syscall_prctl}, {158, &syscall_arch_prctl}, {160, &syscall_setrlimit},
    {161, &syscall_chroot}, {162, &syscall_sync}, {165, &syscall_mount}, {166, &syscall_umount},
    {169, &syscall_reboot}, {170, &syscall_sethostname}, {186, &syscall_gettid}, {200, &syscall_tkill},
    {201, &syscall_time}, {202, &syscall_futex}, {203, &syscall_sched_setaffinity},
    {204, &syscall_sched_getaffinity}, {217, &syscall_getdents64}, {218, &syscall_set_tid_address},
    {219, &syscall_restart_syscall}, {221, &syscall_fadvise64}, {228, &syscall_clock_gettime},
    {229, &syscall_clock_getres}, {230, &syscall_clock_nanosleep}, {231, &syscall_exit_group},
    {234, &syscall_tgkill}, {235, &syscall_utimes}, {247, &syscall_waitid}, {257, &syscall_openat},
    {258, &syscall_mkdirat}, {259, &syscall_mknodat}, {260, &syscall_fchownat}, {261, &syscall_futimesat},
    {262, &syscall_newfstatat}, {263, &syscall_unlinkat}, {264, &syscall_renameat}, {265, &syscall_linkat},
    {266, &syscall_symlinkat}, {267, &syscall_readlinkat}, {268, &syscall_fchmodat}, {269, &syscall_faccessat},
    {270, &syscall_pselect6}, {271, &syscall_ppoll}, {273, &syscall_set_robust_list},
    {274, &syscall_get_robust_list}, {280, &syscall_utimensat}, {285, &syscall_fallocate}, {292, &syscall_dup3},
    {293, &syscall_pipe2}, {295, &syscall_preadv}, {296, &syscall_pwritev}, {297, &syscall_rt_tgsigqueueinfo},
    {302, &syscall_prlimit64}, {306, &syscall_syncfs}, {309, &syscall_getcpu},
};

static constexpr std::size_t TABLE_SIZE = 512;
static constexpr auto byNumber = [] {
    std::array<const SyscallDefinition*, TABLE_SIZE> table{};
    for (const SyscallRow& row : rows) table[static_cast<std::size_t>(row.number)] = row.definition;
    return table;
}();

const SyscallDefinition* syscallByNumber(u64 number) { return number < TABLE_SIZE ? byNumber[number] : nullptr; }

}  // namespace kernel
