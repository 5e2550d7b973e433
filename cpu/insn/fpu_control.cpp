// State and control of the x87 FPU and of SSE: SDM Vol. 1 §5.2.6, §5.2.7, §5.5.3, §10.5. The rest of x87 is in x87.cpp.
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"
#include "cpu/vector_mxcsr.hpp"
#include "cpu/x87.hpp"
#include "cpu/xstate.hpp"

#include <array>

namespace cpu {

namespace {

u64 address(Core& core, const Op& op) { return effectiveAddress<Address::any>(&op, &core); }

bool ldmxcsr(Core& core, const Op& op) {
    u32 value;
    if (!core.fetch(address(core, op), value)) return false;
    if (value & ~MXCSR_MASK) return core.fault(VECTOR_GP);
    loadMxcsr(core, value);
    return true;
}
bool stmxcsr(Core& core, const Op& op) { return core.save(address(core, op), storeMxcsr(core)); }

// SDM Vol. 1 §10.5.1.
template <Pointers pointers> bool fxsave(Core& core, const Op& op) {
    const u64 at = address(core, op);
    if (!core.inCanonical(at, 1, false)) return false;
    if (!isAlignedArea(core, at, 16)) return false;
    std::array<u8, FXSAVE_BYTES> image{};
    if (!core.probeWrite(at + image.size() - 1, 1) || !core.probeWrite(at, image.size()) || !core.read(at, image.data(), image.size()))
        return false;
    storeX87(core.x87, pointers, image.data());
    storeMxcsrAt(storeMxcsr(core), image.data());
    storeXmm(core, image.data());
    return core.write(at, image.data(), image.size());
}
template <Pointers pointers> bool fxrstor(Core& core, const Op& op) {
    const u64 at = address(core, op);
    if (!core.inCanonical(at, 1, false)) return false;
    if (!isAlignedArea(core, at, 16)) return false;
    std::array<u8, FXSAVE_BYTES> image;
    if (!core.read(at, image.data(), image.size())) return false;
    if (mxcsrAt(image.data()) & ~MXCSR_MASK) return core.fault(VECTOR_GP);
    loadX87(core.x87, pointers, image.data());
    loadMxcsr(core, mxcsrAt(image.data()));
    loadXmm(core, image.data());
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

bool writeDwords(Core& core, const Op& op, const void* from, u64 size) {
    return core.isAligned(address(core, op), 4) && core.write(address(core, op), from, size);
}
bool readDwords(Core& core, const Op& op, void* to, u64 size) {
    return core.isAligned(address(core, op), 4) && core.read(address(core, op), to, size);
}
bool fnstenv(Core& core, const Op& op) {
    const X87Image image = x87Image(core.x87);
    if (!writeDwords(core, op, &image, X87_ENVIRONMENT_BYTES)) return false;
    core.x87.control |= X87_EXCEPTIONS;     // masks all exceptions (SDM Vol. 2, FSTENV)
    settleX87(core.x87);
    return true;
}
bool fldenv(Core& core, const Op& op) {
    X87Image image;
    if (!isWaiting(core) || !readDwords(core, op, &image, X87_ENVIRONMENT_BYTES)) return false;
    loadX87Environment(core.x87, image);
    return true;
}
bool fnsave(Core& core, const Op& op) {
    const X87Image image = x87Image(core.x87);
    if (!writeDwords(core, op, &image, X87_IMAGE_BYTES)) return false;
    core.x87 = initialX87(core.x87);
    return true;
}
bool frstor(Core& core, const Op& op) {
    X87Image image;
    if (!isWaiting(core) || !readDwords(core, op, &image, X87_IMAGE_BYTES)) return false;
    loadX87Environment(core.x87, image);
    loadX87Stack(core.x87, image);
    return true;
}
// The environment of 16-bit protected mode: no opcode, pointers of 16 bits (SDM Vol. 1 §8.1.10).
struct NarrowEnvironment {
    u16 control, status, tags, instruction, selector, operand, operandSelector;
};
constexpr u64 NARROW_BYTES = sizeof(NarrowEnvironment), STACK_BYTES = sizeof(X87Image::stack);
bool writeNarrow(Core& core, const Op& op, bool stack) {
    const X87Image image = x87Image(core.x87);
    const auto low = [](u32 value) { return static_cast<u16>(value); };
    const NarrowEnvironment narrow{
        low(image.control), low(image.status), low(image.tags), low(image.instruction), 0, low(image.operand), 0};
    u8 bytes[NARROW_BYTES + STACK_BYTES];
    std::memcpy(bytes, &narrow, NARROW_BYTES);
    std::memcpy(bytes + NARROW_BYTES, image.stack, STACK_BYTES);
    return core.isAligned(address(core, op), 2) && core.write(address(core, op), bytes, NARROW_BYTES + (stack ? STACK_BYTES : 0));
}
bool readNarrow(Core& core, const Op& op, bool stack) {
    u8 bytes[NARROW_BYTES + STACK_BYTES];
    if (!isWaiting(core) || !core.isAligned(address(core, op), 2)) return false;
    if (!core.read(address(core, op), bytes, NARROW_BYTES + (stack ? STACK_BYTES : 0))) return false;
    NarrowEnvironment narrow;
    std::memcpy(&narrow, bytes, NARROW_BYTES);
    X87Image image{narrow.control, narrow.status, narrow.tags, narrow.instruction, 0, narrow.operand, 0, {}};
    loadX87Environment(core.x87, image);
    if (!stack) return true;
    std::memcpy(image.stack, bytes + NARROW_BYTES, STACK_BYTES);
    loadX87Stack(core.x87, image);
    return true;
}
bool fnstenvNarrow(Core& core, const Op& op) {
    if (!writeNarrow(core, op, false)) return false;
    core.x87.control |= X87_EXCEPTIONS;
    settleX87(core.x87);
    return true;
}
bool fldenvNarrow(Core& core, const Op& op) { return readNarrow(core, op, false); }
bool fnsaveNarrow(Core& core, const Op& op) {
    if (!writeNarrow(core, op, true)) return false;
    core.x87 = initialX87(core.x87);
    return true;
}
bool frstorNarrow(Core& core, const Op& op) { return readNarrow(core, op, true); }

bool fwait(Core& core, const Op&) { return isWaiting(core); }
bool emms(Core& core, const Op&) {
    if (!isWaiting(core)) return false;
    core.x87.tags = 0xffff;
    core.x87.status &= 0xc7ff;              // TOP = 0 (SDM Vol. 1 §9.6.2)
    return true;
}

template <bool (*run)(Core&, const Op&), bool (*narrow)(Core&, const Op&)> Handler environment(Form& f) {
    return f.insn.operand_width == 16 ? actionOp<narrow> : actionOp<run>;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_LDMXCSR, lastAction<ldmxcsr>},      {ZYDIS_MNEMONIC_STMXCSR, action<stmxcsr>},
    {ZYDIS_MNEMONIC_FXSAVE, action<fxsave<Pointers::narrow>>}, {ZYDIS_MNEMONIC_FXSAVE64, action<fxsave<Pointers::wide>>},
    {ZYDIS_MNEMONIC_FXRSTOR, lastAction<fxrstor<Pointers::narrow>>}, {ZYDIS_MNEMONIC_FXRSTOR64, lastAction<fxrstor<Pointers::wide>>},
    {ZYDIS_MNEMONIC_FNINIT, action<fninit>},        {ZYDIS_MNEMONIC_FNCLEX, action<fnclex>},
    {ZYDIS_MNEMONIC_FNSTCW, action<fnstcw>},        {ZYDIS_MNEMONIC_FLDCW, action<fldcw>},
    {ZYDIS_MNEMONIC_FNSTSW, fnstsw},                {ZYDIS_MNEMONIC_FWAIT, action<fwait>},
    {ZYDIS_MNEMONIC_FNSTENV, environment<fnstenv, fnstenvNarrow>}, {ZYDIS_MNEMONIC_FLDENV, environment<fldenv, fldenvNarrow>},
    {ZYDIS_MNEMONIC_FNSAVE, environment<fnsave, fnsaveNarrow>},   {ZYDIS_MNEMONIC_FRSTOR, environment<frstor, frstorNarrow>},
    {ZYDIS_MNEMONIC_VLDMXCSR, lastAction<ldmxcsr>}, {ZYDIS_MNEMONIC_VSTMXCSR, action<stmxcsr>},
    {ZYDIS_MNEMONIC_EMMS, action<emms>},
};

}  // namespace

Family fpuControl() { return table; }

}  // namespace cpu
