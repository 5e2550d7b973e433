// What FXSAVE and XSAVE of this processor write that no program relies on.
#pragma once

#include "traces/types.hpp"

#include <cstring>

// Intel's processors save FOP, FIP and FDP always, AMD's only while an unmasked exception waits (FSW.ES), and zeros otherwise
// (AMD64 APM Vol. 5, FXSAVE).
inline bool hostSavesErrorPointers() {
    static const bool saves = [] {
        alignas(16) u8 mine[512], image[512];
        asm volatile("fxsave64 %0" : "=m"(mine));
        std::memcpy(image, mine, sizeof image);
        const u64 pointer = 0x123456;
        std::memcpy(image + 8, &pointer, sizeof pointer);
        image[2] &= 0x7f;
        asm volatile("fxrstor64 %1\n fxsave64 %0\n fxrstor64 %2" : "=m"(image) : "m"(image), "m"(mine));
        return std::memcmp(image + 8, &pointer, sizeof pointer) == 0;
    }();
    return saves;
}

constexpr u16 FSW_ES = 0x80;

// So that two images of FXSAVE can be compared, one of this processor and one of another. AMD's also have a bit MM in MXCSR.
inline void forgetDialect(u8* image) {
    constexpr u8 MXCSR_MASK_MM = 2;     // of the third byte
    image[30] &= static_cast<u8>(~MXCSR_MASK_MM);
    if (hostSavesErrorPointers()) return;
    if (!(image[2] & FSW_ES)) std::memset(image + 6, 0, 18);
    for (const unsigned top : {14u, 22u}) std::memset(image + top, 0, 2);       // AMD's pointers have 48 bits
}
