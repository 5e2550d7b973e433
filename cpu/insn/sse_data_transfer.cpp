// SDM Vol. 1 §5.5.1.1, §5.6.1.1, §5.6.3: SSE and SSE2 data transfer.
#include "cpu/insn/families.hpp"
#include "cpu/vector.hpp"

namespace cpu {

namespace {

constexpr auto same = []<class T>(T value) { return value; };
constexpr auto zeroExtend = []<class T>(T value) {
    if constexpr (std::is_same_v<T, u32>) return Xmm{_mm_cvtsi32_si128(static_cast<int>(value))};
    else if constexpr (std::is_same_v<T, u64>) return Xmm{_mm_cvtsi64_si128(static_cast<i64>(value))};
    else if constexpr (std::is_same_v<T, Xmm>) return Xmm{_mm_move_epi64(value.v)};
    else return Xmm{vec(value)};
};

EXACT(movss)
EXACT(movsd)
EXACT(movhlps)
EXACT(movlhps)
EXACT(unpcklpd)

// 16 bytes, register or memory on either side.
template <template <Address> class L, template <Address> class S> Handler moveAll(Form& f) {
    if (isMemory(f, 0)) return byAddress(f, [&]<Address A>() -> Handler { return convertOp<same, Xmm, Xmm, S<A>, Src>; });
    if (isMemory(f, 1)) return byAddress(f, [&]<Address A>() -> Handler { return convertOp<same, Xmm, Xmm, Dst, L<A>>; });
    return convertOp<same, Xmm, Xmm, Dst, Src>;
}
constexpr Select aligned = moveAll<AlignedLoad, AlignedStore>;
constexpr Select unaligned = moveAll<Load, Store>;

// MOVSS, MOVSD: a load clears the rest of the register, a move between registers keeps it.
template <auto merge, class T> Handler moveScalar(Form& f) {
    if (f.insn.meta.category == ZYDIS_CATEGORY_STRINGOP) return nullptr;
    if (isMemory(f, 0)) return convertStore<same, T, T>(f);
    if (isMemory(f, 1)) return byAddress(f, [&]<Address A>() -> Handler { return convertOp<zeroExtend, Xmm, T, Dst, Load<A>>; });
    return vectorOp<merge, Xmm, Src>;
}

// MOVLPS, MOVHPS and their like for double: half a register, to or from memory.
template <auto merge, u16 half> Handler moveHalf(Form& f) {
    if (isMemory(f, 0)) {
        f.op.src += half;
        return convertStore<same, Low64, Low64>(f);
    }
    return byAddress(f, [&]<Address A>() -> Handler { return vectorOp<merge, Low64, Load<A>>; });
}

// MOVD, MOVQ: xmm from a general register, memory or xmm, and back. General is u32 or u64.
template <class General> Handler moveLow(Form& f) {
    using Low = std::conditional_t<sizeof(General) == 4, Low32, Low64>;
    if (isXmm(f, 0)) {
        if (isMemory(f, 1)) return byAddress(f, [&]<Address A>() -> Handler { return convertOp<zeroExtend, Xmm, Low, Dst, Load<A>>; });
        if (isXmm(f, 1)) return convertOp<zeroExtend, Xmm, Xmm, Dst, Src>;
        return f.op.src == NO_REGISTER ? nullptr : convertOp<zeroExtend, Xmm, General, Dst, Src>;
    }
    if (!isXmm(f, 1) || (!isMemory(f, 0) && f.op.dst == NO_REGISTER)) return nullptr;
    if (isMemory(f, 0)) return convertStore<same, Low, Low>(f);
    return convertOp<same, General, General, Dst, Src>;
}

constexpr auto signsOfBytes = [](Xmm x) { return static_cast<u32>(_mm_movemask_epi8(x.v)); };
constexpr auto signsOfFloats = [](Xmm x) { return static_cast<u32>(_mm_movemask_ps(_mm_castsi128_ps(x.v))); };
constexpr auto signsOfDoubles = [](Xmm x) { return static_cast<u32>(_mm_movemask_pd(_mm_castsi128_pd(x.v))); };
template <auto signs> Handler mask(Form& f) { return isXmm(f, 1) ? convertOp<signs, u32, Xmm, Dst, Src> : nullptr; }

Handler movnti(Form& f) {
    if (f.bits() == 64) return convertOp<same, u64, u64, Store<Address::any>, Src>;
    return convertOp<same, u32, u32, Store<Address::any>, Src>;
}

// Only the chosen bytes are touched (SDM Vol. 2 MASKMOVDQU leaves faults of the others to the implementation).
bool storeChosen(Core& core, const Op& op) {
    u8 bytes[16], chosen[16];
    std::memcpy(bytes, registerBytes(&core, op.dst), 16);
    std::memcpy(chosen, registerBytes(&core, op.src), 16);
    const u64 address = effectiveAddress<Address::any>(&op, &core);
    if (!core.isAligned(address, 8)) return false;
    for (unsigned i = 0; i < 16; ++i)
        if (chosen[i] & 0x80 && !core.probeWrite(address + i, 1)) return false;
    for (unsigned i = 0; i < 16; ++i)
        if (chosen[i] & 0x80) core.save(address + i, bytes[i]);
    return true;
}
Handler maskmovdqu(Form& f) {
    const ZydisDecodedOperand& hidden = f.operand[2];
    f.op.base = offsetof(Registers, gpr) + 8 * RDI;
    if (hidden.type == ZYDIS_OPERAND_TYPE_MEMORY && hidden.mem.segment == ZYDIS_REGISTER_FS) f.op.segment = offsetof(Registers, fs_base);
    if (hidden.type == ZYDIS_OPERAND_TYPE_MEMORY && hidden.mem.segment == ZYDIS_REGISTER_GS) f.op.segment = offsetof(Registers, gs_base);
    if (f.insn.address_width == 32) f.op.segment |= ADDRESS32;
    return actionOp<storeChosen>;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_MOVAPS, aligned},
    {ZYDIS_MNEMONIC_MOVAPD, aligned},
    {ZYDIS_MNEMONIC_MOVDQA, aligned},
    {ZYDIS_MNEMONIC_MOVNTPS, aligned},
    {ZYDIS_MNEMONIC_MOVNTPD, aligned},
    {ZYDIS_MNEMONIC_MOVNTDQ, aligned},
    {ZYDIS_MNEMONIC_MOVUPS, unaligned},
    {ZYDIS_MNEMONIC_MOVUPD, unaligned},
    {ZYDIS_MNEMONIC_MOVDQU, unaligned},
    {ZYDIS_MNEMONIC_MOVSS, moveScalar<movss, Low32>},
    {ZYDIS_MNEMONIC_MOVSD, moveScalar<movsd, Low64>},
    {ZYDIS_MNEMONIC_MOVLPS, moveHalf<movsd, 0>},
    {ZYDIS_MNEMONIC_MOVLPD, moveHalf<movsd, 0>},
    {ZYDIS_MNEMONIC_MOVHPS, moveHalf<unpcklpd, 8>},
    {ZYDIS_MNEMONIC_MOVHPD, moveHalf<unpcklpd, 8>},
    {ZYDIS_MNEMONIC_MOVHLPS, vector<movhlps>},
    {ZYDIS_MNEMONIC_MOVLHPS, vector<movlhps>},
    {ZYDIS_MNEMONIC_MOVD, moveLow<u32>},
    {ZYDIS_MNEMONIC_MOVQ, moveLow<u64>},
    {ZYDIS_MNEMONIC_MOVNTI, movnti},
    {ZYDIS_MNEMONIC_MASKMOVDQU, maskmovdqu},
    {ZYDIS_MNEMONIC_VMASKMOVDQU, maskmovdqu},
    {ZYDIS_MNEMONIC_PMOVMSKB, mask<signsOfBytes>},
    {ZYDIS_MNEMONIC_MOVMSKPS, mask<signsOfFloats>},
    {ZYDIS_MNEMONIC_MOVMSKPD, mask<signsOfDoubles>},
};

}  // namespace

Family sseDataTransfer() { return table; }

}  // namespace cpu
