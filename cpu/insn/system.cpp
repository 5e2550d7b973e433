// System instructions that user mode may execute (SDM Vol. 1 §5.20, §5.21): bases of FS and GS, descriptor tables, rights of
// segments; random numbers (§5.1.16), RDPID, protection keys.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

namespace cpu {

namespace {

enum class Base { fs, gs };
template <Base which> u64& baseOf(Core* core) { return which == Base::fs ? core->fs_base : core->gs_base; }
template <Base which, class T> void readBase(HOT) {
    if (!core->fsgsbase) TAIL(raiseInvalidOpcode);
    OPEN(target, Dst, T);
    target.set(static_cast<T>(baseOf<which>(core)));
    NEXT;
}
template <Base which, class T> void writeBase(HOT) {
    if (!core->fsgsbase) TAIL(raiseInvalidOpcode);
    OPEN(source, Dst, T);
    const u64 value = source.get();
    if (!isCanonical(value)) TAIL(raiseProtection);
    baseOf<which>(core) = value;
    NEXT;
}
template <Handler narrow, Handler wide> Handler by64(Form& f) { return f.bits() == 64 ? wide : narrow; }

// Seeded; each number is the next of SplitMix64. It is always there: CF = 1.
u64 nextRandom(Core* core) {
    u64 z = core->seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}
template <class T> void random(HOT) {
    OPEN(target, Dst, T);
    target.set(static_cast<T>(nextRandom(core)));
    NEXT_WITH(FLAG_CF, 0, EXPLICIT_KIND);
}
Handler rdrand(Form& f) {
    return byWideWidth(f.bits(), [](auto t) -> Handler { return random<WIDTH(t)>; });
}

void rdpid(HOT) {       // IA32_TSC_AUX: processor 0 of node 0
    OPEN(target, Dst, u64);
    target.set(0);
    NEXT;
}

// SDM Vol. 2, RDPKRU and WRPKRU.
bool rdpkru(Core& core, const Op&) {
    if (static_cast<u32>(core.gpr[RCX])) return core.fault(VECTOR_GP);
    core.gpr[RAX] = core.pkru;
    core.gpr[RDX] = 0;
    return true;
}
bool wrpkru(Core& core, const Op&) {
    if (static_cast<u32>(core.gpr[RCX]) || static_cast<u32>(core.gpr[RDX])) return core.fault(VECTOR_GP);
    core.setPkru(static_cast<u32>(core.gpr[RAX]));
    return true;
}

// SGDT and SIDT: the processor has no UMIP; the tables lie where Linux maps them into every address space.
constexpr u64 IDT = 0xfffffe0000000000, GDT = 0xfffffe0000001000;
template <u16 limit, u64 base> bool storeTable(Core& core, const Op& op) {
    constexpr u16 size = limit;
    constexpr u64 at = base;
    u8 image[10];
    std::memcpy(image, &size, 2);
    std::memcpy(image + 2, &at, 8);
    return core.write(effectiveAddress<Address::any>(&op, &core), image, sizeof image);
}

// SLDT, STR, SMSW: a word to memory, the whole value to a register.
template <u64 value, class T, class D> void storeValue(HOT) {
    OPEN(target, D, T);
    target.set(static_cast<T>(value));
    NEXT;
}
template <u64 value> Handler store(Form& f) {
    if (f.kind(0) == Operand::mem) return storeValue<value, u16, Store<Address::any>>;
    return byWideWidth(f.bits(), [](auto t) -> Handler { return storeValue<value, WIDTH(t), Dst>; });
}
constexpr u64 NO_LDT = 0, TASK = 0x40, CR0 = 0x80050033;

// Linux's segments that user mode may see: 32-bit code, data, 64-bit code and the one that holds the processor's number.
// Rights as LAR gives them (SDM Vol. 2, LAR).
struct Visible {
    u16 selector;
    u32 rights, limit;
    bool writable;
};
constexpr Visible visible[] = {
    {0x20, 0x00cffb00, 0xffffffff, false}, {0x28, 0x00cff300, 0xffffffff, true}, {0x30, 0x00affb00, 0xffffffff, false}, {0x78, 0x0040f500, 0, false}};
const Visible* find(u16 selector) {
    for (const Visible& segment : visible)
        if (segment.selector == (selector & ~3)) return &segment;
    return nullptr;
}
template <u32 Visible::* what, class T, class S> void inspectOp(HOT) {
    if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    OPEN(source, S, u16);
    OPEN(target, Dst, T);
    const Visible* segment = find(source.get());
    if (segment) target.set(static_cast<T>(segment->*what));
    fa = (fa & ~FLAG_ZF) | flagIf(segment != nullptr, FLAG_ZF);
    NEXT;
}
template <u32 Visible::* what> Handler inspect(Form& f) {
    return byWideWidth(f.bits(), [&](auto t) -> Handler {
        return rareOperand(f, 1, []<class S>() -> Handler { return inspectOp<what, WIDTH(t), S>; });
    });
}
enum class Verify { read, write };
template <Verify how, class S> void verifyOp(HOT) {
    if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    OPEN(source, S, u16);
    const Visible* segment = find(source.get());
    fa = (fa & ~FLAG_ZF) | flagIf(segment && (how == Verify::read || segment->writable), FLAG_ZF);
    NEXT;
}
template <Verify how> Handler verify(Form& f) {
    return rareOperand(f, 0, []<class S>() -> Handler { return verifyOp<how, S>; });
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_RDFSBASE, by64<readBase<Base::fs, u32>, readBase<Base::fs, u64>>},
    {ZYDIS_MNEMONIC_RDGSBASE, by64<readBase<Base::gs, u32>, readBase<Base::gs, u64>>},
    {ZYDIS_MNEMONIC_WRFSBASE, by64<writeBase<Base::fs, u32>, writeBase<Base::fs, u64>>},
    {ZYDIS_MNEMONIC_WRGSBASE, by64<writeBase<Base::gs, u32>, writeBase<Base::gs, u64>>},
    {ZYDIS_MNEMONIC_RDRAND, rdrand},
    {ZYDIS_MNEMONIC_RDSEED, rdrand},
    {ZYDIS_MNEMONIC_RDPID, plain<rdpid>},
    {ZYDIS_MNEMONIC_RDPKRU, action<rdpkru>},
    {ZYDIS_MNEMONIC_WRPKRU, action<wrpkru>},
    {ZYDIS_MNEMONIC_SGDT, action<storeTable<0x7f, GDT>>},
    {ZYDIS_MNEMONIC_SIDT, action<storeTable<0xfff, IDT>>},
    {ZYDIS_MNEMONIC_SLDT, store<NO_LDT>},
    {ZYDIS_MNEMONIC_STR, store<TASK>},
    {ZYDIS_MNEMONIC_SMSW, store<CR0>},
    {ZYDIS_MNEMONIC_LAR, inspect<&Visible::rights>},
    {ZYDIS_MNEMONIC_LSL, inspect<&Visible::limit>},
    {ZYDIS_MNEMONIC_VERR, verify<Verify::read>},
    {ZYDIS_MNEMONIC_VERW, verify<Verify::write>},
    {ZYDIS_MNEMONIC_SYSENTER, last<raiseProtection>},   // IA32_SYSENTER_CS is null: no 32-bit system calls
};

}  // namespace

Family system() { return table; }

}  // namespace cpu
