// MXCSR (SDM Vol. 1 §10.2.3). While threaded code runs, the host's MXCSR holds the program's rounding, DAZ, FTZ and flags,
// with every exception masked; new flags are folded into core.mxcsr on the way out. While the program has an exception
// unmasked, it runs instruction by instruction, and one that raises it is undone and reported as #XM.
// Deviations: at a #XM for overflow or underflow, PE may be set though the result with an unbounded exponent is exact; at a
// #XM of DPPS or DPPD, the flags are those of all its steps.
#pragma once

#include "cpu/core.hpp"

#include <xmmintrin.h>

namespace cpu {

constexpr u32 MXCSR_FLAGS = 0x3f, MXCSR_MASKS = 0x1f80, MXCSR_DEFAULT = 0x1f80, MXCSR_FTZ = 0x8000, MXCSR_BITS = 0xffff;
constexpr u32 MXCSR_OVERFLOW = 0x08, MXCSR_UNDERFLOW = 0x10, MXCSR_PRECISION = 0x20;
constexpr u32 MXCSR_BEFORE = 0x07;      // found before the result is computed: IE, DE, ZE

constexpr u32 unmasked(u32 mxcsr) { return ~mxcsr >> 7 & MXCSR_FLAGS; }        // as flags

// Around Core::enter: the program's MXCSR inside, the host's outside.
class GuestMxcsr {
public:
    explicit GuestMxcsr(Core& core);
    ~GuestMxcsr();
    GuestMxcsr(const GuestMxcsr&) = delete;

private:
    Core& core_;
    u32 host_;
};

// Around our own C++ that may compute with floating point while threaded code is on the stack (a hash table's growth):
// the host's MXCSR inside, the program's outside.
class HostMxcsr {
public:
    HostMxcsr() : guest_(_mm_getcsr()) { _mm_setcsr(MXCSR_DEFAULT); }
    ~HostMxcsr() { _mm_setcsr(guest_); }
    HostMxcsr(const HostMxcsr&) = delete;

private:
    u32 guest_;
};

// For handlers (LDMXCSR, STMXCSR, FXSAVE, FXRSTOR). loadMxcsr takes effect on the next entry: lastAction.
void loadMxcsr(Core& core, u32 value);
u32 storeMxcsr(Core& core);

// Core::enter for one instruction while an exception is unmasked.
void enterChecked(Core& core, const Op* op);

}  // namespace cpu
