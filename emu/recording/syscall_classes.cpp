// The classes of system calls that strace(1) has for -e trace=%CLASS.
#include "emu/recording/selection.hpp"

namespace emu {

namespace {

struct SyscallClass { std::string_view name, calls; };

constexpr SyscallClass classes[] = {
    {"file", "open creat openat openat2 access faccessat faccessat2 stat lstat newfstatat statx statfs readlink readlinkat chmod fchmodat chown "
             "lchown fchownat link linkat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir symlink symlinkat mknod mknodat chdir "
             "getcwd truncate utime utimes futimesat utimensat execve execveat chroot pivot_root mount umount2 move_mount open_tree fspick "
             "mount_setattr swapon swapoff acct quotactl uselib name_to_handle_at setxattr lsetxattr getxattr lgetxattr listxattr llistxattr "
             "removexattr lremovexattr inotify_add_watch fanotify_mark"},
    {"process", "fork vfork clone clone3 execve execveat exit exit_group wait4 waitid kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo "
                "pidfd_send_signal"},
    {"memory", "mmap munmap mprotect pkey_mprotect brk mremap msync mincore madvise process_madvise mlock mlock2 munlock mlockall munlockall "
               "remap_file_pages shmat shmdt mbind set_mempolicy get_mempolicy set_mempolicy_home_node migrate_pages move_pages io_setup "
               "io_destroy"},
    {"network", "socket socketpair bind listen accept accept4 connect getsockname getpeername sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg "
                "shutdown setsockopt getsockopt"},
    {"signal", "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo rt_sigsuspend "
               "sigaltstack pause kill tkill tgkill pidfd_send_signal signalfd signalfd4"},
    {"ipc", "shmget shmat shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl"},
    {"desc", "open creat openat openat2 close close_range read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 fstat "
             "newfstatat statx lseek poll ppoll select pselect6 dup dup2 dup3 pipe pipe2 fcntl flock ioctl mmap sendfile splice tee vmsplice "
             "copy_file_range fsync fdatasync sync_file_range syncfs ftruncate fallocate fadvise64 readahead getdents getdents64 fchdir fchmod "
             "fchown fchownat fchmodat faccessat faccessat2 fstatfs fsetxattr fgetxattr flistxattr fremovexattr futimesat utimensat mkdirat "
             "mknodat unlinkat renameat renameat2 linkat symlinkat readlinkat execveat epoll_create epoll_create1 epoll_ctl epoll_wait "
             "epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime inotify_init "
             "inotify_init1 inotify_add_watch inotify_rm_watch fanotify_init fanotify_mark memfd_create memfd_secret userfaultfd "
             "perf_event_open name_to_handle_at open_by_handle_at mq_open mq_timedsend mq_timedreceive mq_notify mq_getsetattr pidfd_open "
             "pidfd_getfd pidfd_send_signal setns finit_module kexec_file_load bpf"},
    {"creds", "getuid geteuid getgid getegid setuid setgid setreuid setregid getresuid setresuid getresgid setresgid setfsuid setfsgid getgroups "
              "setgroups capget capset prctl"},
    {"clock", "time gettimeofday settimeofday adjtimex clock_gettime clock_settime clock_getres clock_adjtime"},
};

}  // namespace

std::string_view syscallsOfClass(std::string_view name) {
    for (const SyscallClass& one : classes)
        if (one.name == name) return one.calls;
    return {};
}

std::string syscallClasses() {
    std::string names;
    for (const SyscallClass& one : classes) (names += names.empty() ? "%" : " %") += one.name;
    return names;
}

}  // namespace emu
