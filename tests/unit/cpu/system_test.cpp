// What the oracles of the other tests cannot run: stepping, alignment checks, far transfers, SHA.
#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace cpu;

namespace {

constexpr u64 CODE = Machine::CODE, DATA = Machine::DATA;


using Words = std::array<u32, 4>;
struct Sha {
    Machine m;
    Words run(std::vector<u8> code, Words target, Words source, Words implicit = {}) {
        Registers& r = m.registers();
        std::memcpy(r.ymm[1].lane, target.data(), 16);
        std::memcpy(r.ymm[2].lane, source.data(), 16);
        std::memcpy(r.ymm[0].lane, implicit.data(), 16);
        code.insert(code.begin(), 0x0f);
        code.insert(code.begin() + 3, 0xca);        // xmm1, xmm2
        REQUIRE(vectorOf(m.runOne(code)) == 0);
        Words out;
        std::memcpy(out.data(), r.ymm[1].lane, 16);
        return out;
    }
    Words sha1rnds4(Words t, Words s, u8 f) { return run({0x3a, 0xcc, f}, t, s); }
    Words sha1nexte(Words t, Words s) { return run({0x38, 0xc8}, t, s); }
    Words sha1msg1(Words t, Words s) { return run({0x38, 0xc9}, t, s); }
    Words sha1msg2(Words t, Words s) { return run({0x38, 0xca}, t, s); }
    Words sha256rnds2(Words t, Words s, Words k) { return run({0x38, 0xcb}, t, s, k); }
    Words sha256msg1(Words t, Words s) { return run({0x38, 0xcc}, t, s); }
    Words sha256msg2(Words t, Words s) { return run({0x38, 0xcd}, t, s); }
};
// The one block of the message "abc", padded (FIPS 180-4 §5.1.1).
constexpr u32 ABC[16] = {0x61626380, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24};

u64 firstPrimes(unsigned i) {
    constexpr u32 primes[64] = {2,   3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,  73,  79,
                                83,  89,  97,  101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193,
                                197, 199, 211, 223, 227, 229, 233, 239, 241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307, 311};
    return primes[i];
}
// The first 32 bits of the fraction of a cube root (FIPS 180-4 §4.2.2).
u32 rootFraction(unsigned i) {
    __extension__ typedef unsigned __int128 u128;
    u128 root = 0;
    const u128 wanted = static_cast<u128>(firstPrimes(i)) << 96;
    for (int bit = 35; bit >= 0; --bit) {
        const u128 next = root | static_cast<u128>(1) << bit;
        if (next * next * next <= wanted) root = next;
    }
    return static_cast<u32>(root);
}

}  // namespace

TEST_CASE("SHA-256 instructions compute the digest of abc") {
    Sha sha;
    const u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    Words abef{h[5], h[4], h[1], h[0]}, cdgh{h[7], h[6], h[3], h[2]};
    Words w[16];
    for (unsigned i = 0; i < 4; ++i) w[i] = {ABC[4 * i], ABC[4 * i + 1], ABC[4 * i + 2], ABC[4 * i + 3]};
    for (unsigned i = 4; i < 16; ++i) {
        Words sum = sha.sha256msg1(w[i - 4], w[i - 3]);
        const Words seven{w[i - 2][1], w[i - 2][2], w[i - 2][3], w[i - 1][0]};
        for (unsigned j = 0; j < 4; ++j) sum[j] += seven[j];
        w[i] = sha.sha256msg2(sum, w[i - 1]);
    }
    for (unsigned i = 0; i < 64; i += 2) {
        const Words k{w[i / 4][i % 4] + rootFraction(i), w[i / 4][i % 4 + 1] + rootFraction(i + 1), 0, 0};
        const Words next = sha.sha256rnds2(cdgh, abef, k);
        cdgh = abef;
        abef = next;
    }
    CHECK(abef[3] + h[0] == 0xba7816bf);
    CHECK(abef[2] + h[1] == 0x8f01cfea);
    CHECK(cdgh[3] + h[2] == 0x414140de);
    CHECK(cdgh[2] + h[3] == 0x5dae2223);
    CHECK(abef[1] + h[4] == 0xb00361a3);
    CHECK(abef[0] + h[5] == 0x96177a9c);
    CHECK(cdgh[1] + h[6] == 0xb410ff61);
    CHECK(cdgh[0] + h[7] == 0xf20015ad);
}

