// Linux net/ipv4/af_inet.c: names, and options of the levels IPPROTO_IP and IPPROTO_TCP (ip(7), tcp(7)).
#include "kernel_model/include/net/inet_sock.hpp"
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
};
const Option* optionOf(const sock* sk, int level, int name) {
    if (level == IPPROTO_TCP && sk->sk_type != SOCK_STREAM) return nullptr;
    const auto* const at = std::ranges::find_if(options, [&](const Option& o) { return o.level == level && o.name == name; });
    return at == std::end(options) ? nullptr : at;
}
bool isSwitch(int level, int name) {
    return level == IPPROTO_TCP ? name == TCP_NODELAY || name == TCP_CORK
                                : name != IP_TOS && name != IP_TTL && name != IP_MTU_DISCOVER && name != IP_MULTICAST_TTL;
}

int protocolOf(int type) { return type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP; }

int otherProtocol(const socket* sock, int protocol) {
    if (sock->type == SOCK_DGRAM && protocol == IPPROTO_ICMP) return -EACCES;       // sysctl ping_group_range is empty
    if (sock->type == SOCK_STREAM || sock->type == SOCK_DGRAM) return -EPROTONOSUPPORT;
    if (sock->type != SOCK_RAW) return -ESOCKTNOSUPPORT;
    if (protocol == 0) return -EPROTONOSUPPORT;
    if (!capable(CAP_NET_RAW)) return -EPERM;
    unsupported("feature", "raw sockets", "", current_pt_regs()->ip, "EPROTONOSUPPORT");
    return -EPROTONOSUPPORT;
}

}  // namespace

bool isLocal(u32 address) { return address >> 24 == 127; }

SocketAddress inetAddress(u32 address, u16 port) {
    SocketAddress a;
    const sockaddr_in in{AF_INET, htons(port), {htonl(address)}, {}};
    a.size = sizeof in;
    std::memcpy(a.data.data(), &in, sizeof in);
    return a;
}
static sockaddr_in inetOf(const SocketAddress& a) {
    sockaddr_in in{};
    std::memcpy(&in, a.data.data(), sizeof in);
    return in;
}
u32 addressIn(const SocketAddress& a) { return ntohl(inetOf(a).sin_addr.s_addr); }
u16 portIn(const SocketAddress& a) { return ntohs(inetOf(a).sin_port); }

TRACED(int, inet_create, (socket*, sock), (int, protocol)) {
    if (protocol < 0 || protocol >= IPPROTO_LIMIT) return -EINVAL;
    const bool known = (sock->type == SOCK_STREAM || sock->type == SOCK_DGRAM) && (!protocol || protocol == protocolOf(sock->type));
    if (!known) return otherProtocol(sock, protocol);
    sock->ops = sock->type == SOCK_STREAM ? tcpOperations() : udpOperations();
    sock->sk = newInetSock(sock->type);
    if (!sock->sk) return -ENOBUFS;
    sock->sk->sk_protocol = protocolOf(sock->type);
    sock->sk->sk_socket = sock;
    return 0;
}

int InetOperations::bind(socket* sock, const SocketAddress& address) {
    inet_sock* const sk = inet_sk(sock);
    if (address.size < static_cast<int>(sizeof(sockaddr_in))) return -EINVAL;
    const u32 wanted = addressIn(address);
    const u16 port = portIn(address);
    if (address.family() != AF_INET && (address.family() != AF_UNSPEC || wanted != INADDR_ANY)) return -EAFNOSUPPORT;
    if (wanted != INADDR_ANY && !isLocal(wanted) && !sk->level_options[{IPPROTO_IP, IP_FREEBIND}]) return -EADDRNOTAVAIL;
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
    if (!of_peer) return inetAddress(sk->rcv_saddr, sk->sport);
    if (!sk->dport || sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_SYN_SENT) return Failure{-ENOTCONN};
    return inetAddress(sk->daddr, sk->dport);
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
    sk->level_options[{level, name}] = isSwitch(level, name) ? value != 0 : value;
    return 0;
}

int InetOperations::getsockopt(socket* sock, int level, int name, UserPtr<void> optval, UserPtr<int> optlen) {
    inet_sock* const sk = inet_sk(sock);
    if (level == IPPROTO_TCP && name == TCP_INFO && sk->sk_type == SOCK_STREAM) {
        std::array<u8, 104> info{sk->sk_state};         // tcpi_state; no segment was ever lost
        return putOption(optval, optlen, info.data(), info.size());
    }
    if (level == IPPROTO_TCP && name == TCP_CONGESTION && sk->sk_type == SOCK_STREAM) return putOption(optval, optlen, "cubic\0\0\0\0\0\0\0\0\0\0", 16);
    const Option* const option = optionOf(sk, level, name);
    if (!option) return -ENOPROTOOPT;
    const auto at = sk->level_options.find({level, name});
    const int value = at == sk->level_options.end() ? option->initial : at->second;
    return putOption(optval, optlen, &value, sizeof value);
}

}  // namespace kernel
