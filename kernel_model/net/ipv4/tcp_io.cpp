// Sending and receiving on a connection of TCP (Linux net/ipv4/tcp.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/net/inet_sock.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr u64 PIECE = 32768;                // bytes of one sk_buff
constexpr u32 TCP_OUT = 0x104;              // no EPOLLWRBAND

bool canSend(const sock* sk) { return sk->sk_state == TCP_ESTABLISHED || sk->sk_state == TCP_CLOSE_WAIT_; }
bool writable(const sock* sk) { return sk->sk_wmem_alloc + sk->sk_wmem_alloc / 2 <= static_cast<u64>(sk->sk_sndbuf); }
u64 waiting(const sock* sk) {
    u64 n = 0;
    for (const auto& skb : sk->sk_receive_queue) n += skb->rest().size();
    return n;
}

u32 tcp_poll(socket* sock) {
    const inet_sock* const sk = inet_sk(sock);
    if (sk->sk_state == TCP_LISTEN) return sk->accept_queue.empty() ? 0 : EPOLL_IN;
    u32 mask = sk->sk_err ? EPOLL_ERR : 0;
    if (sk->sk_shutdown == SHUTDOWN_MASK || sk->sk_state == TCP_CLOSE) mask |= EPOLL_HUP;
    if (sk->sk_shutdown & RCV_SHUTDOWN) mask |= EPOLL_IN | EPOLL_RDHUP;
    if (sk->sk_state == TCP_SYN_SENT) return mask;
    const u64 n = waiting(sk);
    if (n && n >= static_cast<u64>(sk->sk_rcvlowat)) mask |= EPOLL_IN;
    if ((sk->sk_shutdown & SEND_SHUTDOWN) || writable(sk)) mask |= TCP_OUT;
    return mask;
}

int streamError(inet_sock* sk, u32 flags, int error) {
    if (error == -EPIPE)
        if (const int told = sock_error(sk)) error = told;
    if (error == -EPIPE && !(flags & MSG_NOSIGNAL)) signalPipe();
    return error;
}

int waitForConnection(inet_sock* sk, u64 until) {
    if (sk->sk_state == TCP_SYN_SENT) TRY_INT(waitOnSocket(sk->sk_wq, until, [sk] { return sk->sk_state != TCP_SYN_SENT; }));
    TRY_INT(sock_error(sk));
    return canSend(sk) ? 0 : -EPIPE;
}

// Small pieces share an sk_buff: what is left of its last page is paid for. Bytes that went there.
u64 appendToLast(inet_sock* sk, inet_sock* peer, msghdr& msg) {
    sk_buff* const last = peer->sk_receive_queue.empty() ? nullptr : peer->sk_receive_queue.back().get();
    if (!last || last->sk.get() != sk) return 0;
    const u64 before = last->data.size(), room = std::min(PAGE_ALIGN(before) - before, msg.msg_iter.count());
    last->data.resize(before + room);
    const u64 got = msg.msg_iter.copy_from_iter(std::span(last->data).subspan(before));
    last->data.resize(before + got);
    if (got) wake_up(peer->sk_wq);
    return got;
}

bool nobodyReads(const inet_sock* peer) { return !peer || peer->dead || peer->sk_shutdown == SHUTDOWN_MASK; }

// One piece into the peer's queue; it is lost, and answered with a reset, when nobody will read it.
Result<u64> sendPiece(inet_sock* sk, msghdr& msg, u64 until) {
    if (sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN)) return Failure{-EPIPE};
    if (!nobodyReads(sk->peer.get()))
        if (const u64 appended = appendToLast(sk, sk->peer.get(), msg)) return appended;
    const u64 size = std::min(msg.msg_iter.count(), PIECE);
    auto skb = TRY(sock_alloc_send_pskb(sk, 0, size, until));
    skb->data.resize(size);
    const u64 got = msg.msg_iter.copy_from_iter(skb->data);
    if (!got) return Failure{-EFAULT};
    skb->data.resize(got);
    const auto peer = sk->peer;
    if (nobodyReads(peer.get())) {
        tcp_reset(sk);
        return got;
    }
    peer->sk_receive_queue.push_back(std::move(skb));
    wake_up(peer->sk_wq);
    return got;
}

TRACED(long, tcp_sendmsg, (socket*, sock), (msghdr&, msg)) {
    inet_sock* const sk = inet_sk(sock);
    const u64 until = sockDeadline(sk->sk_sndtimeo, msg.msg_flags & MSG_DONTWAIT), length = msg.msg_iter.count();
    if (msg.msg_flags & MSG_OOB) return missing(Missing::urgent_data);
    int error = canSend(sk) ? 0 : waitForConnection(sk, until);
    u64 sent = 0;
    while (!error && sent < length) {
        auto piece = sendPiece(sk, msg, until);
        if (piece.ok()) sent += *piece;
        else error = piece.error();
    }
    return sent || !error ? static_cast<long>(sent) : streamError(sk, msg.msg_flags, error);
}

