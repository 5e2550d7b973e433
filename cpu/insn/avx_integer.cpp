// SDM Vol. 1 §5.13, §5.16 (AVX2), §5.18 (AES): packed integers.
#include "cpu/insn/families.hpp"
#include "cpu/vex_immediate.hpp"

namespace cpu {

namespace {

constexpr Speed hot = Speed::hot;

#define WIDTHS(X, OP, s) X(VP##OP##B, three, 16, 32, s) X(VP##OP##W, three, 16, 32, s) X(VP##OP##D, three, 16, 32, s)
#define ALL_WIDTHS(X, OP, s) WIDTHS(X, OP, s) X(VP##OP##Q, three, 16, 32, s)
#define PLAIN(X, NAME) X(NAME, three, 16, 32)
#define ARITHMETIC(X)                                                                                       \
    ALL_WIDTHS(X, ADD, hot) ALL_WIDTHS(X, SUB, hot) ALL_WIDTHS(X, CMPEQ, hot) ALL_WIDTHS(X, CMPGT, hot)      \
    X(VPAND, three, 16, 32, hot) X(VPANDN, three, 16, 32, hot) X(VPOR, three, 16, 32, hot) X(VPXOR, three, 16, 32, hot) \
    WIDTHS(X, MINS, Speed::rare) WIDTHS(X, MAXS, Speed::rare) WIDTHS(X, MINU, hot) WIDTHS(X, MAXU, Speed::rare) \
    WIDTHS(X, SIGN, Speed::rare) X(VPABSB, two, 16, 32) X(VPABSW, two, 16, 32) X(VPABSD, two, 16, 32)       \
    PLAIN(X, VPADDSB) PLAIN(X, VPADDSW) PLAIN(X, VPADDUSB) PLAIN(X, VPADDUSW)                               \
    PLAIN(X, VPSUBSB) PLAIN(X, VPSUBSW) PLAIN(X, VPSUBUSB) PLAIN(X, VPSUBUSW)                               \
    PLAIN(X, VPHADDW) PLAIN(X, VPHADDD) PLAIN(X, VPHADDSW) PLAIN(X, VPHSUBW) PLAIN(X, VPHSUBD) PLAIN(X, VPHSUBSW) \
    PLAIN(X, VPMULLW) PLAIN(X, VPMULLD) PLAIN(X, VPMULHW) PLAIN(X, VPMULHUW) PLAIN(X, VPMULHRSW)            \
    X(VPMULUDQ, three, 16, 32, hot) PLAIN(X, VPMULDQ) PLAIN(X, VPMADDWD) PLAIN(X, VPMADDUBSW) PLAIN(X, VPSADBW) \
    PLAIN(X, VPAVGB) PLAIN(X, VPAVGW) X(VPHMINPOSUW, two, 16, 0)                                            \
    PLAIN(X, VPSLLVD) PLAIN(X, VPSLLVQ) PLAIN(X, VPSRLVD) PLAIN(X, VPSRLVQ) PLAIN(X, VPSRAVD)               \
    X(VAESENC, three, 16, 0) X(VAESENCLAST, three, 16, 0) X(VAESDEC, three, 16, 0) X(VAESDECLAST, three, 16, 0) X(VAESIMC, two, 16, 0)
ARITHMETIC(VEX_INSTRUCTION)

// The count is an immediate byte, or the low half of a register or of 16 bytes of memory.
template <class I, unsigned width> void vexShiftOp(HOT) {
    I::template shift<width>(registerBytes(core, op->dst), registerBytes(core, op->src), static_cast<u8>(op->imm));
    NEXT;
}
template <class I, unsigned narrow, unsigned wide> Handler shift(Form& f) {
    if (f.kind(2) == Operand::imm) return isWide(f) ? vexShiftOp<I, 32> : vexShiftOp<I, 16>;
    return three<I, narrow, wide>(f);
}
#define SHIFTS(X)                                                                                           \
    X(VPSLLW, shift, 16, 16) X(VPSLLD, shift, 16, 16) X(VPSLLQ, shift, 16, 16) X(VPSRLW, shift, 16, 16)     \
    X(VPSRLD, shift, 16, 16) X(VPSRLQ, shift, 16, 16) X(VPSRAW, shift, 16, 16) X(VPSRAD, shift, 16, 16)
SHIFTS(VEX_INSTRUCTION)

#define IMMEDIATE(X)                                                                                        \
    X(VPSLLDQ, twoImmediate, BOTH, REGISTER, 16, 32) X(VPSRLDQ, twoImmediate, BOTH, REGISTER, 16, 32)       \
    X(VMPSADBW, threeImmediate, BOTH, THREE, 16, 32) X(VPCLMULQDQ, threeImmediate, NARROW, THREE, 16, 0)    \
    X(VAESKEYGENASSIST, twoImmediate, NARROW, TWO, 16, 0)
IMMEDIATE(VEX_TABLES)

constexpr Row table[] = {ARITHMETIC(VEX_ROW) SHIFTS(VEX_ROW) IMMEDIATE(VEX_TABLES_ROW)};

}  // namespace

Family avxInteger() { return table; }

}  // namespace cpu
