// The network side of a socket (Linux include/net/sock.h, include/linux/skbuff.h).
#pragma once

#include "kernel_model/include/linux/net.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/net/scm.hpp"

#include <deque>
#include <limits>

namespace kernel {

enum : u8 { TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_CLOSE = 7, TCP_LISTEN = 10 };
constexpr u8 RCV_SHUTDOWN = 1, SEND_SHUTDOWN = 2, SHUTDOWN_MASK = 3;
constexpr u32 EPOLL_IN = 0x41, EPOLL_OUT = 0x304, EPOLL_ERR = 8, EPOLL_HUP = 0x10, EPOLL_RDHUP = 0x2000;    // with RDNORM, WRNORM, WRBAND
constexpr unsigned SIOCINQ_ = 0x541b, SIOCOUTQ_ = 0x5411;       // asm-generic/sockios.h; the host has the names as macros
constexpr u64 FOREVER = std::numeric_limits<u64>::max();
constexpr int SOMAXCONN_LIMIT = 4096;       // sysctl net.core.somaxconn

// A message, or a part of a stream.
struct sk_buff {
    sk_buff() = default;
    sk_buff(const sk_buff&) = delete;
    sk_buff& operator=(const sk_buff&) = delete;
    ~sk_buff();                             // its sender may send as much again
    std::vector<u8> data;
    u64 consumed = 0;
    u64 truesize = 0;                       // what Linux would have allocated for it; counted in the sender's sk_wmem_alloc
    std::shared_ptr<sock> sk;               // the sender
    SocketAddress from;
    std::optional<scm_creds> creds;
    std::unique_ptr<scm_fp_list> fp;        // in flight
    std::shared_ptr<sock> embryo;           // in the queue of a listening socket: the connection
    std::span<const u8> rest() const { return std::span(data).subspan(consumed); }
};
inline traces::Value traceValue(const std::unique_ptr<sk_buff>& skb) {
    return skb ? traces::Value::count(static_cast<i64>(skb->truesize)) : traces::Value::null();
}

struct sock : Object, std::enable_shared_from_this<sock> {
    sock(const char* name, std::size_t size);
    virtual ~sock();
    virtual void write_space() {}           // room to send has grown
    int sk_family = 0, sk_type = 0, sk_protocol = 0;
    FIELD_INIT(u8, sk_state, TCP_CLOSE);
    FIELD(u8, sk_shutdown);
    FIELD(int, sk_err);                     // positive errno, told once
    std::deque<std::unique_ptr<sk_buff>> sk_receive_queue;
    u64 sk_wmem_alloc = 0;
    int sk_sndbuf = 212992, sk_rcvbuf = 212992, sk_rcvlowat = 1, sk_max_ack_backlog = 0;
    u64 sk_rcvtimeo = FOREVER, sk_sndtimeo = FOREVER;   // nanoseconds
    std::map<int, int> options;             // SOL_SOCKET options that are kept and shown
    ::linger linger{0, 0};
    socket* sk_socket = nullptr;            // null: an embryo, or closed
    bool dead = false;                      // SOCK_DEAD
    std::optional<scm_creds> peer_cred;     // SO_PEERCRED
    std::vector<gid_t> peer_groups;         // SO_PEERGROUPS; of no account without peer_cred
    wait_queue_head_t sk_wq;
};

// ---- net/core/datagram.cpp
int __skb_wait_for_more_packets(sock*, u64 until);      // 0: there is one; 1: there will be none; -errno
// ---- net/core/sock.cpp
int sock_error(sock*);                      // -errno, told once; 0
u64 sockDeadline(u64 timeout_ns, bool now); // virtual time; 0: do not wait
Result<std::unique_ptr<sk_buff>> sock_alloc_send_pskb(sock*, u64 header_len, u64 data_len, u64 until);
int sock_setsockopt(socket*, int optname, UserPtr<void>, int optlen);
int sock_getsockopt(socket*, int optname, UserPtr<void>, UserPtr<int> optlen);
int putOption(UserPtr<void> to, UserPtr<int> optlen, const void* value, std::size_t size);     // getsockopt(2): as much as fits
int getOption(UserPtr<void> from, int optlen, int& value);                                      // EINVAL, EFAULT

// Asleep until condition() or the deadline: 0, -EAGAIN, or the errno of a signal (sock_intr_errno).
template <class Condition>
int waitOnSocket(wait_queue_head_t& queue, u64 until, Condition condition) {
    while (!condition()) {
        if (until != FOREVER && ktime_get() >= until) return -EAGAIN;
        if (signal_pending(current_task)) return until == FOREVER ? -ERESTARTSYS : -EINTR;
        queue.task_list.push_back(current_task);
        set_current_state(TASK_INTERRUPTIBLE);
        if (until == FOREVER) schedule();
        else static_cast<void>(schedule_timeout_until(until));
        queue.task_list.remove(current_task);
    }
    return 0;
}

}  // namespace kernel
