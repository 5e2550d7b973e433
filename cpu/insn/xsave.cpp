// SDM Vol. 1 ch. 13 and Vol. 2: XSAVE and its like. Each writes only what is saved; nothing when it faults.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"
#include "cpu/vector_mxcsr.hpp"
#include "cpu/xstate.hpp"

#include <array>

namespace cpu {

namespace {

enum class Format : u8 { plain, optimised, compacted };

u64 requested(const Core& core) { return xcr0Of(core.model) & (static_cast<u32>(core.gpr[RAX]) | core.gpr[RDX] << 32); }

bool areaAt(Core& core, const Op& op, u64& at) {
    at = effectiveAddress<Address::any>(&op, &core);
    return isAlignedArea(core, at, 64);
}

// What an instruction touches: from the start up to the last component, and PKRU, which may lie far behind it.
struct Area : std::array<u8, XSAVE_MOST> {
    u64 bytes, pkru_at, pkru_bytes;
    Area(u64 components, u64 pkru) : bytes(xsaveBytes(components & ~XSTATE_PKRU)), pkru_at(pkru),
        pkru_bytes(components & XSTATE_PKRU ? XSAVE_PKRU_BYTES : 0) {}
    bool read(Core& core, u64 from) { return core.read(from, data(), bytes) && core.read(from + pkru_at, data() + pkru_at, pkru_bytes); }
    bool write(Core& core, u64 to) const {
        return core.probeWrite(to, bytes) && core.write(to + pkru_at, data() + pkru_at, pkru_bytes) && core.write(to, data(), bytes);
    }
};

void fillArea(const Core& core, u64 components, u64 mxcsr_with, Pointers pointers, Area& area) {
    if (components & XSTATE_X87) storeX87(core.x87, pointers, area.data());
    if (mxcsr_with) storeMxcsrAt(core.mxcsr, area.data());
    if (components & XSTATE_SSE) storeXmm(core, area.data());
    if (components & XSTATE_YMM) storeYmm(core, area.data() + XSAVE_YMM_AT);
    if (components & XSTATE_PKRU) storePkru(core, area.data() + area.pkru_at);
}

template <Format form, Pointers pointers> bool xsave(Core& core, const Op& op) {
    u64 at;
    if (!areaAt(core, op, at)) return false;
    storeMxcsr(core);
    const u64 asked = requested(core);
    u64 used = asked & stateInUse(core);
    if (form == Format::compacted && core.mxcsr != MXCSR_DEFAULT) used |= asked & XSTATE_SSE;   // MXCSR belongs to SSE there (§13.10)
    const u64 saved = form == Format::plain ? asked : used;
    Area area(saved, form == Format::compacted ? compactedPkruAt(asked) : XSAVE_PKRU_AT);
    if (!area.read(core, at)) {
        core.trap.error_code |= core.trap.vector == VECTOR_PF ? PF_WRITE : 0;
        return false;
    }
    XsaveHeader header;
    std::memcpy(&header, area.data() + XSAVE_HEADER_AT, sizeof header);
    header.xstate_bv = form == Format::compacted ? used : (header.xstate_bv & ~asked) | used;
    if (form == Format::compacted) header.xcomp_bv = asked | XCOMP_COMPACTED;
    std::memcpy(area.data() + XSAVE_HEADER_AT, &header, sizeof header);
    const u64 mxcsr_with = form == Format::compacted ? saved & XSTATE_SSE : asked & (XSTATE_SSE | XSTATE_YMM);
    fillArea(core, saved, mxcsr_with, pointers, area);
    return area.write(core, at);
}

template <Pointers pointers> bool xrstor(Core& core, const Op& op) {
    u64 at;
    if (!areaAt(core, op, at)) return false;
    std::array<u8, XSAVE_YMM_AT> start;
    XsaveHeader header;
    if (!core.read(at, start.data(), start.size())) return false;
    std::memcpy(&header, start.data() + XSAVE_HEADER_AT, sizeof header);
    if (!isValidHeader(header, xcr0Of(core.model))) return core.fault(VECTOR_GP);
    const u64 asked = requested(core), loaded = asked & header.xstate_bv;
    const bool compacted = header.xcomp_bv & XCOMP_COMPACTED;
    Area area(loaded, compacted ? compactedPkruAt(header.xcomp_bv) : XSAVE_PKRU_AT);
    if (!area.read(core, at)) return false;
    const u64 mxcsr_with = compacted ? loaded & XSTATE_SSE : asked & (XSTATE_SSE | XSTATE_YMM);
    if (mxcsr_with && mxcsrAt(area.data()) & ~MXCSR_MASK) return core.fault(VECTOR_GP);
    initialiseState(core, asked & ~loaded);
    if (loaded & XSTATE_X87) loadX87(core.x87, pointers, area.data());
    if (mxcsr_with) loadMxcsr(core, mxcsrAt(area.data()));
    else if (asked & XSTATE_SSE) loadMxcsr(core, MXCSR_DEFAULT);
    if (loaded & XSTATE_SSE) loadXmm(core, area.data());
    if (loaded & XSTATE_YMM) loadYmm(core, area.data() + XSAVE_YMM_AT);
    if (loaded & XSTATE_PKRU) loadPkru(core, area.data() + area.pkru_at);
    core.setPkru(core.pkru);
    return true;
}

// XCR0, or what of it is in use.
bool xgetbv(Core& core, const Op&) {
    const u32 index = static_cast<u32>(core.gpr[RCX]);
    if (index > 1) return core.fault(VECTOR_GP);
    const u64 xcr0 = xcr0Of(core.model);
    core.gpr[RAX] = index ? xcr0 & stateInUse(core) : xcr0;
    core.gpr[RDX] = 0;
    return true;
}

constexpr Pointers narrow = Pointers::narrow, wide = Pointers::wide;
constexpr Row table[] = {
    {ZYDIS_MNEMONIC_XGETBV, action<xgetbv>},
    {ZYDIS_MNEMONIC_XSAVE, action<xsave<Format::plain, narrow>>},          {ZYDIS_MNEMONIC_XSAVE64, action<xsave<Format::plain, wide>>},
    {ZYDIS_MNEMONIC_XSAVEOPT, action<xsave<Format::optimised, narrow>>},   {ZYDIS_MNEMONIC_XSAVEOPT64, action<xsave<Format::optimised, wide>>},
    {ZYDIS_MNEMONIC_XSAVEC, action<xsave<Format::compacted, narrow>>},     {ZYDIS_MNEMONIC_XSAVEC64, action<xsave<Format::compacted, wide>>},
    {ZYDIS_MNEMONIC_XRSTOR, lastAction<xrstor<narrow>>},                  {ZYDIS_MNEMONIC_XRSTOR64, lastAction<xrstor<wide>>},
    {ZYDIS_MNEMONIC_XSAVES, last<raiseProtection>},                       {ZYDIS_MNEMONIC_XSAVES64, last<raiseProtection>},
    {ZYDIS_MNEMONIC_XRSTORS, last<raiseProtection>},                      {ZYDIS_MNEMONIC_XRSTORS64, last<raiseProtection>},
};

}  // namespace

Family xsave() { return table; }

}  // namespace cpu
