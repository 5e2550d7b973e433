// Linux net/ipv4/af_inet.c, net/ipv6/af_inet6.c: names, and options of the levels IPPROTO_IP and IPPROTO_TCP (ip(7), tcp(7)).
#include "kernel_model/include/net/inet_sock.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>
#include <cstring>

namespace kernel {
namespace {

constexpr auto CAP_NET_BIND_SERVICE = static_cast<Capability>(10);
constexpr auto CAP_NET_RAW = static_cast<Capability>(13);
constexpr int IPPROTO_LIMIT = 263;          // IPPROTO_MAX of v6.1
constexpr u16 PROT_SOCK = 1024;

// What they are before anybody sets them. Kept and shown: nothing depends on them where there are no packets.
struct Option { int level, name, initial; };
constexpr Option options[] = {
    {IPPROTO_IP, IP_TOS, 0}, {IPPROTO_IP, IP_TTL, 64}, {IPPROTO_IP, IP_HDRINCL, 0}, {IPPROTO_IP, IP_PKTINFO, 0},
    {IPPROTO_IP, IP_MTU_DISCOVER, 1}, {IPPROTO_IP, IP_RECVERR, 0}, {IPPROTO_IP, IP_RECVTTL, 0}, {IPPROTO_IP, IP_RECVTOS, 0},
    {IPPROTO_IP, IP_FREEBIND, 0}, {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 0}, {IPPROTO_IP, IP_MULTICAST_TTL, 1}, {IPPROTO_IP, IP_MULTICAST_LOOP, 1},
    {IPPROTO_TCP, TCP_NODELAY, 0}, {IPPROTO_TCP, TCP_CORK, 0}, {IPPROTO_TCP, TCP_KEEPIDLE, 7200}, {IPPROTO_TCP, TCP_KEEPINTVL, 75},
    {IPPROTO_TCP, TCP_KEEPCNT, 9}, {IPPROTO_TCP, TCP_SYNCNT, 6}, {IPPROTO_TCP, TCP_LINGER2, 60}, {IPPROTO_TCP, TCP_DEFER_ACCEPT, 0},
    {IPPROTO_TCP, TCP_WINDOW_CLAMP, 0}, {IPPROTO_TCP, TCP_QUICKACK, 1}, {IPPROTO_TCP, TCP_USER_TIMEOUT, 0}, {IPPROTO_TCP, TCP_MAXSEG, 536},
    {IPPROTO_TCP, TCP_FASTOPEN, 0}, {IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0},
    {IPPROTO_IPV6, IPV6_V6ONLY, 0}, {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64}, {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1}, {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1},
    {IPPROTO_IPV6, IPV6_RECVERR, 0}, {IPPROTO_IPV6, IPV6_RECVPKTINFO, 0}, {IPPROTO_IPV6, IPV6_TCLASS, 0}, {IPPROTO_IPV6, IPV6_RECVTCLASS, 0},
    {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 0}, {IPPROTO_IPV6, IPV6_MTU_DISCOVER, 1},
};
const Option* optionOf(const sock* sk, int level, int name) {
    if ((level == IPPROTO_TCP && sk->sk_type != SOCK_STREAM) || (level == IPPROTO_IPV6 && sk->sk_family != AF_INET6)) return nullptr;
    const auto* const at = std::ranges::find_if(options, [&](const Option& o) { return o.level == level && o.name == name; });
    return at == std::end(options) ? nullptr : at;
}
bool isSwitch(int level, int name) {
    if (level == IPPROTO_IPV6) return name == IPV6_V6ONLY;
    return level == IPPROTO_TCP ? name == TCP_NODELAY || name == TCP_CORK
                                : name != IP_TOS && name != IP_TTL && name != IP_MTU_DISCOVER && name != IP_MULTICAST_TTL;
}

int protocolOf(int type) { return type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP; }

int otherProtocol(const socket* sock, int protocol) {
    if (sock->type == SOCK_DGRAM && (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6))
        return -EACCES;                     // sysctl ping_group_range is empty
    if (sock->type == SOCK_STREAM || sock->type == SOCK_DGRAM) return -EPROTONOSUPPORT;
    if (sock->type != SOCK_RAW) return -ESOCKTNOSUPPORT;
    if (protocol == 0) return -EPROTONOSUPPORT;
    if (!capable(CAP_NET_RAW)) return -EPERM;
    return missing(Missing::raw_sockets);
}

}  // namespace

bool isLocal(u32 address) { return address >> 24 == 127 || address == LOOPBACK6; }

int addressSize(const inet_sock* sk) { return sk->sk_family == AF_INET ? sizeof(sockaddr_in) : offsetof(sockaddr_in6, sin6_scope_id); }

SocketAddress inetAddress(const inet_sock* shown_to, u32 address, u16 port) {
    SocketAddress a;
    if (shown_to->sk_family == AF_INET) {
        const sockaddr_in in{AF_INET, htons(port), {htonl(address)}, {}};
        a.size = sizeof in;
        std::memcpy(a.data.data(), &in, sizeof in);
        return a;
    }
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    const u32 last = htonl(address);
    std::memcpy(&in.sin6_addr.s6_addr[12], &last, sizeof last);
    if (address > LOOPBACK6) in.sin6_addr.s6_addr[10] = in.sin6_addr.s6_addr[11] = 0xff;
    a.size = sizeof in;
    std::memcpy(a.data.data(), &in, sizeof in);
    return a;
}

static u32 addressOf(const in6_addr& a) {
    u32 last = 0;
    std::memcpy(&last, &a.s6_addr[12], sizeof last);
    last = ntohl(last);
    if (IN6_IS_ADDR_V4MAPPED(&a)) return last == LOOPBACK6 ? NOWHERE : last;
    return IN6_IS_ADDR_UNSPECIFIED(&a) || IN6_IS_ADDR_LOOPBACK(&a) ? last : NOWHERE;
}
Endpoint endpointIn(const SocketAddress& a) {
    if (a.family() == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, a.data.data(), sizeof in);
        return {addressOf(in.sin6_addr), ntohs(in.sin6_port)};
    }
    sockaddr_in in{};
    std::memcpy(&in, a.data.data(), sizeof in);
    const u32 address = ntohl(in.sin_addr.s_addr);
    return {address == LOOPBACK6 ? NOWHERE : address, ntohs(in.sin_port)};
}

