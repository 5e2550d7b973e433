// Sockets of the loopback networks 127.0.0.0/8 and ::1 (Linux include/net/inet_sock.h, tcp.h; ip(7)). There are no packets: a segment is in
// the receiver's queue, a handshake done, a reset felt, as soon as it is sent.
#pragma once

#include "kernel_model/include/net/sock.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace kernel {

enum : u8 { TCP_FIN_WAIT2_ = 5, TCP_CLOSE_WAIT_ = 8, TCP_LAST_ACK_ = 9 };
// Addresses and ports are in the host's order. Of IPv6 there are ::, ::1, which the number 1 stands for (0.0.0.1 is nobody's), and
// those that IPv4's are mapped to.
constexpr u32 LOOPBACK = 0x7f000001, LOOPBACK6 = 1, NOWHERE = 0xffffffff;
constexpr u64 PORTS = 65536;

struct inet_sock : sock {
    inet_sock();
    ~inet_sock() override;
    void write_space() override;
    bool v6only() const;                    // IPV6_V6ONLY
    u32 rcv_saddr = 0, daddr = 0;           // 0: any
    FIELD(u16, num);                        // local port; 0: none
    u16 sport = 0;                          // what getsockname(2) shows: the last one
    FIELD(u16, dport);
    bool addr_locked = false, port_locked = false;          // by bind(2)
    u64 rmem = 0;                           // of datagrams that wait
    std::map<std::pair<int, int>, int> level_options;       // IPPROTO_IP, IPPROTO_TCP
    std::shared_ptr<inet_sock> peer;        // the other end of a connection, until it is reset
    std::deque<std::shared_ptr<inet_sock>> accept_queue;
    std::vector<std::weak_ptr<inet_sock>> knocking;         // SYNs that found the queue full
};
inline inet_sock* inet_sk(const socket* s) { return static_cast<inet_sock*>(s->sk.get()); }
inline std::shared_ptr<inet_sock> shared(inet_sock* s) { return std::static_pointer_cast<inet_sock>(s->shared_from_this()); }

// ---- net/ipv4/af_inet.cpp
bool isLocal(u32 address);                              // 127.0.0.0/8, ::1
SocketAddress inetAddress(const inet_sock* shown_to, u32 address, u16 port);
int addressSize(const inet_sock*);                      // the least that bind(2) and the like take
struct Endpoint { u32 address; u16 port; };
Endpoint endpointIn(const SocketAddress&);              // of either family
Result<Endpoint> destination(const inet_sock*, const SocketAddress&);       // where it leads; ENETUNREACH
inline u32 sourceFor(u32 destination) { return destination == LOOPBACK6 ? LOOPBACK6 : LOOPBACK; }
std::shared_ptr<inet_sock> newInetSock(int family, int type);       // null: no memory
struct InetOperations : proto_ops {
    int bind(socket*, const SocketAddress&) override;
    Result<SocketAddress> getname(socket*, bool peer) override;
    int setsockopt(socket*, int level, int name, UserPtr<void>, int) override;
    int getsockopt(socket*, int level, int name, UserPtr<void>, UserPtr<int>) override;
};
proto_ops* tcpOperations();
proto_ops* udpOperations();
// ---- net/ipv4/inet_hashtables.cpp
const std::vector<inet_sock*>& inetSockets();           // all, oldest first
bool covers(const inet_sock*, u32 address);             // what is sent to the address may be for it
int inet_get_port(inet_sock*, u32 address, u16 port);   // port 0: any free one; EADDRINUSE, EADDRNOTAVAIL
int inet_autobind(inet_sock*);
void setPort(inet_sock*, u16 port);
void holdTimeWait(const inet_sock*);                    // its port stays taken for a minute
// ---- net/ipv4/tcp.cpp
void tcp_reset(inet_sock*);
void tcp_done(inet_sock*);
int tcp_disconnect(inet_sock*);
void tcp_fin(inet_sock*);                               // the peer sends no more
int tcp_connect(socket*, const SocketAddress&, u32 flags);
int tcp_accept(socket*, socket* to, u32 flags);
int tcp_listen(socket*, int backlog);
void tcp_close(socket*);

}  // namespace kernel
