// FPU state in a signal frame (Linux arch/x86/kernel/i387.c and xsave.c, later fpu/signal.c): with XSAVE its standard format
// between two magic numbers, else FXSAVE's 512 bytes; 64-bit pointers in both (SDM Vol. 1 §10.5.1, §13.4).
#include "cpu/cpuid.hpp"
#include "cpu/xstate.hpp"
#include "kernel_model/arch/x86/kernel/entry.hpp"
#include "kernel_model/arch/x86/mm/pkeys.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/signal.hpp"

#include <array>
#include <cstring>

namespace kernel {

using cpu::Pointers;

// uapi/asm/sigcontext.h struct _fpx_sw_bytes: what the kernel says about the frame, in FXSAVE's bytes for software.
struct SoftwareBytes {
    u32 magic1, extended_size;
    u64 xfeatures;
    u32 xstate_size, padding[7];
};
static_assert(sizeof(SoftwareBytes) == 48);
constexpr u32 MAGIC1 = 0x46505853, MAGIC2 = 0x46505845, SOFTWARE_AT = 464, MAGIC2_BYTES = 4;
constexpr u64 UC_FP_XSTATE = 1, FPSSE = cpu::XSTATE_X87 | cpu::XSTATE_SSE;

static bool hasXsave() { return cpu::has(processor().model(), "osxsave"); }
static u64 xcr0() { return cpu::xcr0Of(processor().model()); }
static u32 xstateBytes() { return cpu::xsaveBytes(xcr0()); }

u64 signalFpuBytes() { return hasXsave() ? xstateBytes() + MAGIC2_BYTES : cpu::FXSAVE_BYTES; }
u64 signalFpuFlags() { return hasXsave() ? UC_FP_XSTATE : 0; }

template <class T> static void put(u8* area, u32 at, const T& value) { std::memcpy(area + at, &value, sizeof value); }
template <class T> static T get(const u8* area, u32 at) {
    T value;
    std::memcpy(&value, area + at, sizeof value);
    return value;
}

int save_i387_xstate(UserPtr<void> to) {
    const cpu::Registers& c = processor().registers();
    std::array<u8, cpu::XSAVE_MOST + MAGIC2_BYTES> area{};
    cpu::storeX87(c.x87, Pointers::wide, area.data());
    cpu::storeMxcsrAt(c.mxcsr, area.data());
    cpu::storeXmm(c, area.data());
    if (hasXsave()) {
        cpu::XsaveHeader header{};
        header.xstate_bv = cpu::stateInUse(c) | FPSSE;      // older programs change x87 and SSE without saying so
        put(area.data(), cpu::XSAVE_HEADER_AT, header);
        cpu::storeYmm(c, area.data() + cpu::XSAVE_YMM_AT);
        if (xcr0() & cpu::XSTATE_PKRU) cpu::storePkru(c, area.data() + cpu::XSAVE_PKRU_AT);
        put(area.data(), SOFTWARE_AT, SoftwareBytes{MAGIC1, xstateBytes() + MAGIC2_BYTES, xcr0(), xstateBytes(), {}});
        put(area.data(), xstateBytes(), MAGIC2);
    }
    return copy_to_user(to, area.data(), signalFpuBytes()) ? -EFAULT : 0;
}

static void initialise(cpu::Registers& c, u64 components) {
    cpu::initialiseState(c, components);
    if (components & cpu::XSTATE_SSE) c.mxcsr = cpu::Registers{}.mxcsr;
}

// The components that the frame says it holds; those of FXSAVE when the magic numbers are not there.
static Result<u64> componentsOf(UserPtr<void> from, const u8* legacy) {
    const auto software = get<SoftwareBytes>(legacy, SOFTWARE_AT);
    constexpr u32 least = cpu::XSAVE_YMM_AT;
    if (software.magic1 != MAGIC1 || software.xstate_size < least || software.xstate_size > xstateBytes() ||
        software.xstate_size > software.extended_size)
        return u64{0};
    u32 magic2 = 0;
    if (copy_from_user(&magic2, from + software.xstate_size, sizeof magic2)) return Result<u64>::failure(-EFAULT);
    return magic2 == MAGIC2 ? software.xfeatures & xcr0() : u64{0};
}

// FXRSTOR and XRSTOR raise #GP for an address not at a multiple of 16 and 64 and for a wrong MXCSR; so does XRSTOR for a
// wrong header.
static int restoreLegacy(cpu::Registers& c, UserPtr<void> from, const u8* area) {
    if (from.address % 16 || cpu::mxcsrAt(area) & ~cpu::MXCSR_MASK) return -EFAULT;
    cpu::loadX87(c.x87, Pointers::wide, area);
    c.mxcsr = cpu::mxcsrAt(area);
    cpu::loadXmm(c, area);
    return 0;
}

static int restoreExtended(cpu::Registers& c, const u8* area, u64 asked) {
    const auto header = get<cpu::XsaveHeader>(area, cpu::XSAVE_HEADER_AT);
    const u64 loaded = asked & header.xstate_bv;
    const bool loads_mxcsr = asked & (cpu::XSTATE_SSE | cpu::XSTATE_YMM);
    if (!cpu::isValidHeader(header, xcr0()) || (loads_mxcsr && cpu::mxcsrAt(area) & ~cpu::MXCSR_MASK)) return -EFAULT;
    initialise(c, xcr0() & ~loaded);
    if (loaded & cpu::XSTATE_X87) cpu::loadX87(c.x87, Pointers::wide, area);
    if (loads_mxcsr) c.mxcsr = cpu::mxcsrAt(area);
    if (loaded & cpu::XSTATE_SSE) cpu::loadXmm(c, area);
    if (loaded & cpu::XSTATE_YMM) cpu::loadYmm(c, area + cpu::XSAVE_YMM_AT);
    if (loaded & cpu::XSTATE_PKRU) cpu::loadPkru(c, area + cpu::XSAVE_PKRU_AT);
    return 0;
}

int restore_i387_xstate(UserPtr<void> from) {
    cpu::Registers& c = processor().registers();
    if (!from) {                            // no state: the initial one
        initialise(c, xcr0());
        c.pkru = initialPkru();
        return 0;
    }
    std::array<u8, cpu::XSAVE_MOST> area{};
    if (copy_from_user(area.data(), from, cpu::FXSAVE_BYTES)) return -EFAULT;
    if (!hasXsave()) return restoreLegacy(c, from, area.data());
    const u64 components = TRY(componentsOf(from, area.data()));
    const bool unaligned = from.address % 64;
    if (!components || (unaligned && version().signal.unaligned_as_fxsave)) {
        initialise(c, cpu::XSTATE_YMM | cpu::XSTATE_PKRU);
        return restoreLegacy(c, from, area.data());
    }
    if (unaligned) return -EFAULT;
    const u64 bytes = cpu::xsaveBytes(components);
    if (copy_from_user(area.data(), from, bytes)) return -EFAULT;
    return restoreExtended(c, area.data(), components);
}

}  // namespace kernel
