// SDM Vol. 1 §5.13 (AVX) and §5.15 (FMA): floating-point arithmetic.
#include "cpu/insn/families.hpp"
#include "cpu/vex_immediate.hpp"

namespace cpu {

namespace {

constexpr Speed linked = Speed::linked;

#define PACKED_AND_SCALAR(X, OP)                                                                            \
    X(V##OP##PS, three, 16, 32, linked) X(V##OP##PD, three, 16, 32, linked) X(V##OP##SS, three, 4, 0, linked) X(V##OP##SD, three, 8, 0, linked)
#define PACKED(X, OP) X(V##OP##PS, three, 16, 32, linked) X(V##OP##PD, three, 16, 32, linked)
#define ARITHMETIC(X)                                                                                       \
    PACKED_AND_SCALAR(X, ADD) PACKED_AND_SCALAR(X, SUB) PACKED_AND_SCALAR(X, MUL) PACKED_AND_SCALAR(X, DIV)  \
    PACKED_AND_SCALAR(X, MIN) PACKED_AND_SCALAR(X, MAX)                                                     \
    PACKED(X, AND) PACKED(X, ANDN) PACKED(X, OR) PACKED(X, XOR) PACKED(X, HADD) PACKED(X, HSUB) PACKED(X, ADDSUB) \
    X(VSQRTPS, two, 16, 32) X(VSQRTPD, two, 16, 32) X(VSQRTSS, three, 4, 0) X(VSQRTSD, three, 8, 0, linked)
ARITHMETIC(VEX_INSTRUCTION)

#define COMPARE(X)                                                                                          \
    X(VCMPPS, threeImmediate, BOTH, THREE, 16, 32) X(VCMPPD, threeImmediate, BOTH, THREE, 16, 32)           \
    X(VCMPSS, threeImmediate, NARROW, THREE, 4, 0) X(VCMPSD, threeImmediate, NARROW, THREE, 8, 0)           \
    X(VROUNDPS, twoImmediate, BOTH, TWO, 16, 32) X(VROUNDPD, twoImmediate, BOTH, TWO, 16, 32)               \
    X(VROUNDSS, threeImmediate, NARROW, THREE, 4, 0) X(VROUNDSD, threeImmediate, NARROW, THREE, 8, 0)       \
    X(VDPPS, threeImmediate, BOTH, THREE, 16, 32) X(VDPPD, threeImmediate, NARROW, THREE, 16, 0)
COMPARE(VEX_TABLES)

constexpr Row table[] = {ARITHMETIC(VEX_ROW) COMPARE(VEX_TABLES_ROW)};

}  // namespace

Family avxArithmetic() { return table; }

}  // namespace cpu
