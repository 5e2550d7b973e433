// State and control of the x87 FPU and of SSE: SDM Vol. 1 §5.2.6, §5.2.7, §5.5.3, §10.5. The rest of x87 is in x87.cpp.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"
#include "cpu/vector_mxcsr.hpp"
#include "cpu/x87.hpp"

#include <array>

namespace cpu {

namespace {

u64 address(Core& core, const Op& op) { return effectiveAddress<Address::any>(&op, &core); }

constexpr u32 MXCSR_MASK = 0xffff;
bool ldmxcsr(Core& core, const Op& op) {
    u32 value;
    if (!core.fetch(address(core, op), value)) return false;
    if (value & ~MXCSR_MASK) return core.fault(VECTOR_GP);
    loadMxcsr(core, value);
    return true;
}
bool stmxcsr(Core& core, const Op& op) { return core.save(address(core, op), storeMxcsr(core)); }

void put(u8* image, unsigned at, u64 value, unsigned size) { std::memcpy(image + at, &value, size); }
u64 get(const u8* image, unsigned at, unsigned size) {
    u64 value = 0;
    std::memcpy(&value, image + at, size);
    return value;
}

// FXSAVE's one bit per register: not empty.
u8 abridged(u16 tags) {
    u8 bits = 0;
    for (unsigned i = 0; i < 8; ++i) bits |= static_cast<u8>((tags >> 2 * i & 3) != 3) << i;
    return bits;
}

// The legacy area of FXSAVE (SDM Vol. 1 §10.5.1, 64-bit layouts).
using FxImage = std::array<u8, 512>;
void saveX87(const X87& x87, bool wide, FxImage& image) {
    put(image.data(), 0, x87.control, 2);
    put(image.data(), 2, x87.status, 2);
    put(image.data(), 4, abridged(x87.tags), 1);
    put(image.data(), 6, x87.opcode, 2);
    put(image.data(), 8, x87.instruction, wide ? 8 : 4);
    put(image.data(), 16, x87.operand, wide ? 8 : 4);
    for (unsigned i = 0; i < 8; ++i) {
        const X87::Slot& slot = x87.physical[(topOf(x87) + i) & 7];
        put(image.data(), 32 + 16 * i, slot.significand, 8);
        put(image.data(), 40 + 16 * i, slot.exponent, 2);
    }
}
void restoreX87(X87& x87, bool wide, const FxImage& image) {
    x87.control = static_cast<u16>(get(image.data(), 0, 2));
    x87.status = static_cast<u16>(get(image.data(), 2, 2));
    x87.opcode = static_cast<u16>(get(image.data(), 6, 2) & 0x7ff);
    x87.instruction = get(image.data(), 8, wide ? 8 : 4);
    x87.operand = get(image.data(), 16, wide ? 8 : 4);
    for (unsigned i = 0; i < 8; ++i) {
        X87::Slot& slot = x87.physical[(topOf(x87) + i) & 7];
        slot.significand = get(image.data(), 32 + 16 * i, 8);
        slot.exponent = static_cast<u16>(get(image.data(), 40 + 16 * i, 2));
    }
    x87.tags = 0;
    for (unsigned i = 0; i < 8; ++i) x87.tags |= static_cast<u16>((image[4] >> i & 1 ? 0 : 3) << 2 * i);
    settleX87(x87);
}

template <bool wide> bool fxsave(Core& core, const Op& op) {
    const u64 at = address(core, op);
    if (at % 16) return core.fault(VECTOR_GP);
    FxImage image{};
    if (!core.read(at, image.data(), image.size())) return false;
    std::memset(image.data(), 0, 416);      // the last 96 bytes are the program's
    saveX87(core.x87, wide, image);
    put(image.data(), 24, storeMxcsr(core), 4);
    put(image.data(), 28, MXCSR_MASK, 4);
    for (unsigned i = 0; i < 16; ++i) std::memcpy(image.data() + 160 + 16 * i, core.ymm[i].lane, 16);
    return core.write(at, image.data(), image.size());
}
template <bool wide> bool fxrstor(Core& core, const Op& op) {
    const u64 at = address(core, op);
    if (at % 16) return core.fault(VECTOR_GP);
    FxImage image;
    if (!core.read(at, image.data(), image.size())) return false;
    const u32 mxcsr = static_cast<u32>(get(image.data(), 24, 4));
    if (mxcsr & ~MXCSR_MASK) return core.fault(VECTOR_GP);
    restoreX87(core.x87, wide, image);
    loadMxcsr(core, mxcsr);
    for (unsigned i = 0; i < 16; ++i) std::memcpy(core.ymm[i].lane, image.data() + 160 + 16 * i, 16);
    return true;
}

bool isWaiting(Core& core) { return !unmaskedX87(core.x87) || core.fault(VECTOR_MF); }     // false: #MF (SDM Vol. 1 §8.6)

bool fninit(Core& core, const Op&) {
    core.x87 = initialX87(core.x87);
    return true;
}
bool fnclex(Core& core, const Op&) {
    core.x87.status &= 0x7f00;
    return true;
}
bool fnstcw(Core& core, const Op& op) { return core.save(address(core, op), core.x87.control); }
bool fldcw(Core& core, const Op& op) {
    u16 value;
    if (!isWaiting(core) || !core.fetch(address(core, op), value)) return false;
    core.x87.control = value;
    settleX87(core.x87);
    return true;
}
bool fnstswMemory(Core& core, const Op& op) { return core.save(address(core, op), core.x87.status); }
bool fnstswAx(Core& core, const Op&) {
    std::memcpy(&core.gpr[RAX], &core.x87.status, 2);
    return true;
}
Handler fnstsw(Form& f) { return f.kind(0) == Operand::mem ? actionOp<fnstswMemory> : actionOp<fnstswAx>; }

bool fnstenv(Core& core, const Op& op) {
    const X87Image image = x87Image(core.x87);
    if (!core.write(address(core, op), &image, X87_ENVIRONMENT_BYTES)) return false;
    core.x87.control |= X87_EXCEPTIONS;     // masks all exceptions (SDM Vol. 2, FSTENV)
    settleX87(core.x87);
    return true;
}
bool fldenv(Core& core, const Op& op) {
    X87Image image;
    if (!isWaiting(core) || !core.read(address(core, op), &image, X87_ENVIRONMENT_BYTES)) return false;
    loadX87Environment(core.x87, image);
    return true;
}
bool fnsave(Core& core, const Op& op) {
    const X87Image image = x87Image(core.x87);
    if (!core.write(address(core, op), &image, X87_IMAGE_BYTES)) return false;
    core.x87 = initialX87(core.x87);
    return true;
}
bool frstor(Core& core, const Op& op) {
    X87Image image;
    if (!isWaiting(core) || !core.read(address(core, op), &image, X87_IMAGE_BYTES)) return false;
    loadX87Environment(core.x87, image);
    loadX87Stack(core.x87, image);
    return true;
}
bool fwait(Core& core, const Op&) { return isWaiting(core); }
bool emms(Core& core, const Op&) {
    if (!isWaiting(core)) return false;
    core.x87.tags = 0xffff;
    return true;
}

template <bool (*run)(Core&, const Op&)> Handler environment(Form& f) { return f.insn.operand_width == 16 ? nullptr : actionOp<run>; }

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_LDMXCSR, lastAction<ldmxcsr>},      {ZYDIS_MNEMONIC_STMXCSR, action<stmxcsr>},
    {ZYDIS_MNEMONIC_FXSAVE, action<fxsave<false>>}, {ZYDIS_MNEMONIC_FXSAVE64, action<fxsave<true>>},
    {ZYDIS_MNEMONIC_FXRSTOR, lastAction<fxrstor<false>>}, {ZYDIS_MNEMONIC_FXRSTOR64, lastAction<fxrstor<true>>},
    {ZYDIS_MNEMONIC_FNINIT, action<fninit>},        {ZYDIS_MNEMONIC_FNCLEX, action<fnclex>},
    {ZYDIS_MNEMONIC_FNSTCW, action<fnstcw>},        {ZYDIS_MNEMONIC_FLDCW, action<fldcw>},
    {ZYDIS_MNEMONIC_FNSTSW, fnstsw},                {ZYDIS_MNEMONIC_FWAIT, action<fwait>},
    {ZYDIS_MNEMONIC_FNSTENV, environment<fnstenv>}, {ZYDIS_MNEMONIC_FLDENV, environment<fldenv>},
    {ZYDIS_MNEMONIC_FNSAVE, environment<fnsave>},   {ZYDIS_MNEMONIC_FRSTOR, environment<frstor>},
    {ZYDIS_MNEMONIC_EMMS, action<emms>},
};

}  // namespace

Family fpuControl() { return table; }

}  // namespace cpu
