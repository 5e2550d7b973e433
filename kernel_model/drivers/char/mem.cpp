// Memory devices: null, zero, full, random, urandom (Linux drivers/char/mem.c, drivers/char/random.c; null(4), random(4)).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/machine.hpp"

#include <algorithm>
#include <cstring>

namespace kernel {

static TRACED(long, read_zero, (file*, filp), (std::span<u8>, to)) {
    std::fill(to.begin(), to.end(), u8{0});
    return static_cast<long>(to.size());
}
static TRACED(long, write_full, (file*, filp), (std::span<const u8>, from)) { return from.empty() ? 0 : -ENOSPC; }
static TRACED(long, urandom_read, (file*, filp), (std::span<u8>, to)) {
    for (u64 at = 0; at < to.size(); at += 8) {
        const u64 word = randomU64("urandom");
        std::memcpy(to.data() + at, &word, std::min<u64>(8, to.size() - at));
    }
    return static_cast<long>(to.size());
}

namespace {

struct Null : file_operations {
    long read(file*, std::span<u8>, loff_t&) override { return 0; }
    long write(file*, std::span<const u8> from, loff_t&) override { return static_cast<long>(from.size()); }
    loff_t llseek(file* f, loff_t, int) override {
        f->f_pos = 0;
        return 0;
    }
};
struct Zero : Null {
    long read(file* f, std::span<u8> to, loff_t&) override { return read_zero(f, to); }
};
struct Full : Zero {
    long write(file* f, std::span<const u8> from, loff_t&) override { return write_full(f, from); }
};
struct Random : Null {
    bool hasFasync(const file*) const override { return true; }
    long read(file* f, std::span<u8> to, loff_t&) override { return urandom_read(f, to); }
};

}  // namespace

file_operations* memoryDevice(u32 minor) {
    static Null null;
    static Zero zero;
    static Full full;
    static Random random;
    switch (minor) {
        case 3: return &null;
        case 5: return &zero;
        case 7: return &full;
        case 8: case 9: return &random;
        default: return nullptr;
    }
}

}  // namespace kernel
