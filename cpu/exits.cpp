// Cold continuations: the ways out of the threaded code, and those that prepare something and go on in it.
#include "cpu/core.hpp"

#include <algorithm>

namespace cpu {

#if EXECSCOPE_DISPATCH_LOOP
void postpone(Core* core, Handler next, const Op* op, Core*, i64 left, u64 fa, u64 fb, u64 fk, Carried carried) {
    core->postponed = {next, op, left, fa, fb, fk, carried};
}
#endif

namespace {

void stop(Core& core, u64 rip, i64 left, Flags flags) {
    core.rip = rip;
    core.left = left;
    core.flags = flags;
}

}  // namespace

void settleFlags(HOT) {
    const u64 status = statusFlags({fa, fb, fk}, core->older);
    GO(op->handler, op, core, left, status, 0, EXPLICIT_KIND);
}

void leaveFault(HOT) {
    core->faulted = true;
    stop(*core, core->rip + op->offset(), left - op->done + 1, {fa, fb, fk});
}
void leaveBefore(HOT) { stop(*core, core->rip + op->offset(), left - op->done + 1, {fa, fb, fk}); }
void leaveAfter(HOT) { stop(*core, core->rip + op->end(), left - op->done, {fa, fb, fk}); }
void leaveAgain(HOT) { stop(*core, core->rip + op->offset(), left - op->done, {fa, fb, fk}); }
void leaveAtBranch(HOT) { stop(*core, core->rip + op->end() + static_cast<u64>(i64{op->imm}), left, {fa, fb, fk}); }
void leaveAtJump(HOT) { stop(*core, core->jump, left, {fa, fb, fk}); }

void raiseInvalidOpcode(HOT) {
    core->fault(VECTOR_UD);
    TAIL(leaveFault);
}
void raiseUnsupported(HOT) {
    core->fault(VECTOR_UD);
    core->trap.unsupported = true;
    TAIL(leaveFault);
}
void raiseProtection(HOT) {
    core->fault(VECTOR_GP);
    TAIL(leaveFault);
}
void raiseDivide(HOT) {
    core->fault(VECTOR_DE);
    TAIL(leaveFault);
}

void jumpMiss(HOT) {
    if (left < 0 || core->blocks.full()) TAIL(leaveAtJump);     // the run loop makes room
    const u64 address = core->jump;
    Block* block = core->blockAt(address, core->running());
    if (!block || (block->straddles && core->observing)) TAIL(leaveAtJump);
    op = block->ops();
    if (!block->straddles) {        // it depends on the next page, too, which another mapping may have exchanged
        JumpEntry& entry = core->jumpEntry(address);
        entry = {address, op};
        core->jumpsFilled.note(static_cast<u64>(&entry - core->jumps));
    }
    core->rip = address & ~(PAGE_SIZE - 1);
    GO(op->handler, op, core, left, fa, fb, fk);
}

// What the table of all jumps knows goes into the branch's own cache.
void targetMiss(HOT) {
    const JumpEntry& entry = core->jumpEntry(core->jump);
    if (left < 0 || entry.address != core->jump) TAIL(jumpMiss);
    TargetCache& cache = *op[1].targets;
    if (cache.generation != core->generation) {
        std::fill(std::begin(cache.entries), std::end(cache.entries), JumpEntry{});
        cache.count = 0;
        cache.generation = core->generation;
    }
    if (cache.count < TargetCache::ENTRIES) cache.entries[cache.count++] = entry;
    else const_cast<Op*>(op)->handler = cache.uncached;
    core->rip = entry.address & ~(PAGE_SIZE - 1);
    op = entry.op;
    GO(op->handler, op, core, left, fa, fb, fk);
}

void farStub(HOT) {
    const Op* origin = op->target;
    const u64 address = core->rip + origin->end() + static_cast<u64>(i64{origin->imm});
    const JumpEntry& entry = core->jumpEntry(address);
    if (entry.address != address) {
        core->jump = address;
        TAIL(jumpMiss);
    }
    core->rip = address & ~(PAGE_SIZE - 1);
    op = entry.op;
    GO(op->handler, op, core, left, fa, fb, fk);
}

// The target lies in the same page as the branch, and so in the same frame, unless it is an instruction that straddles.
void linkStub(HOT) {
    Op* origin = const_cast<Op*>(op->target);
    const u64 address = core->rip + origin->end() + static_cast<u64>(i64{origin->imm});
    core->jump = address;
    if (core->blocks.full()) TAIL(leaveAtJump);
    Block* block = core->blockAt(address, core->running());
    if (!block || (block->straddles && core->observing)) TAIL(leaveAtJump);
    if (!block->straddles) origin->target = block->ops();
    op = block->ops();
    GO(op->handler, op, core, left, fa, fb, fk);
}

void report(HOT) {
    if (!core->report(op, left, {fa, fb, fk})) TAIL(leaveBefore);
    NEXT;
}

void fallThrough(HOT) {
    left -= op->done;
    if (left < 0) TAIL(leaveAtBranch);
    op = op->target;
    GO(op->handler, op, core, left, fa, fb, fk);
}

// A sample: the frame that is met here is likely to be one where the program spends its time.
void fallThroughCold(HOT) {
    if (--core->coldSteps) TAIL(fallThrough);
    core->coldSteps = COLD_STEPS;
    left -= op->done;
    if (left >= 0) core->warmUp();
    TAIL(leaveAtBranch);
}

}  // namespace cpu
