// Processor state in memory: the legacy area of FXSAVE and XSAVE, and XSAVE's state components (SDM Vol. 1 §10.5.1, ch. 13).
#pragma once

#include "cpu/features.hpp"
#include "cpu/state.hpp"

namespace cpu {

struct Core;

// State components. YMM lies at the same place in both formats, PKRU in the standard one where processors with AVX-512 have it.
constexpr u64 XSTATE_X87 = 1, XSTATE_SSE = 2, XSTATE_YMM = 4, XSTATE_PKRU = 1u << 9;
constexpr u32 FXSAVE_BYTES = 512, FXSAVE_USED = 416;        // the last 96 bytes are the program's
constexpr u32 XSAVE_HEADER_AT = 512, XSAVE_HEADER_BYTES = 64, XSAVE_YMM_AT = 576, XSAVE_YMM_BYTES = 256;
constexpr u32 XSAVE_PKRU_AT = 2688, XSAVE_PKRU_BYTES = 8;
constexpr u32 XSAVE_MOST = XSAVE_PKRU_AT + XSAVE_PKRU_BYTES;
constexpr u32 compactedPkruAt(u64 components) { return XSAVE_YMM_AT + (components & XSTATE_YMM ? XSAVE_YMM_BYTES : 0); }
constexpr u32 xsaveBytes(u64 components) {                  // in the standard format
    return components & XSTATE_PKRU ? XSAVE_MOST : compactedPkruAt(components);
}
u64 xcr0Of(const ProcessorModel& model);                    // as the modelled kernel sets it
constexpr u32 MXCSR_MASK = 0xffff;                          // DAZ is supported

// Offsets 0 to 23 and 32 to 159; wide: pointers of 64 bits (FXSAVE64), else of 32.
enum class Pointers : u8 { narrow, wide };
void storeX87(const X87& x87, Pointers pointers, u8* area);
void loadX87(X87& x87, Pointers pointers, const u8* area);
void storeMxcsrAt(u32 mxcsr, u8* area);                     // with its mask
u32 mxcsrAt(const u8* area);
void storeXmm(const Registers& from, u8* area);
void loadXmm(Registers& to, const u8* area);
void storeYmm(const Registers& from, u8* component);        // upper halves
void loadYmm(Registers& to, const u8* component);
void storePkru(const Registers& from, u8* component);
void loadPkru(Registers& to, const u8* component);
void initialiseState(Registers& registers, u64 components); // without MXCSR

// The areas of FXSAVE and XSAVE. False: #GP, or while AC is set, #AC when it is not even a multiple of 4, as on the host (SDM Vol. 2,
// FXSAVE, lets the implementation choose); set in trap.
bool isAlignedArea(Core& core, u64 at, u64 alignment);

// XINUSE: a component is in use when it differs from its initial state (SDM Vol. 1 §13.6 lets a processor say so, or more).
u64 stateInUse(const Registers& registers);

// XRSTOR's demands on the header, for both formats (SDM Vol. 1 §13.8.1, §13.8.2).
struct XsaveHeader {
    u64 xstate_bv, xcomp_bv, reserved[6];
};
static_assert(sizeof(XsaveHeader) == XSAVE_HEADER_BYTES);
constexpr u64 XCOMP_COMPACTED = u64{1} << 63;
bool isValidHeader(const XsaveHeader& header, u64 xcr0);

}  // namespace cpu
