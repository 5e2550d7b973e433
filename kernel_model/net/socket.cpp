// Linux net/socket.c: sockets as files, and the system calls that make, name and connect them. net/socket_msg.cpp has those that
// send and receive.
#include "kernel_model/net/socket_ref.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr int SOCK_TYPE_MASK = 0xf, SOCK_MAX = 11;
struct SocketOperations : file_operations {
    int open(inode*, file*) override { return -ENXIO; }     // by /proc/PID/fd
    void release(file* f) override;
    long read(file* f, std::span<u8> to, loff_t&) override { return sock_read_iter(f, sock_from_file(f), iov_iter(to)); }
    long write(file* f, std::span<const u8> from, loff_t&) override { return sock_write_iter(f, sock_from_file(f), iov_iter(from)); }
    loff_t llseek(file*, loff_t, int) override { return -ESPIPE; }
    long ioctl(file* f, unsigned command, u64 argument) override;
    u32 poll(file* f) override { return sock_from_file(f)->ops->poll(sock_from_file(f)); }
    wait_queue_head_t* pollQueue(file* f) override { return &sock_from_file(f)->sk->sk_wq; }
    bool hasFasync(const file*) const override { return true; }
    bool shortReads() const override { return true; }
    int fsync(file*) override { return -EINVAL; }
};
SocketOperations socket_file_ops;

std::shared_ptr<socket> sock_alloc() {
    static super_block* const sockfs = newSuperBlock("sockfs", "socket:", 0x534f434b);
    auto sock = std::make_shared<socket>();
    inode* const node = newInode(S_IFSOCK | 0777, nullptr, &socket_file_ops, sockfs);
    sock->path = newDentry(nullptr, "socket:[" + std::to_string(node->i_ino) + "]", node);
    return sock;
}

void installSocket(int fd, std::shared_ptr<socket> sock, int flags) {
    auto f = newFile(dget(sock->path), O_RDWR | static_cast<u32>(flags & O_NONBLOCK), &socket_file_ops);
    (*f)->f_mode &= ~FMODE_LSEEK;
    sock->file = *f;
    (*f)->private_data = std::move(sock);
    fd_install(static_cast<unsigned>(fd), *f);
}
int sock_map_fd(std::shared_ptr<socket> sock, int flags) {
    const int fd = get_unused_fd_flags(static_cast<u32>(flags & O_CLOEXEC));
    if (fd >= 0) installSocket(fd, std::move(sock), flags);
    return fd;
}

bool otherFamily(int family) {              // one that Linux knows, or may load
    return family == AF_NETLINK || family == AF_PACKET;
}
TRACED(int, __sock_create, (int, family), (int, type), (int, protocol), (socket*, sock)) {
    if (family < 0 || family >= AF_MAX) return -EAFNOSUPPORT;
    if (type < 0 || type >= SOCK_MAX) return -EINVAL;
    sock->type = type;
    if (family == AF_UNIX) return unix_create(sock, protocol);
    if (family == AF_INET || family == AF_INET6) return inet_create(sock, family, protocol);
    return otherFamily(family) ? missing(Missing::socket_family, std::to_string(family)) : -EAFNOSUPPORT;
}

int checkFlags(int& type) {
    if (type & ~SOCK_TYPE_MASK & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) return -EINVAL;
    const int flags = type & ~SOCK_TYPE_MASK;
    type &= SOCK_TYPE_MASK;
    return flags;
}

}  // namespace

socket::~socket() {
    if (ops && sk) ops->release(this);
    dput(path);
}

void SocketOperations::release(file* f) {
    const auto sock = std::static_pointer_cast<socket>(f->private_data);
    if (sock->ops && sock->sk) sock->ops->release(sock.get());
    sock->sk.reset();
}
long SocketOperations::ioctl(file* f, unsigned command, u64 argument) {
    socket* const sock = sock_from_file(f);
    return sock->ops->ioctl(sock, command, argument);
}

socket* sock_from_file(const file* f) { return f->f_op == &socket_file_ops ? static_cast<socket*>(f->private_data.get()) : nullptr; }

int move_addr_to_kernel(UserPtr<void> uaddr, int ulen, SocketAddress& to) {
    if (ulen < 0 || ulen > static_cast<int>(to.data.size())) return -EINVAL;
    if (copy_from_user(to.data.data(), uaddr, static_cast<u64>(ulen))) return -EFAULT;
    to.size = ulen;
    return 0;
}
int move_addr_to_user(const SocketAddress& address, UserPtr<void> uaddr, UserPtr<int> ulen) {
    const int room = TRY(get_user(ulen));
    if (room < 0) return -EINVAL;
    if (copy_to_user(uaddr, address.data.data(), static_cast<u64>(std::min(room, address.size)))) return -EFAULT;
    return put_user(address.size, ulen);
}

SYSCALL_DEFINE(3, socket, (int, family), (int, type), (int, protocol)) {
    const int flags = checkFlags(type);
    if (flags < 0) return flags;
    const auto sock = sock_alloc();
    TRY_INT(__sock_create(family, type, protocol, sock.get()));
    return sock_map_fd(sock, flags);
}

