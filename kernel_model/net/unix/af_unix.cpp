// Linux net/unix/af_unix.c: what is the same for streams and datagrams (unix(7)).
#include "kernel_model/include/net/af_unix.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/machine.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr int MAX_DGRAM_QLEN = 10;          // sysctl net.unix.max_dgram_qlen
constexpr u64 SOCK_COST = 4096;             // a socket with its inode, in the guest's memory
std::vector<unix_sock*>& all() {
    static auto& list = *new std::vector<unix_sock*>;
    return list;
}
struct Registered final : unix_sock {
    Registered() { all().push_back(this); }
    ~Registered() override {
        dput(path);
        std::erase(all(), this);
    }
};

bool connectionBased(const sock* sk) { return sk->sk_type == SOCK_STREAM || sk->sk_type == SOCK_SEQPACKET; }

void wakeConnected(const unix_sock* receiver) {
    for (unix_sock* u : all())
        if (u->peer.get() == receiver && receiver->peer.get() != u) wake_up(u->sk_wq);
}

// A peer that goes with unread messages was reset; otherwise it has just ended.
void leavePeer(unix_sock* u, unix_sock* peer, bool embryo) {
    if (connectionBased(u)) {
        peer->sk_shutdown = SHUTDOWN_MASK;
        if (!u->sk_receive_queue.empty() || embryo) peer->sk_err = ECONNRESET;
        wake_up(peer->sk_wq);
    }
    u->peer.reset();
}

}  // namespace

const std::vector<unix_sock*>& unixSockets() { return all(); }

bool unix_writable(const unix_sock* u) { return u->sk_state != TCP_LISTEN && u->sk_wmem_alloc * 4 <= static_cast<u64>(u->sk_sndbuf); }
void unix_sock::write_space() {
    if (unix_writable(this)) wake_up(sk_wq);
}
bool unix_recvq_full(const unix_sock* u) { return u->sk_receive_queue.size() > static_cast<u64>(u->sk_max_ack_backlog); }

// Those in poll(2) who are connected to it wait at their own sockets.
void wakeSenders(unix_sock* receiver) {
    wake_up(receiver->peer_wait);
    if (receiver->sk_receive_queue.size() == static_cast<u64>(receiver->sk_max_ack_backlog)) wakeConnected(receiver);
}

TRACED(std::shared_ptr<unix_sock>, unix_create1, (int, type)) {
    if (all().size() >= machine().memory->frames() * PAGE_SIZE / SOCK_COST) return nullptr;
    auto u = std::make_shared<Registered>();
    u->sk_family = AF_UNIX;
    u->sk_type = type;
    u->sk_max_ack_backlog = MAX_DGRAM_QLEN;
    return u;
}

int unix_create(socket* sock, int protocol) {
    if (protocol && protocol != AF_UNIX) return -EPROTONOSUPPORT;
    switch (sock->type) {
        case SOCK_STREAM: sock->ops = unixStreamOperations(); break;
        case SOCK_RAW: sock->type = SOCK_DGRAM; [[fallthrough]];
        case SOCK_DGRAM: sock->ops = unixDgramOperations(); break;
        case SOCK_SEQPACKET: sock->ops = unixSeqpacketOperations(); break;
        default: return -ESOCKTNOSUPPORT;
    }
    sock->sk = unix_create1(sock->type);
    if (!sock->sk) return -ENOMEM;
    sock->sk->sk_socket = sock;
    return 0;
}

TRACED(void, unix_release_sock, (unix_sock*, u), (bool, embryo)) {
    const auto held = u->shared_from_this();
    unix_remove_socket(u);
    const bool listened = u->sk_state == TCP_LISTEN;
    u->dead = true;
    u->sk_socket = nullptr;
    u->sk_shutdown = SHUTDOWN_MASK;
    u->sk_state = TCP_CLOSE;
    wake_up(u->peer_wait);
    if (!connectionBased(u)) wakeConnected(u);
    if (const auto peer = u->peer) leavePeer(u, peer.get(), embryo);
    while (!u->sk_receive_queue.empty()) {
        const auto skb = std::move(u->sk_receive_queue.front());
        u->sk_receive_queue.pop_front();
        if (listened && skb->embryo) unix_release_sock(static_cast<unix_sock*>(skb->embryo.get()), true);
        if (skb->fp) unix_detach_fds(*skb);
    }
    unix_gc();
}

int UnixOperations::release(socket* sock) {
    unix_release_sock(unix_sk(sock), false);
    return 0;
}

void rememberAsPeer(sock* sk) {
    sk->peer_cred = {current->tgid, current->cred->euid, current->cred->egid};
    sk->peer_groups = current->cred->groups;
}

int UnixOperations::socketpair(socket* one, socket* two) {
    const auto a = shared(unix_sk(one)), b = shared(unix_sk(two));
    a->peer = b;
    b->peer = a;
    for (socket* s : {one, two}) {
        rememberAsPeer(s->sk.get());
        s->sk->sk_state = TCP_ESTABLISHED;
        s->state = SS_CONNECTED;
    }
    return 0;
}

Result<SocketAddress> UnixOperations::getname(socket* sock, bool of_peer) {
    const unix_sock* u = unix_sk(sock);
    if (of_peer) u = u->peer.get();
    if (!u) return Failure{-ENOTCONN};
    if (u->addr.size) return u->addr;
    SocketAddress unnamed;
    unnamed.data[0] = AF_UNIX;
    unnamed.size = sizeof(sa_family_t);
    return unnamed;
}

long UnixOperations::ioctl(socket* sock, unsigned command, u64 argument) {
    const unix_sock* const u = unix_sk(sock);
    u64 amount = 0;
    if (command == SIOCOUTQ_) {
        amount = u->sk_wmem_alloc;
    } else if (command == SIOCINQ_) {
        if (u->sk_state == TCP_LISTEN) return -EINVAL;
        for (const auto& skb : u->sk_receive_queue) {
            amount += skb->rest().size();
            if (!connectionBased(u)) break;
        }
    } else {
        return -ENOTTY;
    }
    return put_user(static_cast<int>(amount), UserPtr<int>{argument});
}

int UnixOperations::shutdown(socket* sock, int how) {
    if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
    const u8 mode = static_cast<u8>(how + 1);
    unix_sock* const u = unix_sk(sock);
    u->sk_shutdown |= mode;
    if (const auto peer = u->peer; peer && connectionBased(u)) {
        peer->sk_shutdown |= static_cast<u8>((mode & RCV_SHUTDOWN ? SEND_SHUTDOWN : 0) | (mode & SEND_SHUTDOWN ? RCV_SHUTDOWN : 0));
        wake_up(peer->sk_wq);
    }
    wake_up(u->sk_wq);
    return 0;
}

}  // namespace kernel
