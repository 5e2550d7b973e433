// SDM Vol. 1 §5.1.7: control transfer. Near branches to a non-canonical address fault at the branch (SDM Vol. 2, JMP).
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

#define TAKE_BRANCH                             \
    left -= op->done;                           \
    if (left < 0) TAIL(leaveAtBranch);          \
    op = op->target;                            \
    TAIL(op->handler)

// Continue at an address found at run time.
enum class Targets { all, cached };     // by the table of all jumps | by the branch's own cache
#define JUMP(target_)                                                                           \
    left -= op->done;                                                                           \
    if constexpr (targets == Targets::cached) {                                                 \
        if (left >= 0) {                    /* not alone: op[1] is what the block has there */  \
            const TargetCache& cache = *op[1].targets;                                          \
            if (cache.generation == core->generation)                                           \
                EXECSCOPE_UNROLLED for (const JumpEntry& entry : cache.entries)                 \
                    if (entry.address == target_) CONTINUE_AT(entry, target_);                  \
        }                                                                                       \
        core->jump = target_;                                                                   \
        TAIL(targetMiss);                                                                       \
    } else {                                                                                    \
        const JumpEntry& entry = core->jumpEntry(target_);                                      \
        if (entry.address == target_ && left >= 0) CONTINUE_AT(entry, target_);                 \
        core->jump = target_;                                                                   \
        TAIL(jumpMiss);                                                                         \
    }
#define CONTINUE_AT(entry_, target_)                                                            \
    {                                                                                           \
        core->rip = target_ & ~(PAGE_SIZE - 1);                                                 \
        op = entry_.op;                                                                         \
        TAIL(op->handler);                                                                      \
    }
#if defined(__clang__)
#define EXECSCOPE_UNROLLED _Pragma("clang loop unroll(full)")
#else
#define EXECSCOPE_UNROLLED _Pragma("GCC unroll 12")
#endif
static_assert(TargetCache::ENTRIES == 12);

template <Condition C, FlagKind K, class T> void jumpIf(HOT) {
    CONDITION(taken, C, K, T);
    if (!taken) NEXT;
    TAKE_BRANCH;
}
template <Condition C> Handler jcc(Form& f) {
    f.branches = true;
    return byCondition<C>(f, []<FlagKind K, class T>() -> Handler { return jumpIf<C, K, T>; });
}

void jumpDirect(HOT) { TAKE_BRANCH; }

template <class S, Targets targets> void jumpIndirect(HOT) {
    OPEN(source, S, u64);
    const u64 target = source.get();
    if (!isCanonical(target)) TAIL(raiseProtection);
    JUMP(target);
}
void callDirect(HOT) {
    OPENED(top, openStore<u64>(core, core->gpr[RSP] - 8), refillPush<8>);
    top.set(core->next(*op));
    core->gpr[RSP] -= 8;
    TAKE_BRANCH;
}
template <class S, Targets targets> void callIndirect(HOT) {
    OPEN(source, S, u64);
    const u64 target = source.get();
    OPENED(top, openStore<u64>(core, core->gpr[RSP] - 8), refillPush<8>);
    if (!isCanonical(target)) TAIL(raiseProtection);
    top.set(core->next(*op));
    core->gpr[RSP] -= 8;
    JUMP(target);
}

void returnNear(HOT) {
    OPENED(top, openLoad<u64>(core, core->gpr[RSP]), refillPop<8>);
    const u64 target = top.get();
    if (!isCanonical(target)) TAIL(raiseProtection);
    core->gpr[RSP] += 8 + static_cast<u64>(static_cast<u16>(op->imm));
    constexpr Targets targets = Targets::all;
    JUMP(target);
}
Handler ret(Form& f) {
    f.ends = true;
    return f.insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR || f.insn.operand_width == 16 ? nullptr : returnNear;
}

template <class S> Handler jumpTo(Form& f) {
    f.caching = jumpIndirect<S, Targets::cached>;
    return jumpIndirect<S, Targets::all>;
}
template <class S> Handler callTo(Form& f) {
    f.caching = callIndirect<S, Targets::cached>;
    return callIndirect<S, Targets::all>;
}
template <Handler direct, Select byRegister, Select based, Select indexed, Select any> Handler branch(Form& f) {
    f.ends = true;
    if (f.kind(0) == Operand::imm) {
        f.branches = true;
        return direct;
    }
    if (f.kind(0) == Operand::reg) return f.bits() == 64 ? byRegister(f) : nullptr;
    if (f.kind(0) != Operand::mem || f.bits() != 64) return nullptr;        // far branches
    return f.address == Address::based ? based(f) : f.address == Address::indexed ? indexed(f) : any(f);
}