SYSCALL_DEFINE(4, socketpair, (int, family), (int, type), (int, protocol), (UserPtr<int>, usockvec)) {
    const int flags = checkFlags(type);
    if (flags < 0) return flags;
    const auto one = sock_alloc(), two = sock_alloc();
    TRY_INT(__sock_create(family, type, protocol, one.get()));
    TRY_INT(__sock_create(family, type, protocol, two.get()));
    TRY_INT(one->ops->socketpair(one.get(), two.get()));
    std::array<int, 2> fds{sock_map_fd(one, flags), 0};
    if (fds[0] < 0) return fds[0];
    fds[1] = sock_map_fd(two, flags);
    const int error = fds[1] < 0 ? fds[1] : copy_to_user(UserPtr<void>(usockvec), fds.data(), sizeof fds) ? -EFAULT : 0;
    if (!error) return 0;
    close_fd(static_cast<unsigned>(fds[0]));
    if (fds[1] >= 0) close_fd(static_cast<unsigned>(fds[1]));
    return error;
}

SYSCALL_DEFINE(3, bind, (int, fd), (UserPtr<void>, umyaddr), (int, addrlen)) {
    const SocketRef sock(fd);
    if (!sock) return sock.error();
    SocketAddress address;
    TRY_INT(move_addr_to_kernel(umyaddr, addrlen, address));
    return sock->ops->bind(sock.get(), address);
}

SYSCALL_DEFINE(2, listen, (int, fd), (int, backlog)) {
    const SocketRef sock(fd);
    if (!sock) return sock.error();
    constexpr u32 SOMAXCONN_SETTING = 4096;
    return sock->ops->listen(sock.get(), static_cast<int>(std::min(static_cast<u32>(backlog), SOMAXCONN_SETTING)));
}

static int do_accept(const SocketRef& sock, int newfd, int flags, UserPtr<void> upeer_sockaddr, UserPtr<int> upeer_addrlen) {
    if (!sock) return sock.error();
    const auto made = sock_alloc();
    made->type = sock->type;
    made->ops = sock->ops;
    TRY_INT(sock->ops->accept(sock.get(), made.get(), sock.file()->f_flags));
    if (upeer_sockaddr) {
        const auto peer = made->ops->getname(made.get(), true);
        if (!peer.ok()) return -ECONNABORTED;
        TRY_INT(move_addr_to_user(peer.value(), upeer_sockaddr, upeer_addrlen));
    }
    installSocket(newfd, made, flags);
    return 0;
}
SYSCALL_DEFINE(4, accept4, (int, fd), (UserPtr<void>, upeer_sockaddr), (UserPtr<int>, upeer_addrlen), (int, flags)) {
    const SocketRef sock(fd);
    if (!sock.file()) return sock.error();
    if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) return -EINVAL;
    const int newfd = get_unused_fd_flags(static_cast<u32>(flags & O_CLOEXEC));
    if (newfd < 0) return newfd;
    const int error = do_accept(sock, newfd, flags, upeer_sockaddr, upeer_addrlen);
    if (!error) return newfd;
    put_unused_fd(static_cast<unsigned>(newfd));
    return error;
}
SYSCALL_DEFINE(3, accept, (int, fd), (UserPtr<void>, upeer_sockaddr), (UserPtr<int>, upeer_addrlen)) {
    return sys_accept4(fd, upeer_sockaddr, upeer_addrlen, 0);
}

SYSCALL_DEFINE(3, connect, (int, fd), (UserPtr<void>, uservaddr), (int, addrlen)) {
    const SocketRef sock(fd);
    if (!sock.file()) return sock.error();
    SocketAddress address;
    TRY_INT(move_addr_to_kernel(uservaddr, addrlen, address));
    if (!sock) return sock.error();
    return sock->ops->connect(sock.get(), address, sock.file()->f_flags);
}

static long nameOf(int fd, bool peer, UserPtr<void> usockaddr, UserPtr<int> usockaddr_len) {
    const SocketRef sock(fd);
    if (!sock) return sock.error();
    const SocketAddress name = TRY(sock->ops->getname(sock.get(), peer));
    return move_addr_to_user(name, usockaddr, usockaddr_len);
}
SYSCALL_DEFINE(3, getsockname, (int, fd), (UserPtr<void>, usockaddr), (UserPtr<int>, usockaddr_len)) {
    return nameOf(fd, false, usockaddr, usockaddr_len);
}
SYSCALL_DEFINE(3, getpeername, (int, fd), (UserPtr<void>, usockaddr), (UserPtr<int>, usockaddr_len)) {
    return nameOf(fd, true, usockaddr, usockaddr_len);
}

SYSCALL_DEFINE(5, setsockopt, (int, fd), (int, level), (int, optname), (UserPtr<void>, optval), (int, optlen)) {
    if (optlen < 0) return -EINVAL;
    const SocketRef sock(fd);
    if (!sock) return sock.error();
    if (level == SOL_SOCKET) return sock_setsockopt(sock.get(), optname, optval, optlen);
    return sock->ops->setsockopt(sock.get(), level, optname, optval, optlen);
}
SYSCALL_DEFINE(5, getsockopt, (int, fd), (int, level), (int, optname), (UserPtr<void>, optval), (UserPtr<int>, optlen)) {
    const SocketRef sock(fd);
    if (!sock) return sock.error();
    if (level == SOL_SOCKET) return sock_getsockopt(sock.get(), optname, optval, optlen);
    return sock->ops->getsockopt(sock.get(), level, optname, optval, optlen);
}
SYSCALL_DEFINE(2, shutdown, (int, fd), (int, how)) {
    const SocketRef sock(fd);
    if (!sock) return sock.error();
    return sock->ops->shutdown(sock.get(), how);
}

}  // namespace kernel
