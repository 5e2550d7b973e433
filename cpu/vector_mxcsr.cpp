#include "cpu/vector_mxcsr.hpp"

namespace cpu {

namespace {

u32 whileRunning(u32 mxcsr) {
    const u32 flags = unmasked(mxcsr) ? 0 : mxcsr & MXCSR_FLAGS;
    // With underflow unmasked a tiny result is #XM even if it is exact, and FTZ is ignored (SDM Vol. 1 §4.9.1.5, §10.2.3.3).
    // The host says "tiny" of exact results, too, when it flushes them.
    const u32 flush = unmasked(mxcsr) & MXCSR_UNDERFLOW ? MXCSR_FTZ : 0;
    return (mxcsr & MXCSR_BITS & ~MXCSR_FLAGS) | flags | MXCSR_MASKS | flush;
}

struct Before {
    Registers registers;
    Flags flags, older;
    i64 left;
};
void undo(Core& core, const Before& before) {
    if (core.alone) core.finishAlone(false);
    static_cast<Registers&>(core) = before.registers;
    core.flags = before.flags;
    core.older = before.older;
    core.left = before.left;
    core.trap = {};
}

// Runs the instruction and returns the flags that it raised.
u32 attempt(Core& core, const Op* op, u32 mxcsr) {
    const u32 host = _mm_getcsr();
    _mm_setcsr(whileRunning(mxcsr));
    core.enter(op);
    const u32 raised = _mm_getcsr() & MXCSR_FLAGS;
    _mm_setcsr(host);
    return raised;
}

}  // namespace

GuestMxcsr::GuestMxcsr(Core& core) : core_(core), host_(_mm_getcsr()) { _mm_setcsr(whileRunning(core.mxcsr)); }
GuestMxcsr::~GuestMxcsr() {
    storeMxcsr(core_);
    _mm_setcsr(host_);
}

void loadMxcsr(Core& core, u32 value) {
    core.mxcsr = value;
    _mm_setcsr(_mm_getcsr() & ~MXCSR_FLAGS);
}
u32 storeMxcsr(Core& core) { return core.mxcsr |= _mm_getcsr() & MXCSR_FLAGS; }

void enterChecked(Core& core, const Op* op) {
    const Before before{core, core.flags, core.older, core.left};
    const u32 enabled = unmasked(core.mxcsr);
    u32 raised = attempt(core, op, core.mxcsr);
    if (!(raised & enabled)) {
        core.mxcsr |= raised;
        return;
    }
    undo(core, before);
    if (raised & enabled & MXCSR_BEFORE) {
        raised &= MXCSR_BEFORE;
    } else if (raised & enabled & MXCSR_UNDERFLOW) {
        // Masked, not flushed: is it inexact, too?
        raised = attempt(core, op, (core.mxcsr | MXCSR_UNDERFLOW << 7) & ~MXCSR_FTZ) | MXCSR_UNDERFLOW;
        undo(core, before);
    }
    core.mxcsr |= raised;
    core.rip += op->offset();
    core.faulted = true;
    core.fault(VECTOR_XM);
}

}  // namespace cpu
