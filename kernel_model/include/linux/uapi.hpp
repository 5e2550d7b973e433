// The host's ABI headers, included here and nowhere else: the guest's ABI is the same x86-64 Linux one, so their
// constants (errno, CLONE_*, O_*, MAP_*, SIG*, AT_*, PT_*) are the guest's too. Macros that would eat field names go.
#pragma once

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#undef sa_handler
#undef sa_sigaction
#undef si_pid
#undef si_uid
#undef si_status
#undef si_utime
#undef si_stime
#undef si_value
#undef si_addr
#undef si_band
#undef si_fd
#undef st_atime
#undef st_mtime
#undef st_ctime
#undef NSIG
#undef sigmask
#undef PAGE_SIZE
#undef PAGE_SHIFT
#undef PAGE_MASK

// Internal errnos that never reach user mode (Linux include/linux/errno.h).
constexpr int ERESTARTSYS = 512, ERESTARTNOINTR = 513, ERESTARTNOHAND = 514, ENOIOCTLCMD = 515, ERESTART_RESTARTBLOCK = 516;
