// What the system calls of net/ share.
#pragma once

#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/net/sock.hpp"

namespace kernel {

// The socket behind a descriptor, for the length of a system call (Linux sockfd_lookup_light).
class SocketRef {
public:
    explicit SocketRef(int fd) : f_(static_cast<unsigned>(fd)), socket_(f_ ? sock_from_file(f_.get()) : nullptr) {}
    explicit operator bool() const { return socket_; }
    int error() const { return f_ ? -ENOTSOCK : -EBADF; }
    socket* operator->() const { return socket_; }
    socket* get() const { return socket_; }
    kernel::file* file() const { return f_.get(); }

private:
    FileRef f_;
    socket* socket_;
};
int move_addr_to_kernel(UserPtr<void>, int size, SocketAddress&);                 // EINVAL, EFAULT
int move_addr_to_user(const SocketAddress&, UserPtr<void>, UserPtr<int> size);    // as much as fits, and its length

}  // namespace kernel