// What is there, up to `left` bytes: bytes read, or -EFAULT.
long takeBytes(inet_sock* sk, msghdr& msg, u64 left, u32 flags) {
    long taken = 0;
    auto& queue = sk->sk_receive_queue;
    for (auto at = queue.begin(); left && at != queue.end();) {
        const auto piece = (*at)->rest().first(std::min<u64>((*at)->rest().size(), left));
        if (!(flags & MSG_TRUNC) && msg.msg_iter.copy_to_iter(piece) < piece.size()) return taken ? taken : -EFAULT;
        taken += static_cast<long>(piece.size());
        left -= piece.size();
        if (flags & MSG_PEEK) {
            ++at;
            continue;
        }
        (*at)->consumed += piece.size();
        if ((*at)->rest().empty()) at = queue.erase(at);
    }
    return taken;
}

// Nothing has been read yet: 1 at the end of the stream.
int mayWait(inet_sock* sk) {
    if (sk->sk_err) return sock_error(sk);
    if (sk->sk_shutdown & RCV_SHUTDOWN) return 1;
    return sk->sk_state == TCP_CLOSE ? -ENOTCONN : 0;
}

TRACED(long, tcp_recvmsg, (socket*, sock), (msghdr&, msg), (u64, size), (u32, flags)) {
    inet_sock* const sk = inet_sk(sock);
    if (sk->sk_state == TCP_LISTEN) return -ENOTCONN;
    if (flags & MSG_OOB) return -EINVAL;
    const u64 until = sockDeadline(sk->sk_rcvtimeo, flags & MSG_DONTWAIT);
    const u64 target = std::max<u64>(flags & MSG_WAITALL ? size : std::min(static_cast<u64>(sk->sk_rcvlowat), size), 1);
    const auto ended = [sk] { return sk->sk_err || sk->sk_state == TCP_CLOSE || (sk->sk_shutdown & RCV_SHUTDOWN); };
    u64 copied = 0;
    for (;;) {
        const u64 seen = waiting(sk);
        const long n = takeBytes(sk, msg, size - copied, flags);
        if (n < 0) return copied ? static_cast<long>(copied) : n;
        copied += static_cast<u64>(n);
        if (copied >= target || copied == size || ((flags & MSG_PEEK) && copied)) return static_cast<long>(copied);
        if (copied && ended()) return static_cast<long>(copied);
        if (!copied)
            if (const int state = mayWait(sk)) return std::min(state, 0);
        const u64 left = flags & MSG_PEEK ? seen : 0;
        const int error = waitOnSocket(sk->sk_wq, until, [&] { return waiting(sk) > left || ended(); });
        if (error) return copied ? static_cast<long>(copied) : error;
    }
}

int tcp_shutdown(socket* sock, int how) {
    inet_sock* const sk = inet_sk(sock);
    if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
    const u8 mode = static_cast<u8>(how + 1);
    if (sock->state == SS_CONNECTING) sock->state = canSend(sk) ? SS_CONNECTED : SS_UNCONNECTED;
    if (sk->sk_state == TCP_SYN_SENT || (sk->sk_state == TCP_LISTEN && (mode & RCV_SHUTDOWN))) {
        sock->state = SS_UNCONNECTED;
        return tcp_disconnect(sk);
    }
    if (sk->sk_state == TCP_LISTEN) return 0;
    const int error = sk->sk_state == TCP_CLOSE ? -ENOTCONN : 0;
    sk->sk_shutdown |= mode;
    if ((mode & SEND_SHUTDOWN) && canSend(sk)) {
        sk->sk_state = sk->sk_state == TCP_ESTABLISHED ? TCP_FIN_WAIT2_ : TCP_LAST_ACK_;
        if (const auto peer = sk->peer) tcp_fin(peer.get());
        if (sk->sk_state == TCP_LAST_ACK_) sk->sk_state = TCP_CLOSE;
    }
    wake_up(sk->sk_wq);
    return error;
}

long tcp_ioctl(const inet_sock* sk, unsigned command, u64 argument) {
    constexpr unsigned SIOCATMARK_ = 0x8905;
    u64 amount = 0;                         // SIOCOUTQ: everything has arrived
    if (command == SIOCINQ_) {
        if (sk->sk_state == TCP_LISTEN) return -EINVAL;
        amount = waiting(sk);
    } else if (command != SIOCOUTQ_ && command != SIOCATMARK_) {
        return -ENOTTY;
    } else if (sk->sk_state == TCP_LISTEN && command == SIOCOUTQ_) {
        return -EINVAL;
    }
    return put_user(static_cast<int>(amount), UserPtr<int>{argument});
}

struct TcpOperations final : InetOperations {
    int release(socket* s) override { tcp_close(s); return 0; }
    int connect(socket* s, const SocketAddress& a, u32 flags) override { return tcp_connect(s, a, flags); }
    int accept(socket* s, socket* to, u32 flags) override { return tcp_accept(s, to, flags); }
    u32 poll(socket* s) override { return tcp_poll(s); }
    long ioctl(socket* s, unsigned command, u64 argument) override { return tcp_ioctl(inet_sk(s), command, argument); }
    int listen(socket* s, int backlog) override { return tcp_listen(s, backlog); }
    int shutdown(socket* s, int how) override { return tcp_shutdown(s, how); }
    long sendmsg(socket* s, msghdr& m) override { return tcp_sendmsg(s, m); }
    long recvmsg(socket* s, msghdr& m, u64 size, u32 flags) override { return tcp_recvmsg(s, m, size, flags); }
};

}  // namespace

void inet_sock::write_space() {
    if (sk_type != SOCK_STREAM || writable(this)) wake_up(sk_wq);
}

proto_ops* tcpOperations() {
    static TcpOperations operations;
    return &operations;
}

}  // namespace kernel
