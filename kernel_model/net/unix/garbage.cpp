// Sockets that are in flight in each other's queues and that nobody has open (Linux net/unix/garbage.c).
#include "kernel_model/include/net/af_unix.hpp"

#include <unordered_set>

namespace kernel {
namespace {

u64 socketsInFlight = 0;

constexpr u64 TOO_MANY = 16000;             // UNIX_INFLIGHT_TRIGGER_GC
constexpr std::size_t AT_ONCE = 64;

// Every socket in the messages that wait at u, or at connections that nobody has accepted.
template <class Body>
void eachWaiting(const unix_sock* u, Body body) {
    for (const auto& skb : u->sk_receive_queue) {
        if (skb->embryo) eachWaiting(static_cast<const unix_sock*>(skb->embryo.get()), body);
        if (!skb->fp) continue;
        for (const file* f : skb->fp->fp)
            if (unix_sock* const sent = unix_get_socket(f)) body(sent);
    }
}

using Sockets = std::unordered_set<unix_sock*>;     // only looked up
// Those whose file has no references but those of messages.
Sockets candidates() {
    Sockets all;
    for (unix_sock* u : unixSockets())
        if (u->inflight && u->sk_socket && static_cast<u64>(u->sk_socket->file->f_count.get()) == u->inflight) all.insert(u);
    return all;
}

void reach(unix_sock* from, Sockets& lost) {
    std::vector<unix_sock*> todo{from};
    while (!todo.empty() && !lost.empty()) {
        const unix_sock* const u = todo.back();
        todo.pop_back();
        eachWaiting(u, [&](unix_sock* sent) {
            if (lost.erase(sent)) todo.push_back(sent);
        });
    }
}

}  // namespace

unix_sock* unix_get_socket(const file* f) {
    const socket* const sock = sock_from_file(f);
    return sock && sock->sk && sock->sk->sk_family == AF_UNIX ? unix_sk(sock) : nullptr;
}
void unix_inflight(const file* f) {
    if (unix_sock* const u = unix_get_socket(f)) ++u->inflight, ++socketsInFlight;
}
void unix_notinflight(const file* f) {
    if (unix_sock* const u = unix_get_socket(f)) --u->inflight, --socketsInFlight;
}

TRACED(void, unix_gc) {
    static bool running = false;
    static std::size_t to_skip = 0;         // looking through many sockets in vain for each that goes would take quadratic time
    if (!socketsInFlight || running || (to_skip && --to_skip)) return;
    const Sockets possible = candidates();
    Sockets lost = possible;
    for (unix_sock* u : unixSockets())
        if (u->sk_socket && !possible.contains(u)) reach(u, lost);
    to_skip = lost.empty() ? unixSockets().size() / AT_ONCE : 0;
    if (lost.empty()) return;
    std::vector<std::unique_ptr<sk_buff>> dropped;
    for (unix_sock* u : unixSockets()) {
        if (!lost.contains(u)) continue;
        for (auto& skb : u->sk_receive_queue) dropped.push_back(std::move(skb));
        u->sk_receive_queue.clear();
    }
    running = true;
    for (const auto& skb : dropped)
        if (skb->fp) unix_detach_fds(*skb);
    running = false;
}

void wait_for_unix_gc() {
    if (socketsInFlight > TOO_MANY) unix_gc();
}

}  // namespace kernel