enum class Until { zero, notEqual, equal };     // LOOP, LOOPE, LOOPNE
template <class T, Until until> void loopOp(HOT) {
    if constexpr (until != Until::zero) {
        if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    }
    const T count = static_cast<T>(core->gpr[RCX] - 1);
    core->gpr[RCX] = count;
    if (count == 0) NEXT;
    if constexpr (until == Until::notEqual) {
        if (!(fa & FLAG_ZF)) NEXT;
    }
    if constexpr (until == Until::equal) {
        if (fa & FLAG_ZF) NEXT;
    }
    TAKE_BRANCH;
}
template <Until until> Handler loop(Form& f) {
    f.branches = true;
    if (until != Until::zero) f.leaves = UNKNOWN;       // settled
    return f.insn.address_width == 32 ? loopOp<u32, until> : loopOp<u64, until>;
}
template <class T> void jumpIfCounterZero(HOT) {
    if (static_cast<T>(core->gpr[RCX])) NEXT;
    TAKE_BRANCH;
}
template <class T> Handler jrcxz(Form& f) {
    f.branches = true;
    return jumpIfCounterZero<T>;
}

// Linux has user gates for 3, 4 and 0x80; the others fault (SDM Vol. 3 §6.12.1.1: error code IDT | EXT = 0).
bool interrupt(Core& core, const Op& op) {
    const u8 vector = static_cast<u8>(op.imm);
    if (vector == 0x80) core.trap = {Trap::Kind::interrupt, vector, 0, 0, false};
    else if (vector == VECTOR_BP || vector == VECTOR_OF) core.fault(vector);
    else return core.fault(VECTOR_GP, vector * 8u + 2);
    return true;
}
template <u8 vector> bool trapAfter(Core& core, const Op&) {
    core.fault(vector);
    return true;
}
// SDM Vol. 2, SYSCALL.
bool enterKernel(Core& core, const Op& op) {
    core.gpr[RCX] = core.next(op);
    core.gpr[R11] = core.rflags & ~FLAG_RF;
    core.trap = {Trap::Kind::syscall, 0, 0, 0, false};
    return true;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_JMP, branch<jumpDirect, jumpTo<Dst>, jumpTo<Load<Address::based>>, jumpTo<Load<Address::indexed>>, jumpTo<Load<Address::any>>>},
    {ZYDIS_MNEMONIC_CALL, branch<callDirect, callTo<Dst>, callTo<Load<Address::based>>, callTo<Load<Address::indexed>>, callTo<Load<Address::any>>>},
    {ZYDIS_MNEMONIC_RET, ret},
    {ZYDIS_MNEMONIC_JO, jcc<CC_O>}, {ZYDIS_MNEMONIC_JNO, jcc<CC_NO>},
    {ZYDIS_MNEMONIC_JB, jcc<CC_B>}, {ZYDIS_MNEMONIC_JNB, jcc<CC_NB>},
    {ZYDIS_MNEMONIC_JZ, jcc<CC_Z>}, {ZYDIS_MNEMONIC_JNZ, jcc<CC_NZ>},
    {ZYDIS_MNEMONIC_JBE, jcc<CC_BE>}, {ZYDIS_MNEMONIC_JNBE, jcc<CC_NBE>},
    {ZYDIS_MNEMONIC_JS, jcc<CC_S>}, {ZYDIS_MNEMONIC_JNS, jcc<CC_NS>},
    {ZYDIS_MNEMONIC_JP, jcc<CC_P>}, {ZYDIS_MNEMONIC_JNP, jcc<CC_NP>},
    {ZYDIS_MNEMONIC_JL, jcc<CC_L>}, {ZYDIS_MNEMONIC_JNL, jcc<CC_NL>},
    {ZYDIS_MNEMONIC_JLE, jcc<CC_LE>}, {ZYDIS_MNEMONIC_JNLE, jcc<CC_NLE>},
    {ZYDIS_MNEMONIC_LOOP, loop<Until::zero>},
    {ZYDIS_MNEMONIC_LOOPE, loop<Until::notEqual>},
    {ZYDIS_MNEMONIC_LOOPNE, loop<Until::equal>},
    {ZYDIS_MNEMONIC_JRCXZ, jrcxz<u64>}, {ZYDIS_MNEMONIC_JECXZ, jrcxz<u32>},
    {ZYDIS_MNEMONIC_INT, lastAction<interrupt>},
    {ZYDIS_MNEMONIC_INT3, lastAction<trapAfter<VECTOR_BP>>},
    {ZYDIS_MNEMONIC_INT1, lastAction<trapAfter<VECTOR_DB>>},
    {ZYDIS_MNEMONIC_SYSCALL, lastAction<enterKernel>},
};

}  // namespace

Family controlTransfer() { return table; }

}  // namespace cpu
