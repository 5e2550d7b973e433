// Groups of more than two joined instructions, and instructions that go down to the one that takes their result.
#include "cpu/core.hpp"
#include "cpu/pairs.hpp"
#include "tests/unit/cpu/draft.hpp"
#include "tests/unit/cpu/pairs.hpp"
#include "tests/unit/cpu/random.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>

using namespace cpu;

TEST_CASE("a joined sum of turned copies does what its instructions do") {
    Joined joined;
    Machine single;
    constexpr unsigned turns[] = {Simple::rol, Simple::ror, Simple::shr};
    for (unsigned shape = 0; shape < 2 * 27 * 27; ++shape) {
        const bool wide = shape & 1;
        const unsigned turn = shape / 2 % 27, registers = shape / 54;      // sum, copy, and from where
        const unsigned sum = registers % 3, part = registers / 3 % 3, from = registers / 9;
        const auto turned = [&](unsigned kind, unsigned to, unsigned by) {
            std::vector<u8> code = encode(Simple::mov, wide, to, from), next = encode(kind, wide, to, by);
            code.insert(code.end(), next.begin(), next.end());
            return code;
        };
        std::vector<u8> code;
        for (const std::vector<u8>& next : {turned(turns[turn % 3], sum, 0), turned(turns[turn / 3 % 3], part, 1), encode(Simple::xor_, wide, sum, part),
                                            turned(turns[turn / 9], part, 2), encode(Simple::xor_, wide, sum, part)})
            code.insert(code.end(), next.begin(), next.end());
        INFO("shape " << shape);
        if (const std::string how = difference(joined, single, code, 8); !how.empty()) FAIL(how);
    }
}

TEST_CASE("a joined choice of bits does what its instructions do") {
    Joined joined;
    Machine single;
    for (unsigned shape = 0; shape < 8 * 3 * 3 * 256; ++shape) {
        const bool wide = shape & 1, exclusive = shape & 2, either = shape & 4;
        const unsigned result = shape / 8 % 3, other = shape / 24 % 3;
        unsigned sources = shape / 72;
        static constexpr unsigned from[] = {RAX, RCX, RBX, RSI};
        const auto source = [&sources] { return from[std::exchange(sources, sources / 4) % 4]; };
        // As compilers order them: the second part comes first, and goes down to the last instruction.
        std::vector<u8> code;
        for (const std::vector<u8>& next : {encode(Simple::mov, wide, other, source()), encode(Simple::and_, wide, other, source()),
                                            encode(Simple::mov, wide, result, source()), encode(exclusive ? Simple::xor_ : Simple::not_, wide, result, source()),
                                            encode(Simple::and_, wide, result, RBX), encode(either ? Simple::or_ : Simple::xor_, wide, result, other)})
            code.insert(code.end(), next.begin(), next.end());
        INFO("shape " << shape);
        if (const std::string how = difference(joined, single, code, 6); !how.empty()) FAIL(how);
    }
}

TEST_CASE("instructions between two memory accesses or jumps may change places, and nobody sees it") {
    Joined joined;
    Machine single;
    Random random(20261123);
    for (unsigned round = 0; round < 20000; ++round) {
        std::vector<u8> code;
        const u64 count = 3 + random.below(14);
        for (u64 i = 0; i < count; ++i) {
            const bool memory = random.below(6) == 0;
            const u64 kind = 1 + random.below(memory ? u64{KINDS} : u64{Simple::shr} + 1);
            const std::vector<u8> next = encode(static_cast<unsigned>(kind), random.below(4) == 0, static_cast<unsigned>(random.below(3)),
                                                static_cast<unsigned>(random.below(3)));
            code.insert(code.end(), next.begin(), next.end());
        }
        const bool dead = random.below(2);
        if (dead) code.insert(code.end(), {0x39, 0xdb});
        code.insert(code.end(), {0x0f, 0x0b});
        INFO("round " << round);
        if (!agree(joined, single, code, count + dead)) FAIL("differ");
    }
}

TEST_CASE("a joined result, comparison and jump decide as they do one by one") {
    constexpr unsigned firsts[] = {Simple::add, Simple::add_imm, Simple::sub_imm, Simple::load, Simple::load_indexed};
    constexpr unsigned seconds[] = {Simple::cmp, Simple::cmp_imm, Simple::test};
    Joined joined;
    Machine single;
    for (unsigned condition = 0; condition < 16; ++condition)
        for (unsigned shape = 0; shape < 2 * 5 * 3 * 27; ++shape) {
            const bool wide = shape & 1;
            const unsigned registers = shape / 30, counter = registers % 3;
            std::vector<u8> code = encode(firsts[shape / 2 % 5], wide, counter, 2);
            const std::vector<u8> compare = encode(seconds[shape / 10 % 3], wide, registers / 3 % 3, registers / 9);
            code.insert(code.end(), compare.begin(), compare.end());
            code.insert(code.end(), {static_cast<u8>(0x70 | condition), 2, 0x0f, 0x0b, 0xff, 0xc2, 0x0f, 0x0b});
            for (const u64 value : {u64{0xfffffffffffffff0}, u64{0x7ffffffffffffff0}, u64{0x7ffffff0}, u64{5}}) {
                INFO("condition " << condition << " shape " << shape << " value " << value);
                for (Machine* machine : {static_cast<Machine*>(&joined), &single}) {
                    prepare(*machine, code);
                    machine->reg(static_cast<Register>(counter)) = value;
                }
                const u64 before = joined.processor.instructions();
                joined.run(1000);
                for (u64 n = joined.processor.instructions() - before; n-- > 0;) single.run(1);
                if (!sameRegisters(joined.registers(), single.registers())) FAIL("differ");
            }
        }
}

