// Builds the basic block that starts at an address.
#include "cpu/lower.hpp"
#include "cpu/pairs.hpp"
#include "cpu/statistics.hpp"
#include "cpu/vector_links.hpp"
#include "cpu/vector_mxcsr.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace cpu {

namespace {

class Builder {
public:
    Builder(Core& core, u64 address, u64 pfn, BlockMode mode)
        : core_(core), draft_(core.draft), address_(address), pfn_(pfn), mode_(mode),
          hot_(mode == BlockMode::reporting || core.blocks.hot(pfn)), next_(address % PAGE_SIZE) {
        draft_.opCount = draft_.branchCount = draft_.noteCount = 0;
    }
    Block* build();

private:
    bool addInstructions();
    bool straddling(u64 offset);
    void addReport(const u8* bytes, u64 size, u64 offset);
    void addOp(const u8* bytes, u64 size, u64 offset);
    void addLowered(const Lowered& lowered, Op& op, u8 length, u64 offset);
    void raise(Handler handler, u64 offset);
    void add(const Op& op) { draft_.ops[draft_.opCount++] = op; }
    void close();
    void addTargets();
    void dropDeadFlags();
    BlockPtr finish();

    Core& core_;
    BlockDraft& draft_;
    u64 address_, pfn_, second_ = 0;
    BlockMode mode_;
    bool hot_;
    u64 next_;
    u64 known_ = UNKNOWN;
    u8 count_ = 0;
    bool straddles_ = false, ended_ = false;
    std::unique_ptr<TargetCache> targets_;
};

void Builder::raise(Handler handler, u64 offset) {
    Op op;
    op.handler = handler;
    op.where = static_cast<u16>(offset);
    op.done = ++count_;
    add(op);
    ended_ = true;
}

// The general registers that a common instruction may change, beside which it changes rip, flags and memory only. Nothing: it is not
// common.
static std::optional<u16> changes(const Decoded& decoded) {
    if (decoded.insn.meta.isa_ext != ZYDIS_ISA_EXT_BASE && decoded.insn.meta.isa_ext != ZYDIS_ISA_EXT_LONGMODE) return {};
    switch (decoded.insn.meta.category) {
        case ZYDIS_CATEGORY_BINARY: case ZYDIS_CATEGORY_LOGICAL: case ZYDIS_CATEGORY_DATAXFER: case ZYDIS_CATEGORY_PUSH: case ZYDIS_CATEGORY_POP:
        case ZYDIS_CATEGORY_CALL: case ZYDIS_CATEGORY_RET: case ZYDIS_CATEGORY_COND_BR: case ZYDIS_CATEGORY_UNCOND_BR: case ZYDIS_CATEGORY_SHIFT:
        case ZYDIS_CATEGORY_ROTATE: case ZYDIS_CATEGORY_CMOV: case ZYDIS_CATEGORY_BITBYTE: case ZYDIS_CATEGORY_SETCC: case ZYDIS_CATEGORY_MISC:
        case ZYDIS_CATEGORY_CONVERT: case ZYDIS_CATEGORY_NOP: case ZYDIS_CATEGORY_WIDENOP: break;
        default: return {};
    }
    u32 registers = 0;
    for (const ZydisDecodedOperand& operand : std::span(decoded.operand).first(decoded.insn.operand_count)) {
        if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER || !(operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)) continue;
        const ZydisRegisterClass kind = ZydisRegisterGetClass(operand.reg.value);
        if (kind == ZYDIS_REGCLASS_FLAGS || kind == ZYDIS_REGCLASS_IP) continue;
        const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, operand.reg.value);
        if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15) return {};
        registers |= 1u << (whole - ZYDIS_REGISTER_RAX);
    }
    return static_cast<u16>(registers);
}

void Builder::addReport(const u8* bytes, u64 size, u64 offset) {
    Decoded decoded;
    const bool known = ZYAN_SUCCESS(decode(bytes, size, decoded, core_.model.level));
    Op op;
    op.handler = report;
    op.where = static_cast<u16>(offset | u64{known ? decoded.insn.length : u8{0}} << 12);
    op.done = static_cast<u8>(count_ + 1);
    if (const std::optional<u16> registers = known ? changes(decoded) : std::nullopt) {
        op.misc = COMMON;
        op.dst = *registers;
    }
    op.imm64 = reinterpret_cast<u64>(core_.memory.frame(pfn_) + offset);
    add(op);
}