TEST_CASE("SHA-1 instructions compute the digest of abc") {
    Sha sha;
    const u32 h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    Words w[20];        // highest element first
    for (unsigned i = 0; i < 4; ++i) w[i] = {ABC[4 * i + 3], ABC[4 * i + 2], ABC[4 * i + 1], ABC[4 * i]};
    for (unsigned i = 4; i < 20; ++i) {
        Words mixed = sha.sha1msg1(w[i - 4], w[i - 3]);
        for (unsigned j = 0; j < 4; ++j) mixed[j] ^= w[i - 2][j];
        w[i] = sha.sha1msg2(mixed, w[i - 1]);
    }
    Words abcd{h[3], h[2], h[1], h[0]}, before{};
    Words e = w[0];
    e[3] += h[4];
    for (unsigned i = 0; i < 20; ++i) {
        if (i) e = sha.sha1nexte(before, w[i]);
        before = abcd;
        abcd = sha.sha1rnds4(abcd, e, static_cast<u8>(i / 5));
    }
    const Words last = sha.sha1nexte(before, {});
    CHECK(abcd[3] + h[0] == 0xa9993e36);
    CHECK(abcd[2] + h[1] == 0x4706816a);
    CHECK(abcd[1] + h[2] == 0xba3e2571);
    CHECK(abcd[0] + h[3] == 0x7850c26c);
    CHECK(last[3] + h[4] == 0x9cd0d89d);
}

TEST_CASE("TF traps behind each instruction and each iteration of REP") {
    Machine m;
    m.reg(RSI) = DATA;
    m.reg(RDI) = DATA + 0x100;
    m.reg(RCX) = 3;
    m.put(CODE, {0xf3, 0xa4, 0x90});        // rep movsb; nop
    m.registers().rflags |= FLAG_TF;
    for (u64 left : {2, 1, 0}) {
        CHECK(m.run(10).vector == VECTOR_DB);
        CHECK(m.reg(RCX) == left);
        CHECK(m.registers().rip == CODE + (left ? 0 : 2));
    }
    CHECK(m.run(10).vector == VECTOR_DB);
    CHECK(m.registers().rip == CODE + 3);

    m.put(CODE, {0xf3, 0xa6, 0x90});        // repe cmpsb that finds a difference at its second byte
    m.put(DATA, {1, 2, 3});
    m.put(DATA + 0x100, {1, 5, 3});
    m.registers().rip = CODE;
    m.reg(RSI) = DATA;
    m.reg(RDI) = DATA + 0x100;
    m.reg(RCX) = 3;
    CHECK(m.run(10).vector == VECTOR_DB);
    CHECK(m.registers().rip == CODE);
    CHECK(m.run(10).vector == VECTOR_DB);
    CHECK(m.registers().rip == CODE + 2);
    CHECK(m.reg(RCX) == 1);
}

TEST_CASE("a load of SS holds #DB back for one instruction") {
    Machine m({0x8e, 0xd0, 0x90, 0x90});        // mov ss, eax; nop; nop
    m.reg(RAX) = 0x2b;
    m.registers().rflags |= FLAG_TF;
    CHECK(m.run(10).vector == VECTOR_DB);
    CHECK(m.registers().rip == CODE + 3);
}

