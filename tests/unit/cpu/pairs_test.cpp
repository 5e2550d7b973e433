// Every pair that pairs.hpp joins, in every way that the two share registers, ends as the two instructions one by one.
#include "cpu/pairs.hpp"
#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>

using namespace cpu;

namespace {

constexpr unsigned KINDS = Simple::shr;

// On eax, ecx, edx or their 64 bits.
std::vector<u8> encode(unsigned kind, bool wide, unsigned dst, unsigned src) {
    constexpr u8 opcodes[] = {0x89, 0x01, 0x29, 0x21, 0x09, 0x31}, groups[] = {0, 1, 4, 5};
    std::vector<u8> code;
    if (wide) code.push_back(0x48);
    if (kind <= Simple::xor_) code.insert(code.end(), {opcodes[kind - 1], static_cast<u8>(0xc0 | src << 3 | dst)});
    else if (kind == Simple::not_) code.insert(code.end(), {0xf7, static_cast<u8>(0xd0 | dst)});
    else code.insert(code.end(), {0xc1, static_cast<u8>(0xc0 | groups[kind - Simple::rol] << 3 | dst), static_cast<u8>(7 + 5 * src)});
    return code;
}

void prepare(Machine& machine, const std::vector<u8>& code) {
    machine.put(Machine::CODE, code);
    machine.registers().rip = Machine::CODE;
    machine.reg(RAX) = 0x8123456789abcdef, machine.reg(RCX) = 0xfedcba9876543210, machine.reg(RDX) = 0x00ff00ffa5a5c3c3;
    machine.registers().rflags = 2;
}

bool agree(Machine& joined, Machine& single, const std::vector<u8>& code, u64 count) {
    prepare(joined, code);
    prepare(single, code);
    joined.run(1000);                                   // until the UD2
    for (u64 i = 0; i < count; ++i) single.run(1);
    for (Register name : {RAX, RCX, RDX})
        if (joined.reg(name) != single.reg(name)) return false;
    return joined.registers().rip == single.registers().rip && joined.registers().rflags == single.registers().rflags;
}

}  // namespace

TEST_CASE("joined pairs do what their instructions do") {
    Machine joined, single;
    for (unsigned first = 1; first <= KINDS; ++first)
        for (unsigned second = 1; second <= KINDS; ++second)
            for (unsigned shape = 0; shape < 4 * 81; ++shape) {
                const bool wide = shape & 1, other = shape & 2;
                const unsigned registers = shape / 4;
                std::vector<u8> code = encode(first, wide, registers % 3, registers / 3 % 3);
                const std::vector<u8> next = encode(second, wide != other, registers / 9 % 3, registers / 27 % 3);
                code.insert(code.end(), next.begin(), next.end());
                code.insert(code.end(), {0x39, 0xdb, 0x0f, 0x0b});      // cmp ebx, ebx: the flags before it are dead; ud2
                INFO("kinds " << first << " " << second << " shape " << shape);
                if (!agree(joined, single, code, 3)) FAIL("differ");
            }
}

TEST_CASE("an instruction whose flags are read is not joined") {
    Machine joined, single;
    for (unsigned kind = Simple::add; kind <= KINDS; ++kind) {
        std::vector<u8> code = encode(Simple::mov, false, 0, 1);
        const std::vector<u8> next = encode(kind, false, 0, 2);
        code.insert(code.end(), next.begin(), next.end());
        code.insert(code.end(), {0x0f, 0x92, 0xc1, 0x0f, 0x94, 0xc5, 0x0f, 0x0b});     // setc cl; setz ch
        INFO("kind " << kind);
        CHECK(agree(joined, single, code, 4));
    }
}
