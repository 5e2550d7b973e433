// Linux net/ipv4/udp.c (udp(7)): a datagram is in its receiver's queue at once, or nowhere.
#include "kernel_model/include/net/inet_sock.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr u64 MOST = 65507, HEADERS = 28 + 36;          // of IP and UDP, and what Linux keeps for the device

// The socket that fits best: connected to the sender, bound to the address, or just to the port.
inet_sock* findReceiver(u32 address, u16 port, u32 from, u16 from_port) {
    inet_sock* best = nullptr;
    int most = 0;
    for (inet_sock* sk : inetSockets()) {
        if (sk->sk_type != SOCK_DGRAM || sk->dead || sk->num != port) continue;
        if (!covers(sk, address)) continue;
        if (sk->dport && (sk->dport != from_port || sk->daddr != from)) continue;
        const int score = (sk->sk_family == AF_INET ? 2 : 1) + (sk->rcv_saddr ? 4 : 0) + (sk->dport ? 8 : 0);
        if (score <= most) continue;
        best = sk;
        most = score;
    }
    return best;
}

Result<Endpoint> whereTo(const inet_sock* sk, const SocketAddress& name) {
    if (!name.size) {
        if (sk->sk_state != TCP_ESTABLISHED) return Failure{-EDESTADDRREQ};
        return Endpoint{sk->daddr, sk->dport};
    }
    const bool four = name.family() == AF_INET || (name.family() == AF_UNSPEC && sk->sk_family == AF_INET);
    if (name.size < (four ? static_cast<int>(sizeof(sockaddr_in)) : addressSize(sk))) return Failure{-EINVAL};
    if (!four && name.family() != sk->sk_family) return Failure{sk->sk_family == AF_INET ? -EAFNOSUPPORT : -EINVAL};
    if (!endpointIn(name).port) return Failure{-EINVAL};
    return destination(sk, name);
}

// Port unreachable: only a connected socket is told.
void unreachable(inet_sock* sk) {
    if (sk->sk_state != TCP_ESTABLISHED) return;
    sk->sk_err = ECONNREFUSED;
    wake_up(sk->sk_wq);
}

void deliver(inet_sock* to, std::unique_ptr<sk_buff> skb) {
    sock* const from = skb->sk.get();       // the sender has sent it: it counts for the receiver
    from->sk_wmem_alloc -= skb->truesize;
    skb->sk.reset();
    if (to->rmem + skb->truesize > static_cast<u64>(to->sk_rcvbuf) || (to->sk_shutdown & RCV_SHUTDOWN)) return;
    to->rmem += skb->truesize;
    to->sk_receive_queue.push_back(std::move(skb));
    wake_up(to->sk_wq);
}

TRACED(long, udp_sendmsg, (socket*, sock), (msghdr&, msg)) {
    inet_sock* const sk = inet_sk(sock);
    const u64 length = msg.msg_iter.count();
    TRY_INT(inet_autobind(sk));
    if (length > 0xffff) return -EMSGSIZE;
    if (msg.msg_flags & MSG_OOB) return -EOPNOTSUPP;
    const Endpoint to = TRY(whereTo(sk, msg.msg_name));
    if (length > MOST) return -EMSGSIZE;
    const u64 until = sockDeadline(sk->sk_sndtimeo, msg.msg_flags & MSG_DONTWAIT);
    auto skb = TRY(sock_alloc_send_pskb(sk, length + HEADERS, 0, until));
    skb->data.resize(length);
    if (msg.msg_iter.copy_from_iter(skb->data) < length) return -EFAULT;
    const u32 source = sk->rcv_saddr ? sk->rcv_saddr : sourceFor(to.address);
    inet_sock* const receiver = findReceiver(to.address, to.port, source, sk->num);
    if (receiver) skb->from = inetAddress(receiver, source, sk->num);
    if (receiver) deliver(receiver, std::move(skb));
    else unreachable(sk);
    return static_cast<long>(length);
}

