// Vector results that go to their readers in a register of the host: sequences end as their instructions one by one.
#include "cpu/vector_links.hpp"
#include "tests/unit/cpu/draft.hpp"
#include "tests/unit/cpu/machine.hpp"
#include "tests/unit/cpu/random.hpp"

#include <catch2/catch.hpp>

using namespace cpu;

namespace {

u8 byte(u64 value) { return static_cast<u8>(value); }

struct Vex {
    u8 map, prefix, wide, opcode;
    bool two = false;
};
// ADD, MUL, SUB, DIV, MIN of doubles and floats, scalar and packed; SQRTSD; UNPCKHPD; MOVDDUP; XORPS; FMA in its three orders.
constexpr Vex INSTRUCTIONS[] = {
    {1, 3, 0, 0x58}, {1, 3, 0, 0x59}, {1, 3, 0, 0x5c}, {1, 3, 0, 0x5e}, {1, 2, 0, 0x58}, {1, 2, 0, 0x5d}, {1, 1, 0, 0x58}, {1, 1, 0, 0x59},
    {1, 0, 0, 0x5c}, {1, 0, 0, 0x57}, {1, 3, 0, 0x51}, {1, 1, 0, 0x15}, {1, 3, 0, 0x12, true}, {2, 1, 1, 0x99}, {2, 1, 1, 0xa9}, {2, 1, 1, 0xb9},
    {2, 1, 1, 0x98}, {2, 1, 1, 0xa8}, {2, 1, 0, 0xb8}, {2, 1, 1, 0xbd}, {2, 1, 0, 0x9c},
};

void addVex(std::vector<u8>& code, const Vex& v, bool ymm, unsigned dst, unsigned first, unsigned second, int displacement) {
    const unsigned source = v.two ? 15 : ~first & 15;
    code.insert(code.end(), {0xc4, byte(0xe0 | v.map), byte(v.wide << 7 | source << 3 | ymm << 2 | v.prefix), v.opcode});
    if (displacement < 0) code.push_back(byte(0xc0 | dst << 3 | second));
    else code.insert(code.end(), {byte(0x43 | dst << 3), byte(static_cast<u64>(displacement))});     // [rbx + displacement]
}

// Something that neither gives nor takes, and may write a register on its way.
void addOther(std::vector<u8>& code, Random& random) {
    const unsigned a = random.below(4) & 3, b = random.below(4) & 3;
    switch (random.below(9)) {
        case 0: code.insert(code.end(), {0x01, 0xc8}); break;                                       // add eax, ecx
        case 1: code.insert(code.end(), {0x66, 0x0f, 0x58, byte(0xc0 | a << 3 | b)}); break;        // addpd
        case 2: code.insert(code.end(), {0xc5, 0xfb, 0x11, byte(0x43 | a << 3), 16}); break;        // vmovsd [rbx + 16], a
        case 3: code.insert(code.end(), {0xc5, 0xfb, 0x10, byte(0x43 | a << 3), 16}); break;        // vmovsd a, [rbx + 16]
        case 4: code.insert(code.end(), {0xc4, 0xe3, 0x79, 0x05, byte(0xc0 | a << 3 | b), 1}); break;    // vpermilpd a, b, 1
        case 5: code.insert(code.end(), {0xc5, 0xf9, 0x2e, byte(0xc0 | a << 3 | b)}); break;        // vucomisd
        case 6: code.insert(code.end(), {0xc5, 0xf8, 0x77}); break;                                 // vzeroupper
        case 7: code.insert(code.end(), {0x74, 0x00}); break;                                       // jz to what follows
        default: code.insert(code.end(), {0xc5, 0xf9, 0xd6, byte(0xc0 | a << 3 | b)}); break;       // vmovq b, a
    }
}

std::vector<u8> sequence(Random& random, u64 count) {
    std::vector<u8> code;
    for (u64 i = 0; i < count; ++i) {
        if (random.below(4) == 0) addOther(code, random);
        else addVex(code, INSTRUCTIONS[random.below(std::size(INSTRUCTIONS))], random.below(8) == 0, byte(random.below(4)), byte(random.below(4)),
                    byte(random.below(4)), random.below(4) ? -1 : static_cast<int>(random.below(12)) * 8);
    }
    code.insert(code.end(), {0x0f, 0x0b});
    return code;
}

void prepare(Machine& machine, const std::vector<u8>& code, u64 seed, u64 data) {
    Random random{seed};
    machine.put(Machine::CODE, code);
    machine.registers().rip = Machine::CODE;
    machine.registers().rflags = 2;
    machine.registers().mxcsr = 0x1f80;
    machine.reg(RBX) = data, machine.reg(RAX) = seed, machine.reg(RCX) = 1;
    for (Vector256& v : machine.registers().ymm)
        for (u64& lane : v.lane) lane = (random.next() & 0x800fffffffffffff) | (1020 + random.below(8)) << 52;
    for (u64 i = 0; i < 128; i += 8) {
        const u64 value = (random.next() & 0x800fffffffffffff) | (1020 + random.below(8)) << 52;
        for (u64 k = 0; k < 8; ++k) *machine.at(data + i + k) = byte(value >> 8 * k);
    }
}

// How the instructions after the first take what the first gives, as build.cpp has it.
std::vector<Take> takes(const std::vector<std::vector<u8>>& instructions) {
    Draft draft(instructions);
    auto& [ops, notes] = draft;
    linkVectors(ops, notes);
    std::vector<Take> found;
    for (u64 i = 1; i < ops.size(); ++i) {
        Take take = Take::nothing;
        for (u8 way = 1; notes[i].links && way < std::size(notes[i].links->handlers); ++way)
            if (ops[i].handler == notes[i].links->handlers[way]) take = static_cast<Take>(way);
        found.push_back(take);
    }
    return found;
}
std::vector<u8> vex(const Vex& v, unsigned dst, unsigned first, unsigned second, int displacement = -1, bool ymm = false) {
    std::vector<u8> code;
    addVex(code, v, ymm, dst, first, second, displacement);
    return code;
}

constexpr Vex ADDSD{1, 3, 0, 0x58}, MOVDDUP{1, 3, 0, 0x12, true}, FMADD231SD{2, 1, 1, 0xb9};

}  // namespace

