// x87: SDM Vol. 1 §5.2.1 to §5.2.5, those of §5.2.6 that work on the stack, and SSE3's FISTTP. The host's FPU executes them (cpu/x87.hpp)
// but for the transcendental ones; operands in memory, the pointers to the last instruction and #MF are ours.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"
#include "cpu/x87.hpp"

namespace cpu {

namespace {

// In an op: dst = opcode, src = ModRM, misc = bytes of the memory operand.
u16 opcodeField(const Op& op) { return static_cast<u16>((op.dst & 7) << 8 | (op.src & 0xff)); }      // SDM Vol. 1 §8.1.9

X87 execute(Core& core, const Op& op, u8* operand, u64& flags) {
    X87 after = core.x87;
    flags = core.rflags & FLAGS_STATUS;
    const u8 opcode = static_cast<u8>(op.dst), modrm = static_cast<u8>(op.src);
    if (!runFastX87(after, opcode, modrm, operand, flags)) runOnHostX87(after, opcode, modrm, operand, flags);
    after.instruction = core.rip + op.offset();
    if (unmaskedX87(after)) after.opcode = opcodeField(op);
    return after;
}
// At v3 the operand's address is kept for unmasked exceptions only (CPUID.7.EBX[6], FDP_EXCPTN_ONLY; SDM Vol. 1 §8.1.8).
void pointTo(const Core& core, const Op& op, X87& after) {
    if (core.model.level < Level::v3 || unmaskedX87(after)) after.operand = effectiveOffset<Address::any>(&op, &core);
}
void commit(Core& core, const X87& after, u64 flags) {
    core.x87 = after;
    core.rflags = (core.rflags & ~FLAGS_STATUS) | (flags & FLAGS_STATUS);
}

bool transcendental(Core& core, const Op& op) {
    if (unmaskedX87(core.x87)) return core.fault(VECTOR_MF);
    runTranscendentalX87(core.x87, static_cast<u8>(op.src));
    core.x87.instruction = core.rip + op.offset();
    if (unmaskedX87(core.x87)) core.x87.opcode = opcodeField(op);
    return true;
}
bool onRegisters(Core& core, const Op& op) {
    if (unmaskedX87(core.x87)) return core.fault(VECTOR_MF);
    u64 flags;
    const X87 after = execute(core, op, nullptr, flags);
    commit(core, after, flags);
    return true;
}
bool fromMemory(Core& core, const Op& op) {
    if (unmaskedX87(core.x87)) return core.fault(VECTOR_MF);
    const u64 at = effectiveAddress<Address::any>(&op, &core);
    u8 operand[16]{};
    if (!core.isAligned(at, op.misc) || !core.read(at, operand, op.misc)) return false;
    u64 flags;
    X87 after = execute(core, op, operand, flags);
    pointTo(core, op, after);
    commit(core, after, flags);
    return true;
}
// Any unmasked exception but precision leaves the memory as it is (SDM Vol. 1 §8.5).
bool toMemory(Core& core, const Op& op) {
    if (unmaskedX87(core.x87)) return core.fault(VECTOR_MF);
    const u64 at = effectiveAddress<Address::any>(&op, &core);
    u8 operand[16]{};
    u64 flags;
    X87 after = execute(core, op, operand, flags);
    pointTo(core, op, after);
    if (!(unmaskedX87(after) & ~X87_PRECISION) && (!core.isAligned(at, op.misc) || !core.write(at, operand, op.misc))) return false;
    commit(core, after, flags);
    return true;
}

void name(Form& f) {
    f.op.dst = f.insn.opcode;
    f.op.src = static_cast<u16>(f.insn.raw.modrm.mod << 6 | f.insn.raw.modrm.reg << 3 | f.insn.raw.modrm.rm);
}
Handler computed(Form& f) {
    name(f);
    return actionOp<transcendental>;
}
Handler onHost(Form& f) {
    name(f);
    for (unsigned i = 0; i < f.insn.operand_count; ++i) {
        if (f.operand[i].type != ZYDIS_OPERAND_TYPE_MEMORY) continue;
        f.op.misc = static_cast<u8>(f.operand[i].size / 8);
        return f.operand[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE ? actionOp<toMemory> : actionOp<fromMemory>;
    }
    return actionOp<onRegisters>;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_FLD, onHost},      {ZYDIS_MNEMONIC_FST, onHost},      {ZYDIS_MNEMONIC_FSTP, onHost},     {ZYDIS_MNEMONIC_FSTPNCE, onHost},
    {ZYDIS_MNEMONIC_FILD, onHost},     {ZYDIS_MNEMONIC_FIST, onHost},     {ZYDIS_MNEMONIC_FISTP, onHost},  {ZYDIS_MNEMONIC_FISTTP, onHost},    {ZYDIS_MNEMONIC_FBLD, onHost},
    {ZYDIS_MNEMONIC_FBSTP, onHost},    {ZYDIS_MNEMONIC_FXCH, onHost},     {ZYDIS_MNEMONIC_FCMOVB, onHost},   {ZYDIS_MNEMONIC_FCMOVE, onHost},
    {ZYDIS_MNEMONIC_FCMOVBE, onHost},  {ZYDIS_MNEMONIC_FCMOVU, onHost},   {ZYDIS_MNEMONIC_FCMOVNB, onHost},  {ZYDIS_MNEMONIC_FCMOVNE, onHost},
    {ZYDIS_MNEMONIC_FCMOVNBE, onHost}, {ZYDIS_MNEMONIC_FCMOVNU, onHost},  {ZYDIS_MNEMONIC_FLD1, onHost},     {ZYDIS_MNEMONIC_FLDL2T, onHost},
    {ZYDIS_MNEMONIC_FLDL2E, onHost},   {ZYDIS_MNEMONIC_FLDPI, onHost},    {ZYDIS_MNEMONIC_FLDLG2, onHost},   {ZYDIS_MNEMONIC_FLDLN2, onHost},
    {ZYDIS_MNEMONIC_FLDZ, onHost},     {ZYDIS_MNEMONIC_FADD, onHost},     {ZYDIS_MNEMONIC_FADDP, onHost},    {ZYDIS_MNEMONIC_FIADD, onHost},
    {ZYDIS_MNEMONIC_FSUB, onHost},     {ZYDIS_MNEMONIC_FSUBP, onHost},    {ZYDIS_MNEMONIC_FISUB, onHost},    {ZYDIS_MNEMONIC_FSUBR, onHost},
    {ZYDIS_MNEMONIC_FSUBRP, onHost},   {ZYDIS_MNEMONIC_FISUBR, onHost},   {ZYDIS_MNEMONIC_FMUL, onHost},     {ZYDIS_MNEMONIC_FMULP, onHost},
    {ZYDIS_MNEMONIC_FIMUL, onHost},    {ZYDIS_MNEMONIC_FDIV, onHost},     {ZYDIS_MNEMONIC_FDIVP, onHost},    {ZYDIS_MNEMONIC_FIDIV, onHost},
    {ZYDIS_MNEMONIC_FDIVR, onHost},    {ZYDIS_MNEMONIC_FDIVRP, onHost},   {ZYDIS_MNEMONIC_FIDIVR, onHost},   {ZYDIS_MNEMONIC_FSQRT, onHost},
    {ZYDIS_MNEMONIC_FABS, onHost},     {ZYDIS_MNEMONIC_FCHS, onHost},     {ZYDIS_MNEMONIC_FRNDINT, onHost},  {ZYDIS_MNEMONIC_FSCALE, onHost},
    {ZYDIS_MNEMONIC_FPREM, onHost},    {ZYDIS_MNEMONIC_FPREM1, onHost},   {ZYDIS_MNEMONIC_FXTRACT, onHost},  {ZYDIS_MNEMONIC_FCOM, onHost},
    {ZYDIS_MNEMONIC_FCOMP, onHost},    {ZYDIS_MNEMONIC_FCOMPP, onHost},   {ZYDIS_MNEMONIC_FUCOM, onHost},    {ZYDIS_MNEMONIC_FUCOMP, onHost},
    {ZYDIS_MNEMONIC_FUCOMPP, onHost},  {ZYDIS_MNEMONIC_FICOM, onHost},    {ZYDIS_MNEMONIC_FICOMP, onHost},   {ZYDIS_MNEMONIC_FCOMI, onHost},
    {ZYDIS_MNEMONIC_FCOMIP, onHost},   {ZYDIS_MNEMONIC_FUCOMI, onHost},   {ZYDIS_MNEMONIC_FUCOMIP, onHost},  {ZYDIS_MNEMONIC_FTST, onHost},
    {ZYDIS_MNEMONIC_FXAM, onHost},     {ZYDIS_MNEMONIC_F2XM1, computed},    {ZYDIS_MNEMONIC_FYL2X, computed},    {ZYDIS_MNEMONIC_FYL2XP1, computed},
    {ZYDIS_MNEMONIC_FPTAN, computed},    {ZYDIS_MNEMONIC_FPATAN, computed},   {ZYDIS_MNEMONIC_FSIN, computed},     {ZYDIS_MNEMONIC_FCOS, computed},
    {ZYDIS_MNEMONIC_FSINCOS, computed},  {ZYDIS_MNEMONIC_FINCSTP, onHost},  {ZYDIS_MNEMONIC_FDECSTP, onHost},  {ZYDIS_MNEMONIC_FFREE, onHost},
    {ZYDIS_MNEMONIC_FFREEP, onHost},   {ZYDIS_MNEMONIC_FNOP, onHost},     {ZYDIS_MNEMONIC_FISTTP, onHost},
};

}  // namespace

Family x87() { return table; }

}  // namespace cpu
