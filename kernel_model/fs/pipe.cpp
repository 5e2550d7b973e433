// Pipes (Linux fs/pipe.c; pipe(7)): 64 KiB, writes of up to PIPE_BUF bytes are atomic.
#include "kernel_model/fs/pipe.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <bit>

namespace kernel {
namespace {

constexpr u32 EPOLL_IN = 0x41, EPOLL_OUT = 0x104, EPOLL_ERR = 8, EPOLL_HUP = 0x10;   // POLLIN|POLLRDNORM, ...

bool writable(const pipe_inode_info* p, u64 n) { return p->readers == 0 || p->room() >= std::min<u64>(n, PIPE_BUF); }

}  // namespace

static TRACED(long, pipe_read, (file*, filp), (std::span<u8>, to)) {
    pipe_inode_info* const p = pipeOf(filp);
    if (to.empty()) return 0;
    if (p->buffer.empty() && p->writers == 0) return 0;
    if (p->buffer.empty() && (filp->f_flags & O_NONBLOCK)) return -EAGAIN;
    TRY_INT(wait_event_interruptible(p->wait, [p] { return !p->buffer.empty() || p->writers == 0; }));
    const u64 n = std::min(to.size(), p->buffer.size());
    std::copy_n(p->buffer.begin(), n, to.begin());
    p->take(n);
    wake_up(p->wait);
    filp->f_inode->i_atime = currentTime();
    return static_cast<long>(n);
}

static TRACED(long, pipe_write, (file*, filp), (std::span<const u8>, from)) {
    pipe_inode_info* const p = pipeOf(filp);
    u64 done = 0;
    while (done < from.size()) {
        const u64 left = from.size() - done;
        const u64 wanted = from.size() <= PIPE_BUF ? left : 1;      // larger writes may be split
        if (!writable(p, wanted)) {
            if (filp->f_flags & O_NONBLOCK) return done ? static_cast<long>(done) : -EAGAIN;
            const int error = wait_event_interruptible(p->wait, [p, wanted] { return writable(p, wanted); });
            if (error) return done ? static_cast<long>(done) : error;
        }
        if (p->readers == 0) {
            signalPipe();
            return done ? static_cast<long>(done) : -EPIPE;
        }
        done += p->append(from.subspan(done));
        wake_up(p->wait);
    }
    filp->f_inode->i_mtime = filp->f_inode->i_ctime = currentTime();
    return static_cast<long>(done);
}

static TRACED(void, pipe_release, (file*, filp)) {
    pipe_inode_info* const p = pipeOf(filp);
    if (filp->f_mode & FMODE_READ) --p->readers;
    if (filp->f_mode & FMODE_WRITE) --p->writers;
    if (!p->readers && !p->writers) p->buffer.clear();
    wake_up(p->wait);
}

namespace {

struct PipeOperations : file_operations {
    int open(inode* node, file* f) override {
        f->private_data = node->i_pipe;
        f->f_mode &= ~FMODE_LSEEK;
        pipe_inode_info* const p = pipeOf(f);
        const bool reads = f->f_mode & FMODE_READ, writes = f->f_mode & FMODE_WRITE;
        if (reads) ++p->readers, ++p->reads_opened;
        if (writes) ++p->writers, ++p->writes_opened;
        if (!p->named || (reads && writes)) return 0;
        const int error = reads ? waitForWriter(p, f->f_flags) : waitForReader(p, f->f_flags);
        if (error < 0) pipe_release(f);
        return error;
    }
    void release(file* f) override { pipe_release(f); }
    long read(file* f, std::span<u8> to, loff_t&) override { return pipe_read(f, to); }
    long write(file* f, std::span<const u8> from, loff_t&) override { return pipe_write(f, from); }
    bool hasFasync(const file*) const override { return true; }
    bool shortReads() const override { return true; }
    long ioctl(file* f, unsigned command, u64 argument) override {
        if (command != 0x541b) return -ENOTTY;                      // FIONREAD
        return put_user(static_cast<int>(pipeOf(f)->buffer.size()), UserPtr<int>{argument});
    }
    u32 poll(file* f) override {
        const pipe_inode_info* const p = pipeOf(f);
        u32 mask = 0;
        if (f->f_mode & FMODE_READ) mask |= (p->buffer.empty() ? 0 : EPOLL_IN) | (p->writers ? 0 : EPOLL_HUP);
        if (f->f_mode & FMODE_WRITE) mask |= (p->room() >= PIPE_BUF ? EPOLL_OUT : 0) | (p->readers ? 0 : EPOLL_ERR);
        return mask;
    }
    wait_queue_head_t* pollQueue(file* f) override { return &pipeOf(f)->wait; }

private:
    // fifo(7): opening waits for the other end; without waiting, only a reader may come first.
    static int waitForWriter(pipe_inode_info* p, u32 flags) {
        wake_up(p->wait);
        if (p->writers || (flags & O_NONBLOCK)) return 0;
        return wait_event_interruptible(p->wait, [p, seen = p->writes_opened] { return p->writes_opened != seen; });
    }
    static int waitForReader(pipe_inode_info* p, u32 flags) {
        if (!p->readers && (flags & O_NONBLOCK)) return -ENXIO;
        wake_up(p->wait);
        if (p->readers) return 0;
        return wait_event_interruptible(p->wait, [p, seen = p->reads_opened] { return p->reads_opened != seen; });
    }
};

// Ends are opened on a nameless dentry, "pipe:[INODE]" in /proc/PID/fd.
dentry* newPipe() {
    static super_block* const pipefs = newSuperBlock("pipefs", "pipe:", 0x50495045);
    inode* const node = newInode(S_IFIFO | 0600, nullptr, fifoOperations(), pipefs);
    node->i_pipe = std::make_shared<pipe_inode_info>();
    return newDentry(nullptr, "pipe:[" + std::to_string(node->i_ino) + "]", node);
}

Result<int> installEnd(dentry* d, u32 flags) {
    const int fd = get_unused_fd_flags(flags);
    if (fd < 0) return Failure{fd};
    auto end = dentry_open(d, flags);
    if (!end.ok()) {
        put_unused_fd(static_cast<unsigned>(fd));
        return Failure{end.error()};
    }
    fd_install(static_cast<unsigned>(fd), *end);
    return fd;
}

}  // namespace

inode* newFifo(umode_t mode, super_block* sb) {
    inode* const node = newInode(mode, nullptr, nullptr, sb);
    becomeFifo(node);
    return node;
}

void becomeFifo(inode* node) {
    node->i_fop = fifoOperations();
    node->i_pipe = std::make_shared<pipe_inode_info>();
    node->i_pipe->named = true;
}

file_operations* fifoOperations() {
    static PipeOperations operations;
    return &operations;
}

// fcntl(2), F_SETPIPE_SZ: a power of two, of at least a page.
long pipe_fcntl(const file* f, std::optional<u64> size) {
    constexpr u64 largest = u64{1} << 31, pipe_max_size = 1 << 20;
    pipe_inode_info* const p = get_pipe_info(f);
    if (!p) return S_ISFIFO(f->f_inode->i_mode) ? 65536 : -EBADF;       // the host's standard streams stay as they are
    if (!size) return static_cast<long>(p->size);
    if (*size > largest) return -EINVAL;
    const u64 rounded = std::bit_ceil(std::max(*size, PAGE_SIZE));
    if (rounded > p->size && rounded > pipe_max_size) return capable(CAP_SYS_RESOURCE) ? -ENOMEM : -EPERM;    // the host's memory
    if (rounded < p->buffer.size()) return -EBUSY;
    p->size = rounded;
    wake_up(p->wait);
    return static_cast<long>(rounded);
}

void signalPipe() { send_sig(SIGPIPE, current, 0); }

SYSCALL_DEFINE(2, pipe2, (UserPtr<int>, fildes), (int, flags)) {
    if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) return -EINVAL;
    const DentryRef d(newPipe());
    const auto common = static_cast<u32>(flags);
    const int reader = TRY(installEnd(d.get(), O_RDONLY | common));
    auto writer = installEnd(d.get(), O_WRONLY | common);
    if (!writer.ok()) {
        close_fd(static_cast<unsigned>(reader));
        return writer.error();
    }
    const std::array<int, 2> fds{reader, *writer};
    if (copy_to_user(UserPtr<void>(fildes), fds.data(), sizeof fds)) {
        close_fd(static_cast<unsigned>(reader));
        close_fd(static_cast<unsigned>(*writer));
        return -EFAULT;
    }
    return 0;
}
SYSCALL_DEFINE(1, pipe, (UserPtr<int>, fildes)) { return sys_pipe2(fildes, 0); }

}  // namespace kernel
