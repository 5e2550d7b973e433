// Linux net/core/sock.c and skbuff.c: what all families share. A message costs its sender what Linux would allocate for it.
#include "kernel_model/include/net/sock.hpp"
#include "kernel_model/include/machine.hpp"

#include <algorithm>
#include <bit>

namespace kernel {
namespace {

constexpr u64 SKB_OVERHEAD = 320, SK_BUFF_SIZE = 256;   // skb_shared_info and sk_buff, aligned
u64 queuedBytes = 0;                        // truesize of all messages

u64 kmallocSize(u64 n) {                    // the slab that n bytes come from
    if (n > 64 && n <= 96) return 96;
    if (n > 128 && n <= 192) return 192;
    return std::bit_ceil(std::max<u64>(n, 8));
}
u64 truesizeOf(u64 header_len, u64 data_len) {
    const u64 head = (header_len + 63) / 64 * 64 + SKB_OVERHEAD;
    return kmallocSize(head) + SK_BUFF_SIZE + PAGE_ALIGN(data_len);
}

}  // namespace

sock::sock(const char* name, std::size_t size) : Object(name, size) {}
sock::~sock() = default;

sk_buff::~sk_buff() {
    queuedBytes -= truesize;
    if (!sk) return;
    sk->sk_wmem_alloc -= truesize;
    sk->write_space();
}

int sock_error(sock* sk) {
    const int error = sk->sk_err;
    sk->sk_err = 0;
    return -error;
}

u64 sockDeadline(u64 timeout_ns, bool now) {
    if (now) return 0;
    const u64 start = ktime_get();
    return timeout_ns > FOREVER - 1 - start ? FOREVER : start + timeout_ns;
}

TRACED(Result<std::unique_ptr<sk_buff>>, sock_alloc_send_pskb, (sock*, sk), (u64, header_len), (u64, data_len), (u64, until)) {
    const auto mayStop = [sk] {
        return sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN) || sk->sk_wmem_alloc < static_cast<u64>(sk->sk_sndbuf);
    };
    const int waited = mayStop() ? 0 : waitOnSocket(sk->sk_wq, until, mayStop);
    TRY_INT(sock_error(sk));
    if (sk->sk_shutdown & SEND_SHUTDOWN) return Failure{-EPIPE};
    TRY_INT(waited);
    const u64 size = truesizeOf(header_len, data_len);
    if (queuedBytes + size > machine().memory->frames() * PAGE_SIZE) return Failure{-ENOBUFS};
    auto skb = std::make_unique<sk_buff>();
    skb->truesize = size;
    skb->sk = sk->shared_from_this();
    queuedBytes += size;
    sk->sk_wmem_alloc += size;
    return skb;
}

}  // namespace kernel
