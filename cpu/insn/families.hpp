// The families of instructions, one per file, named after SDM Vol. 1 chapter 5.
#pragma once

#include "cpu/lower.hpp"

#include <array>

namespace cpu {

Family dataTransfer();
Family stack();
Family binaryArithmetic();
Family multiplyDivide();
Family logical();
Family shiftRotate();
Family bitByte();
Family controlTransfer();
Family string();
Family flagControl();
Family miscellaneous();
Family x87();
Family fpuControl();
Family sseDataTransfer();
Family sseArithmetic();
Family sseApproximation();
Family sseConvert();
Family sseShuffle();
Family ssePackedInteger();
Family avxArithmetic();
Family avxInteger();
Family avxShuffle();
Family avxDataTransfer();
Family avxConvert();
Family avxMasked();
Family fma();
Family xsave();
Family bitManipulation();
Family mmxArithmetic();
Family mmxTransfer();
Family sse3();
Family sse4_1();
Family sse4_2();
Family sha();
Family farTransfer();
Family system();

inline auto families() {
    return std::to_array<Family>({dataTransfer(), stack(), binaryArithmetic(), multiplyDivide(), logical(), shiftRotate(), bitByte(), controlTransfer(), string(),
            flagControl(), miscellaneous(), x87(), fpuControl(), sseDataTransfer(), sseArithmetic(), sseApproximation(), sseConvert(), sseShuffle(),
            ssePackedInteger(), bitManipulation(), mmxArithmetic(), mmxTransfer(), sse3(), sse4_1(), sse4_2(), sha(), farTransfer(), system(),
            avxArithmetic(), avxInteger(), avxShuffle(), avxDataTransfer(), avxConvert(), avxMasked(), fma(), xsave()});
}

}  // namespace cpu
