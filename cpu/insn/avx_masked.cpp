// SDM Vol. 1 §5.13, §5.16: moves and gathers of the elements that a mask selects. Only those are accessed and may fault.
#include "cpu/insn/families.hpp"
#include "cpu/vex.hpp"

#include <algorithm>

namespace cpu {

namespace {

u64 memoryAddress(Core& core, const Op& op) { return effectiveAddress<Address::any>(&op, &core); }
template <class T> bool selected(const u8* mask, unsigned i) { return element<T>(mask, i) >> (sizeof(T) * 8 - 1) & 1; }
template <class T> void place(u8* at, unsigned i, T value) { std::memcpy(at + i * sizeof(T), &value, sizeof(T)); }

// The way for what the TLB does not serve as a whole.
template <class T, unsigned width> bool maskedLoad(Core& core, const Op& op) {
    const u8* mask = registerBytes(&core, op.src);
    u8 result[32]{};
    for (unsigned i = 0; i < width / sizeof(T); ++i) {
        T value = 0;
        if (selected<T>(mask, i) && !core.read(memoryAddress(core, op) + i * sizeof(T), &value, sizeof value)) return false;
        place(result, i, value);
    }
    std::memcpy(registerBytes(&core, op.dst), result, sizeof result);
    return true;
}
template <class T, unsigned width> bool maskedStore(Core& core, const Op& op) {
    const u8* mask = registerBytes(&core, op.src);
    const u8* from = registerBytes(&core, static_cast<u16>(op.imm >> 16));
    const u64 address = memoryAddress(core, op);
    for (unsigned i = 0; i < width / sizeof(T); ++i)
        if (selected<T>(mask, i) && !core.probeWrite(address + i * sizeof(T), sizeof(T))) return false;
    for (unsigned i = 0; i < width / sizeof(T); ++i)
        if (selected<T>(mask, i)) core.write(address + i * sizeof(T), from + i * sizeof(T), sizeof(T));
    return true;
}

template <class I, class T, unsigned width> void maskedLoadOp(HOT) {
    const auto source = Load<Address::any>::open<Bytes<width>>(op, core);
    if (!source.hit) TAIL((actionOp<maskedLoad<T, width>>));
    I::template three<width, width>(registerBytes(core, op->dst), registerBytes(core, op->src), source.bytes());
    NEXT;
}
template <class I, class T, unsigned width> void maskedStoreOp(HOT) {
    const auto target = Store<Address::any>::open<Bytes<width>>(op, core);
    if (!target.hit) TAIL((actionOp<maskedStore<T, width>>));
    I::template store<width>(target.bytes(), registerBytes(core, op->src), registerBytes(core, static_cast<u16>(op->imm >> 16)));
    NEXT;
}

#define MASKED_INSTRUCTION(NAME)                                                                            \
    struct NAME {                                                                                           \
        template <unsigned width, unsigned> static void three(u8* d, const u8* mask, const u8* b) {         \
            VEX_BODY(width, "vmovdqu %1, %%xmm0\n " #NAME " %2, %%xmm0, %%xmm0",                            \
                     "vmovdqu %1, %%ymm0\n " #NAME " %2, %%ymm0, %%ymm0",                                   \
                     : "=m"(bytesAt<32>(d)) : "m"(bytesAt<width>(mask)), "m"(bytesAt<width>(b)) : "xmm0");  \
        }                                                                                                   \
        template <unsigned width> static void store(u8* to, const u8* mask, const u8* from) {               \
            if constexpr (width == 16) asm volatile("vmovdqu %1, %%xmm0\n vmovdqu %2, %%xmm1\n " #NAME " %%xmm1, %%xmm0, %0" \
                    : "+m"(bytesAt<16>(to)) : "m"(bytesAt<16>(mask)), "m"(bytesAt<16>(from)) : "xmm0", "xmm1"); \
            else asm volatile("vmovdqu %1, %%ymm0\n vmovdqu %2, %%ymm1\n " #NAME " %%ymm1, %%ymm0, %0\n vzeroupper" \
                    : "+m"(bytesAt<32>(to)) : "m"(bytesAt<32>(mask)), "m"(bytesAt<32>(from)) : "xmm0", "xmm1"); \
        }                                                                                                   \
    };
#define MASKED(X) X(VMASKMOVPS) X(VMASKMOVPD) X(VPMASKMOVD) X(VPMASKMOVQ)
MASKED(MASKED_INSTRUCTION)

template <class I, class T> Handler masked(Form& f) {
    placeThird(f);
    const bool wide = isYmm(f, 1);
    if (isMemory(f, 0)) return wide ? maskedStoreOp<I, T, 32> : maskedStoreOp<I, T, 16>;
    return wide ? maskedLoadOp<I, T, 32> : maskedLoadOp<I, T, 16>;
}

// VSIB (SDM Vol. 2 §2.3.12). Elements are loaded one by one from the lowest; each clears its part of the mask, so that an
// instruction that faulted goes on where it stopped. misc: number of the index register; imm: number of elements.
template <class Index, class T> bool gather(Core& core, const Op& op) {
    u8* result = registerBytes(&core, op.dst);
    u8* mask = registerBytes(&core, static_cast<u16>(op.imm >> 16));
    const u8* index = reinterpret_cast<const u8*>(core.ymm[op.misc].lane);
    const unsigned count = op.imm & 0xff, width = op.imm & 0x100 ? 32 : 16;
    std::memset(mask + width, 0, 32 - width);       // what a fault finds, as on the host
    for (unsigned i = 0; i < width / sizeof(T); ++i) place<T>(mask, i, selected<T>(mask, i) ? static_cast<T>(~T{0}) : T{0});
    for (unsigned i = 0; i < count; ++i) {
        if (!selected<T>(mask, i)) continue;
        u64 offset = slot(&core, op.base) + static_cast<u64>(op.disp) + static_cast<u64>(i64{element<Index>(index, i)}) * op.scale;
        if (op.segment & ADDRESS32) offset = static_cast<u32>(offset);
        T value;
        if (!core.read(offset + slot(&core, op.segment & ~7u), &value, sizeof value)) return false;
        std::memset(result + width, 0, 32 - width);
        place(result, i, value);
        place(mask, i, T{0});
    }
    std::memset(result + count * sizeof(T), 0, 32 - count * sizeof(T));
    std::memset(mask, 0, 32);
    return true;
}
template <class Index, class T> Handler gathered(Form& f) {
    placeThird(f);
    const ZydisRegister index = f.operand[1].mem.index;
    const bool wide = index >= ZYDIS_REGISTER_YMM0 && index <= ZYDIS_REGISTER_YMM15;
    f.op.misc = static_cast<u8>(index - (wide ? ZYDIS_REGISTER_YMM0 : ZYDIS_REGISTER_XMM0));
    f.op.scale = f.operand[1].mem.scale;
    const unsigned width = isYmm(f, 0) || wide ? 32 : 16;
    f.op.imm |= static_cast<i32>(width / std::max(sizeof(Index), sizeof(T)) | (width == 32) << 8);
    return actionOp<gather<Index, T>>;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_VMASKMOVPS, masked<VMASKMOVPS, u32>},       {ZYDIS_MNEMONIC_VMASKMOVPD, masked<VMASKMOVPD, u64>},
    {ZYDIS_MNEMONIC_VPMASKMOVD, masked<VPMASKMOVD, u32>},       {ZYDIS_MNEMONIC_VPMASKMOVQ, masked<VPMASKMOVQ, u64>},
    {ZYDIS_MNEMONIC_VGATHERDPS, gathered<i32, u32>},            {ZYDIS_MNEMONIC_VGATHERDPD, gathered<i32, u64>},
    {ZYDIS_MNEMONIC_VGATHERQPS, gathered<i64, u32>},            {ZYDIS_MNEMONIC_VGATHERQPD, gathered<i64, u64>},
    {ZYDIS_MNEMONIC_VPGATHERDD, gathered<i32, u32>},            {ZYDIS_MNEMONIC_VPGATHERDQ, gathered<i32, u64>},
    {ZYDIS_MNEMONIC_VPGATHERQD, gathered<i64, u32>},            {ZYDIS_MNEMONIC_VPGATHERQQ, gathered<i64, u64>},
};

}  // namespace

Family avxMasked() { return table; }

}  // namespace cpu
