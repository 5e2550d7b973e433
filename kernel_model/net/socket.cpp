// Linux net/socket.c. There are no sockets yet (socket(2) is refused aloud), so no descriptor is one; getpeername(2) says
// which error that is. Shells ask it whether their standard input comes from the network.
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {

static long notASocket(unsigned fd) {
    file* f = fget(fd);
    if (!f) return -EBADF;
    fput(f);
    return -ENOTSOCK;
}

SYSCALL_DEFINE(3, getsockname, (unsigned, fd), (Bytes<char>, usockaddr), (UserPtr<int>, usockaddr_len)) { return notASocket(fd); }
SYSCALL_DEFINE(3, getpeername, (unsigned, fd), (Bytes<char>, usockaddr), (UserPtr<int>, usockaddr_len)) { return notASocket(fd); }

}  // namespace kernel
