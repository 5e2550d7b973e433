// What the cache makes of an instruction whose shape it has met is what lowering that instruction makes: all common opcodes, with
// all registers, addresses, immediates and prefixes.
#include "cpu/core.hpp"
#include "cpu/encoding.hpp"
#include "cpu/lower.hpp"
#include "cpu/pairs.hpp"
#include "cpu/vector_links.hpp"

#include <catch2/catch.hpp>

#include <ranges>
#include <string>
#include <tuple>

using namespace cpu;

namespace {

struct Made {
    Decoded decoded;
    Lowered lowered;
    bool exists = false;

    Made(const u8 (&bytes)[LONGEST], u64 known) {
        exists = ZYAN_SUCCESS(decode(bytes, LONGEST, decoded));
        if (!exists) return;
        lowered = cpu::lowered(decoded, known);
    }
};

bool same(const Lowered& a, const Lowered& b) {
    const auto ops = [](const Op& o) {
        return std::tuple(o.handler, o.dst, o.src, o.base, o.index, o.scale, o.segment, o.disp, o.imm, o.misc);
    };
    const auto rest = [](const Lowered& l) {
        return std::tuple(l.leaves, l.flagless, l.caching, l.links, l.use, l.vector, l.reads, l.ends, l.branches, l.simple.kind, l.simple.wide, l.simple.condition,
                          l.length);
    };
    return ops(a.op) == ops(b.op) && rest(a) == rest(b);
}

struct Checker {
    LoweringCache cache;
    unsigned found = 0, kept = 0;

    void check(const u8 (&bytes)[LONGEST], u64 known) {
        const Encoding e = encodingOf(bytes);
        if (!e.shape) return;
        const Made made(bytes, known);
        Lowered cached;
        Op op;
        u8 length = 0;
        if (const Lowered* there = cache.find(bytes, e, known, op, length)) {
            ++found;
            cached = *there;
            cached.op = op;
            cached.length = length;
            if (made.exists && same(cached, made.lowered)) return;
            std::string text;
            for (u8 byte : bytes) text += "0123456789abcdef"[byte >> 4], text += "0123456789abcdef"[byte & 15], text += ' ';
            FAIL("differs: " << text << " known " << known << ", mnemonic " << made.decoded.insn.mnemonic << " imm " << cached.op.imm << " "
                             << made.lowered.op.imm);
        } else if (made.exists) {
            ++kept;
            cache.keep(bytes, e, made.lowered, made.decoded);
        }
    }
};

}  // namespace

TEST_CASE("instructions of one shape differ only in what they name") {
    Checker checker;
    u64 noise = 88172645463325252;
    for (const u8 prefix : {0x00, 0x66, 0xf2, 0xf3, 0x64})
        for (const unsigned opcode : std::views::iota(0u, 512u))
            for (unsigned i = 0; i < 8 * 96; ++i) {
                noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17;
                constexpr u8 rexes[] = {0, 0x40, 0x41, 0x42, 0x44, 0x48, 0x4b, 0x4d};
                u8 bytes[LONGEST];
                std::memcpy(bytes, &noise, 8);
                std::memcpy(bytes + 7, &noise, 8);
                u8* at = bytes;
                if (prefix) *at++ = prefix;
                if (rexes[i % 8]) *at++ = rexes[i % 8];
                if (opcode >= 256) *at++ = 0x0f;
                *at = static_cast<u8>(opcode);
                checker.check(bytes, i % 3 ? UNKNOWN : kindOf<u32>(SUB));
            }
    CHECK(checker.found > 200000);
    CHECK(checker.kept > 500);
}