void Builder::addOp(const u8* bytes, u64 size, u64 offset) {
    if (mode_ == BlockMode::reporting) addReport(bytes, size, offset);
    const auto& window = *reinterpret_cast<const u8(*)[LONGEST]>(bytes);
    Op& op = draft_.ops[draft_.opCount];
    const Encoding encoding = size == LONGEST ? encodingOf(window) : Encoding{};
    if (size == LONGEST) {
        u8 length = 0;
        if (const Lowered* known = core_.lowered.find(window, encoding, known_, op, length)) return addLowered(*known, op, length, offset);
    }
    Decoded decoded;
    const ZyanStatus status = decode(bytes, size, decoded, core_.model.level);
    if (!ZYAN_SUCCESS(status)) return raise(status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG ? raiseProtection : raiseInvalidOpcode, offset);
    const Lowered made = lowered(decoded, known_, core_.model);
    ++statistics.decoded;
    noteExtension(decoded.insn.meta.isa_set, !hasInstructions(core_.model, static_cast<u16>(decoded.insn.meta.isa_set)));
    if (size == LONGEST) core_.lowered.keep(window, encoding, made, decoded);
    op = made.op;
    addLowered(made, op, made.length, offset);
}

// `op` is the draft's next one.
void Builder::addLowered(const Lowered& lowered, Op& op, u8 length, u64 offset) {
    ++statistics.lowered;
    place(op, offset, length);
    op.done = ++count_;
    if (lowered.leaves != LEAVES_AS_BEFORE) known_ = lowered.leaves;
    if (lowered.branches) draft_.branches[draft_.branchCount++] = static_cast<u8>(draft_.opCount);
    if (hot_) draft_.notes[draft_.noteCount].take(lowered);
    ++draft_.noteCount;
    ++draft_.opCount;
    ended_ = lowered.ends;
    next_ = offset + length;
}

bool Builder::straddling(u64 offset) {
    const u64 page = (address_ | (PAGE_SIZE - 1)) + 1;
    const u8* rest = core_.translate(page, Access::execute);
    if (!rest) return false;
    u8 bytes[LONGEST];
    const u64 here = PAGE_SIZE - offset;
    std::memcpy(bytes, core_.memory.frame(pfn_) + offset, here);
    std::memcpy(bytes + here, rest, LONGEST - here);
    straddles_ = true;
    second_ = core_.frameOfHost(rest);
    addOp(bytes, LONGEST, offset);
    return true;
}

// False: the first one runs into a page that is not there; the fault is in trap.
bool Builder::addInstructions() {
    const u8* page = core_.memory.frame(pfn_);
    const unsigned most = mode_ == BlockMode::single ? 1 : mode_ == BlockMode::reporting ? REPORTED_INSTRUCTIONS : BLOCK_INSTRUCTIONS;
    while (!ended_ && count_ < most && next_ < PAGE_SIZE && (hot_ || !draft_.branchCount)) {
        const u64 size = std::min(LONGEST, PAGE_SIZE - next_);
        Decoded decoded;
        const bool cut = size < LONGEST && decode(page + next_, size, decoded, core_.model.level) == ZYDIS_STATUS_NO_MORE_DATA;
        if (!cut) addOp(page + next_, size, next_);
        else return count_ || straddling(next_);
    }
    return true;
}

Block* Builder::build() {
    if (!addInstructions()) return nullptr;
    if (hot_ && mode_ != BlockMode::reporting) {
        dropDeadFlags();
        const std::span ops = std::span(draft_.ops).first(draft_.noteCount);
        const std::span notes = std::span(draft_.notes).first(draft_.noteCount);
        joinPairs(ops, notes);
        linkVectors(ops, notes);
    }
    close();
    BlockPtr block = finish();
    for (u64 pfn : {pfn_, straddles_ ? second_ : pfn_}) core_.forbidWrites(pfn);
    return core_.blocks.add(std::move(block));
}

