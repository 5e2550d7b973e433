// From a Zydis instruction to an op. A family's table has one row per mnemonic; its select fills what is special and names
// the handler; everything common (operands, address, immediate) is filled before.
#pragma once

#include "cpu/features.hpp"
#include "cpu/operands.hpp"

#include <Zydis/Zydis.h>

#include <span>

namespace cpu {

enum class Operand : u8 { none, reg, mem, imm, other };

// The instruction while it is lowered.
struct Form {
    const ZydisDecodedInstruction& insn;
    const ZydisDecodedOperand* operand;     // insn.operand_count of them
    Op& op;
    u64 known;                  // kind of the lazy flags before the instruction, for one that reads them; else UNKNOWN
    u64 leaves;                 // and after it, UNKNOWN or LEAVES_AS_BEFORE; preset from the row
    bool ends = false;          // the instruction always leaves the block
    bool branches = false;      // a direct branch: op.target wants a stub
    bool reads = false;         // some flag: another kind of lazy flags is another handler
    Handler flagless = nullptr; // the same without flags, for when they are dead
    Handler caching = nullptr;  // the same with a TargetCache
    const VectorLinks* links = nullptr;
    Address address = Address::based;
    ProcessorModel model = {};

    Operand kind(unsigned i) const;         // of the i-th explicit operand
    unsigned bits(unsigned i = 0) const { return i < insn.operand_count ? operand[i].size : 0; }
    bool has(ZydisInstructionAttributes attribute) const { return insn.attributes & attribute; }
};
constexpr u64 UNKNOWN = ~u64{0};
constexpr u64 LEAVES_UNKNOWN = ~u64{0};     // third column of a row; else the FlagKind, at the first operand's width

using Select = Handler (*)(Form&);          // null: not this row's instruction
struct Row {
    ZydisMnemonic mnemonic;
    Select select;
    u64 leaves = LEAVES_UNKNOWN;
};
using Family = std::span<const Row>;

u16 registerOffset(ZydisRegister reg);      // byte offset into Registers; xmm and ymm too; NO_REGISTER for any other
u8 segmentSlot(ZydisRegister segment);       // fs and gs have a base; Registers::zero for the others
constexpr u16 NO_REGISTER = 0xffff;

struct Decoded {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operand[ZYDIS_MAX_OPERAND_COUNT];
};
// Zydis's status. Features that the level lacks decode as such a processor would (TZCNT is REP BSF).
ZyanStatus decode(const u8* bytes, u64 size, Decoded& out, Level level = Level::v3);
FlagUse flagUse(const Decoded& decoded);
// Fills op and says in form what the block builder must know. What the level lacks raises #UD; so does what no level has and an
// instruction without a row, as unsupported. The op has no place yet.
void lower(const Decoded& decoded, Form& form);
// All that the block builder keeps of an instruction: what lower() says and what its neighbours (pairs.hpp, vector_links.hpp) ask of it.
Lowered lowered(const Decoded& decoded, u64 known, const ProcessorModel& model = {});
Variable variableOf(const Decoded& decoded);
// Its place in the code page: where it is and, when it addresses memory relative to rip, how far.
void place(Op& op, u64 offset, u8 length);

}  // namespace cpu
