// SDM Vol. 1 §5.1.7: control transfer.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

template <Condition C, FlagKind K, class T> void jumpIf(HOT) {
    if constexpr (K == EXPLICIT) {
        if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    }
    if (!holds<C, K, T>(fa, fb)) NEXT;
    left -= op->done;
    if (left < 0) TAIL(leaveAtBranch);
    op = op->target;
    TAIL(op->handler);
}

template <Condition C> Handler jcc(Form& f) {
    f.branches = true;
    return byCondition<C>(f.known, []<FlagKind K, class T>() -> Handler { return jumpIf<C, K, T>; });
}

void jumpDirect(HOT) {
    left -= op->done;
    if (left < 0) TAIL(leaveAtBranch);
    op = op->target;
    TAIL(op->handler);
}

Handler jmp(Form& f) {
    if (f.kind(0) != Operand::imm) return nullptr;
    f.branches = f.ends = true;
    return jumpDirect;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_JMP, jmp},
    {ZYDIS_MNEMONIC_JO, jcc<CC_O>}, {ZYDIS_MNEMONIC_JNO, jcc<CC_NO>},
    {ZYDIS_MNEMONIC_JB, jcc<CC_B>}, {ZYDIS_MNEMONIC_JNB, jcc<CC_NB>},
    {ZYDIS_MNEMONIC_JZ, jcc<CC_Z>}, {ZYDIS_MNEMONIC_JNZ, jcc<CC_NZ>},
    {ZYDIS_MNEMONIC_JBE, jcc<CC_BE>}, {ZYDIS_MNEMONIC_JNBE, jcc<CC_NBE>},
    {ZYDIS_MNEMONIC_JS, jcc<CC_S>}, {ZYDIS_MNEMONIC_JNS, jcc<CC_NS>},
    {ZYDIS_MNEMONIC_JP, jcc<CC_P>}, {ZYDIS_MNEMONIC_JNP, jcc<CC_NP>},
    {ZYDIS_MNEMONIC_JL, jcc<CC_L>}, {ZYDIS_MNEMONIC_JNL, jcc<CC_NL>},
    {ZYDIS_MNEMONIC_JLE, jcc<CC_LE>}, {ZYDIS_MNEMONIC_JNLE, jcc<CC_NLE>},
};

}  // namespace

Family controlTransfer() { return table; }

}  // namespace cpu
