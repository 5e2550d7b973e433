// SDM Vol. 1 §5.1.11: flag control.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

enum class Carry { clear, set, complement };
template <Carry how> void carryOp(HOT) {
    if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    if constexpr (how == Carry::clear) fa &= ~FLAG_CF;
    if constexpr (how == Carry::set) fa |= FLAG_CF;
    if constexpr (how == Carry::complement) fa ^= FLAG_CF;
    NEXT;
}
template <bool set> void directionOp(HOT) {
    core->rflags = (core->rflags & ~FLAG_DF) | flagIf(set, FLAG_DF);
    NEXT;
}

constexpr u64 LOW = FLAG_SF | FLAG_ZF | FLAG_AF | FLAG_PF | FLAG_CF;
bool lahf(Core& core, const Op&) {
    core.gpr[RAX] = (core.gpr[RAX] & ~0xff00ull) | (core.rflags & LOW) << 8 | 0x200;
    return true;
}
bool sahf(Core& core, const Op&) {
    core.rflags = (core.rflags & ~LOW) | (core.gpr[RAX] >> 8 & LOW);
    return true;
}

// VM and RF read as 0; user mode changes neither IF nor IOPL and faults on neither (SDM Vol. 2, PUSHF, POPF).
constexpr u64 POPPED = FLAGS_STATUS | FLAG_TF | FLAG_DF | FLAG_NT | FLAG_AC | FLAG_ID;
template <class T> bool pushf(Core& core, const Op&) {
    core.onStack = true;
    const T image = static_cast<T>(core.rflags & 0xfcffff);
    if (!core.save(core.gpr[RSP] - sizeof(T), image)) return false;
    core.gpr[RSP] -= sizeof(T);
    return true;
}
template <class T> bool popf(Core& core, const Op&) {
    core.onStack = true;
    T image;
    if (!core.fetch(core.gpr[RSP], image)) return false;
    core.gpr[RSP] += sizeof(T);
    const u64 changed = POPPED & (sizeof(T) == 2 ? 0xffff : ~u64{0});
    core.rflags = (core.rflags & ~changed & ~FLAG_RF) | (image & changed);
    return true;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_CLC, plain<carryOp<Carry::clear>>},
    {ZYDIS_MNEMONIC_STC, plain<carryOp<Carry::set>>},
    {ZYDIS_MNEMONIC_CMC, plain<carryOp<Carry::complement>>},
    {ZYDIS_MNEMONIC_CLD, plain<directionOp<false>>},
    {ZYDIS_MNEMONIC_STD, plain<directionOp<true>>},
    {ZYDIS_MNEMONIC_LAHF, action<lahf>},
    {ZYDIS_MNEMONIC_SAHF, action<sahf>},
    {ZYDIS_MNEMONIC_PUSHF, action<pushf<u16>>},
    {ZYDIS_MNEMONIC_PUSHFQ, action<pushf<u64>>},
    {ZYDIS_MNEMONIC_POPF, lastAction<popf<u16>>},
    {ZYDIS_MNEMONIC_POPFQ, lastAction<popf<u64>>},
};

}  // namespace

Family flagControl() { return table; }

}  // namespace cpu
