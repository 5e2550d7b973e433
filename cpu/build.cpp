// Builds the basic block that starts at an address.
#include "cpu/lower.hpp"
#include "cpu/pairs.hpp"
#include "cpu/statistics.hpp"
#include "cpu/vector_mxcsr.hpp"

#include <algorithm>
#include <utility>

namespace cpu {

namespace {

class Builder {
public:
    Builder(Core& core, u64 address, u64 pfn, BlockMode mode) : core_(core), address_(address), block_(std::make_unique<Block>()) {
        block_->pfn = pfn;
        block_->offset = static_cast<u16>(address % PAGE_SIZE);
        block_->mode = mode;
        ops_.clear();
        branches_.clear();
        notes_.clear();
    }
    Block* build();

private:
    bool straddling(u64 offset);
    void addOp(const u8* bytes, u64 size, u64 offset);
    void addLowered(const Lowered& lowered, Op op, u8 length, u64 offset);
    void raise(Handler handler, u64 offset);
    void close();
    void addTargets();
    void dropDeadFlags();

    Core& core_;
    u64 address_;
    std::unique_ptr<Block> block_;
    std::vector<Op>& ops_ = core_.draft.ops;
    std::vector<unsigned>& branches_ = core_.draft.branches;
    std::vector<BlockDraft::FlagNote>& notes_ = core_.draft.notes;
    u64 known_ = UNKNOWN;
    u64 next_ = 0;
    bool ended_ = false;
};

void Builder::raise(Handler handler, u64 offset) {
    Op op;
    op.handler = handler;
    op.where = static_cast<u16>(offset);
    op.done = ++block_->count;
    ops_.push_back(op);
    ended_ = true;
}

void Builder::addOp(const u8* bytes, u64 size, u64 offset) {
    const auto& window = *reinterpret_cast<const u8(*)[LONGEST]>(bytes);
    if (size == LONGEST) {
        Op op;
        u8 length = 0;
        if (const Lowered* known = core_.lowered.find(window, known_, op, length)) return addLowered(*known, op, length, offset);
    }
    Lowered made;
    Decoded decoded;
    const ZyanStatus status = decode(bytes, size, decoded, core_.model.level);
    if (!ZYAN_SUCCESS(status)) return raise(status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG ? raiseProtection : raiseInvalidOpcode, offset);
    Form form{decoded.insn, decoded.operand, made.op, known_, UNKNOWN};
    form.model = core_.model;
    lower(decoded, form);
    ++statistics.decoded;
    noteExtension(decoded.insn.meta.isa_set, !hasInstructions(core_.model, static_cast<u16>(decoded.insn.meta.isa_set)));
    made = {made.op, known_, form.leaves, form.flagless, form.caching, flagUse(decoded), form.reads, form.ends, form.branches, simpleOf(form), decoded.insn.length};
    if (size == LONGEST) core_.lowered.keep(window, made, decoded);
    addLowered(made, made.op, made.length, offset);
}

void Builder::addLowered(const Lowered& lowered, Op op, u8 length, u64 offset) {
    ++statistics.lowered;
    place(op, offset, length);
    op.done = ++block_->count;
    if (lowered.leaves != LEAVES_AS_BEFORE) known_ = lowered.leaves;
    if (lowered.branches) branches_.push_back(static_cast<unsigned>(ops_.size()));
    ops_.push_back(op);
    notes_.push_back({lowered.flagless, lowered.caching, lowered.use, lowered.simple});
    ended_ = lowered.ends;
    next_ = offset + length;
}

bool Builder::straddling(u64 offset) {
    const u64 page = (address_ | (PAGE_SIZE - 1)) + 1;
    const u8* rest = core_.translate(page, Access::execute);
    if (!rest) return false;
    u8 bytes[LONGEST];
    const u64 here = PAGE_SIZE - offset;
    std::memcpy(bytes, core_.memory.frame(block_->pfn) + offset, here);
    std::memcpy(bytes + here, rest, LONGEST - here);
    block_->straddles = true;
    block_->second = core_.frameOfHost(rest);
    addOp(bytes, LONGEST, offset);
    return true;
}

Block* Builder::build() {
    const u8* page = core_.memory.frame(block_->pfn);
    const unsigned most = block_->mode == BlockMode::single ? 1 : BLOCK_INSTRUCTIONS;
    next_ = block_->offset;
    const bool cold = !core_.blocks.hot(block_->pfn);
    while (!ended_ && block_->count < most && next_ < PAGE_SIZE && !(cold && !branches_.empty())) {
        const u64 size = std::min(LONGEST, PAGE_SIZE - next_);
        Decoded decoded;
        const bool cut = size < LONGEST && decode(page + next_, size, decoded, core_.model.level) == ZYDIS_STATUS_NO_MORE_DATA;
        if (!cut) addOp(page + next_, size, next_);
        else if (block_->count) break;
        else if (!straddling(next_)) return nullptr;
        else break;
    }
    dropDeadFlags();
    joinPairs(std::span(ops_).first(notes_.size()), notes_);
    close();
    auto made = std::make_unique<Op[]>(ops_.size());
    std::copy(ops_.begin(), ops_.end(), made.get());
    const unsigned stubs = static_cast<unsigned>(ops_.size() - branches_.size());
    for (unsigned i = 0; i < branches_.size(); ++i) {
        made[branches_[i]].target = &made[stubs + i];
        made[stubs + i].target = &made[branches_[i]];
    }
    if (block_->targets) made[notes_.size()].targets = block_->targets.get();
    block_->ops = std::move(made);
    ++statistics.blocks;
    statistics.code_bytes += ops_.size() * sizeof(Op);
    for (u64 pfn : {block_->pfn, block_->straddles ? block_->second : block_->pfn}) core_.forbidWrites(pfn);
    return core_.blocks.add(std::move(block_), static_cast<unsigned>(ops_.size()));
}

// Flags that the block overwrites before it can read them, fault or be left.
void Builder::dropDeadFlags() {
    bool dead = false;
    for (u64 i = notes_.size(); i-- > 0;) {
        notes_[i].dead = dead;
        if (dead && notes_[i].flagless) ops_[i].handler = notes_[i].flagless;
        if (notes_[i].use != FlagUse::passes) dead = notes_[i].use == FlagUse::overwrites;
    }
}

// The way on after the last instruction, and one stub for each direct branch.
void Builder::close() {
    if (!ended_) {
        Op op = ops_.back();
        op.handler = core_.blocks.hot(block_->pfn) ? fallThrough : fallThroughCold;
        op.imm = 0;
        branches_.push_back(static_cast<unsigned>(ops_.size()));
        ops_.push_back(op);
    }
    addTargets();
    for (unsigned branch : branches_) {
        const Op& origin = ops_[branch];
        const i64 target = static_cast<i64>(origin.end()) + origin.imm;
        Op stub = origin;
        stub.handler = target >= 0 && target < static_cast<i64>(PAGE_SIZE) ? linkStub : farStub;
        ops_.push_back(stub);
    }
}

// Behind an indirect branch, where the program is likely to come again.
void Builder::addTargets() {
    if (ops_.size() != notes_.size() || !notes_.back().caching || !core_.blocks.hot(block_->pfn) || block_->mode != BlockMode::plain) return;
    block_->targets = std::make_unique<TargetCache>();
    block_->targets->uncached = std::exchange(ops_.back().handler, notes_.back().caching);
    ops_.push_back({});
}

}  // namespace

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
