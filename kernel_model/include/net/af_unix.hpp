// Sockets of one machine (Linux include/net/af_unix.h; unix(7)).
#pragma once

#include "kernel_model/include/net/sock.hpp"

#include <sys/un.h>

namespace kernel {

struct unix_sock : sock {
    unix_sock() : sock("unix_sock", sizeof *this) {}
    void write_space() override;
    SocketAddress addr;                     // empty: not bound
    dentry* path = nullptr;                 // bound in a directory: holds a reference
    std::shared_ptr<unix_sock> peer;
    u64 inflight = 0;                       // references to its file that travel in messages
    wait_queue_head_t peer_wait;            // those who want to send into a full queue
};
inline unix_sock* unix_sk(const socket* s) { return static_cast<unix_sock*>(s->sk.get()); }
inline std::shared_ptr<unix_sock> shared(unix_sock* u) { return std::static_pointer_cast<unix_sock>(u->shared_from_this()); }

// ---- net/unix/af_unix.cpp
void rememberAsPeer(sock*);                            // the present process: SO_PEERCRED, SO_PEERGROUPS
std::shared_ptr<unix_sock> unix_create1(int type);      // null: no memory
const std::vector<unix_sock*>& unixSockets();           // all, oldest first
void unix_release_sock(unix_sock*, bool embryo);
bool unix_writable(const unix_sock*);
bool unix_recvq_full(const unix_sock*);
void wakeSenders(unix_sock* receiver);                  // its queue has got shorter
void unix_dgram_disconnected(unix_sock*, unix_sock* other);
struct UnixOperations : proto_ops {
    int release(socket*) override;
    int bind(socket*, const SocketAddress&) override;
    int socketpair(socket*, socket*) override;
    Result<SocketAddress> getname(socket*, bool peer) override;
    long ioctl(socket*, unsigned, u64) override;
    int shutdown(socket*, int) override;
};
proto_ops* unixStreamOperations();
proto_ops* unixDgramOperations();
proto_ops* unixSeqpacketOperations();
// ---- net/unix/af_unix_names.cpp
int unix_autobind(unix_sock*);
int unix_validate_addr(const SocketAddress&);
Result<std::shared_ptr<unix_sock>> unix_find_other(const SocketAddress&, int type);
void unix_remove_socket(unix_sock*);
// ---- net/unix/af_unix_stream.cpp
int unix_listen(socket*, int backlog);
int unix_stream_connect(socket*, const SocketAddress&, u32 flags);
int unix_accept(socket*, socket* to, u32 flags);
// ---- net/unix/scm.cpp, garbage.cpp
int unix_scm_to_skb(scm_cookie&, sk_buff&, const socket* from, const unix_sock* to);     // ETOOMANYREFS
std::unique_ptr<scm_fp_list> unix_detach_fds(sk_buff&);     // no longer in flight
unix_sock* unix_get_socket(const file*);
void unix_inflight(const file*);
void unix_notinflight(const file*);
void unix_gc();                                         // frees what only messages in flight refer to
void wait_for_unix_gc();                                // the same, when there are many

}  // namespace kernel
