// SDM Vol. 1 §5.13, §5.16: shuffles, permutations, blends, broadcasts, insertions and extractions.
#include "cpu/insn/families.hpp"
#include "cpu/vex_immediate.hpp"

namespace cpu {

namespace {

constexpr Speed hot = Speed::hot, linked = Speed::linked;

#define SAME(X, NAME) X(NAME, three, 16, 32)
#define SHUFFLES(X)                                                                                         \
    X(VUNPCKLPS, three, 16, 32, linked) X(VUNPCKHPS, three, 16, 32, linked) X(VUNPCKLPD, three, 16, 32, linked) X(VUNPCKHPD, three, 16, 32, linked) \
    SAME(X, VPUNPCKLBW) SAME(X, VPUNPCKLWD) SAME(X, VPUNPCKLDQ) SAME(X, VPUNPCKLQDQ)                        \
    SAME(X, VPUNPCKHBW) SAME(X, VPUNPCKHWD) SAME(X, VPUNPCKHDQ) SAME(X, VPUNPCKHQDQ)                        \
    SAME(X, VPACKSSWB) SAME(X, VPACKSSDW) SAME(X, VPACKUSWB) SAME(X, VPACKUSDW) X(VPSHUFB, three, 16, 32, hot) \
    X(VPERMD, three, 0, 32) X(VPERMPS, three, 0, 32)                                                        \
    X(VBROADCASTSS, two, 4, 4, hot) X(VBROADCASTSD, two, 0, 8, hot) X(VBROADCASTF128, two, 0, 16, hot) X(VBROADCASTI128, two, 0, 16, hot) \
    X(VPBROADCASTB, two, 1, 1) X(VPBROADCASTW, two, 2, 2) X(VPBROADCASTD, two, 4, 4) X(VPBROADCASTQ, two, 8, 8) \
    X(VMOVDDUP, two, 8, 32, linked) X(VMOVSHDUP, two, 16, 32) X(VMOVSLDUP, two, 16, 32)
SHUFFLES(VEX_INSTRUCTION)

#define SAME3(X, NAME) X(NAME, threeImmediate, BOTH, THREE, 16, 32)
#define SAME2(X, NAME) X(NAME, twoImmediate, BOTH, TWO, 16, 32)
#define IMMEDIATE(X)                                                                                        \
    X(VSHUFPS, threeImmediate, BOTH, THREE, 16, 32, hot) X(VSHUFPD, threeImmediate, BOTH, THREE, 16, 32, hot) SAME3(X, VPALIGNR) \
    SAME3(X, VBLENDPS) SAME3(X, VBLENDPD) SAME3(X, VPBLENDW) SAME3(X, VPBLENDD)                             \
    SAME2(X, VPSHUFD) SAME2(X, VPSHUFLW) SAME2(X, VPSHUFHW)                                                 \
    X(VPERMQ, twoImmediate, WIDE, TWO, 0, 32) X(VPERMPD, twoImmediate, WIDE, TWO, 0, 32)                    \
    X(VPERM2F128, threeImmediate, WIDE, THREE, 0, 32) X(VPERM2I128, threeImmediate, WIDE, THREE, 0, 32)     \
    X(VINSERTF128, threeImmediate, WIDE, THREE, 0, 16) X(VINSERTI128, threeImmediate, WIDE, THREE, 0, 16)   \
    X(VPINSRB, threeImmediate, NARROW, THREE, 1, 0) X(VPINSRW, threeImmediate, NARROW, THREE, 2, 0)         \
    X(VPINSRD, threeImmediate, NARROW, THREE, 4, 0) X(VPINSRQ, threeImmediate, NARROW, THREE, 8, 0)
IMMEDIATE(VEX_TABLES)

// By an immediate, or by a register or memory.
#define PERMILS(X) X(VPERMILPS, permil, BOTH, TWO, 16, 32) X(VPERMILPD, permil, BOTH, TWO, 16, 32)
namespace controlled {
PERMILS(VEX_INSTRUCTION)
}
namespace immediate {
PERMILS(VEX_TABLES)
}
template <class C, class I> Handler permil(Form& f) {
    return f.kind(2) == Operand::imm ? twoImmediate<I, 16, 32, hot>(f) : three<C, 16, 32>(f);
}

// Behind memory or registers, in bits 7:4 of the immediate byte: the register that chooses.
#define CHOICES(X) X(VBLENDVPS, choose, 16, 32) X(VBLENDVPD, choose, 16, 32) X(VPBLENDVB, choose, 16, 32)
CHOICES(VEX_INSTRUCTION)
template <class I, unsigned width, unsigned size, class S> void chooseOp(HOT) {
    OPEN(source, S, Bytes<size>);
    const u8* mask = registerBytes(core, static_cast<unsigned>(offsetof(Registers, ymm) + sizeof(Vector256) * op->misc));
    I::template choose<width>(registerBytes(core, op->dst), registerBytes(core, op->src), source.bytes(), mask);
    NEXT;
}
template <class I, unsigned narrow, unsigned wide> Handler choose(Form& f) {
    placeThird(f);
    f.op.misc = static_cast<u8>(f.operand[3].reg.value - (isWide(f) ? ZYDIS_REGISTER_YMM0 : ZYDIS_REGISTER_XMM0));
    return byForm<Third, narrow, wide, Speed::rare>(f, 2,
                                                    []<unsigned w, unsigned n, class S>() -> Handler { return chooseOp<I, w, n, S>; });
}

// From memory one float; from a register the one that the immediate says, which the memory form ignores.
namespace immediate {
VEX_TABLES(VINSERTPS, threeImmediate, NARROW, THREE, 4, 0)
}
template <class S> void insertFloatOp(HOT) {
    OPEN(source, S, Bytes<4>);
    callVex<immediate::VINSERTPS, 16>(static_cast<u8>(op->imm), registerBytes(core, op->dst), registerBytes(core, op->src), source.bytes());
    NEXT;
}
void insertFloatRegister(HOT) {
    const u8* from = registerBytes(core, static_cast<u16>(op->imm >> 16)) + (op->imm >> 6 & 3) * 4;
    callVex<immediate::VINSERTPS, 16>(static_cast<u8>(op->imm), registerBytes(core, op->dst), registerBytes(core, op->src), from);
    NEXT;
}
Handler insertFloat(Form& f) {
    placeThird(f);
    return isMemory(f, 2) ? insertFloatOp<Load<Address::any>> : insertFloatRegister;
}

// xmm, or 16 bytes of memory, from either half of a ymm.
struct Half {
    template <unsigned width, unsigned size> static void two(u8* d, const u8* b) {
        VEX_BODY(16, "vmovdqu %1, %%xmm0", "", : "=m"(bytesAt<32>(d)) : "m"(bytesAt<size>(b)) : "xmm0");
    }
};
void extractStore(HOT) {
    OPEN(target, Store<Address::any>, Xmm);
    target.set(element<Xmm>(registerBytes(core, op->src), op->imm & 1));
    NEXT;
}
void extractRegister(HOT) {
    Half::two<16, 16>(registerBytes(core, op->dst), registerBytes(core, op->src) + (op->imm & 1) * 16);
    NEXT;
}
Handler extract(Form& f) { return isMemory(f, 0) ? extractStore : extractRegister; }

constexpr Row table[] = {
    SHUFFLES(VEX_ROW) IMMEDIATE(VEX_TABLES_ROW) CHOICES(VEX_ROW)
    {ZYDIS_MNEMONIC_VPERMILPS, permil<controlled::VPERMILPS, immediate::VPERMILPS>},
    {ZYDIS_MNEMONIC_VPERMILPD, permil<controlled::VPERMILPD, immediate::VPERMILPD>},
    {ZYDIS_MNEMONIC_VINSERTPS, insertFloat},
    {ZYDIS_MNEMONIC_VEXTRACTF128, extract},
    {ZYDIS_MNEMONIC_VEXTRACTI128, extract},
};

}  // namespace

Family avxShuffle() { return table; }

}  // namespace cpu
