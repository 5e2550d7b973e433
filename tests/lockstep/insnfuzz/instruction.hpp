// A random instruction: a skeleton with random registers, addressing, immediates and prefixes, at a random place of the code page.
#pragma once

#include "tests/lockstep/insnfuzz/forms.hpp"
#include "tests/lockstep/insnfuzz/layout.hpp"
#include "tests/unit/cpu/random.hpp"

namespace insnfuzz {

struct Instruction {
    std::vector<u8> bytes;
    u64 offset = 0;             // in the code page
    bool cut = false;           // runs into the unmapped page behind it
    cpu::Decoded decoded;
    bool valid = false;         // Zydis decodes it
    bool inLevel = false;       // the level has it; else #UD is due
    ZydisMnemonic mnemonic = ZYDIS_MNEMONIC_INVALID;        // what was asked for, if it is not valid
    std::string form;
};

class Generator {
public:
    Generator(cpu::Level level, ZydisMnemonic only);        // ZYDIS_MNEMONIC_INVALID: all
    Instruction next(Random& random) const;
    std::vector<ZydisMnemonic> mnemonics() const;
    std::map<std::string, std::vector<std::string>> forms() const;  // those of the level that are run, by mnemonic
    std::map<std::string, std::string> leftOut() const;     // mnemonics and forms that are never run, with the reason

private:
    using Reasons = std::map<std::string, std::string>;             // by form; empty: it is run
    Reasons reasonsOf(ZydisMnemonic mnemonic, const std::string& form, const std::vector<Skeleton>& skeletons) const;
    std::vector<u8> assemble(const Skeleton& s, Random& random) const;
    bool settle(Instruction& insn, Random& random) const;

    cpu::Level level_;
    Forms forms_;
    std::vector<const std::map<std::string, std::vector<Skeleton>>*> choices_;
    std::vector<ZydisMnemonic> mnemonics_;
};

// An address for a memory operand: mostly inside DATA, sometimes at the ends of its pages or nowhere. size in bytes.
u64 randomAddress(Random& random, u64 size);

}  // namespace insnfuzz
