// Linux fs/signalfd.c: signalfd(2).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/kernel/signal.hpp"

#include <cstring>

namespace kernel {
namespace {

struct signalfd_ctx { kernel_sigset sigmask = 0; };
signalfd_ctx* contextOf(const file* f) { return static_cast<signalfd_ctx*>(f->private_data.get()); }

// Linux has one queue for each sighand_struct; one for all wakes sleepers that look and sleep again.
wait_queue_head_t& signalfd_wqh() {
    static auto& queue = *new wait_queue_head_t;
    return queue;
}

struct signalfd_siginfo {
    u32 ssi_signo; int ssi_errno, ssi_code; u32 ssi_pid, ssi_uid; int ssi_fd; u32 ssi_tid, ssi_band, ssi_overrun, ssi_trapno;
    int ssi_status, ssi_int; u64 ssi_ptr, ssi_utime, ssi_stime, ssi_addr; u16 ssi_addr_lsb; u8 pad[46];
};
static_assert(sizeof(signalfd_siginfo) == 128);

bool isFault(const kernel_siginfo& i) {
    return i.si_code > 0 && i.si_code < SI_KERNEL &&
           (i.si_signo == SIGSEGV || i.si_signo == SIGBUS || i.si_signo == SIGILL || i.si_signo == SIGFPE || i.si_signo == SIGTRAP);
}
signalfd_siginfo signalfd_copyinfo(const kernel_siginfo& info) {
    signalfd_siginfo out{};
    out.ssi_signo = static_cast<u32>(info.si_signo);
    out.ssi_errno = info.si_errno;
    out.ssi_code = info.si_code;
    if (isFault(info)) {
        out.ssi_addr = info.si_addr;
    } else if (info.si_code == SI_TIMER) {
        out.ssi_tid = static_cast<u32>(info.timer_id);
        out.ssi_overrun = static_cast<u32>(info.overrun);
        out.ssi_ptr = info.si_value;
        out.ssi_int = static_cast<int>(info.si_value);
    } else {
        out.ssi_pid = static_cast<u32>(info.si_pid);
        out.ssi_uid = info.si_uid;
        if (info.si_signo == SIGCHLD && info.si_code > 0) {
            out.ssi_status = info.si_status;
            out.ssi_utime = static_cast<u64>(info.si_utime);
            out.ssi_stime = static_cast<u64>(info.si_stime);
        } else if (info.si_code < 0 && info.si_code != SI_TKILL) {
            out.ssi_ptr = info.si_value;
            out.ssi_int = static_cast<int>(info.si_value);
        }
    }
    return out;
}

int takeSignal(const signalfd_ctx* ctx, kernel_siginfo* info) { return dequeue_signal(current, ~ctx->sigmask, info); }
TRACED(long, signalfd_dequeue, (file*, filp), (kernel_siginfo*, info), (bool, nonblock)) {
    const signalfd_ctx* const ctx = contextOf(filp);
    int sig = takeSignal(ctx, info);
    if (sig || nonblock) return sig ? sig : -EAGAIN;
    TRY_INT(wait_event_interruptible(signalfd_wqh(), [&] { return (sig = takeSignal(ctx, info)) != 0; }));
    return sig;
}

// As many as are there and fit; only the first one is waited for.
TRACED(long, signalfd_read, (file*, filp), (std::span<u8>, to)) {
    u64 done = 0;
    if (to.size() < sizeof(signalfd_siginfo)) return -EINVAL;
    while (to.size() - done >= sizeof(signalfd_siginfo)) {
        kernel_siginfo info;
        const long sig = signalfd_dequeue(filp, &info, done || (filp->f_flags & O_NONBLOCK));
        if (sig < 0) return done ? static_cast<long>(done) : sig;
        const signalfd_siginfo out = signalfd_copyinfo(info);
        std::memcpy(to.data() + done, &out, sizeof out);
        done += sizeof out;
    }
    return static_cast<long>(done);
}

struct SignalOperations : file_operations {
    long read(file* f, std::span<u8> to, loff_t&) override { return signalfd_read(f, to); }
    bool shortReads() const override { return true; }
    loff_t llseek(file*, loff_t, int) override { return -ESPIPE; }
    u32 poll(file* f) override {
        return (current->pending.signal | current->signal->shared_pending.signal) & contextOf(f)->sigmask ? 1 : 0;
    }
    wait_queue_head_t* pollQueue(file*) override { return &signalfd_wqh(); }
};
SignalOperations* signalOperations() {
    static SignalOperations operations;
    return &operations;
}

}  // namespace

void signalfd_notify() { wake_up(signalfd_wqh()); }

SYSCALL_DEFINE(4, signalfd4, (int, ufd), (UserPtr<kernel_sigset>, user_mask), (size_t, sizemask), (int, flags)) {
    if (sizemask != sizeof(kernel_sigset)) return -EINVAL;
    const kernel_sigset mask = TRY(get_user(user_mask)) & ~SIG_KERNEL_ONLY;
    if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
    if (ufd == -1) {
        auto ctx = std::make_shared<signalfd_ctx>();
        ctx->sigmask = mask;
        return TRY(anon_inode_getfd("[signalfd]", signalOperations(), ctx, O_RDWR | static_cast<u32>(flags)));
    }
    const FileRef f(static_cast<unsigned>(ufd));
    if (!f) return -EBADF;
    if (f->f_op != signalOperations()) return -EINVAL;
    contextOf(f.get())->sigmask = mask;
    signalfd_notify();
    return ufd;
}
SYSCALL_DEFINE(3, signalfd, (int, ufd), (UserPtr<kernel_sigset>, user_mask), (size_t, sizemask)) {
    return sys_signalfd4(ufd, user_mask, sizemask, 0);
}

}  // namespace kernel
