// Every encoding that Zydis decodes, found by walking the opcode maps, sorted by mnemonic and form.
#pragma once

#include "cpu/lower.hpp"

#include <map>
#include <string>
#include <vector>

namespace insnfuzz {

enum class Map : u8 { one, of, of38, of3a, vexOf, vexOf38, vexOf3a };
constexpr bool isVex(Map map) { return map >= Map::vexOf; }

// What chooses the instruction; registers, addressing and immediates are free.
struct Skeleton {
    Map map;
    u8 prefix;          // 0, 66H, F2H, F3H
    u8 opcode;
    u8 modrm;           // mod is 0 or 3
    bool wide, longVector, needsIndex;
    u8 vvvv;            // as encoded
    bool freeRm;        // rm does not choose the instruction
    bool memory() const { return modrm < 0xc0; }
};

struct Forms {
    // By mnemonic, then by form ("r64, m64").
    std::map<ZydisMnemonic, std::map<std::string, std::vector<Skeleton>>> byMnemonic;
};
Forms walkForms(cpu::Level level);

// The bytes of a skeleton with the simplest operands and zeros for the rest.
std::vector<u8> simplest(const Skeleton& skeleton);
std::string formOf(const cpu::Decoded& decoded);
std::string mnemonicName(ZydisMnemonic mnemonic);       // upper case

}  // namespace insnfuzz
