// Linux fs/eventfd.c: eventfd(2).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <cstring>

namespace kernel {
namespace {

constexpr u32 SEMAPHORE = 1, READABLE = 1, WRITABLE = 4, OVERFLOWN = 8;     // EPOLLIN, EPOLLOUT, EPOLLERR
constexpr u64 MOST = ~u64{0} - 1;

struct eventfd_ctx {
    u64 count = 0;
    bool semaphore = false;
    wait_queue_head_t wqh;
};
eventfd_ctx* contextOf(const file* f) { return static_cast<eventfd_ctx*>(f->private_data.get()); }

TRACED(long, eventfd_read, (file*, filp), (std::span<u8>, to)) {
    eventfd_ctx* const ctx = contextOf(filp);
    if (to.size() < sizeof ctx->count) return -EINVAL;
    if (!ctx->count && (filp->f_flags & O_NONBLOCK)) return -EAGAIN;
    TRY_INT(wait_event_interruptible(ctx->wqh, [ctx] { return ctx->count != 0; }));
    const u64 taken = ctx->semaphore ? 1 : ctx->count;
    ctx->count -= taken;
    std::memcpy(to.data(), &taken, sizeof taken);
    wake_up(ctx->wqh);
    return sizeof taken;
}
TRACED(long, eventfd_write, (file*, filp), (std::span<const u8>, from)) {
    eventfd_ctx* const ctx = contextOf(filp);
    u64 more = 0;
    if (from.size() < sizeof more) return -EINVAL;
    std::memcpy(&more, from.data(), sizeof more);
    if (more > MOST) return -EINVAL;
    const auto fits = [ctx, more] { return MOST - ctx->count >= more; };
    if (!fits() && (filp->f_flags & O_NONBLOCK)) return -EAGAIN;
    TRY_INT(wait_event_interruptible(ctx->wqh, fits));
    ctx->count += more;
    wake_up(ctx->wqh);
    return sizeof more;
}

struct EventOperations : file_operations {
    long read(file* f, std::span<u8> to, loff_t&) override { return eventfd_read(f, to); }
    long write(file* f, std::span<const u8> from, loff_t&) override { return eventfd_write(f, from); }
    bool shortReads() const override { return true; }
    loff_t llseek(file*, loff_t, int) override { return -ESPIPE; }
    u32 poll(file* f) override {
        const u64 count = contextOf(f)->count;
        return (count ? READABLE : 0) | (count == ~u64{0} ? OVERFLOWN : 0) | (count < MOST ? WRITABLE : 0);
    }
    wait_queue_head_t* pollQueue(file* f) override { return &contextOf(f)->wqh; }
};

}  // namespace

SYSCALL_DEFINE(2, eventfd2, (u32, count), (int, flags)) {
    static EventOperations operations;
    if (flags & ~(static_cast<int>(SEMAPHORE) | O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
    auto ctx = std::make_shared<eventfd_ctx>();
    ctx->count = count;
    ctx->semaphore = flags & static_cast<int>(SEMAPHORE);
    return TRY(anon_inode_getfd("[eventfd]", &operations, ctx, O_RDWR | static_cast<u32>(flags & (O_CLOEXEC | O_NONBLOCK))));
}
SYSCALL_DEFINE(1, eventfd, (u32, count)) { return sys_eventfd2(count, 0); }

}  // namespace kernel