// Which accesses are checked was measured on the host.
TEST_CASE("AC raises #AC at misaligned operands up to 8 bytes") {
    Machine m;
    struct Case {
        std::vector<u8> code;
        unsigned unit;
    };
    const Case cases[] = {{{0x66, 0x8b, 0x06}, 2}, {{0x8b, 0x06}, 4}, {{0x48, 0x89, 0x06}, 8}, {{0x0f, 0x10, 0x06}, 1}, {{0xdb, 0x2e}, 8},
                          {{0xd9, 0x3e}, 2}, {{0x48, 0xa5}, 8}, {{0xa4}, 1}, {{0xff, 0x36}, 8}, {{0xf0, 0x01, 0x06}, 4}, {{0xd9, 0x36}, 4},
                          {{0x0f, 0x6f, 0x06}, 8}, {{0xf3, 0x0f, 0x10, 0x06}, 4}};
    for (const Case& c : cases)
        for (unsigned i = 0; i < 8; ++i) {
            m.reg(RSI) = DATA + 64 + i;
            m.reg(RDI) = DATA + 512;
            m.reg(RSP) = Machine::STACK + 0x800;
            m.registers().rflags = 0x202 | FLAG_AC;
            INFO(Cpu::disassemble(c.code, CODE) << " at " << i);
            CHECK(vectorOf(m.runOne(c.code)) == (i % c.unit ? VECTOR_AC : 0));
            m.registers().rflags = 0x202;
            m.registers().x87 = {};
            CHECK(vectorOf(m.runOne(c.code)) == 0);
            m.registers().x87 = {};
        }
    m.reg(RSI) = 0x12345;       // before the page fault
    m.registers().rflags |= FLAG_AC;
    CHECK(m.runOne({0x8b, 0x06}).vector == VECTOR_AC);
    CHECK(m.runOne({0x0f, 0x28, 0x06}).vector == VECTOR_GP);
}

TEST_CASE("far returns, calls and jumps stay in the 64-bit segment") {
    Machine m;
    const auto stack = [&](std::vector<u64> words) {
        m.reg(RSP) = Machine::STACK + 0x800;
        for (u64 i = 0; i < words.size(); ++i) std::memcpy(m.at(m.reg(RSP) + 8 * i), &words[i], 8);
    };
    stack({CODE + 0x40, 0x33});
    CHECK(vectorOf(m.runOne({0x48, 0xcb})) == 0);
    CHECK(m.registers().rip == CODE + 0x40);
    CHECK(m.reg(RSP) == Machine::STACK + 0x810);
    for (u16 selector : {0, 3, 0x10, 0x2b, 0x30, 0x37, 0x53}) {
        stack({CODE + 0x40, selector});
        const Trap trap = m.runOne({0x48, 0xcb});
        CHECK(trap.vector == VECTOR_GP);
        CHECK(trap.error_code == (selector & ~3u));
        CHECK(m.registers().rip == CODE);
    }
    stack({u64{1} << 60, 0x33});
    CHECK(m.runOne({0x48, 0xcb}).vector == VECTOR_GP);

    stack({CODE + 0x80, 0x33, 0x246 | FLAG_DF, Machine::STACK + 0x100, 0x2b});
    CHECK(vectorOf(m.runOne({0x48, 0xcf})) == 0);
    CHECK(m.registers().rip == CODE + 0x80);
    CHECK(m.registers().rflags == (0x246 | FLAG_DF));
    CHECK(m.reg(RSP) == Machine::STACK + 0x100);

    const u64 target = CODE + 0x90;
    std::memcpy(m.at(DATA), &target, 8);
    m.put(DATA + 8, {0x30, 0});
    m.reg(RSI) = DATA;
    m.reg(RSP) = Machine::STACK + 0x800;
    CHECK(vectorOf(m.runOne({0x48, 0xff, 0x1e})) == 0);       // call far [rsi]
    CHECK(m.registers().rip == target);
    CHECK(m.peek<u64>(m.reg(RSP)) == CODE + 3);
    CHECK(m.peek<u64>(m.reg(RSP) + 8) == 0x33);
    CHECK(vectorOf(m.runOne({0x48, 0xff, 0x2e})) == 0);       // jmp far [rsi]
    CHECK(m.registers().rip == target);
}

TEST_CASE("RDRAND repeats with its seed") {
    u64 numbers[2][2];
    for (auto& run : numbers) {
        Machine m;
        m.processor.setSeed(7);
        for (u64& number : run) {
            CHECK(vectorOf(m.runOne({0x48, 0x0f, 0xc7, 0xf0})) == 0);
            CHECK((m.registers().rflags & FLAGS_STATUS) == FLAG_CF);
            number = m.reg(RAX);
        }
    }
    CHECK(numbers[0][0] != numbers[0][1]);
    CHECK(numbers[0][0] == numbers[1][0]);
    CHECK(numbers[0][1] == numbers[1][1]);
}