TRACED(long, udp_recvmsg, (socket*, sock), (msghdr&, msg), (u64, size), (u32, flags)) {
    inet_sock* const sk = inet_sk(sock);
    if (flags & MSG_ERRQUEUE) return -EAGAIN;
    if (const int state = __skb_wait_for_more_packets(sk, sockDeadline(sk->sk_rcvtimeo, flags & MSG_DONTWAIT))) return std::min(state, 0);
    auto& queue = sk->sk_receive_queue;
    const sk_buff& skb = *queue.front();
    const u64 whole = skb.data.size(), n = std::min<u64>(size, whole);
    std::unique_ptr<sk_buff> taken;
    if (!(flags & MSG_PEEK)) {
        taken = std::move(queue.front());
        queue.pop_front();
        sk->rmem -= taken->truesize;
    }
    if (msg.msg_iter.copy_to_iter(std::span(skb.data).first(n)) < n) return -EFAULT;
    if (n < whole) msg.msg_flags |= MSG_TRUNC;
    msg.msg_name = skb.from;
    return static_cast<long>(flags & MSG_TRUNC ? whole : n);
}

int udp_disconnect(inet_sock* sk) {
    sk->sk_state = TCP_CLOSE;
    sk->daddr = 0;
    sk->dport = 0;
    if (!sk->addr_locked) sk->rcv_saddr = 0;
    if (sk->port_locked) return 0;
    setPort(sk, 0);
    sk->sport = 0;
    return 0;
}

TRACED(int, udp_connect, (socket*, sock), (const SocketAddress&, address)) {
    inet_sock* const sk = inet_sk(sock);
    if (address.size < static_cast<int>(sizeof(sa_family_t))) return -EINVAL;
    if (address.family() == AF_UNSPEC) return udp_disconnect(sk);
    TRY_INT(inet_autobind(sk));
    if (address.size < addressSize(sk)) return -EINVAL;
    if (address.family() != sk->sk_family) return -EAFNOSUPPORT;
    const Endpoint to = TRY(destination(sk, address));
    if (!sk->rcv_saddr) sk->rcv_saddr = sourceFor(to.address);
    sk->daddr = to.address;
    sk->dport = to.port;
    sk->sk_state = TCP_ESTABLISHED;
    return 0;
}

u32 datagram_poll(const sock* sk) {
    u32 mask = sk->sk_err ? EPOLL_ERR : 0;
    if (sk->sk_shutdown & RCV_SHUTDOWN) mask |= EPOLL_RDHUP | EPOLL_IN;
    if (sk->sk_shutdown == SHUTDOWN_MASK) mask |= EPOLL_HUP;
    if (!sk->sk_receive_queue.empty()) mask |= EPOLL_IN;
    return sk->sk_wmem_alloc < static_cast<u64>(sk->sk_sndbuf) / 2 ? mask | EPOLL_OUT : mask;
}

struct UdpOperations final : InetOperations {
    int release(socket* s) override {
        s->sk->dead = true;
        s->sk->sk_socket = nullptr;
        s->sk->sk_receive_queue.clear();
        setPort(inet_sk(s), 0);
        return 0;
    }
    int connect(socket* s, const SocketAddress& a, u32) override { return udp_connect(s, a); }
    u32 poll(socket* s) override { return datagram_poll(s->sk.get()); }
    long ioctl(socket* s, unsigned command, u64 argument) override {
        if (command != SIOCINQ_ && command != SIOCOUTQ_) return -ENOTTY;
        const auto& queue = s->sk->sk_receive_queue;
        const u64 amount = command == SIOCOUTQ_ ? s->sk->sk_wmem_alloc : queue.empty() ? 0 : queue.front()->data.size();
        return put_user(static_cast<int>(amount), UserPtr<int>{argument});
    }
    int shutdown(socket* s, int how) override {
        if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
        s->sk->sk_shutdown |= static_cast<u8>(how + 1);
        wake_up(s->sk->sk_wq);
        return s->sk->sk_state == TCP_CLOSE ? -ENOTCONN : 0;
    }
    long sendmsg(socket* s, msghdr& m) override { return udp_sendmsg(s, m); }
    long recvmsg(socket* s, msghdr& m, u64 size, u32 flags) override { return udp_recvmsg(s, m, size, flags); }
};

}  // namespace

proto_ops* udpOperations() {
    static UdpOperations operations;
    return &operations;
}

}  // namespace kernel
