// SDM Vol. 1 §5.15: fused multiply-add. The digits say which operands are multiplied and which is added.
#include "cpu/insn/families.hpp"
#include "cpu/vex.hpp"

namespace cpu {

namespace {

#define FUSED_PACKED(X, OP, order) X(V##OP##order##PS, fused, 16, 32) X(V##OP##order##PD, fused, 16, 32)
#define FUSED_ALL(X, OP, order) FUSED_PACKED(X, OP, order) X(V##OP##order##SS, fused, 4, 0) X(V##OP##order##SD, fused, 8, 0)
#define FUSED(X, all, OP) all(X, OP, 132) all(X, OP, 213) all(X, OP, 231)
#define FMA(X)                                                                                              \
    FUSED(X, FUSED_ALL, FMADD) FUSED(X, FUSED_ALL, FMSUB) FUSED(X, FUSED_ALL, FNMADD) FUSED(X, FUSED_ALL, FNMSUB) \
    FUSED(X, FUSED_PACKED, FMADDSUB) FUSED(X, FUSED_PACKED, FMSUBADD)
FMA(VEX_INSTRUCTION)

constexpr Row table[] = {FMA(VEX_ROW)};

}  // namespace

Family fma() { return table; }

}  // namespace cpu
