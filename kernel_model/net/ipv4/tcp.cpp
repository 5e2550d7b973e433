// Connections of TCP: their beginning and end (Linux net/ipv4/tcp.c, tcp_input.c, inet_connection_sock.c; tcp(7)).
#include "kernel_model/include/net/inet_sock.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr int LOOPBACK_SNDBUF = 2626560;    // what Linux's tuning makes of it on the loopback device

bool queueFull(const inet_sock* listener) { return listener->accept_queue.size() > static_cast<u64>(listener->sk_max_ack_backlog); }

inet_sock* findListener(u32 address, u16 port) {
    inet_sock* found = nullptr;
    int most = 0;
    for (inet_sock* sk : inetSockets()) {
        if (sk->sk_state != TCP_LISTEN || sk->num != port || !covers(sk, address)) continue;
        const int score = (sk->sk_family == AF_INET ? 2 : 1) + (sk->rcv_saddr ? 4 : 0);
        if (score <= most) continue;
        found = sk;
        most = score;
    }
    return found;
}

void inherit(inet_sock* child, const inet_sock* listener) {
    child->options = listener->options;
    child->level_options = listener->level_options;
    child->linger = listener->linger;
    child->sk_sndbuf = std::max(listener->sk_sndbuf, listener->options.contains(SO_SNDBUF) ? 0 : LOOPBACK_SNDBUF);
    child->sk_rcvbuf = listener->sk_rcvbuf;
    child->sk_rcvtimeo = listener->sk_rcvtimeo;
    child->sk_sndtimeo = listener->sk_sndtimeo;
    child->sk_protocol = listener->sk_protocol;
}

// The handshake. False: nothing comes back, because the queue is full.
bool synchronise(inet_sock* sk) {
    inet_sock* const listener = findListener(sk->daddr, sk->dport);
    if (listener && queueFull(listener)) {
        std::erase_if(listener->knocking, [](const auto& other) { return other.expired(); });
        listener->knocking.push_back(shared(sk));
        return false;
    }
    const auto child = listener ? newInetSock(listener->sk_family, SOCK_STREAM) : nullptr;
    if (!child) {
        tcp_reset(sk);
        return true;
    }
    inherit(child.get(), listener);
    child->rcv_saddr = sk->daddr, child->daddr = sk->rcv_saddr, child->dport = sk->num.get();
    setPort(child.get(), sk->dport);
    child->sk_state = sk->sk_state = TCP_ESTABLISHED;
    child->peer = shared(sk);
    sk->peer = child;
    if (!sk->options.contains(SO_SNDBUF)) sk->sk_sndbuf = LOOPBACK_SNDBUF;
    listener->accept_queue.push_back(child);
    wake_up(listener->sk_wq);
    wake_up(sk->sk_wq);
    return true;
}

int tcp_v4_connect(inet_sock* sk, const SocketAddress& address) {
    if (address.size < addressSize(sk)) return -EINVAL;
    if (address.family() != sk->sk_family) return -EAFNOSUPPORT;
    const Endpoint to = TRY(destination(sk, address));
    TRY_INT(inet_autobind(sk) ? -EADDRNOTAVAIL : 0);
    if (!sk->rcv_saddr) sk->rcv_saddr = sourceFor(to.address);
    sk->daddr = to.address;
    sk->dport = to.port;
    sk->sk_state = TCP_SYN_SENT;
    sk->sk_shutdown = 0;
    synchronise(sk);
    return 0;
}

// The end of a connection that was refused or reset: the socket may connect again.
int connectionFailed(socket* sock) {
    const int error = sock_error(sock->sk.get());
    sock->state = SS_UNCONNECTED;
    tcp_disconnect(inet_sk(sock));
    return error ? error : -ECONNABORTED;
}

void leave(inet_sock* sk, inet_sock* peer) {
    const bool unread = !sk->sk_receive_queue.empty(), abort = sk->linger.l_onoff && !sk->linger.l_linger;
    if (unread || abort) {
        tcp_reset(peer);
        return;
    }
    if (sk->sk_state == TCP_ESTABLISHED || sk->sk_state == TCP_FIN_WAIT2_) holdTimeWait(sk);
    tcp_fin(peer);
}

// The oldest of those who found the queue full tries again.
void letIn(inet_sock* listener) {
    while (!listener->knocking.empty() && !queueFull(listener)) {
        const auto next = listener->knocking.front().lock();
        listener->knocking.erase(listener->knocking.begin());
        if (next && next->sk_state == TCP_SYN_SENT) synchronise(next.get());
    }
}

}  // namespace

TRACED(void, tcp_done, (inet_sock*, sk)) {
    sk->sk_state = TCP_CLOSE;
    sk->sk_shutdown = SHUTDOWN_MASK;
    wake_up(sk->sk_wq);
}

TRACED(void, tcp_reset, (inet_sock*, sk)) {
    if (sk->sk_state == TCP_CLOSE) return;
    sk->sk_err = sk->sk_state == TCP_SYN_SENT ? ECONNREFUSED : sk->sk_state == TCP_CLOSE_WAIT_ ? EPIPE : ECONNRESET;
    sk->peer.reset();
    tcp_done(sk);
}

