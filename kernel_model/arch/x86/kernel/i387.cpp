// Linux arch/x86/kernel/i387.c, xsave.c without XSAVE: FPU and SSE state in a signal frame is FXSAVE's 512 bytes in its
// 64-bit format (SDM Vol. 1 §10.5.1).
#include "kernel_model/arch/x86/kernel/entry.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/machine.hpp"

#include <cstring>

namespace kernel {

struct FxsaveArea {
    u16 fcw, fsw;
    u8 ftw, reserved1;
    u16 fop;
    u64 fip, fdp;
    u32 mxcsr, mxcsr_mask;
    struct { u64 significand; u16 exponent; u8 pad[6]; } st[8];
    u64 xmm[16][2];
    u8 reserved2[96];
};
static_assert(sizeof(FxsaveArea) == 512);
constexpr u32 MXCSR_MASK = 0xffff;

static unsigned topOf(u16 status) { return status >> 11 & 7; }

int save_i387_xstate(UserPtr<void> to) {
    const cpu::Registers& c = processor().registers();
    FxsaveArea area{};
    area.fcw = c.x87.control;
    area.fsw = c.x87.status;
    area.fop = c.x87.opcode;
    area.fip = c.x87.instruction;
    area.fdp = c.x87.operand;
    area.mxcsr = c.mxcsr;
    area.mxcsr_mask = MXCSR_MASK;
    for (unsigned i = 0; i < 8; ++i) {
        if ((c.x87.tags >> (2 * i) & 3) != 3) area.ftw |= static_cast<u8>(1u << i);
        const auto& slot = c.x87.physical[(topOf(c.x87.status) + i) & 7];
        area.st[i].significand = slot.significand;
        area.st[i].exponent = slot.exponent;
    }
    for (unsigned i = 0; i < 16; ++i) std::memcpy(area.xmm[i], c.ymm[i].lane, 16);
    return copy_to_user(to, &area, sizeof area) ? -EFAULT : 0;
}

// FXRSTOR makes the full tags from the contents (SDM Vol. 1 §8.1.7).
static unsigned tagOf(u64 significand, u16 exponent) {
    const unsigned e = exponent & 0x7fff;
    if (e == 0 && significand == 0) return 1;
    return e == 0 || e == 0x7fff || !(significand >> 63) ? 2 : 0;
}

int restore_i387_xstate(UserPtr<void> from) {
    cpu::Registers& c = processor().registers();
    FxsaveArea area{};
    if (!from) {                            // no state: the initial one
        const cpu::Registers initial;
        c.mxcsr = initial.mxcsr;
        c.x87 = initial.x87;
        for (unsigned i = 0; i < 16; ++i) c.ymm[i] = initial.ymm[i];
        return 0;
    }
    if (copy_from_user(&area, from, sizeof area)) return -EFAULT;
    if (area.mxcsr & ~MXCSR_MASK) return -EFAULT;       // FXRSTOR would raise #GP
    c.mxcsr = area.mxcsr;
    c.x87.control = area.fcw;
    c.x87.status = area.fsw;
    c.x87.opcode = area.fop;
    c.x87.instruction = area.fip;
    c.x87.operand = area.fdp;
    c.x87.tags = 0;
    for (unsigned i = 0; i < 8; ++i) {
        auto& slot = c.x87.physical[(topOf(area.fsw) + i) & 7];
        slot.significand = area.st[i].significand;
        slot.exponent = area.st[i].exponent;
    }
    for (unsigned i = 0; i < 8; ++i) {
        const auto& slot = c.x87.physical[i];
        const unsigned tag = area.ftw >> i & 1 ? tagOf(slot.significand, slot.exponent) : 3;
        c.x87.tags = static_cast<u16>(c.x87.tags | tag << (2 * i));
    }
    for (unsigned i = 0; i < 16; ++i) std::memcpy(c.ymm[i].lane, area.xmm[i], 16);
    return 0;
}

}  // namespace kernel
