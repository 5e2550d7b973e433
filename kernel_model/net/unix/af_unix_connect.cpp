// Connections of streams and sequenced packets (Linux net/unix/af_unix.c; listen(2), connect(2), accept(2)).
#include "kernel_model/include/net/af_unix.hpp"

namespace kernel {
namespace {

// The listening socket, with room in its queue.
Result<std::shared_ptr<unix_sock>> findListener(const SocketAddress& address, int type, u64 until) {
    for (;;) {
        auto other = TRY(unix_find_other(address, type));
        unix_sock* const u = other.get();
        if (u->sk_state != TCP_LISTEN || (u->sk_shutdown & RCV_SHUTDOWN)) return Failure{-ECONNREFUSED};
        if (!unix_recvq_full(u)) return other;
        TRY_INT(waitOnSocket(u->peer_wait, until, [u] { return u->dead || (u->sk_shutdown & RCV_SHUTDOWN) || !unix_recvq_full(u); }));
    }
}

}  // namespace

TRACED(int, unix_listen, (socket*, sock), (int, backlog)) {
    unix_sock* const u = unix_sk(sock);
    if (!u->addr.size) return -EINVAL;
    if (u->sk_state != TCP_CLOSE && u->sk_state != TCP_LISTEN) return -EINVAL;
    if (backlog > u->sk_max_ack_backlog) wake_up(u->peer_wait);
    u->sk_max_ack_backlog = backlog;
    u->sk_state = TCP_LISTEN;
    rememberAsPeer(u);
    return 0;
}

TRACED(int, unix_stream_connect, (socket*, sock), (const SocketAddress&, address), (u32, flags)) {
    unix_sock* const u = unix_sk(sock);
    TRY_INT(unix_validate_addr(address));
    if (sock->passcred && !u->addr.size) TRY_INT(unix_autobind(u));
    auto made = unix_create1(sock->type);
    if (!made) return -ENOMEM;
    const auto other = TRY(findListener(address, sock->type, sockDeadline(u->sk_sndtimeo, flags & O_NONBLOCK)));
    if (u->sk_state != TCP_CLOSE) return u->sk_state == TCP_ESTABLISHED ? -EISCONN : -EINVAL;
    made->sk_state = TCP_ESTABLISHED;
    made->peer = shared(u);
    rememberAsPeer(made.get());
    made->addr = other->addr;
    u->peer_cred = other->peer_cred;
    u->peer_groups = other->peer_groups;
    u->peer = made;
    u->sk_state = TCP_ESTABLISHED;
    sock->state = SS_CONNECTED;
    auto skb = std::make_unique<sk_buff>();
    skb->embryo = made;
    other->sk_receive_queue.push_back(std::move(skb));
    wake_up(other->sk_wq);
    return 0;
}

TRACED(int, unix_accept, (socket*, sock), (socket*, to), (u32, flags)) {
    unix_sock* const u = unix_sk(sock);
    if (u->sk_state != TCP_LISTEN) return -EINVAL;
    const u64 until = sockDeadline(u->sk_rcvtimeo, flags & O_NONBLOCK);
    TRY_INT(waitOnSocket(u->sk_wq, until, [u] { return !u->sk_receive_queue.empty() || (u->sk_shutdown & RCV_SHUTDOWN); }));
    if (u->sk_receive_queue.empty()) return -EINVAL;
    to->sk = u->sk_receive_queue.front()->embryo;
    u->sk_receive_queue.pop_front();
    wake_up(u->peer_wait);
    to->sk->sk_socket = to;
    to->passcred = sock->passcred;
    to->state = SS_CONNECTED;
    return 0;
}

}  // namespace kernel