// Any address of a destination is this machine.
Result<Endpoint> destination(const inet_sock* sk, const SocketAddress& name) {
    Endpoint to = endpointIn(name);
    const bool six = name.family() == AF_INET6 && (!sk->rcv_saddr || sk->rcv_saddr == LOOPBACK6);
    if (to.address == INADDR_ANY) to.address = six ? LOOPBACK6 : LOOPBACK;
    if (!isLocal(to.address) || (to.address != LOOPBACK6 && sk->v6only())) return Failure{-ENETUNREACH};
    return to;
}

TRACED(int, inet_create, (socket*, sock), (int, family), (int, protocol)) {
    if (protocol < 0 || protocol >= IPPROTO_LIMIT) return -EINVAL;
    const bool known = (sock->type == SOCK_STREAM || sock->type == SOCK_DGRAM) && (!protocol || protocol == protocolOf(sock->type));
    if (!known) return otherProtocol(sock, protocol);
    sock->ops = sock->type == SOCK_STREAM ? tcpOperations() : udpOperations();
    sock->sk = newInetSock(family, sock->type);
    if (!sock->sk) return -ENOBUFS;
    sock->sk->sk_protocol = protocolOf(sock->type);
    sock->sk->sk_socket = sock;
    return 0;
}

int InetOperations::bind(socket* sock, const SocketAddress& address) {
    inet_sock* const sk = inet_sk(sock);
    if (address.size < addressSize(sk)) return -EINVAL;
    const auto [wanted, port] = endpointIn(address);
    const bool unspecified = address.family() == AF_UNSPEC && sk->sk_family == AF_INET && wanted == INADDR_ANY;
    if (address.family() != sk->sk_family && !unspecified) return -EAFNOSUPPORT;
    if (wanted != INADDR_ANY && wanted != LOOPBACK6 && wanted != NOWHERE && sk->v6only()) return -EINVAL;
    if (wanted != INADDR_ANY && !isLocal(wanted)) return -EADDRNOTAVAIL;
    if (port && port < PROT_SOCK && !capable(CAP_NET_BIND_SERVICE)) return -EACCES;
    if (sk->sk_state != TCP_CLOSE || sk->num) return -EINVAL;
    TRY_INT(inet_get_port(sk, wanted, port));
    sk->rcv_saddr = wanted;
    sk->addr_locked = wanted != INADDR_ANY;
    sk->port_locked = port != 0;
    sk->daddr = 0;
    sk->dport = 0;
    return 0;
}

Result<SocketAddress> InetOperations::getname(socket* sock, bool of_peer) {
    const inet_sock* const sk = inet_sk(sock);
    if (!of_peer) return inetAddress(sk, sk->rcv_saddr, sk->sport);
    if (!sk->dport || sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_SYN_SENT) return Failure{-ENOTCONN};
    return inetAddress(sk, sk->daddr, sk->dport);
}

int InetOperations::setsockopt(socket* sock, int level, int name, UserPtr<void> optval, int optlen) {
    inet_sock* const sk = inet_sk(sock);
    const Option* const option = optionOf(sk, level, name);
    if (!option) return -ENOPROTOOPT;
    int value = 0;
    if (level == IPPROTO_IP && optlen >= 1 && optlen < static_cast<int>(sizeof value)) {        // a byte will do
        if (copy_from_user(&value, optval, 1)) return -EFAULT;
    } else {
        TRY_INT(getOption(optval, optlen, value));
    }
    if (name == IP_TTL && level == IPPROTO_IP && value != -1 && (value < 1 || value > 255)) return -EINVAL;
    if (name == IPV6_V6ONLY && level == IPPROTO_IPV6 && sk->num) return -EINVAL;
    sk->level_options[{level, name}] = isSwitch(level, name) ? value != 0 : value;
    return 0;
}

int InetOperations::getsockopt(socket* sock, int level, int name, UserPtr<void> optval, UserPtr<int> optlen) {
    inet_sock* const sk = inet_sk(sock);
    if (level == IPPROTO_TCP && name == TCP_INFO && sk->sk_type == SOCK_STREAM) {
        std::array<u8, 104> info{sk->sk_state};         // tcpi_state; no segment was ever lost
        return putOption(optval, optlen, info.data(), info.size());
    }
    if (level == IPPROTO_TCP && name == TCP_CONGESTION && sk->sk_type == SOCK_STREAM)
        return putOption(optval, optlen, "cubic\0\0\0\0\0\0\0\0\0\0", 16);
    const Option* const option = optionOf(sk, level, name);
    const bool known = level == IPPROTO_IP || level == sk->sk_protocol || sk->sk_family == AF_INET6;
    if (!option) return known ? -ENOPROTOOPT : -EOPNOTSUPP;
    const auto at = sk->level_options.find({level, name});
    const int value = at == sk->level_options.end() ? option->initial : at->second;
    return putOption(optval, optlen, &value, sizeof value);
}

}  // namespace kernel
