// drivers/char/random.c: bytes from the machine's seed, which is ready at boot; getrandom(2).
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/machine.hpp"

#include <algorithm>
#include <cstring>

namespace kernel {

static void fillRandomly(u8* to, u64 nbytes) {
    while (nbytes) {
        const u64 word = randomU64("get_random_bytes");
        const u64 n = std::min<u64>(nbytes, sizeof word);
        std::memcpy(to, &word, n);
        to += n;
        nbytes -= n;
    }
}

void get_random_bytes(void* buf, u64 nbytes) {
    u8* to = static_cast<u8*>(buf);
    if (!traces::tracer().on(traces::Kind::call)) return fillRandomly(to, nbytes);
    traces::CallScope scope{"get_random_bytes", {{"nbytes", traceValue(nbytes)}}};
    scope.run([&] { fillRandomly(to, nbytes); });
}

SYSCALL_DEFINE(3, getrandom, (Bytes<void>, ubuf), (size_t, len), (u32, flags)) {
    constexpr u32 NONBLOCK = 1, RANDOM = 2, INSECURE = 4;
    if ((flags & ~(NONBLOCK | RANDOM | INSECURE)) || (flags & (RANDOM | INSECURE)) == (RANDOM | INSECURE)) return -EINVAL;
    constexpr u64 most = 0x7fff'ffff;
    const u64 wanted = std::min<u64>(len, most);
    for (u64 done = 0; done < wanted; done += 8) {
        const u64 word = randomU64("urandom");
        if (copy_to_user(UserPtr<void>(ubuf.address + done), &word, std::min<u64>(8, wanted - done)))
            return done ? static_cast<long>(done) : -EFAULT;
    }
    return static_cast<long>(wanted);
}

}  // namespace kernel
