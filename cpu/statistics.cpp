#include "cpu/statistics.hpp"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>

namespace cpu {

Statistics statistics;

namespace {

struct Use {
    u64 forms = 0;
    bool lacking = false;
};
std::array<Use, ZYDIS_ISA_SET_MAX_VALUE + 1> uses;

bool isBase(unsigned set) {
    switch (set) {
        case ZYDIS_ISA_SET_I86: case ZYDIS_ISA_SET_I186: case ZYDIS_ISA_SET_I286PROTECTED: case ZYDIS_ISA_SET_I286REAL:
        case ZYDIS_ISA_SET_I386: case ZYDIS_ISA_SET_I486: case ZYDIS_ISA_SET_I486REAL: case ZYDIS_ISA_SET_PENTIUMREAL:
        case ZYDIS_ISA_SET_PPRO: case ZYDIS_ISA_SET_LONGMODE: case ZYDIS_ISA_SET_CMOV: case ZYDIS_ISA_SET_FAT_NOP:
        case ZYDIS_ISA_SET_PAUSE: case ZYDIS_ISA_SET_PREFETCH_NOP: return true;
        default: return false;
    }
}

}  // namespace

void noteExtension(unsigned isa_set, bool lacking) {
    Use& use = uses[std::min<unsigned>(isa_set, ZYDIS_ISA_SET_MAX_VALUE)];
    ++use.forms;
    use.lacking |= lacking;
}

std::vector<ExtensionUse> extensionsUsed() {
    std::vector<ExtensionUse> all;
    for (unsigned set = 0; set < uses.size(); ++set) {
        if (!uses[set].forms) continue;
        const char* name = ZydisISASetGetString(static_cast<ZydisISASet>(set));
        all.push_back({name ? name : "?", uses[set].forms, isBase(set), uses[set].lacking});
    }
    std::ranges::sort(all, {}, &ExtensionUse::name);
    return all;
}

}  // namespace cpu
