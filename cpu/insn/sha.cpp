// SDM Vol. 1 §5.19: SHA extensions, computed from FIPS 180-4. Element 0 is the lowest dword.
#include "cpu/insn/families.hpp"
#include "cpu/vector.hpp"

namespace cpu {

namespace {

struct Words {
    u32 w[4];
};
Words words(V v) {
    Words out;
    std::memcpy(&out, &v, 16);
    return out;
}
V vectorOf(u32 a, u32 b, u32 c, u32 d) {
    return _mm_set_epi32(static_cast<int>(d), static_cast<int>(c), static_cast<int>(b), static_cast<int>(a));
}
template <unsigned n> constexpr u32 right(u32 x) { return std::rotr(x, static_cast<int>(n)); }
template <unsigned n> constexpr u32 left(u32 x) { return std::rotl(x, static_cast<int>(n)); }

constexpr u32 choose(u32 x, u32 y, u32 z) { return (x & y) ^ (~x & z); }
constexpr u32 majority(u32 x, u32 y, u32 z) { return (x & y) ^ (x & z) ^ (y & z); }

// FIPS 180-4 §4.1.1, §4.2.1. a is the highest element.
template <unsigned quarter> [[gnu::noinline]] V sha1rnds4(V target, V source) {
    constexpr u32 constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    const Words t = words(target), s = words(source);
    u32 a = t.w[3], b = t.w[2], c = t.w[1], d = t.w[0], e = 0;
    for (unsigned i = 0; i < 4; ++i) {
        const u32 f = quarter == 0 ? choose(b, c, d) : quarter == 2 ? majority(b, c, d) : b ^ c ^ d;
        const u32 next = f + left<5>(a) + s.w[3 - i] + e + constants[quarter];      // s holds W + E in its first, then W
        e = d, d = c, c = left<30>(b), b = a, a = next;
    }
    return vectorOf(d, c, b, a);
}
[[gnu::noinline]] V sha1nexte(V target, V source) {
    const Words t = words(target), s = words(source);
    return vectorOf(s.w[0], s.w[1], s.w[2], s.w[3] + left<30>(t.w[3]));
}
[[gnu::noinline]] V sha1msg1(V target, V source) {
    const Words t = words(target), s = words(source);
    return vectorOf(t.w[0] ^ s.w[2], t.w[1] ^ s.w[3], t.w[2] ^ t.w[0], t.w[3] ^ t.w[1]);
}
[[gnu::noinline]] V sha1msg2(V target, V source) {
    const Words t = words(target), s = words(source);
    const u32 w16 = left<1>(t.w[3] ^ s.w[2]), w17 = left<1>(t.w[2] ^ s.w[1]), w18 = left<1>(t.w[1] ^ s.w[0]), w19 = left<1>(t.w[0] ^ w16);
    return vectorOf(w19, w18, w17, w16);
}

// FIPS 180-4 §4.1.2: target holds C D G H, source A B E F, highest first; xmm0's two lower dwords are W + K.
[[gnu::noinline]] V sha256rnds2(V target, V source, V round) {
    const Words t = words(target), s = words(source), k = words(round);
    u32 a = s.w[3], b = s.w[2], c = t.w[3], d = t.w[2], e = s.w[1], f = s.w[0], g = t.w[1], h = t.w[0];
    for (unsigned i = 0; i < 2; ++i) {
        const u32 one = h + (right<6>(e) ^ right<11>(e) ^ right<25>(e)) + choose(e, f, g) + k.w[i];
        const u32 two = (right<2>(a) ^ right<13>(a) ^ right<22>(a)) + majority(a, b, c);
        h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
    }
    return vectorOf(f, e, b, a);
}
constexpr u32 sigma0(u32 x) { return right<7>(x) ^ right<18>(x) ^ x >> 3; }
constexpr u32 sigma1(u32 x) { return right<17>(x) ^ right<19>(x) ^ x >> 10; }
[[gnu::noinline]] V sha256msg1(V target, V source) {
    const Words t = words(target), s = words(source);
    return vectorOf(t.w[0] + sigma0(t.w[1]), t.w[1] + sigma0(t.w[2]), t.w[2] + sigma0(t.w[3]), t.w[3] + sigma0(s.w[0]));
}
[[gnu::noinline]] V sha256msg2(V target, V source) {
    const Words t = words(target), s = words(source);
    const u32 w16 = t.w[0] + sigma1(s.w[2]), w17 = t.w[1] + sigma1(s.w[3]);
    return vectorOf(w16, w17, t.w[2] + sigma1(w16), t.w[3] + sigma1(w17));
}

Handler rounds(Form& f) {
    switch (f.op.imm & 3) {
        case 0: return vector<sha1rnds4<0>>(f);
        case 1: return vector<sha1rnds4<1>>(f);
        case 2: return vector<sha1rnds4<2>>(f);
        default: return vector<sha1rnds4<3>>(f);
    }
}
template <class S> void rounds256(HOT) {
    OPEN(source, S, Xmm);
    OPEN(target, Dst, Xmm);
    target.set(Xmm{sha256rnds2(target.get().v, source.get().v, element<Xmm>(registerBytes(core, offsetof(Registers, ymm)), 0).v)});
    NEXT;
}
Handler twoRounds(Form& f) { return isMemory(f, 1) ? rounds256<AlignedLoad<Address::any>> : rounds256<Src>; }

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_SHA1RNDS4, rounds},
    {ZYDIS_MNEMONIC_SHA1NEXTE, vector<sha1nexte>},
    {ZYDIS_MNEMONIC_SHA1MSG1, vector<sha1msg1>},
    {ZYDIS_MNEMONIC_SHA1MSG2, vector<sha1msg2>},
    {ZYDIS_MNEMONIC_SHA256RNDS2, twoRounds},
    {ZYDIS_MNEMONIC_SHA256MSG1, vector<sha256msg1>},
    {ZYDIS_MNEMONIC_SHA256MSG2, vector<sha256msg2>},
};

}  // namespace

Family sha() { return table; }

}  // namespace cpu
