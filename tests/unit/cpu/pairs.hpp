// The instructions that pairs.hpp joins, and two machines that run them, joined and one by one.
#pragma once

#include "cpu/lower.hpp"
#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace cpu {

constexpr unsigned KINDS = Simple::store_indexed;

// On eax, ecx, edx or their 64 bits; addresses are of the data page, rbx.
inline std::vector<u8> encode(unsigned kind, bool wide, unsigned dst, unsigned src) {
    constexpr u8 opcodes[] = {0x89, 0x01, 0x29, 0x21, 0x09, 0x31}, groups[] = {0, 1, 4, 5, 7};
    const auto u = [](unsigned value) { return static_cast<u8>(value); };
    const u8 both = u(0xc0 | src << 3 | dst), target = u(0xc0 | dst), immediate = u(7 + 5 * src);
    std::vector<u8> code;
    const bool extends = kind == Simple::extend || kind == Simple::load_extend || kind == Simple::load_extend_indexed;
    if (wide || extends) code.push_back(0x48);
    const auto add = [&](std::initializer_list<u8> bytes) { code.insert(code.end(), bytes); };
    switch (kind) {
        case Simple::extend: add({0x63, u(0xc0 | dst << 3 | src)}); break;
        case Simple::mov_imm: add({0xc7, target, immediate, 0x81, 0, 0x80}); break;
        case Simple::add_imm: add({0x83, target, u(0xe0 | src)}); break;
        case Simple::sub_imm: add({0x83, u(target | 5 << 3), immediate}); break;
        case Simple::and_imm: add({0x83, u(target | 4 << 3), u(0xf0 | src)}); break;
        case Simple::not_: add({0xf7, u(0xd0 | dst)}); break;
        case Simple::lea: add({0x8d, u(0x40 | dst << 3 | src), immediate}); break;
        case Simple::lea_indexed: add({0x8d, u(0x44 | dst << 3), u(0x80 | src << 3 | (dst + src) % 3), immediate}); break;
        case Simple::load: add({0x8b, u(0x43 | dst << 3), immediate}); break;
        case Simple::load_indexed: add({0x8b, u(0x44 | dst << 3), 0x33, immediate}); break;
        case Simple::add_load: add({0x03, u(0x43 | dst << 3), immediate}); break;
        case Simple::add_load_indexed: add({0x03, u(0x44 | dst << 3), 0x33, immediate}); break;
        case Simple::load_byte: add({0x0f, 0xb6, u(0x43 | dst << 3), immediate}); break;
        case Simple::load_byte_indexed: add({0x0f, 0xb6, u(0x44 | dst << 3), 0x33, immediate}); break;
        case Simple::load_word: add({0x0f, 0xb7, u(0x43 | dst << 3), immediate}); break;
        case Simple::load_word_indexed: add({0x0f, 0xb7, u(0x44 | dst << 3), 0x33, immediate}); break;
        case Simple::load_extend: add({0x63, u(0x43 | dst << 3), immediate}); break;
        case Simple::load_extend_indexed: add({0x63, u(0x44 | dst << 3), 0x33, immediate}); break;
        case Simple::store: add({0x89, u(0x43 | src << 3), immediate}); break;
        case Simple::store_indexed: add({0x89, u(0x44 | src << 3), 0x33, immediate}); break;
        case Simple::cmp: add({0x39, both}); break;
        case Simple::test: add({0x85, both}); break;
        case Simple::push: code = {u(0x50 | dst)}; break;
        case Simple::pop: code = {u(0x58 | dst)}; break;
        case Simple::cmp_imm: add({0x83, u(0xf8 | dst), immediate}); break;
        default:
            if (kind <= Simple::xor_) add({opcodes[kind - 1], both});
            else add({0xc1, u(0xc0 | groups[kind - Simple::rol] << 3 | dst), immediate});
    }
    return code;
}

struct Joined : Machine {
    Joined() { processor.setEager(true); }
};

inline void prepare(Machine& machine, const std::vector<u8>& code) {
    machine.put(Machine::CODE, code);
    machine.registers().rip = Machine::CODE;
    machine.reg(RAX) = 0x8123456789abcdef, machine.reg(RCX) = 0xfedcba9876543210, machine.reg(RDX) = 0x00ff00ffa5a5c3c3;
    machine.reg(RBX) = Machine::DATA, machine.reg(RSI) = 16;
    for (u64 i = 0; i < 64; ++i) *machine.at(Machine::DATA + i) = static_cast<u8>(i * 37 + 0x85);
    machine.registers().rflags = 2;
}

inline bool agree(Machine& joined, Machine& single, const std::vector<u8>& code, u64 count) {
    prepare(joined, code);
    prepare(single, code);
    const u64 before = joined.processor.instructions();
    joined.run(1000);                                   // until the UD2
    if (joined.processor.instructions() - before != count) return false;
    for (u64 i = 0; i < count; ++i) single.run(1);
    for (Register name : {RAX, RCX, RDX})
        if (joined.reg(name) != single.reg(name)) return false;
    if (std::memcmp(joined.at(Machine::DATA), single.at(Machine::DATA), 64) != 0) return false;
    return joined.registers().rip == single.registers().rip && joined.registers().rflags == single.registers().rflags;
}

// Whether they agree when the flags behind `code` are seen, by a UD2, and when they are dead, before a CMP: how not, or nothing.
inline std::string difference(Machine& joined, Machine& single, std::vector<u8> code, u64 count) {
    std::vector<u8> live = code;
    live.insert(live.end(), {0x0f, 0x0b});                  // ud2
    if (!agree(joined, single, live, count)) return "differ with flags";
    code.insert(code.end(), {0x39, 0xdb, 0x0f, 0x0b});      // cmp ebx, ebx; ud2
    return agree(joined, single, code, count + 1) ? "" : "differ";
}

}  // namespace cpu
