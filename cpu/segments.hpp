// Linux's segments that user mode may load (arch/x86/include/asm/segment.h): entries of the GDT with privilege level 3.
#pragma once

#include "traces/types.hpp"

namespace cpu {

// The selector's last two bits, the requested level, may be any for data (SDM Vol. 2, MOV: the lower of both levels counts).
constexpr bool isUserSegment(u16 selector) {
    const u16 entry = selector & 0xfffc;
    return entry == 0x20 || entry == 0x28 || entry == 0x30 || entry == 0x78;    // 32-bit code, data, 64-bit code, the processor's number
}
constexpr bool isNull(u16 selector) { return selector <= 3; }
constexpr bool isLoadable(u16 selector) { return isNull(selector) || isUserSegment(selector); }     // into any but CS and SS

}  // namespace cpu
