// Who has which port (Linux net/ipv4/inet_hashtables.c, inet_connection_sock.c, udp.c).
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/net/inet_sock.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr u16 FIRST_PORT = 32768, LAST_PORT = 60999;        // sysctl net.ipv4.ip_local_port_range
constexpr u64 TIME_WAIT_NS = 60'000'000'000, SOCK_COST = 4096;

std::vector<inet_sock*>& all() {
    static auto& list = *new std::vector<inet_sock*>;
    return list;
}
std::vector<u32>& users(int type) {         // sockets of each port
    static auto& counts = *new std::array<std::vector<u32>, 2>{std::vector<u32>(PORTS), std::vector<u32>(PORTS)};
    return counts[type == SOCK_STREAM];
}
struct TimeWait { u32 address; u16 port; bool reuse; u64 until; };
std::deque<TimeWait>& waiting() {
    static auto& list = *new std::deque<TimeWait>;
    while (!list.empty() && list.front().until <= ktime_get()) list.pop_front();
    return list;
}

bool flagOf(const sock* sk, int name) {
    const auto at = sk->options.find(name);
    return at != sk->options.end() && at->second;
}
// An address of 0 is any: of IPv4, or of both.
bool anyCovers(const inet_sock* sk, u32 address) {
    if (sk->sk_family == AF_INET) return address != LOOPBACK6;
    return address == LOOPBACK6 || !sk->v6only();
}
bool overlap(const inet_sock* a, u32 at, const inet_sock* b) {
    if (at && b->rcv_saddr) return at == b->rcv_saddr;
    if (at) return anyCovers(b, at);
    if (b->rcv_saddr) return anyCovers(a, b->rcv_saddr);
    return a->sk_family == b->sk_family || (!a->v6only() && !b->v6only());
}

// SO_REUSEADDR lets both have the port unless one of them listens; SO_REUSEPORT in any case (socket(7)).
bool mayShare(const inet_sock* sk, const inet_sock* other) {
    if (flagOf(sk, SO_REUSEPORT) && flagOf(other, SO_REUSEPORT)) return true;
    return flagOf(sk, SO_REUSEADDR) && flagOf(other, SO_REUSEADDR) && other->sk_state != TCP_LISTEN;
}
bool conflicts(const inet_sock* sk, u32 address, u16 port) {
    if (users(sk->sk_type)[port])
        for (const inet_sock* other : all())
            if (other != sk && other->num == port && other->sk_type == sk->sk_type && overlap(sk, address, other) && !mayShare(sk, other))
                return true;
    if (sk->sk_type != SOCK_STREAM) return false;
    return std::ranges::any_of(waiting(), [&](const TimeWait& t) {
        return t.port == port && (address ? address == t.address : anyCovers(sk, t.address)) && !(t.reuse && flagOf(sk, SO_REUSEADDR));
    });
}

// In turn, so that a port that was just free is not taken again at once.
u16 freePort(int type) {
    static u16 last = LAST_PORT;
    for (int tries = 0; tries <= LAST_PORT - FIRST_PORT; ++tries) {
        last = last >= LAST_PORT ? FIRST_PORT : static_cast<u16>(last + 1);
        if (!users(type)[last]) return last;
    }
    return 0;
}

}  // namespace

inet_sock::inet_sock() : sock("inet_sock", sizeof *this) { all().push_back(this); }
inet_sock::~inet_sock() {
    setPort(this, 0);
    std::erase(all(), this);
}

const std::vector<inet_sock*>& inetSockets() { return all(); }

bool inet_sock::v6only() const {
    const auto at = level_options.find({IPPROTO_IPV6, IPV6_V6ONLY});
    return sk_family == AF_INET6 && at != level_options.end() && at->second;
}
bool covers(const inet_sock* sk, u32 address) { return sk->rcv_saddr ? sk->rcv_saddr == address : anyCovers(sk, address); }

std::shared_ptr<inet_sock> newInetSock(int family, int type) {
    if (all().size() >= machine().memory->frames() * PAGE_SIZE / SOCK_COST) return nullptr;
    auto sk = std::make_shared<inet_sock>();
    sk->sk_family = family;
    sk->sk_type = type;
    if (type == SOCK_STREAM) sk->sk_sndbuf = 16384, sk->sk_rcvbuf = 131072;     // sysctl tcp_wmem, tcp_rmem
    return sk;
}

void setPort(inet_sock* sk, u16 port) {
    if (sk->num) --users(sk->sk_type)[sk->num];
    sk->num = port;
    if (!port) return;
    ++users(sk->sk_type)[port];
    sk->sport = port;
}

int inet_get_port(inet_sock* sk, u32 address, u16 port) {
    if (!port) port = freePort(sk->sk_type);
    else if (conflicts(sk, address, port)) return -EADDRINUSE;
    if (!port) return -EADDRINUSE;
    setPort(sk, port);
    return 0;
}

int inet_autobind(inet_sock* sk) {
    if (sk->num) return 0;
    return inet_get_port(sk, sk->rcv_saddr, 0) ? -EAGAIN : 0;
}

void holdTimeWait(const inet_sock* sk) {
    constexpr std::size_t MOST = 16384;     // sysctl tcp_max_tw_buckets is larger: those of a busy minute
    if (waiting().size() >= MOST) waiting().pop_front();
    waiting().push_back({sk->rcv_saddr, sk->num, flagOf(sk, SO_REUSEADDR), ktime_get() + TIME_WAIT_NS});
}

}  // namespace kernel
