#include "cpu/cpu.hpp"

#include "cpu/core.hpp"
#include "cpu/debug.hpp"
#include "cpu/stop.hpp"
#include "cpu/vector_mxcsr.hpp"

#include <algorithm>

namespace cpu {

struct Cpu::Impl : Core {
    using Core::Core;
    bool on_heap = false;
};

void Cpu::Free::operator()(Impl* impl) const {
    if (impl->on_heap) delete impl;
    else impl->~Impl();
}

Cpu::Cpu(PhysicalMemory& memory) {
    const std::span<u8> room = memory.takeRoom(sizeof(Impl));
    impl_.reset(room.empty() ? new Impl(memory) : new (room.data()) Impl(memory));
    impl_->on_heap = room.empty();
}
Cpu::~Cpu() = default;

Registers& Cpu::registers() noexcept { return *impl_; }
const u64* Cpu::instructionCounter() const noexcept { return &impl_->count; }
u64 Cpu::cr3() const noexcept { return impl_->cr3; }
const ProcessorModel& Cpu::model() const noexcept { return impl_->model; }
void Cpu::setModel(const ProcessorModel& model) {
    impl_->model = model;
    impl_->lowered.clear();
    impl_->blocks.dropAll();
    impl_->flush();
}
void Cpu::setFsgsbase(bool enabled) { impl_->fsgsbase = enabled; }
void Cpu::setProtectionKeys(bool enabled) {
    ProcessorModel model = impl_->model;
    setFeature(model, "ospke", enabled && has(model, "pku"));
    setModel(model);
}
void Cpu::setEager(bool eager) { impl_->blocks.eager = eager; }
void Cpu::setSeed(u64 seed) { impl_->seed = seed; }

void Cpu::loadCr3(u64 cr3) {
    if (cr3 == impl_->cr3) return;
    impl_->cr3 = cr3;
    impl_->flush();
}
void Cpu::flushTlb() { impl_->flush(); }
void Cpu::invalidatePage(u64 address) {
    const u64 page = address / PAGE_SIZE;
    impl_->loads[page % TLB_ENTRIES] = impl_->stores[page % TLB_ENTRIES] = impl_->fetches[page % std::size(impl_->fetches)] = {};
    impl_->flushJumps();
}

void Cpu::frameChanged(u64 pfn) {
    if (impl_->blocks.frameHasCode(pfn)) impl_->dropCode(pfn);
}
bool Cpu::frameHasCode(u64 pfn) const noexcept { return impl_->blocks.frameHasCode(pfn); }

u8* Cpu::userByte(u64 address, Access access) {
    u8* at = impl_->translate(address, access);
    impl_->trap = {};
    if (at && access == Access::write) frameChanged(impl_->frameOfHost(at));
    return at;
}

void Cpu::observeInstructions(InstructionObserver* observer) {
    impl_->observer = observer;
    impl_->observing = observer != nullptr;
    impl_->flush();
}

volatile std::sig_atomic_t stop_requested = 0;

Trap Cpu::run(u64 until) {
    Core& core = *impl_;
    core.trap = {};
    core.setPkru(core.pkru);        // another task's, perhaps
    core.flags = {core.rflags & FLAGS_STATUS, 0, EXPLICIT_KIND};
    while (core.count < until && core.trap.kind == Trap::Kind::limit && !stop_requested) core.step(until);
    if (core.trap.kind == Trap::Kind::limit && !core.observing) core.sample();
    core.rflags = (core.rflags & ~FLAGS_STATUS) | statusFlags(core.flags, core.older);
    return core.trap;
}

void Core::enter(const Op* op) {
#if EXECSCOPE_DISPATCH_LOOP
    postponed = {op->handler, op, left, flags.a, flags.b, flags.kind, Carried{}};
    while (postponed.handler) {
        const auto now = postponed;
        postponed.handler = nullptr;
        now.handler(now.op, this, now.left, now.fa, now.fb, now.fk, now.carried);
    }
#else
    op->handler(op, this, left, flags.a, flags.b, flags.kind, Carried{});
#endif
}

constexpr u64 STEP_INSTRUCTIONS = 16384;        // a stop is asked for between two steps

// Runs blocks until the threaded code is left. While `left` is negative, every branch leaves it: so the last instructions
// before the limit are counted exactly.
void Core::step(u64 until) {
    if (blocks.full()) {
        blocks.dropAll();
        flushJumps();
    }
    blocks.reap();
    const u64 remaining = std::min(until - count, u64{1} << 40);
    const bool checked = unmasked(mxcsr) != 0;      // SIMD exceptions: vector_mxcsr.hpp
    const bool stepping = rflags & FLAG_TF;         // #DB behind the instruction (SDM Vol. 3 §17.3.1.4)
    const bool aligned = rflags & FLAG_AC;          // misaligned accesses: Core::isAligned
    const bool alwaysOne = checked || stepping || aligned || (observing && remaining == 1);
    if (aligned) flush();
    shadow = false;
    Block* block = blockAt(rip, alwaysOne ? BlockMode::single : running());
    if (block && (block->count > remaining || (observing && block->straddles))) block = blockAt(rip, BlockMode::single);
    if (!block) return;
    const bool reports = block->mode == BlockMode::reporting;
    left = block->mode == BlockMode::single ? -1 : static_cast<i64>(std::min(remaining, STEP_INSTRUCTIONS)) - i64{BLOCK_INSTRUCTIONS};
    horizon = count + static_cast<u64>(left);
    faulted = stale = false;
    if (reports) startReports();
    else if (observing) beforeInstruction(*block);
    rip &= ~(PAGE_SIZE - 1);
    if (checked) {
        enterChecked(*this, block->ops());
    } else {
        const GuestMxcsr guest(*this);
        enter(block->ops());
    }
    if (alone) finishAlone(!faulted);
    count = horizon - static_cast<u64>(left);
    if (reports) finishReports();
    else if (observing) afterInstruction();
    if (stepping && !shadow && trap.kind == Trap::Kind::limit) fault(VECTOR_DB, 0, DR6_SINGLE_STEP);
}

void Core::forbidWrites(u64 pfn) {
    if (blocks.frameHasCode(pfn)) return;
    const u64 host = reinterpret_cast<u64>(memory.frame(pfn));
    const auto forbid = [host](TlbEntry& entry) {
        if ((entry.tag & ~WATCHED) + entry.delta == host) entry = {};
    };
    if (pagesFilled.count > FillLog::CAPACITY) std::for_each(std::begin(stores), std::end(stores), forbid);
    else for (u32 i = 0; i < pagesFilled.count; ++i) forbid(stores[pagesFilled.index[i]]);
}

}  // namespace cpu
