// What pairs.hpp joins, in every way that the instructions share registers, ends as the instructions one by one; and it is joined.
#include "cpu/core.hpp"
#include "cpu/pairs.hpp"
#include "tests/unit/cpu/draft.hpp"
#include "tests/unit/cpu/pairs.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace cpu;

namespace {

// Whose flags somebody reads.
enum class Read : u8 { none, last, all };

// As build.cpp does it: whether the first one's handler has become one of several.
bool joins(std::initializer_list<std::vector<u8>> instructions, Read read) {
    Draft draft(instructions);
    auto& [ops, notes] = draft;
    for (u64 i = 0; i < notes.size(); ++i) notes[i].dead = read == Read::none || (read == Read::last && i + 1 < notes.size());
    const Handler alone = ops[0].handler;
    joinPairs(ops, notes);
    return ops[0].handler != alone;
}

}  // namespace

TEST_CASE("frames that are hot have joined instructions, cold ones have not") {
    Machine machine({0x89, 0xc8, 0x01, 0xd0, 0x39, 0xc8, 0x75, 0, 0x0f, 0x0b});    // mov eax, ecx; add eax, edx; cmp eax, ecx; jnz; ud2
    const auto handlers = [&](bool eager) {
        Core core(machine.memory);
        core.cr3 = machine.cr3;
        core.blocks.eager = eager;
        const Block* block = core.blockAt(Machine::CODE, BlockMode::plain);
        return std::array{block->ops()[0].handler, block->ops()[2].handler};
    };
    CHECK(handlers(true)[0] != handlers(false)[0]);
    CHECK(handlers(true)[1] != handlers(false)[1]);
}

TEST_CASE("a frame in which a run ends becomes hot") {
    Machine machine({0x89, 0xc8, 0x01, 0xd0, 0xeb, 0xfa});      // again: mov eax, ecx; add eax, edx; jmp again
    Core core(machine.memory);
    core.cr3 = machine.cr3;
    core.rip = Machine::CODE;
    core.step(1000);
    const u64 frame = core.frameOfHost(machine.at(Machine::CODE));
    CHECK(core.blocks.frameHasCode(frame));
    CHECK(!core.blocks.hot(frame));
    core.sample();
    CHECK(core.blocks.hot(frame));
}

TEST_CASE("every kind is joined: with what follows, with what came before, with a jump") {
    for (const bool wide : {false, true}) {
        std::array<unsigned, KINDS + 1> as_first{}, as_second{};
        for (unsigned first = 1; first <= KINDS; ++first)
            for (unsigned second = 1; second <= KINDS; ++second) {
                const std::vector<u8> one = encode(first, wide, 0, 1), two = encode(second, wide, 0, 2);
                const bool joined = joins({one, two}, Read::none) || joins({one, two}, Read::last) || joins({one, two}, Read::all);
                as_first[first] += joined;
                as_second[second] += joined;
            }
        for (unsigned kind = 1; kind <= KINDS; ++kind) {
            const bool elsewhere = kind == Simple::mov_imm && wide;         // its 64 bits are no immediate of the op
            const bool store = kind >= Simple::store, compares = kind >= Simple::cmp && !store;
            INFO("kind " << kind << " wide " << wide);
            CHECK(as_first[kind] >= (elsewhere || store ? 0 : compares ? 4 : 20));
            CHECK(as_second[kind] >= (elsewhere ? 0 : 17));
            const bool arithmetic = (kind >= Simple::add && kind <= Simple::xor_) || (kind >= Simple::add_imm && kind <= Simple::and_imm);
            CHECK(joins({encode(kind, wide, 0, 1), {0x74, 0x02}}, Read::all) == (arithmetic || compares));
        }
        for (const unsigned last : {Simple::add, Simple::sub, Simple::and_, Simple::or_, Simple::xor_})
            CHECK(joins({encode(Simple::mov, wide, 0, 1), encode(Simple::add, wide, 0, 2), encode(last, wide, 0, 1)}, Read::last));
        CHECK(joins({encode(Simple::mov, wide, 0, 1), encode(Simple::mov, wide, 1, 2), encode(Simple::mov, wide, 2, 0)}, Read::all));
    }
    CHECK_FALSE(joins({encode(Simple::add, false, 0, 1), {0x90}}, Read::none));
    CHECK_FALSE(joins({encode(Simple::add, false, 0, 1), encode(Simple::add, false, 0, 1)}, Read::all));
}

TEST_CASE("joined pairs do what their instructions do") {
    Joined joined;
    Machine single;
    for (unsigned first = 1; first <= KINDS; ++first)
        for (unsigned second = 1; second <= KINDS; ++second)
            for (unsigned shape = 0; shape < 4 * 81; ++shape) {
                const bool wide = shape & 1, other = shape & 2;
                const unsigned registers = shape / 4;
                std::vector<u8> code = encode(first, wide, registers % 3, registers / 3 % 3);
                const std::vector<u8> next = encode(second, wide != other, registers / 9 % 3, registers / 27 % 3);
                code.insert(code.end(), next.begin(), next.end());
                INFO("kinds " << first << " " << second << " shape " << shape);
                if (const std::string how = difference(joined, single, code, 2); !how.empty()) FAIL(how);
            }
}

