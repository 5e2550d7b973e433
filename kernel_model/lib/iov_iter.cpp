// Linux lib/iov_iter.c.
#include "kernel_model/include/linux/net.hpp"

#include <algorithm>

namespace kernel {

iov_iter::iov_iter(std::vector<iovec64> user) : user_(std::move(user)) {
    for (const iovec64& v : user_) count_ += v.len;
}

// copy(address, offset, n): bytes that it could not copy.
template <class Copy>
u64 iov_iter::advance(u64 n, Copy copy) {
    u64 done = 0;
    n = std::min(n, count_);
    while (done < n) {
        iovec64& v = user_[at_];
        const u64 piece = std::min(v.len, n - done), copied = piece - copy(v.base, done, piece);
        v.base += copied;
        v.len -= copied;
        done += copied;
        if (copied < piece) break;
        if (v.len == 0) ++at_;
    }
    count_ -= done;
    return done;
}

u64 iov_iter::copy_from_iter(std::span<u8> to) {
    if (!kernel_.data()) return advance(to.size(), [&](u64 a, u64 at, u64 n) { return copy_from_user(&to[at], UserPtr<void>(a), n); });
    const u64 n = std::min(to.size(), kernel_.size());
    std::copy_n(kernel_.begin(), n, to.begin());
    kernel_ = kernel_.subspan(n);
    count_ -= n;
    return n;
}

u64 iov_iter::copy_to_iter(std::span<const u8> from) {
    if (!kernel_.data()) return advance(from.size(), [&](u64 a, u64 at, u64 n) { return copy_to_user(UserPtr<void>(a), &from[at], n); });
    const u64 n = std::min(from.size(), kernel_.size());
    std::copy_n(from.begin(), n, kernel_.begin());
    kernel_ = kernel_.subspan(n);
    count_ -= n;
    return n;
}

}  // namespace kernel
