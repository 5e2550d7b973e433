// Sending and receiving (the second half of Linux net/socket.c; send(2), recv(2)).
#include "kernel_model/kernel/timespec.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/net/socket_ref.hpp"

#include <algorithm>

namespace kernel {
namespace {

struct UserMsghdr { u64 name; int namelen, pad0; u64 iov, iovlen, control, controllen; u32 flags; int pad1; };
struct UserMmsghdr { UserMsghdr hdr; u32 len; u32 pad; };
static_assert(sizeof(UserMsghdr) == 56 && sizeof(UserMmsghdr) == 64);
constexpr u64 UIO_MAXIOV = 1024, OPTMEM_MAX = 20480;
constexpr u32 KERNEL_ONLY = 0x80000000;     // MSG_CMSG_COMPAT

Result<iov_iter> import_single_range(u64 buffer, u64 length) {
    length = std::min(length, MAX_RW_COUNT);
    if (buffer > TASK_SIZE || length > TASK_SIZE - buffer) return Failure{-EFAULT};
    return iov_iter(buffer, length);
}

// The user's header; what it says of buffers is in `msg`.
int copy_msghdr_from_user(UserPtr<void> umsg, UserMsghdr& header, msghdr& msg) {
    if (copy_from_user(&header, umsg, sizeof header)) return -EFAULT;
    if (!header.name) header.namelen = 0;
    if (header.namelen < 0) return -EINVAL;
    header.namelen = std::min(header.namelen, static_cast<int>(msg.msg_name.data.size()));
    if (header.iovlen > UIO_MAXIOV) return -EMSGSIZE;
    msg.msg_iter = iov_iter(TRY(importIovec(UserPtr<void>(header.iov), header.iovlen)));
    msg.msg_control = header.control;
    msg.msg_controllen = header.control ? header.controllen : 0;
    return 0;
}

u32 withFileFlags(const file* f, u32 flags) { return f->f_flags & O_NONBLOCK ? flags | MSG_DONTWAIT : flags; }

long ___sys_sendmsg(const SocketRef& sock, UserPtr<void> umsg, u32 flags) {
    UserMsghdr header{};
    msghdr msg;
    TRY_INT(copy_msghdr_from_user(umsg, header, msg));
    if (header.namelen) TRY_INT(move_addr_to_kernel(UserPtr<void>(header.name), header.namelen, msg.msg_name));
    if (msg.msg_controllen > OPTMEM_MAX) return -ENOBUFS;
    msg.msg_flags = withFileFlags(sock.file(), flags & ~KERNEL_ONLY);
    return sock_sendmsg(sock.get(), msg);
}

long ___sys_recvmsg(const SocketRef& sock, UserPtr<void> umsg, u32 flags) {
    UserMsghdr header{};
    msghdr msg;
    TRY_INT(copy_msghdr_from_user(umsg, header, msg));
    msg.msg_flags = flags & MSG_CMSG_CLOEXEC;
    const u64 control = msg.msg_control;
    const long n = sock_recvmsg(sock.get(), msg, withFileFlags(sock.file(), flags));
    if (n < 0) return n;
    if (header.name) TRY_INT(move_addr_to_user(msg.msg_name, UserPtr<void>(header.name), UserPtr<int>{umsg.address + 8}));
    TRY_INT(put_user(msg.msg_flags & ~KERNEL_ONLY, UserPtr<u32>{umsg.address + 48}));
    TRY_INT(put_user(msg.msg_control - control, UserPtr<u64>{umsg.address + 40}));
    return n;
}

UserPtr<void> mmsgAt(UserPtr<void> all, u64 n) { return UserPtr<void>(all.address + n * sizeof(UserMmsghdr)); }
int putLength(UserPtr<void> entry, long n) { return put_user(static_cast<u32>(n), UserPtr<u32>{entry.address + sizeof(UserMsghdr)}); }

// recvmmsg(2): the timeout is looked at behind each message; an error behind the first is for the next call.
long do_recvmmsg(const SocketRef& sock, UserPtr<void> mmsg, u32 vlen, u32 flags, u64 end) {
    TRY_INT(sock_error(sock->sk.get()));
    u32 done = 0;
    while (done < vlen) {
        const UserPtr<void> entry = mmsgAt(mmsg, done);
        long n = ___sys_recvmsg(sock, entry, flags & ~static_cast<u32>(MSG_WAITFORONE));
        if (n >= 0 && putLength(entry, n)) n = -EFAULT;
        if (n < 0) {
            if (done && n != -EAGAIN) sock->sk->sk_err = static_cast<int>(-n);
            return done ? static_cast<long>(done) : n;
        }
        ++done;
        if (flags & MSG_WAITFORONE) flags |= MSG_DONTWAIT;
        if (ktime_get() >= end) break;
    }
    return done;
}

}  // namespace

long sock_sendmsg(socket* sock, msghdr& msg) { return sock->ops->sendmsg(sock, msg); }
long sock_recvmsg(socket* sock, msghdr& msg, u32 flags) { return sock->ops->recvmsg(sock, msg, msg.msg_iter.count(), flags); }

TRACED(long, sock_read_iter, (file*, filp), (socket*, sock), (iov_iter, to)) {
    msghdr msg;
    if (!to.count()) return 0;
    msg.msg_iter = std::move(to);
    return sock_recvmsg(sock, msg, withFileFlags(filp, 0));
}
TRACED(long, sock_write_iter, (file*, filp), (socket*, sock), (iov_iter, from)) {
    msghdr msg;
    msg.msg_iter = std::move(from);
    msg.msg_flags = withFileFlags(filp, sock->type == SOCK_SEQPACKET ? MSG_EOR : 0);
    return sock_sendmsg(sock, msg);
}

SYSCALL_DEFINE(6, sendto, (int, fd), (UserPtr<void>, buff), (u64, len), (unsigned, flags), (UserPtr<void>, addr), (int, addr_len)) {
    msghdr msg;
    msg.msg_iter = TRY(import_single_range(buff.address, len));
    const SocketRef sock(fd);
    if (!sock) return sock.error();
    if (addr) TRY_INT(move_addr_to_kernel(addr, addr_len, msg.msg_name));
    msg.msg_flags = withFileFlags(sock.file(), flags & ~KERNEL_ONLY);
    return sock_sendmsg(sock.get(), msg);
}

SYSCALL_DEFINE(6, recvfrom, (int, fd), (UserPtr<void>, ubuf), (u64, size), (unsigned, flags), (UserPtr<void>, addr),
               (UserPtr<int>, addr_len)) {
    msghdr msg;
    msg.msg_iter = TRY(import_single_range(ubuf.address, size));
    const SocketRef sock(fd);
    if (!sock) return sock.error();
    const long n = sock_recvmsg(sock.get(), msg, withFileFlags(sock.file(), flags));
    if (n >= 0 && addr) TRY_INT(move_addr_to_user(msg.msg_name, addr, addr_len));
    return n;
}

SYSCALL_DEFINE(3, sendmsg, (int, fd), (UserPtr<void>, msg), (unsigned, flags)) {
    const SocketRef sock(fd);
    if (flags & KERNEL_ONLY) return -EINVAL;
    if (!sock) return sock.error();
    return ___sys_sendmsg(sock, msg, flags);
}
SYSCALL_DEFINE(3, recvmsg, (int, fd), (UserPtr<void>, msg), (unsigned, flags)) {
    const SocketRef sock(fd);
    if (flags & KERNEL_ONLY) return -EINVAL;
    if (!sock) return sock.error();
    return ___sys_recvmsg(sock, msg, flags);
}

SYSCALL_DEFINE(4, sendmmsg, (int, fd), (UserPtr<void>, mmsg), (u32, vlen), (unsigned, flags)) {
    const SocketRef sock(fd);
    if (flags & KERNEL_ONLY) return -EINVAL;
    if (!sock) return sock.error();
    vlen = std::min<u32>(vlen, UIO_MAXIOV);
    for (u32 done = 0; done < vlen; ++done) {
        const UserPtr<void> entry = mmsgAt(mmsg, done);
        long n = ___sys_sendmsg(sock, entry, flags);
        if (n >= 0 && putLength(entry, n)) n = -EFAULT;
        if (n < 0) return done ? static_cast<long>(done) : n;
    }
    return vlen;
}

SYSCALL_DEFINE(5, recvmmsg, (int, fd), (UserPtr<void>, mmsg), (u32, vlen), (unsigned, flags), (UserPtr<timespec>, timeout)) {
    u64 end = FOREVER;
    if (flags & KERNEL_ONLY) return -EINVAL;
    if (timeout) {
        const timespec ts = TRY(get_user(timeout));
        if (!timespec_valid(ts)) return -EINVAL;
        end = ktime_get() + timespec_to_ns(ts);
    }
    const SocketRef sock(fd);
    if (!sock) return sock.error();
    const long n = do_recvmmsg(sock, mmsg, vlen, flags, end);
    if (n <= 0 || !timeout) return n;
    const u64 now = ktime_get(), left = end > now ? end - now : 0;
    const timespec rest{static_cast<i64>(left / 1'000'000'000), static_cast<i64>(left % 1'000'000'000)};
    return put_user(rest, timeout) ? -EFAULT : n;
}

}  // namespace kernel
