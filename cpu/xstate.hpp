// Processor state in memory: the legacy area of FXSAVE and XSAVE, and XSAVE's state components (SDM Vol. 1 §10.5.1, ch. 13).
#pragma once

#include "cpu/state.hpp"

namespace cpu {

struct Core;

// State components; XCR0 as the modelled kernel sets it. Component 2 lies at the same place in both formats.
constexpr u64 XSTATE_X87 = 1, XSTATE_SSE = 2, XSTATE_YMM = 4, XCR0 = XSTATE_X87 | XSTATE_SSE | XSTATE_YMM;
constexpr u32 FXSAVE_BYTES = 512, FXSAVE_USED = 416;        // the last 96 bytes are the program's
constexpr u32 XSAVE_HEADER_AT = 512, XSAVE_HEADER_BYTES = 64, XSAVE_YMM_AT = 576, XSAVE_YMM_BYTES = 256;
constexpr u32 XSAVE_BYTES = XSAVE_YMM_AT + XSAVE_YMM_BYTES;
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
bool isValidHeader(const XsaveHeader& header);

}  // namespace cpu
