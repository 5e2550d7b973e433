// Datagrams and sequenced packets (Linux net/unix/af_unix.c): messages that keep their bounds.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/net/af_unix.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr u64 MAX_HEAD = 16064, MAX_FRAGMENTS = 17 * PAGE_SIZE;     // SKB_MAX_ALLOC, MAX_SKB_FRAGS

bool refuses(const unix_sock* other, const unix_sock* sender) { return other->peer && other->peer.get() != sender; }    // !unix_may_send
bool isFull(const unix_sock* other, const unix_sock* sender) {
    return other != sender && other->peer.get() != sender && unix_recvq_full(other);
}

u32 unix_dgram_poll(socket* sock) {
    const unix_sock* const u = unix_sk(sock);
    u32 mask = u->sk_err ? EPOLL_ERR : 0;
    if (u->sk_shutdown & RCV_SHUTDOWN) mask |= EPOLL_RDHUP | EPOLL_IN;
    if (u->sk_shutdown == SHUTDOWN_MASK) mask |= EPOLL_HUP;
    if (!u->sk_receive_queue.empty()) mask |= EPOLL_IN;
    if (u->sk_type == SOCK_SEQPACKET && u->sk_state == TCP_CLOSE) mask |= EPOLL_HUP;
    if (unix_writable(u) && !(u->peer && isFull(u->peer.get(), u))) mask |= EPOLL_OUT;
    return mask;
}

// The connected peer, or who has the name now. A peer that has gone is forgotten.
Result<std::shared_ptr<unix_sock>> receiver(unix_sock* u, const SocketAddress& name) {
    std::shared_ptr<unix_sock> other;
    if (name.size) other = TRY(unix_find_other(name, u->sk_type));
    else other = u->peer;
    if (!other) return Failure{-ECONNRESET};
    if (refuses(other.get(), u)) return Failure{-EPERM};
    if (!other->dead) return other;
    u->peer.reset();
    u->sk_state = TCP_CLOSE;
    unix_dgram_disconnected(u, other.get());
    return Failure{-ECONNREFUSED};
}

int deliver(socket* sock, std::unique_ptr<sk_buff> skb, const SocketAddress& name, u64 until) {
    unix_sock* const u = unix_sk(sock);
    for (;;) {
        const auto other = TRY(receiver(u, name));
        unix_sock* const to = other.get();
        if (to->sk_shutdown & RCV_SHUTDOWN) return -EPIPE;
        if (isFull(to, u)) {
            TRY_INT(waitOnSocket(to->peer_wait, until, [to, u] { return to->dead || (to->sk_shutdown & RCV_SHUTDOWN) || !isFull(to, u); }));
            continue;
        }
        if (!skb->creds && (sock->passcred || (to->sk_socket && to->sk_socket->passcred))) skb->creds = currentCredentials();
        skb->from = u->addr;
        to->sk_receive_queue.push_back(std::move(skb));
        wake_up(to->sk_wq);
        return 0;
    }
}

TRACED(long, unix_dgram_sendmsg, (socket*, sock), (msghdr&, msg)) {
    scm_cookie scm;
    wait_for_unix_gc();
    TRY_INT(scm_send(msg, scm));
    unix_sock* const u = unix_sk(sock);
    if (msg.msg_flags & MSG_OOB) return -EOPNOTSUPP;
    if (msg.msg_name.size) TRY_INT(unix_validate_addr(msg.msg_name));
    else if (!u->peer) return -ENOTCONN;
    if (sock->passcred && !u->addr.size) TRY_INT(unix_autobind(u));
    const u64 length = msg.msg_iter.count();
    if (static_cast<i64>(length) > u->sk_sndbuf - 32) return -EMSGSIZE;
    const u64 data_len = length > MAX_HEAD ? std::min(PAGE_ALIGN(std::min(length - MAX_HEAD, MAX_FRAGMENTS)), length) : 0;
    const u64 until = sockDeadline(u->sk_sndtimeo, msg.msg_flags & MSG_DONTWAIT);
    auto skb = TRY(sock_alloc_send_pskb(u, length - data_len, data_len, until));
    TRY_INT(unix_scm_to_skb(scm, *skb, sock, nullptr));
    skb->data.resize(length);
    if (msg.msg_iter.copy_from_iter(skb->data) < length) return -EFAULT;
    TRY_INT(deliver(sock, std::move(skb), msg.msg_name, until));
    return static_cast<long>(length);
}

