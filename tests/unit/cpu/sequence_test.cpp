// Random straight-line programs end in the same state whether they run as blocks, with flags left lazy from one instruction
// to the next, or one instruction at a time, with flags settled in between.
#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>

using namespace cpu;

namespace {

struct Random {
    u64 state;
    u64 next() {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        return state * 0x2545f4914f6cdd1d >> 16;
    }
    u8 byte() { return static_cast<u8>(next()); }
    u64 below(u64 n) { return next() % n; }
};

// ModRM between eax, ecx, edx, ebx, or with [rsi] as the memory operand.
u8 modrm(Random& random, unsigned reg) { return static_cast<u8>(random.below(3) ? 0xc0 | reg << 3 | random.below(4) : reg << 3 | 6); }

void append(std::vector<u8>& code, Random& random) {
    const auto emit = [&](std::initializer_list<unsigned> bytes) { for (unsigned b : bytes) code.push_back(static_cast<u8>(b)); };
    const unsigned reg = static_cast<unsigned>(random.below(4)), condition = static_cast<unsigned>(random.below(16));
    const u64 width = random.below(4);          // of the arithmetic below: 32, 64, 16, 8 bits
    const unsigned wide = width != 3;
    const auto prefix = [&] {
        if (width == 1) emit({0x48});
        if (width == 2) emit({0x66});
    };
    switch (random.below(16)) {
        case 0: case 1: case 2: prefix(); emit({static_cast<unsigned>(random.below(8) * 8 + wide), modrm(random, reg)}); break;      // add ... cmp
        case 3: prefix(); emit({0xfe + wide, modrm(random, static_cast<unsigned>(random.below(2)))}); break;                 // inc, dec
        case 4: prefix(); emit({0xc0 + wide, modrm(random, static_cast<unsigned>(random.below(8))), random.byte()}); break;  // shifts
        case 5: prefix(); emit({0xd2 + wide, modrm(random, static_cast<unsigned>(random.below(8)))}); break;                 // by cl
        case 6: case 7: emit({0x0f, 0x90 + condition, modrm(random, 0)}); break;                                             // setcc
        case 8: case 9:
            if (width == 1 || width == 2) prefix();
            emit({0x0f, 0x40 + condition, modrm(random, reg)});                                                              // cmovcc
            break;
        case 10:
        case 11: emit({0x70 + condition, 0}); break;    // jcc to the next
        case 12: emit({random.below(2) ? 0x9fu : 0x9eu}); break;                                                             // lahf, sahf
        case 13: emit({0x9c, 0x8f, 0x06}); break;    // pushf; pop [rsi]
        case 14:
            emit({0xf2u + static_cast<unsigned>(random.below(2)), 0xab});
            emit({0xf5u + 3 * static_cast<unsigned>(random.below(2))});
            break;
        case 15:
            if (random.below(2)) emit({0x66, 0x0f, 0x2e + static_cast<unsigned>(random.below(2)), 0xc1});    // ucomisd, comisd
            else
                emit({0x0f, 0xa3 + 8 * static_cast<unsigned>(random.below(4)),
                      static_cast<unsigned>(0xc0 | reg << 3)});    // bt, bts, btr, btc
            break;
    }
}

}  // namespace

TEST_CASE("random programs: blocks and single steps agree") {
    Machine blocks, steps;
    Random random{88172645463325252};
    for (unsigned round = 0; round < 1500; ++round) {
        blocks.processor.setEager(round % 2);
        std::vector<u8> code;
        for (unsigned i = 0; i < 40; ++i) append(code, random);
        code.push_back(0x0f), code.push_back(0x0b);
        const u64 a = random.next() << 16, b = random.next(), c = random.next();
        for (Machine* m : {&blocks, &steps}) {
            m->put(Machine::CODE, code);
            std::memset(m->at(Machine::DATA), 0x5a, PAGE_SIZE);
            Registers& r = m->registers();
            r = {};
            r.rip = Machine::CODE;
            m->reg(RSP) = Machine::STACK + 0x800;
            m->reg(RAX) = a, m->reg(RCX) = b % 64, m->reg(RDX) = c, m->reg(RBX) = a ^ c;
            m->reg(RSI) = m->reg(RDI) = Machine::DATA + 64;
            r.ymm[0].lane[0] = 0x3ff0000000000000, r.ymm[1].lane[0] = b % 2 ? 0x3ff0000000000000 : c << 8;
        }
        const u64 count = steps.processor.instructions();
        Trap last;
        for (unsigned i = 0; i < 200 && last.kind == Trap::Kind::limit; ++i) last = steps.run(1);
        const Trap trap = blocks.run(1000);
        INFO("program " << round);
        REQUIRE(trap.kind == last.kind);
        REQUIRE(blocks.processor.instructions() == steps.processor.instructions());
        REQUIRE(steps.processor.instructions() > count);
        REQUIRE(blocks.registers().rip == steps.registers().rip);
        REQUIRE(blocks.registers().rflags == steps.registers().rflags);
        for (unsigned i = 0; i < 16; ++i) {
            INFO("register " << i);
            REQUIRE(blocks.registers().gpr[i] == steps.registers().gpr[i]);
        }
        REQUIRE(std::memcmp(blocks.at(Machine::DATA), steps.at(Machine::DATA), PAGE_SIZE) == 0);
    }
}