TEST_CASE("joined triples do what their instructions do") {
    Joined joined;
    Machine single;
    for (unsigned middle = 1; middle <= KINDS; ++middle)
        for (unsigned last = 1; last <= KINDS; ++last)
            for (unsigned shape = 0; shape < 2 * 81; ++shape) {
                const bool wide = shape & 1;
                const unsigned registers = shape / 2;
                std::vector<u8> code = encode(Simple::mov, wide, 0, registers % 3);
                for (const std::vector<u8>& next :
                     {encode(middle, wide, 0, registers / 3 % 3), encode(last, wide, registers / 9 % 3, registers / 27 % 3)})
                    code.insert(code.end(), next.begin(), next.end());
                INFO("kinds " << middle << " " << last << " shape " << shape);
                if (const std::string how = difference(joined, single, code, 3); !how.empty()) FAIL(how);
            }
}

TEST_CASE("joined moves do what their instructions do") {
    Joined joined;
    Machine single;
    for (unsigned shape = 0; shape < 2 * 6561; ++shape) {
        std::vector<u8> code;
        for (unsigned i = 0, rest = shape / 2; i < 4; ++i, rest /= 9) {
            const std::vector<u8> next = encode(Simple::mov, shape & 1, rest % 3, rest / 3 % 3);
            code.insert(code.end(), next.begin(), next.end());
        }
        code.insert(code.end(), {0x0f, 0x0b});
        INFO("shape " << shape);
        if (!agree(joined, single, code, 4)) FAIL("differ");
    }
}

TEST_CASE("a joined access that faults leaves what came before it") {
    Joined joined;
    Machine single;
    for (unsigned kind = 1; kind <= KINDS; ++kind)
        for (unsigned access = Simple::load; access <= Simple::store_indexed; ++access)
            for (const bool first : {false, true}) {
                const std::vector<u8> one = encode(kind, true, 1, 2), two = encode(access, true, 1, 2);
                std::vector<u8> code = first ? two : one;
                code.insert(code.end(), (first ? one : two).begin(), (first ? one : two).end());
                code.insert(code.end(), {0x0f, 0x0b});
                for (Machine* machine : {static_cast<Machine*>(&joined), &single}) {
                    prepare(*machine, code);
                    machine->reg(RBX) = 0x123456789000;
                }
                const u64 before = joined.processor.instructions();
                const Trap trap = joined.run(1000);
                Trap other;
                for (u64 n = joined.processor.instructions() - before + 1; n-- > 0;) other = single.run(1);
                INFO("kinds " << kind << " " << access << " first " << first);
                CHECK(trap.vector == other.vector);
                CHECK(trap.address == other.address);
                if (!sameRegisters(joined.registers(), single.registers())) FAIL("differ");
            }
}

TEST_CASE("a joined access has its address from the instruction before") {
    Joined joined;
    Machine single;
    constexpr u8 mov_rcx_rbx[] = {0x48, 0x8d, 0x4b, 0x20, 0x48, 0x89, 0xd9};      // lea rcx, [rbx + 32]: what was there would do; mov rcx, rbx
    constexpr u8 mov_rcx_rsi[] = {0x48, 0x8d, 0x4e, 0x20, 0x48, 0x89, 0xf1};      // lea rcx, [rsi + 32]; mov rcx, rsi
    for (const unsigned opcode : {0x03, 0x8b, 0x63, 0x89})                        // ADD, MOV, MOVSXD, MOV to memory
        for (const bool indexed : {false, true}) {
            std::vector<u8> code(indexed ? mov_rcx_rsi : mov_rcx_rbx, (indexed ? mov_rcx_rsi : mov_rcx_rbx) + 7);
            code.insert(code.end(), {0x48, static_cast<u8>(opcode)});
            if (indexed) code.insert(code.end(), {0x4c, 0x0b, 0x08});             // rcx and [rbx + rcx + 8]
            else code.insert(code.end(), {0x49, 0x08});                           // rcx and [rcx + 8]
            code.insert(code.end(), {0x0f, 0x0b});
            INFO("opcode " << opcode << " indexed " << indexed);
            CHECK(agree(joined, single, code, 3));
        }
}

TEST_CASE("a joined jump decides as its instructions do") {
    Joined joined;
    Machine single;
    for (unsigned kind = 1; kind <= KINDS; ++kind)
        for (unsigned condition = 0; condition < 16; ++condition)
            for (unsigned shape = 0; shape < 18; ++shape) {
                std::vector<u8> code = encode(kind, shape & 1, shape / 2 % 3, shape / 6);
                code.insert(code.end(),
                            {static_cast<u8>(0x70 | condition), 2, 0x0f, 0x0b, 0xff, 0xc2, 0x0f, 0x0b});    // jcc +2; ud2; inc edx; ud2
                INFO("kind " << kind << " condition " << condition << " shape " << shape);
                prepare(joined, code);
                prepare(single, code);
                const u64 before = joined.processor.instructions();
                joined.run(1000);
                for (u64 n = joined.processor.instructions() - before; n-- > 0;) single.run(1);
                if (!sameRegisters(joined.registers(), single.registers())) FAIL("differ");
            }
}

TEST_CASE("an instruction whose flags are read is not joined") {
    Joined joined;
    Machine single;
    for (unsigned kind = Simple::add; kind <= Simple::sar; ++kind) {
        std::vector<u8> code = encode(Simple::mov, false, 0, 1);
        const std::vector<u8> next = encode(kind, false, 0, 2);
        code.insert(code.end(), next.begin(), next.end());
        code.insert(code.end(), {0x0f, 0x92, 0xc1, 0x0f, 0x94, 0xc5, 0x0f, 0x0b});     // setc cl; setz ch
        INFO("kind " << kind);
        CHECK(agree(joined, single, code, 4));
    }
}