TRACED(void, tcp_fin, (inet_sock*, sk)) {
    if (sk->sk_state == TCP_CLOSE) return;
    sk->sk_shutdown |= RCV_SHUTDOWN;
    if (sk->sk_state == TCP_ESTABLISHED) sk->sk_state = TCP_CLOSE_WAIT_;
    else if (sk->sk_state == TCP_FIN_WAIT2_) {          // both have ended: what remains is TIME_WAIT
        holdTimeWait(sk);
        sk->sk_state = TCP_CLOSE;
        sk->sk_shutdown = SHUTDOWN_MASK;
    }
    wake_up(sk->sk_wq);
}

TRACED(int, tcp_disconnect, (inet_sock*, sk)) {
    if (sk->sk_state == TCP_LISTEN) {
        for (const auto& child : std::exchange(sk->accept_queue, {})) {
            if (const auto peer = std::exchange(child->peer, nullptr)) tcp_reset(peer.get());
            child->sk_state = TCP_CLOSE;
        }
        for (const auto& knocking : std::exchange(sk->knocking, {}))
            if (const auto peer = knocking.lock()) tcp_reset(peer.get());
    } else if (const auto peer = std::exchange(sk->peer, nullptr)) {
        tcp_reset(peer.get());
    }
    if (!sk->port_locked) setPort(sk, 0);
    if (!sk->addr_locked) sk->rcv_saddr = 0;
    sk->daddr = 0;
    sk->dport = 0;
    sk->sk_shutdown = 0;
    sk->sk_err = 0;
    sk->sk_state = TCP_CLOSE;
    wake_up(sk->sk_wq);
    return 0;
}

TRACED(int, tcp_connect, (socket*, sock), (const SocketAddress&, address), (u32, flags)) {
    inet_sock* const sk = inet_sk(sock);
    if (address.size < static_cast<int>(sizeof(sa_family_t))) return -EINVAL;
    if (address.family() == AF_UNSPEC) {
        sock->state = SS_UNCONNECTED;
        return tcp_disconnect(sk);
    }
    if (sock->state == SS_CONNECTED) return -EISCONN;
    int error = -EALREADY;
    if (sock->state == SS_UNCONNECTED) {
        if (sk->sk_state != TCP_CLOSE) return -EISCONN;
        TRY_INT(tcp_v4_connect(sk, address));
        sock->state = SS_CONNECTING;
        error = -EINPROGRESS;
        if (flags & O_NONBLOCK) return error;           // the answer comes behind the call
    }
    const u64 until = sockDeadline(sk->sk_sndtimeo, flags & O_NONBLOCK);
    const int waited = waitOnSocket(sk->sk_wq, until, [sk] { return sk->sk_state != TCP_SYN_SENT; });
    if (waited == -EAGAIN) return error;
    TRY_INT(waited);
    if (sk->sk_state == TCP_CLOSE) return connectionFailed(sock);
    sock->state = SS_CONNECTED;
    return 0;
}

TRACED(int, tcp_listen, (socket*, sock), (int, backlog)) {
    inet_sock* const sk = inet_sk(sock);
    if (sock->state != SS_UNCONNECTED || (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN)) return -EINVAL;
    sk->sk_max_ack_backlog = backlog;
    if (sk->sk_state == TCP_LISTEN) return 0;
    sk->sk_state = TCP_LISTEN;
    const u16 port = sk->num;
    setPort(sk, 0);
    const int error = inet_get_port(sk, sk->rcv_saddr, port);
    if (!error) return 0;
    sk->sk_state = TCP_CLOSE;
    return error;
}

TRACED(int, tcp_accept, (socket*, sock), (socket*, to), (u32, flags)) {
    inet_sock* const sk = inet_sk(sock);
    const auto listens = [sk] { return sk->sk_state == TCP_LISTEN; };
    if (!listens()) return -EINVAL;
    const u64 until = sockDeadline(sk->sk_rcvtimeo, flags & O_NONBLOCK);
    TRY_INT(waitOnSocket(sk->sk_wq, until, [&] { return !sk->accept_queue.empty() || !listens(); }));
    if (!listens()) return -EINVAL;
    const auto child = sk->accept_queue.front();
    sk->accept_queue.pop_front();
    to->sk = child;
    child->sk_socket = to;
    to->state = SS_CONNECTED;
    letIn(sk);
    return 0;
}

TRACED(void, tcp_close, (socket*, sock)) {
    inet_sock* const sk = inet_sk(sock);
    sk->dead = true;
    sk->sk_socket = nullptr;
    if (sk->sk_state == TCP_LISTEN) tcp_disconnect(sk);
    else if (const auto peer = std::exchange(sk->peer, nullptr)) leave(sk, peer.get());
    sk->sk_receive_queue.clear();
    sk->sk_state = TCP_CLOSE;
    sk->sk_shutdown = SHUTDOWN_MASK;
    setPort(sk, 0);
}

}  // namespace kernel
