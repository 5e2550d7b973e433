// Linux net/core/datagram.c.
#include "kernel_model/include/net/sock.hpp"

namespace kernel {

int __skb_wait_for_more_packets(sock* sk, u64 until) {
    const auto ends = [sk] { return sk->sk_err || (sk->sk_shutdown & RCV_SHUTDOWN); };
    const int waited = waitOnSocket(sk->sk_wq, until, [&] { return !sk->sk_receive_queue.empty() || ends(); });
    if (!sk->sk_receive_queue.empty()) return 0;
    TRY_INT(sock_error(sk));
    return sk->sk_shutdown & RCV_SHUTDOWN ? 1 : waited;
}

}  // namespace kernel
