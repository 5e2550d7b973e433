// drivers/char/random.c: bytes from the machine's seed.
#include "kernel_model/include/linux/binfmts.hpp"

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

}  // namespace kernel
