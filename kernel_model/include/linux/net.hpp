// Sockets as the system calls see them (Linux include/linux/net.h, socket.h, uio.h). Packets do not exist: what is sent goes into
// the receiver's queue at once.
#pragma once

#include "kernel_model/include/linux/fs.hpp"

#include <array>
#include <optional>
#include <sys/socket.h>                     // the guest's constants: SO_*, MSG_*, SOCK_*, AF_*

namespace kernel {

struct sock;
struct socket;

struct iovec64 { u64 base, len; };

// Where the bytes of a message come from or go to: buffers of the user, or one of the kernel.
class iov_iter {
public:
    iov_iter() = default;
    explicit iov_iter(std::vector<iovec64> user);
    iov_iter(u64 user, u64 length) : iov_iter(std::vector{iovec64{user, length}}) {}
    explicit iov_iter(std::span<u8> kernel) : kernel_(kernel), count_(kernel.size()) {}
    explicit iov_iter(std::span<const u8> kernel) : iov_iter(std::span(const_cast<u8*>(kernel.data()), kernel.size())) {}
    u64 count() const { return count_; }    // bytes that are left
    u64 copy_from_iter(std::span<u8> to);   // bytes copied; fewer: the user's memory ended
    u64 copy_to_iter(std::span<const u8> from);

private:
    template <class Copy> u64 advance(u64 n, Copy);
    std::vector<iovec64> user_;
    std::size_t at_ = 0;
    std::span<u8> kernel_;
    u64 count_ = 0;
};

inline traces::Value traceValue(const iov_iter& i) { return traces::Value::count(static_cast<i64>(i.count())); }

struct SocketAddress {                      // sockaddr_storage and its length; empty: none
    std::array<u8, 128> data{};
    int size = 0;
    u16 family() const { return size < 2 ? u16{AF_UNSPEC} : static_cast<u16>(data[0] | data[1] << 8); }
};
struct msghdr {
    SocketAddress msg_name;                 // send: where to; receive: where from
    iov_iter msg_iter;
    u64 msg_control = 0, msg_controllen = 0;    // the user's; receiving moves both on
    u32 msg_flags = 0;
};
inline traces::Value traceValue(const msghdr& m) { return traces::Value::count(static_cast<i64>(m.msg_iter.count())); }
inline traces::Value traceValue(const SocketAddress& a) { return traces::Value::bytes(a.data.data(), static_cast<u64>(a.size)); }

// Operations of a protocol family and type; the errors are those of Linux's sock_no_*.
struct proto_ops {
    virtual ~proto_ops() = default;
    virtual int release(socket*) = 0;
    virtual int bind(socket*, const SocketAddress&) { return -EOPNOTSUPP; }
    virtual int connect(socket*, const SocketAddress&, u32 /*file flags*/) { return -EOPNOTSUPP; }
    virtual int socketpair(socket*, socket*) { return -EOPNOTSUPP; }
    virtual int accept(socket*, socket* /*to*/, u32 /*file flags*/) { return -EOPNOTSUPP; }
    virtual Result<SocketAddress> getname(socket*, bool /*peer*/) { return Failure{-EOPNOTSUPP}; }
    virtual u32 poll(socket*) = 0;
    virtual long ioctl(socket*, unsigned, u64) { return -ENOTTY; }
    virtual int listen(socket*, int /*backlog*/) { return -EOPNOTSUPP; }
    virtual int shutdown(socket*, int /*how*/) { return -EOPNOTSUPP; }
    virtual int setsockopt(socket*, int, int, UserPtr<void>, int) { return -EOPNOTSUPP; }
    virtual int getsockopt(socket*, int, int, UserPtr<void>, UserPtr<int>) { return -EOPNOTSUPP; }
    virtual long sendmsg(socket*, msghdr&) { return -EOPNOTSUPP; }
    virtual long recvmsg(socket*, msghdr&, u64 /*size*/, u32 /*flags*/) { return -EOPNOTSUPP; }
};

enum SocketState : int { SS_UNCONNECTED = 1, SS_CONNECTING = 2, SS_CONNECTED = 3 };
struct socket : Object {
    socket() : Object("socket", sizeof *this) {}
    ~socket();
    FIELD_INIT(int, state, SS_UNCONNECTED);
    int type = 0;                           // SOCK_*
    bool passcred = false;                  // SOCK_PASSCRED
    proto_ops* ops = nullptr;
    std::shared_ptr<sock> sk;
    dentry* path = nullptr;                 // in sockfs; holds a reference
    kernel::file* file = nullptr;           // no reference
};

template <class T>
    requires std::is_base_of_v<Object, T>
traces::Value traceValue(const std::shared_ptr<T>& object) { return traces::objectValue(object.get()); }

// ---- fs/read_write.cpp
Result<std::vector<iovec64>> importIovec(UserPtr<void> vec, u64 count);      // EINVAL, EFAULT; at most MAX_RW_COUNT bytes
// ---- net/socket.cpp, socket_msg.cpp
socket* sock_from_file(const file*);        // null: not a socket
long sock_read_iter(file*, socket*, iov_iter);
long sock_write_iter(file*, socket*, iov_iter);
long sock_sendmsg(socket*, msghdr&);
long sock_recvmsg(socket*, msghdr&, u32 flags);
// Families, by number: 0 or what socket(2) says.
int unix_create(socket*, int protocol);
int inet_create(socket*, int family, int protocol);    // AF_INET, AF_INET6

}  // namespace kernel