BlockPtr Builder::finish() {
    ++statistics.blocks;
    statistics.code_bytes += draft_.opCount * sizeof(Op);
    BlockPtr block = core_.blocks.make(std::span(draft_.ops).first(draft_.opCount));
    Op* const ops = block->ops();
    const unsigned stubs = draft_.opCount - draft_.branchCount;
    for (unsigned i = 0; i < draft_.branchCount; ++i) {
        ops[draft_.branches[i]].target = &ops[stubs + i];
        ops[stubs + i].target = &ops[draft_.branches[i]];
    }
    block->pfn = pfn_;
    block->second = second_;
    block->offset = static_cast<u16>(address_ % PAGE_SIZE);
    block->count = count_;
    block->mode = mode_;
    block->straddles = straddles_;
    if (targets_) {
        ops[draft_.noteCount].targets = targets_.get();
        block->bytes += static_cast<u32>(sizeof(TargetCache));
        block->targets = std::move(targets_);
    }
    return block;
}

// Flags that the block overwrites before it can read them, fault or be left.
void Builder::dropDeadFlags() {
    bool dead = false;
    for (unsigned i = draft_.noteCount; i-- > 0;) {
        BlockDraft::InstructionNote& note = draft_.notes[i];
        note.dead = dead;
        if (dead && note.flagless) draft_.ops[i].handler = note.flagless;
        if (note.use != FlagUse::passes) dead = note.use == FlagUse::overwrites;
    }
}

// The way on after the last instruction, and one stub for each direct branch.
void Builder::close() {
    if (!ended_) {
        Op op = draft_.ops[draft_.opCount - 1];
        op.handler = hot_ ? fallThrough : fallThroughCold;
        op.imm = 0;
        draft_.branches[draft_.branchCount++] = static_cast<u8>(draft_.opCount);
        add(op);
    }
    addTargets();
    for (unsigned i = 0; i < draft_.branchCount; ++i) {
        Op stub = draft_.ops[draft_.branches[i]];
        const i64 target = static_cast<i64>(stub.end()) + stub.imm;
        stub.handler = target >= 0 && target < static_cast<i64>(PAGE_SIZE) ? linkStub : farStub;
        add(stub);
    }
}

// Behind an indirect branch, where the program is likely to come again.
void Builder::addTargets() {
    if (!hot_ || mode_ != BlockMode::plain || draft_.opCount != draft_.noteCount || !draft_.notes[draft_.noteCount - 1].caching) return;
    targets_ = std::make_unique<TargetCache>();
    targets_->uncached = std::exchange(draft_.ops[draft_.opCount - 1].handler, draft_.notes[draft_.noteCount - 1].caching);
    add({});
}

}  // namespace

Lowered lowered(const Decoded& decoded, u64 known, const ProcessorModel& model) {
    Lowered made;
    Form form{decoded.insn, decoded.operand, made.op, known, UNKNOWN};
    form.model = model;
    lower(decoded, form);
    made = {made.op, known, form.leaves, form.flagless, form.caching, form.links, flagUse(decoded), vectorEffectOf(decoded),
            form.reads, form.ends, form.branches, simpleOf(form), decoded.insn.length};
    return made;
}

Block* Core::blockAt(u64 address, BlockMode mode) {
    TlbEntry& entry = fetches[address / PAGE_SIZE % std::size(fetches)];
    const u64 page = address & ~(PAGE_SIZE - 1);
    if (entry.tag != page) {
        const u8* at = translate(page, Access::execute);
        if (!at) {
            if (trap.vector == VECTOR_PF) trap.address = address;
            return nullptr;
        }
        entry = {page, reinterpret_cast<u64>(at) - page};
    }
    const u64 pfn = frameOfHost(reinterpret_cast<const u8*>(page + entry.delta));
    Block* block = blocks.find(pfn, static_cast<u16>(address % PAGE_SIZE), mode);
    if (block && block->straddles) {
        const u8* rest = translate(page + PAGE_SIZE, Access::execute);
        if (!rest) return nullptr;
        if (frameOfHost(rest) != block->second) block = nullptr;
    }
    if (block) return block;
    const HostMxcsr host;
    return Builder(*this, address, pfn, mode).build();
}

}  // namespace cpu
