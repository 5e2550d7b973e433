// Sockets of the loopback network 127.0.0.0/8 (Linux include/net/inet_sock.h, tcp.h; ip(7)). There are no packets: a segment is in
// the receiver's queue, a handshake done, a reset felt, as soon as it is sent.
#pragma once

#include "kernel_model/include/net/sock.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace kernel {

enum : u8 { TCP_FIN_WAIT2_ = 5, TCP_CLOSE_WAIT_ = 8, TCP_LAST_ACK_ = 9 };
constexpr u32 LOOPBACK = 0x7f000001;        // addresses and ports are in the host's order
constexpr u64 PORTS = 65536;

struct inet_sock : sock {
    inet_sock();
    ~inet_sock() override;
    void write_space() override;
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
bool isLocal(u32 address);                              // 127.0.0.0/8
SocketAddress inetAddress(u32 address, u16 port);
u32 addressIn(const SocketAddress&);
u16 portIn(const SocketAddress&);
std::shared_ptr<inet_sock> newInetSock(int type);       // null: no memory
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
