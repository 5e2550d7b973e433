// SDM Vol. 1 §5.4.1, §5.5.1.6, §5.5.3, §5.6.2, §5.6.3: moves, conversions and shuffles of MMX registers.
#include "cpu/insn/families.hpp"
#include "cpu/mmx.hpp"

namespace cpu {

namespace {

EXACT(cvtdq2ps) EXACT(cvtdq2pd) EXACT(cvtps2dq) EXACT(cvttps2dq) EXACT(cvtpd2dq) EXACT(cvttpd2dq)

template <class T, class S> void toMm(HOT) {
    ENTER_MMX;
    OPEN(source, S, T);
    const u64 value = source.get();
    enterMmx(core);
    setMm(core, op->dst, value);
    NEXT;
}
template <class T, class D> void fromMm(HOT) {
    ENTER_MMX;
    OPEN(target, D, T);
    target.set(static_cast<T>(getMm(core, op->src)));
    enterMmx(core);
    NEXT;
}
// MOVD, MOVQ, MOVNTQ.
template <class T> Handler move(Form& f) {
    if (isMm(f, 0)) {
        f.op.dst = mmOffset(f, 0);
        if (isMemory(f, 1)) return toMm<T, Load<Address::any>>;
        if (isMm(f, 1)) f.op.src = mmOffset(f, 1);
        return toMm<T, Src>;
    }
    if (!isMm(f, 1)) return nullptr;
    f.op.src = mmOffset(f, 1);
    if (isMemory(f, 0)) return fromMm<T, Store<Address::any>>;
    return fromMm<T, Dst>;
}

void movq2dq(HOT) {
    ENTER_MMX;
    OPEN(target, Dst, Xmm);
    target.set(Xmm{vec(getMm(core, op->src))});
    enterMmx(core);
    NEXT;
}
Handler fromMmToXmm(Form& f) {
    f.op.src = mmOffset(f, 1);
    return movq2dq;
}
Handler fromXmmToMm(Form& f) {
    f.op.dst = mmOffset(f, 0);
    return toMm<u64, Src>;
}

// xmm, mm or 8 bytes; the upper half as it was, or converted, too. Only the register form enters MMX state, as on the host.
template <auto semantic, class S> void packedToXmm(HOT) {
    constexpr bool entersMmx = std::is_same_v<S, Src>;
    if (entersMmx && unmaskedX87(core->x87)) TAIL(raiseMathFault);
    OPEN(source, S, u64);
    OPEN(target, Dst, Xmm);
    target.set(Xmm{semantic(target.get().v, vec(source.get()))});
    if (entersMmx) enterMmx(core);
    NEXT;
}
constexpr auto cvtpi2ps = [](V target, V source) {
    return _mm_castpd_si128(_mm_move_sd(_mm_castsi128_pd(target), _mm_castsi128_pd(cvtdq2ps(target, source))));
};
template <auto semantic> Handler toXmm(Form& f) {
    if (isMemory(f, 1)) return packedToXmm<semantic, Load<Address::any>>;
    f.op.src = mmOffset(f, 1);
    return packedToXmm<semantic, Src>;
}
// mm, xmm or T in memory. What the low half of a V lacks is zero and raises nothing.
template <auto semantic, class T, class S> void packedToMm(HOT) {
    ENTER_MMX;
    OPEN(source, S, T);
    const V value = vec(source.get());
    const u64 result = lowHalf(semantic(value, value));
    enterMmx(core);
    setMm(core, op->dst, result);
    NEXT;
}
template <auto semantic, class T> Handler toMmFrom(Form& f) {
    f.op.dst = mmOffset(f, 0);
    if (isMemory(f, 1)) return packedToMm<semantic, T, Source<T, Address::any>>;
    return packedToMm<semantic, T, Src>;
}

constexpr auto palignr = [](u64 target, u64 source, u8 bytes) {
    const unsigned n = bytes * 8u;
    if (bytes >= 16) return u64{0};
    if (bytes >= 8) return target >> (n - 64);
    return n ? source >> n | target << (64 - n) : source;
};
constexpr auto pshufw = [](u64, u64 source, u8 order) {
    u64 result = 0;
    for (unsigned i = 0; i < 4; ++i) result |= (source >> 16 * (order >> 2 * i & 3) & 0xffff) << 16 * i;
    return result;
};
constexpr auto pinsrw = [](u64 target, u64 source, u8 at) {
    const unsigned shift = 16 * (at & 3);
    return (target & ~(u64{0xffff} << shift)) | (source & 0xffff) << shift;
};

template <auto semantic> void maskOp(HOT) {
    ENTER_MMX;
    OPEN(target, Dst, u32);
    target.set(semantic(getMm(core, op->src), static_cast<u8>(op->imm)));
    enterMmx(core);
    NEXT;
}
constexpr auto pmovmskb = [](u64 value, u8) { return static_cast<u32>(_mm_movemask_epi8(vec(value))); };
constexpr auto pextrw = [](u64 value, u8 at) { return static_cast<u32>(value >> 16 * (at & 3) & 0xffff); };
template <auto semantic> Handler mask(Form& f) {
    if (!isMm(f, 1)) return nullptr;
    f.op.src = mmOffset(f, 1);
    return maskOp<semantic>;
}

bool storeChosen(Core& core, const Op& op) {
    if (unmaskedX87(core.x87)) return core.fault(VECTOR_MF);
    const u64 bytes = getMm(&core, op.dst), chosen = getMm(&core, op.src), address = effectiveAddress<Address::any>(&op, &core);
    const auto isChosen = [&](unsigned i) { return chosen >> (8 * i + 7) & 1; };
    if (!core.isAligned(address, 8)) return false;
    for (unsigned i = 0; i < 8; ++i)
        if (isChosen(i) && !core.probeWrite(address + i, 1)) return false;
    for (unsigned i = 0; i < 8; ++i)
        if (isChosen(i)) core.save(address + i, static_cast<u8>(bytes >> 8 * i));
    enterMmx(&core);
    return true;
}
Handler maskmovq(Form& f) {
    f.op.dst = mmOffset(f, 0);
    f.op.src = mmOffset(f, 1);
    f.op.base = offsetof(Registers, gpr) + 8 * RDI;
    const ZydisDecodedOperand& hidden = f.operand[2];
    if (hidden.type == ZYDIS_OPERAND_TYPE_MEMORY) f.op.segment = segmentSlot(hidden.mem.segment);
    if (f.insn.address_width == 32) f.op.segment |= ADDRESS32;
    return actionOp<storeChosen>;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_MOVD, move<u32>},
    {ZYDIS_MNEMONIC_MOVQ, move<u64>},
    {ZYDIS_MNEMONIC_MOVNTQ, move<u64>},
    {ZYDIS_MNEMONIC_MOVQ2DQ, fromMmToXmm},
    {ZYDIS_MNEMONIC_MOVDQ2Q, fromXmmToMm},
    {ZYDIS_MNEMONIC_MASKMOVQ, maskmovq},
    {ZYDIS_MNEMONIC_CVTPI2PS, toXmm<cvtpi2ps>},
    {ZYDIS_MNEMONIC_CVTPI2PD, toXmm<cvtdq2pd>},
    {ZYDIS_MNEMONIC_CVTPS2PI, toMmFrom<cvtps2dq, Low64>},
    {ZYDIS_MNEMONIC_CVTTPS2PI, toMmFrom<cvttps2dq, Low64>},
    {ZYDIS_MNEMONIC_CVTPD2PI, toMmFrom<cvtpd2dq, Xmm>},
    {ZYDIS_MNEMONIC_CVTTPD2PI, toMmFrom<cvttpd2dq, Xmm>},
    {ZYDIS_MNEMONIC_PALIGNR, mmxImmediate<palignr>},
    {ZYDIS_MNEMONIC_PSHUFW, mmxImmediate<pshufw>},
    {ZYDIS_MNEMONIC_PINSRW, mmxImmediate<pinsrw, u16>},
    {ZYDIS_MNEMONIC_PEXTRW, mask<pextrw>},
    {ZYDIS_MNEMONIC_PMOVMSKB, mask<pmovmskb>},
};

}  // namespace

Family mmxTransfer() { return table; }

}  // namespace cpu