TEST_CASE("a vector result is taken by its next reader") {
    const std::vector<u8> add = vex(ADDSD, 1, 2, 3), add_eax{0x01, 0xc8};
    CHECK(takes({add, vex(ADDSD, 4, 1, 2)}) == std::vector{Take::first});
    CHECK(takes({add, vex(ADDSD, 4, 2, 1)}) == std::vector{Take::second});
    CHECK(takes({add, vex(ADDSD, 4, 1, 1)}) == std::vector{Take::both});
    CHECK(takes({add, vex(ADDSD, 4, 1, 0, 8)}) == std::vector{Take::first});
    CHECK(takes({add, vex(MOVDDUP, 4, 0, 1)}) == std::vector{Take::second});
    CHECK(takes({add, vex(FMADD231SD, 1, 2, 3)}) == std::vector{Take::target});
    CHECK(takes({add, add_eax, vex(ADDSD, 4, 1, 2)}) == std::vector{Take::nothing, Take::first});
    CHECK(takes({add, vex(ADDSD, 5, 6, 6), vex(ADDSD, 7, 1, 5)}) == std::vector{Take::nothing, Take::second});       // the nearer one
    CHECK(takes({add, vex(ADDSD, 1, 6, 6), vex(ADDSD, 7, 1, 0)}) == std::vector{Take::nothing, Take::first});        // the newer one
    CHECK(takes({add, {0x0f, 0xae, 0x0b}, vex(ADDSD, 4, 1, 2)}) == std::vector{Take::nothing, Take::nothing});      // fxrstor [rbx]
    CHECK(takes({add, {0xc5, 0xfc, 0x77}, vex(ADDSD, 4, 1, 2)}) == std::vector{Take::nothing, Take::nothing});      // vzeroall
    CHECK(takes({vex(ADDSD, 0, 2, 3), {0xc4, 0xe3, 0x79, 0x62, 0xca, 0x00}, vex(ADDSD, 4, 0, 1)}) ==
          std::vector{Take::nothing, Take::nothing});    // vpcmpistrm
    CHECK(takes({add, {0xc5, 0xfb, 0x51, 0xe2}, vex(ADDSD, 4, 1, 2)}) ==
          std::vector{Take::nothing, Take::first});    // vsqrtsd xmm4, xmm0, xmm2
    CHECK(takes({add, vex({1, 1, 0, 0x58}, 4, 1, 2, -1, true)}) == std::vector{Take::nothing});                      // 256 bits
}

TEST_CASE("linked vector instructions do what they do one by one") {
    Machine linked, single;
    linked.processor.setEager(true);
    Random random;
    for (unsigned i = 0; i < 20000; ++i) {
        const std::vector<u8> code = sequence(random, 2 + random.below(20));
        const u64 data = random.below(4) ? Machine::DATA + 64 : Machine::DATA + PAGE_SIZE - 44;     // the latter: across pages
        const u64 seed = random.next() | 1;
        for (Machine* machine : {&linked, &single}) {
            prepare(*machine, code, seed, data);
            machine->processor.loadCr3(machine->cr3);       // an empty TLB
        }
        const u64 before = linked.processor.instructions();
        linked.run(1000);
        for (u64 n = linked.processor.instructions() - before; n-- > 0;) single.run(1);
        INFO("sequence " << i);
        if (!sameRegisters(linked.registers(), single.registers())) FAIL("differ");
        for (u64 at = 0; at < 128; ++at)
            if (*linked.at(data + at) != *single.at(data + at)) FAIL("memory differs at " << at);
    }
}
