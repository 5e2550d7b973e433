// The stack instructions of SDM Vol. 1 §5.1.1 and §5.1.7: PUSH, POP, ENTER, LEAVE; LEA and XLAT of §5.1.13.
#include "cpu/insn/families.hpp"
#include "cpu/segments.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

template <class T, class S> void pushOp(HOT) {
    OPEN(source, S, T);
    OPENED(top, openStore<T>(core, core->gpr[RSP] - sizeof(T)), refillPush<sizeof(T)>);
    top.set(source.get());
    core->gpr[RSP] -= sizeof(T);
    NEXT;
}
template <class T, class D> void popOp(HOT) {
    OPENED(top, openLoad<T>(core, core->gpr[RSP]), refillPop<sizeof(T)>);
    OPEN(target, D, T);
    core->gpr[RSP] += sizeof(T);
    target.set(top.get());
    NEXT;
}

bool generalOrMemory(const Form& f) { return f.kind(0) != Operand::reg || f.op.dst != NO_REGISTER; }

Handler push(Form& f) {
    if (!generalOrMemory(f)) return nullptr;
    if (f.insn.operand_width == 16) {
        return f.kind(0) == Operand::reg ? pushOp<u16, Dst> :
               f.kind(0) == Operand::imm ? pushOp<u16, Imm> :
                                           pushOp<u16, Load<Address::any>>;
    }
    if (f.kind(0) == Operand::reg) return pushOp<u64, Dst>;
    if (f.kind(0) == Operand::imm) return pushOp<u64, Imm>;
    return byAddress(f, []<Address A>() -> Handler { return pushOp<u64, Load<A>>; });
}
Handler pop(Form& f) {
    if (!generalOrMemory(f)) return nullptr;
    const bool narrow = f.insn.operand_width == 16;
    if (f.kind(0) == Operand::reg) return narrow ? popOp<u16, Dst> : popOp<u64, Dst>;
    // The address of the target is computed with the incremented rsp (SDM Vol. 2, POP).
    if (f.op.base == offsetof(Registers, gpr) + 8 * RSP) f.op.disp += narrow ? 2 : 8;
    return narrow ? popOp<u16, Store<Address::any>> : popOp<u64, Store<Address::any>>;
}

// PUSH and POP of fs and gs.
bool pushSelector(Core& core, const Op& op) {
    core.onStack = true;
    const u64 value = op.misc & 1 ? core.gs : core.fs;
    const u64 size = op.misc & 2 ? 2 : 8;
    if (!core.isAligned(core.gpr[RSP] - size, size) || !core.write(core.gpr[RSP] - size, &value, size)) return false;
    core.gpr[RSP] -= size;
    return true;
}
bool popSelector(Core& core, const Op& op) {
    core.onStack = true;
    u16 value;
    if (!core.fetch(core.gpr[RSP], value)) return false;
    if (!isLoadable(value)) return core.fault(VECTOR_GP, value & ~3u);
    (op.misc & 1 ? core.gs : core.fs) = value;
    (op.misc & 1 ? core.gs_base : core.fs_base) = 0;
    core.gpr[RSP] += op.misc & 2 ? 2 : 8;
    return true;
}
template <bool (*run)(Core&, const Op&)> Handler selector(Form& f) {
    const ZydisRegister reg = f.operand[0].reg.value;
    if (reg != ZYDIS_REGISTER_FS && reg != ZYDIS_REGISTER_GS) return nullptr;
    f.op.misc = static_cast<u8>((reg == ZYDIS_REGISTER_GS) | (f.insn.operand_width == 16) << 1);
    return actionOp<run>;
}

void leave64(HOT) {
    OPENED(saved, openLoad<u64>(core, core->gpr[RBP]), refillPop<8>);
    core->gpr[RSP] = core->gpr[RBP] + 8;
    core->gpr[RBP] = saved.get();
    NEXT;
}
bool leave16(Core& core, const Op&) {
    core.onStack = true;
    u16 saved;
    if (!core.fetch(core.gpr[RBP], saved)) return false;
    core.gpr[RSP] = core.gpr[RBP] + 2;
    core.gpr[RBP] = (core.gpr[RBP] & ~0xffffull) | saved;
    return true;
}
Handler leave(Form& f) { return f.insn.operand_width == 16 ? actionOp<leave16> : leave64; }

// imm: bytes of locals, misc: nesting level. Each frame pointer is read after the one before it was pushed (SDM Vol. 2, ENTER).
template <class T> bool enterFrame(Core& core, const Op& op) {
    constexpr u64 size = sizeof(T);
    const unsigned level = op.misc & 31;
    const u64 pushed = core.gpr[RSP] - size;
    core.onStack = true;
    const auto push = [&](unsigned i, T value) { return core.save(pushed - size * i, value); };
    const u64 rsp = pushed - size * level - static_cast<u16>(op.imm);
    if (!push(0, static_cast<T>(core.gpr[RBP]))) return false;
    for (unsigned i = 1; i < level; ++i) {
        T frame;
        if (!core.fetch(core.gpr[RBP] - size * i, frame) || !push(i, frame)) return false;
    }
    if ((level && !push(level, static_cast<T>(pushed))) || !core.isAligned(rsp, size) || !core.probeWrite(rsp, 1)) return false;
    std::memcpy(&core.gpr[RBP], &pushed, size);
    core.gpr[RSP] = rsp;
    return true;
}
Handler enter(Form& f) { return f.insn.operand_width == 16 ? actionOp<enterFrame<u16>> : actionOp<enterFrame<u64>>; }

template <class T, Address A> void loadAddress(HOT) {
    OPEN(target, Dst, T);
    target.set(static_cast<T>(effectiveOffset<A>(op, core)));
    NEXT;
}
Handler lea(Form& f) {
    return byWidth(f.bits(), [&](auto t) -> Handler {
        if constexpr (sizeof(t) == 1) return nullptr;
        else return byAddress(f, []<Address A>() -> Handler { return loadAddress<WIDTH(t), A>; });
    });
}

bool translateByte(Core& core, const Op& op) {
    u64 address = core.gpr[RBX] + (core.gpr[RAX] & 0xff);
    if (op.segment & ADDRESS32) address = static_cast<u32>(address);
    u8 value;
    if (!core.fetch(address + slot(&core, op.segment & ~7u), value)) return false;
    core.gpr[RAX] = (core.gpr[RAX] & ~0xffull) | value;
    return true;
}
Handler xlat(Form& f) {
    for (unsigned i = 0; i < f.insn.operand_count; ++i)
        if (f.operand[i].type == ZYDIS_OPERAND_TYPE_MEMORY) f.op.segment = segmentSlot(f.operand[i].mem.segment);
    if (f.insn.address_width == 32) f.op.segment |= ADDRESS32;
    return actionOp<translateByte>;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_PUSH, push},  {ZYDIS_MNEMONIC_PUSH, selector<pushSelector>},
    {ZYDIS_MNEMONIC_POP, pop},    {ZYDIS_MNEMONIC_POP, selector<popSelector>},
    {ZYDIS_MNEMONIC_LEAVE, leave}, {ZYDIS_MNEMONIC_ENTER, enter},
    {ZYDIS_MNEMONIC_LEA, lea},    {ZYDIS_MNEMONIC_XLAT, xlat},
};

}  // namespace

Family stack() { return table; }

}  // namespace cpu