TEST_CASE("joined PUSHes and POPs end as they do one by one, wherever a page ends or is missing") {
    constexpr u64 PAGE = Machine::DATA + 4 * PAGE_SIZE, MISSING = Machine::DATA + 8 * PAGE_SIZE;
    Joined joined;
    Machine single;
    for (Machine* machine : {static_cast<Machine*>(&joined), &single}) machine->unmap(MISSING);
    Random random(20261124);
    for (unsigned round = 0; round < 20000; ++round) {
        std::vector<u8> code;
        for (u64 count = 2 + random.below(12); count > 0; --count) {
            const unsigned kinds[] = {Simple::push, Simple::pop, Simple::push, Simple::pop, Simple::mov};
            const unsigned kind = kinds[random.below(5)];
            const auto reg = static_cast<unsigned>(random.below(20) ? random.below(3) : u64{RSP});
            for (u64 again = 1 + random.below(4); again > 0; --again) {
                const std::vector<u8> next = encode(kind, random.below(2), kind == Simple::mov ? reg % 4 % 3 : reg, 1);
                code.insert(code.end(), next.begin(), next.end());
            }
        }
        code.insert(code.end(), {0x0f, 0x0b});
        const u64 places[] = {PAGE + 0x800, PAGE + 24, PAGE - 8, PAGE, PAGE + 21, MISSING + PAGE_SIZE + 24, MISSING - 24, MISSING + PAGE_SIZE + 3};
        const u64 rsp = places[random.below(std::size(places))];
        INFO("round " << round << " rsp " << rsp);
        Trap traps[2];
        for (Machine* machine : {static_cast<Machine*>(&joined), &single}) {
            prepare(*machine, code);
            machine->reg(RSP) = rsp;
            for (u64 at = PAGE - 128; at < PAGE + 128; ++at) *machine->at(at) = static_cast<u8>(at * 37);
        }
        const u64 before = joined.processor.instructions();
        traps[0] = joined.run(1000);
        for (u64 n = joined.processor.instructions() - before; n-- > 0;) single.run(1);
        traps[1] = single.run(1);
        if (vectorOf(traps[0]) != vectorOf(traps[1]) || traps[0].address != traps[1].address) FAIL("other trap");
        if (!sameRegisters(joined.registers(), single.registers())) FAIL("registers differ");
        if (std::memcmp(joined.at(PAGE), single.at(PAGE), 128) || std::memcmp(joined.at(PAGE - 128), single.at(PAGE - 128), 128)) FAIL("memory differs");
    }
}

TEST_CASE("a block is cut into as few groups as its results in registers allow") {
    const auto mov = [](unsigned to, unsigned from) { return encode(Simple::mov, false, to, from); };
    const auto groups = [](std::initializer_list<std::vector<u8>> instructions) {
        Draft draft(instructions);
        auto& [ops, notes] = draft;
        for (BlockDraft::InstructionNote& note : notes) note.dead = true;
        const std::vector<Op> before(ops.begin(), ops.end());
        joinPairs(ops, notes);
        u64 changed = 0;
        for (const Op& op : ops)
            changed += std::none_of(before.begin(), before.end(), [&](const Op& old) { return old.handler == op.handler; });
        return changed;
    };
    CHECK(groups({mov(0, 1), mov(1, 2), mov(2, 0), mov(0, 1), encode(Simple::rol, false, 0, 1)}) == 2);
    CHECK(groups({mov(0, 2), encode(Simple::rol, false, 0, 1), mov(1, 2), encode(Simple::ror, false, 1, 1), encode(Simple::xor_, false, 0, 1),
                  mov(1, 2), encode(Simple::shr, false, 1, 1), encode(Simple::xor_, false, 0, 1)}) == 1);
    CHECK(groups({mov(0, 2), mov(1, 2), encode(Simple::rol, false, 1, 1), encode(Simple::ror, false, 0, 1), encode(Simple::xor_, false, 0, 1),
                  mov(1, 2), encode(Simple::rol, false, 1, 1), encode(Simple::xor_, false, 0, 1)}) == 1);
    CHECK(groups({encode(Simple::add_imm, true, 0, 1), encode(Simple::cmp_imm, true, 0, 1), {0x75, 0x02}}) == 1);
    CHECK(groups({encode(Simple::push, true, 0, 0), encode(Simple::push, true, 1, 0), encode(Simple::push, true, 2, 0)}) == 1);
    CHECK(groups({encode(Simple::push, true, 0, 0), mov(0, 1)}) == 1);
    CHECK(groups({encode(Simple::pop, true, 0, 0), encode(Simple::pop, true, 1, 0), encode(Simple::pop, true, 2, 0)}) == 1);
    CHECK(groups({encode(Simple::pop, true, 0, 0), encode(Simple::pop, true, RSP, 0)}) == 0);
    CHECK(groups({encode(Simple::push, true, RSP, 0), encode(Simple::push, true, 0, 0)}) == 0);
    CHECK(groups({encode(Simple::load, true, 0, 1), encode(Simple::test, true, 0, 0), {0x75, 0x02}}) == 1);
    CHECK(groups({encode(Simple::add, true, 0, 1), encode(Simple::cmp, true, 1, 0), {0x75, 0x02}}) == 1);
}
