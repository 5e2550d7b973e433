// Streams (Linux net/unix/af_unix.c): connecting, sending and receiving bytes.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/net/af_unix.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr u64 HEAD = 3776, FRAGMENTS = 32768;       // SKB_MAX_HEAD(0), UNIX_SKB_FRAGS_SZ: the bytes of one message

u32 unix_poll(socket* sock) {
    const unix_sock* const u = unix_sk(sock);
    u32 mask = u->sk_err ? EPOLL_ERR : 0;
    if (u->sk_shutdown == SHUTDOWN_MASK) mask |= EPOLL_HUP;
    if (u->sk_shutdown & RCV_SHUTDOWN) mask |= EPOLL_RDHUP | EPOLL_IN;
    if (!u->sk_receive_queue.empty()) mask |= EPOLL_IN;
    if (u->sk_state == TCP_CLOSE) mask |= EPOLL_HUP;
    if (unix_writable(u)) mask |= EPOLL_OUT;
    return mask;
}

// One message of at most `left` bytes, in the peer's queue.
Result<u64> sendPiece(socket* sock, unix_sock* peer, msghdr& msg, scm_cookie& scm, u64 until) {
    unix_sock* const u = unix_sk(sock);
    u64 size = std::min(msg.msg_iter.count(), static_cast<u64>(u->sk_sndbuf / 2 - 64));
    size = std::min(size, HEAD + FRAGMENTS);
    const u64 data_len = size > HEAD ? std::min(size, PAGE_ALIGN(size - HEAD)) : 0;
    auto skb = TRY(sock_alloc_send_pskb(u, size - data_len, data_len, until));
    TRY_INT(unix_scm_to_skb(scm, *skb, sock, peer));
    skb->data.resize(size);
    if (msg.msg_iter.copy_from_iter(skb->data) < size) return Failure{-EFAULT};
    if (peer->dead || (peer->sk_shutdown & RCV_SHUTDOWN)) return Failure{-EPIPE};
    skb->from = u->addr;
    peer->sk_receive_queue.push_back(std::move(skb));
    wake_up(peer->sk_wq);
    return size;
}

TRACED(long, unix_stream_sendmsg, (socket*, sock), (msghdr&, msg)) {
    scm_cookie scm;
    wait_for_unix_gc();
    TRY_INT(scm_send(msg, scm));
    unix_sock* const u = unix_sk(sock);
    if (msg.msg_flags & MSG_OOB) return missing(Missing::urgent_data);
    if (msg.msg_name.size) return u->sk_state == TCP_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
    const auto peer = u->peer;
    if (!peer) return -ENOTCONN;
    const u64 length = msg.msg_iter.count(), until = sockDeadline(u->sk_sndtimeo, msg.msg_flags & MSG_DONTWAIT);
    u64 sent = 0;
    int error = u->sk_shutdown & SEND_SHUTDOWN ? -EPIPE : 0;
    while (!error && sent < length) {
        auto piece = sendPiece(sock, peer.get(), msg, scm, until);
        if (piece.ok()) sent += *piece;
        else error = piece.error();
    }
    if (sent) return static_cast<long>(sent);
    if (error == -EPIPE && !(msg.msg_flags & MSG_NOSIGNAL)) signalPipe();
    return error;
}

// How a read goes on.
struct Reading {
    unix_sock* u;
    msghdr& msg;
    scm_cookie scm;
    u64 left, target, copied = 0;
    bool peek;
    bool check_creds = false;
};

// Takes what it can from one message. False: the read ends here.
bool readMessage(Reading& r, sk_buff& skb) {
    if (r.check_creds && r.scm.creds != skb.creds) return false;
    if (!r.check_creds && r.u->sk_socket && r.u->sk_socket->passcred) {
        r.scm.creds = skb.creds;
        r.check_creds = true;
    }
    if (r.copied == 0) r.msg.msg_name = skb.from;
    const u64 n = std::min<u64>(skb.rest().size(), r.left);
    const u64 got = r.msg.msg_iter.copy_to_iter(skb.rest().first(n));
    if (got < n) return false;
    r.copied += n;
    r.left -= n;
    if (!r.peek) skb.consumed += n;
    const bool descriptors = skb.fp != nullptr;
    if (descriptors) r.scm.fp = r.peek ? skb.fp->dup() : unix_detach_fds(skb);
    return !descriptors && r.left && (r.peek || skb.rest().empty());
}

// Until the queue is empty, or the read complete. False: the read ends here.
bool readQueue(Reading& r) {
    auto& queue = r.u->sk_receive_queue;
    if (r.peek) {
        for (const auto& skb : queue)
            if (!readMessage(r, *skb)) break;
        return false;
    }
    bool more = true;
    while (more && !queue.empty()) {
        more = readMessage(r, *queue.front());
        if (queue.front()->rest().empty()) queue.pop_front();
    }
    return more;
}

int waitForMore(Reading& r, u64 until) {
    unix_sock* const u = r.u;
    if (r.copied >= r.target) return 1;
    TRY_INT(sock_error(u));
    if (u->sk_shutdown & RCV_SHUTDOWN) return 1;
    return waitOnSocket(u->sk_wq, until, [u] { return !u->sk_receive_queue.empty() || u->sk_err || (u->sk_shutdown & RCV_SHUTDOWN); });
}

TRACED(long, unix_stream_recvmsg, (socket*, sock), (msghdr&, msg), (u64, size), (u32, flags)) {
    unix_sock* const u = unix_sk(sock);
    if (u->sk_state != TCP_ESTABLISHED) return -EINVAL;
    if (flags & MSG_OOB) return -EOPNOTSUPP;
    const u64 until = sockDeadline(u->sk_rcvtimeo, flags & MSG_DONTWAIT);
    const u64 enough = flags & MSG_WAITALL ? size : std::min(static_cast<u64>(u->sk_rcvlowat), size);
    Reading r{u, msg, {}, size, std::max<u64>(enough, 1), 0, (flags & MSG_PEEK) != 0};
    int error = 0;
    for (;;) {
        const bool any = !u->sk_receive_queue.empty();
        if (any && (!readQueue(r) || r.left == 0)) break;
        error = waitForMore(r, until);
        if (error) break;
    }
    const bool fault = error == 0 && r.copied == 0 && size > 0;
    scm_recv(sock, msg, r.scm, flags);
    if (r.copied) return static_cast<long>(r.copied);
    return fault ? -EFAULT : std::min(error, 0);
}

struct StreamOperations final : UnixOperations {
    int connect(socket* s, const SocketAddress& a, u32 flags) override { return unix_stream_connect(s, a, flags); }
    int accept(socket* s, socket* to, u32 flags) override { return unix_accept(s, to, flags); }
    u32 poll(socket* s) override { return unix_poll(s); }
    int listen(socket* s, int backlog) override { return unix_listen(s, backlog); }
    long sendmsg(socket* s, msghdr& m) override { return unix_stream_sendmsg(s, m); }
    long recvmsg(socket* s, msghdr& m, u64 size, u32 flags) override { return unix_stream_recvmsg(s, m, size, flags); }
};

}  // namespace

proto_ops* unixStreamOperations() {
    static StreamOperations operations;
    return &operations;
}

}  // namespace kernel
