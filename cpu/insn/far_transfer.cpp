// Far JMP, CALL and RET, IRET, and the loads of far pointers of user mode (SDM Vol. 2). The only code segment of 64-bit programs is the flat one of
// selector 33H; 23H would enter compatibility mode, which execscope lacks and says so.
#include "cpu/insn/families.hpp"
#include "cpu/segments.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

constexpr u16 CODE64 = 0x33, CODE32 = 0x23, DATA = 0x2b, PRIVILEGE = 3;

// In an op: misc = bytes of the offset (2, 4, 8).
u64 offsetOf(const Op& op, const u8* at) {
    u64 offset = 0;
    std::memcpy(&offset, at, op.misc);
    return offset;
}
u16 selectorAt(const u8* at) {
    u16 selector;
    std::memcpy(&selector, at, 2);
    return selector;
}

bool refuse(Core& core, u16 selector) { return core.fault(VECTOR_GP, selector & ~PRIVILEGE); }
bool jumpTo(Core& core, u16 selector, u64 target) {
    if ((selector & ~PRIVILEGE) == (CODE32 & ~PRIVILEGE)) {
        core.fault(VECTOR_UD);
        core.trap.unsupported = true;
        return false;
    }
    if ((selector & ~PRIVILEGE) != (CODE64 & ~PRIVILEGE)) return refuse(core, selector);
    if (!isCanonical(target)) return core.fault(VECTOR_GP);
    core.jump = target;
    return true;
}

bool readPointer(Core& core, const Op& op, u16& selector, u64& target) {
    u8 bytes[10];
    const u64 at = effectiveAddress<Address::any>(&op, &core);
    if (!core.isAligned(at, op.misc) || !core.read(at, bytes, op.misc + 2u)) return false;
    target = offsetOf(op, bytes);
    selector = selectorAt(bytes + op.misc);
    return true;
}
bool jumpFar(Core& core, const Op& op) {
    u16 selector;
    u64 target;
    return readPointer(core, op, selector, target) && jumpTo(core, selector, target);
}
bool callFar(Core& core, const Op& op) {
    u16 selector;
    u64 target;
    if (!readPointer(core, op, selector, target) || !jumpTo(core, selector, target)) return false;
    u8 image[16]{};
    const u64 next = core.next(op), cs = core.cs;
    std::memcpy(image, &next, op.misc);
    std::memcpy(image + op.misc, &cs, op.misc);
    const u64 top = core.gpr[RSP] - 2u * op.misc;
    if (!core.isAligned(top, op.misc) || !core.write(top, image, 2u * op.misc)) return false;
    core.gpr[RSP] = top;
    return true;
}

bool pop(Core& core, const Op& op, u8* image, unsigned slots) {
    const u64 top = core.gpr[RSP];
    for (u64 last : {top, top + u64{slots} * op.misc - 1})
        if (!isCanonical(last)) return core.fault(VECTOR_SS);
    return core.isAligned(top, op.misc) && core.read(top, image, u64{slots} * op.misc);
}
bool returnFar(Core& core, const Op& op) {
    u8 image[16];
    if (!pop(core, op, image, 2)) return false;
    const u16 selector = selectorAt(image + op.misc);
    if (selector <= PRIVILEGE) return core.fault(VECTOR_GP);
    if ((selector & PRIVILEGE) != PRIVILEGE) return refuse(core, selector);
    if (!jumpTo(core, selector, offsetOf(op, image))) return false;
    core.gpr[RSP] += 2u * op.misc + static_cast<u16>(op.imm);
    return true;
}

// SDM Vol. 2, IRET: RETURN-TO-SAME-PRIVILEGE-LEVEL; in 64-bit mode the stack pointer is always popped.
bool returnFromInterrupt(Core& core, const Op& op) {
    if (core.rflags & FLAG_NT) return core.fault(VECTOR_GP);
    u8 image[40];
    if (!pop(core, op, image, 5)) return false;
    const u16 selector = selectorAt(image + op.misc), stack = selectorAt(image + 4 * op.misc);
    if (selector <= PRIVILEGE) return core.fault(VECTOR_GP);
    if ((selector & PRIVILEGE) != PRIVILEGE) return refuse(core, selector);
    if (!jumpTo(core, selector, offsetOf(op, image))) return false;
    if (stack != DATA) return refuse(core, stack);
    constexpr u64 popped = FLAGS_STATUS | FLAG_TF | FLAG_DF | FLAG_NT | FLAG_AC | FLAG_ID;
    const u64 changed = popped & (op.misc == 2 ? 0xffff : ~u64{0});
    core.rflags = (core.rflags & ~changed) | (offsetOf(op, image + 2 * op.misc) & changed);
    core.gpr[RSP] = offsetOf(op, image + 3 * op.misc);
    core.ss = stack;
    return true;
}

// LFS, LGS, LSS: the selectors are those of MOV (data_transfer.cpp).
template <ZydisMnemonic name> bool loadFar(Core& core, const Op& op) {
    u16 selector;
    u64 offset;
    if (!readPointer(core, op, selector, offset)) return false;
    if (name == ZYDIS_MNEMONIC_LSS ? selector != DATA : !isLoadable(selector)) return refuse(core, selector);
    if constexpr (name == ZYDIS_MNEMONIC_LSS) core.ss = selector;
    if constexpr (name == ZYDIS_MNEMONIC_LFS) core.fs = selector, core.fs_base = 0;
    if constexpr (name == ZYDIS_MNEMONIC_LGS) core.gs = selector, core.gs_base = 0;
    std::memcpy(registerBytes(&core, op.dst), &offset, op.misc == 2 ? 2 : 8);
    return true;
}
template <bool (*run)(Core&, const Op&)> Handler farLoad(Form& f) {
    f.op.misc = static_cast<u8>(f.insn.operand_width / 8);
    return actionOp<run>;
}

template <bool (*run)(Core&, const Op&)> void farOp(HOT) {
    if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    core->rflags = (core->rflags & ~FLAGS_STATUS) | fa;
    if (!run(*core, *op)) TAIL(leaveFault);
    fa = core->rflags & FLAGS_STATUS;
    left -= op->done;
    TAIL(leaveAtJump);
}
template <bool (*run)(Core&, const Op&)> Handler farBy(Form& f) {
    f.op.misc = static_cast<u8>(f.insn.operand_width / 8);
    f.ends = true;
    return farOp<run>;
}
template <bool (*run)(Core&, const Op&)> Handler far(Form& f) {
    return f.insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ? farBy<run>(f) : nullptr;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_JMP, far<jumpFar>},
    {ZYDIS_MNEMONIC_CALL, far<callFar>},
    {ZYDIS_MNEMONIC_RET, far<returnFar>},
    {ZYDIS_MNEMONIC_LSS, farLoad<loadFar<ZYDIS_MNEMONIC_LSS>>},
    {ZYDIS_MNEMONIC_LFS, farLoad<loadFar<ZYDIS_MNEMONIC_LFS>>},
    {ZYDIS_MNEMONIC_LGS, farLoad<loadFar<ZYDIS_MNEMONIC_LGS>>},
    {ZYDIS_MNEMONIC_IRET, farBy<returnFromInterrupt>},
    {ZYDIS_MNEMONIC_IRETD, farBy<returnFromInterrupt>},
    {ZYDIS_MNEMONIC_IRETQ, farBy<returnFromInterrupt>},
};

}  // namespace

Family farTransfer() { return table; }

}  // namespace cpu