TRACED(long, unix_dgram_recvmsg, (socket*, sock), (msghdr&, msg), (u64, size), (u32, flags)) {
    unix_sock* const u = unix_sk(sock);
    if (flags & MSG_OOB) return -EOPNOTSUPP;
    if (const int state = __skb_wait_for_more_packets(u, sockDeadline(u->sk_rcvtimeo, flags & MSG_DONTWAIT))) return std::min(state, 0);
    std::unique_ptr<sk_buff> taken;
    sk_buff* skb = u->sk_receive_queue.front().get();
    const bool peek = flags & MSG_PEEK;
    if (!peek) {
        taken = std::move(u->sk_receive_queue.front());
        u->sk_receive_queue.pop_front();
        wakeSenders(u);
    }
    msg.msg_name = skb->from;
    const u64 whole = skb->data.size(), n = std::min<u64>(size, whole);
    if (n < whole) msg.msg_flags |= MSG_TRUNC;
    scm_cookie scm;
    const bool fault = msg.msg_iter.copy_to_iter(std::span(skb->data).first(n)) < n;
    if (skb->fp && (!peek || !fault)) scm.fp = peek ? skb->fp->dup() : unix_detach_fds(*skb);
    if (fault) return -EFAULT;
    scm.creds = skb->creds;
    scm_recv(sock, msg, scm, flags);
    return static_cast<long>(flags & MSG_TRUNC ? whole : n);
}

TRACED(int, unix_dgram_connect, (socket*, sock), (const SocketAddress&, address)) {
    unix_sock* const u = unix_sk(sock);
    std::shared_ptr<unix_sock> other;
    if (address.size < static_cast<int>(sizeof(sa_family_t))) return -EINVAL;
    if (address.family() != AF_UNSPEC) {
        TRY_INT(unix_validate_addr(address));
        if (sock->passcred && !u->addr.size) TRY_INT(unix_autobind(u));
        other = TRY(unix_find_other(address, sock->type));
        if (refuses(other.get(), u)) return -EPERM;
    }
    const auto before = std::exchange(u->peer, other);
    u->sk_state = other ? TCP_ESTABLISHED : TCP_CLOSE;
    if (other) other->sk_state = TCP_ESTABLISHED;
    if (before && before != other) {
        unix_dgram_disconnected(u, before.get());
        if (!before->peer) before->sk_state = TCP_CLOSE;
    }
    wake_up(u->sk_wq);
    return 0;
}

struct DgramOperations : UnixOperations {
    int connect(socket* s, const SocketAddress& a, u32) override { return unix_dgram_connect(s, a); }
    u32 poll(socket* s) override { return unix_dgram_poll(s); }
    long sendmsg(socket* s, msghdr& m) override { return unix_dgram_sendmsg(s, m); }
    long recvmsg(socket* s, msghdr& m, u64 size, u32 flags) override { return unix_dgram_recvmsg(s, m, size, flags); }
};

struct SeqpacketOperations final : DgramOperations {
    int connect(socket* s, const SocketAddress& a, u32 flags) override { return unix_stream_connect(s, a, flags); }
    int accept(socket* s, socket* to, u32 flags) override { return unix_accept(s, to, flags); }
    int listen(socket* s, int backlog) override { return unix_listen(s, backlog); }
    long sendmsg(socket* s, msghdr& m) override {
        TRY_INT(sock_error(s->sk.get()));
        if (s->sk->sk_state != TCP_ESTABLISHED) return -ENOTCONN;
        m.msg_name.size = 0;
        return unix_dgram_sendmsg(s, m);
    }
    long recvmsg(socket* s, msghdr& m, u64 size, u32 flags) override {
        if (s->sk->sk_state != TCP_ESTABLISHED) return -ENOTCONN;
        const long n = unix_dgram_recvmsg(s, m, size, flags);
        return n == -EAGAIN && (s->sk->sk_shutdown & RCV_SHUTDOWN) ? 0 : n;
    }
};

}  // namespace

// What the former peer sent is dropped; it is told when it was connected to us.
void unix_dgram_disconnected(unix_sock* u, unix_sock* other) {
    if (u->sk_receive_queue.empty()) return;
    auto dropped = std::exchange(u->sk_receive_queue, {});
    for (const auto& skb : dropped)
        if (skb->fp) unix_detach_fds(*skb);
    wake_up(u->peer_wait);
    if (other->dead || other->peer.get() != u) return;
    other->sk_err = ECONNRESET;
    wake_up(other->sk_wq);
}

proto_ops* unixDgramOperations() {
    static DgramOperations operations;
    return &operations;
}
proto_ops* unixSeqpacketOperations() {
    static SeqpacketOperations operations;
    return &operations;
}

}  // namespace kernel
