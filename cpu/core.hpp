// The processor's inside: registers first (ops address them by byte offset), then what the run loop and the cold paths share.
#pragma once

#include "cpu/blocks.hpp"
#include "cpu/cpu.hpp"
#include "cpu/flags.hpp"
#include "cpu/lowering_cache.hpp"
#include "cpu/op.hpp"

#include <cstring>
#include <vector>

namespace cpu {

struct TlbEntry {
    u64 tag = 1;        // page address; never equal to one when empty
    u64 delta = 0;      // host address = guest address + delta
};
constexpr u64 WATCHED = 2;      // in the tag of a store's entry: the next store to the page is reported
constexpr u64 TLB_ENTRIES = 1024;
constexpr u64 JUMP_ENTRIES = 4096;
constexpr u32 COLD_STEPS = 1024;
constexpr u64 FIRST_BLOCKS = (u64{480} << 10) + Blocks::BUCKET_BYTES;     // bytes beside the guest's memory

// Which entries of a table were filled since it was last emptied, so that emptying it after a few costs little.
struct FillLog {
    static constexpr u32 CAPACITY = 128;
    u32 count = 0;                  // more than CAPACITY: not all are known
    u16 index[CAPACITY]{};
    void note(u64 filled) {
        if (count < CAPACITY) index[count] = static_cast<u16>(filled);
        if (count <= CAPACITY) ++count;
    }
};

// One access of an op that the TLB cannot serve (page-crossing, code on the page, observed): the op runs alone against
// this buffer, which the run loop writes back.
struct Bounce {
    u64 address = 0;
    u32 size = 0;                   // 0: unused
    alignas(32) u8 bytes[64]{};
};

// The store of an instruction that is reported: written through the TLB, whose entry is good for this one.
struct WatchedStore {
    TlbEntry* entry = nullptr;      // null: none
    const u8* at = nullptr;
    InstructionRecord::MemoryWrite write;
};

// What the block builder works on: a block of at most BLOCK_INSTRUCTIONS, the way on behind it, its target cache and stubs.
struct BlockDraft {
    struct InstructionNote {
        Handler flagless, caching;
        FlagUse use;
        Simple simple;
        const VectorLinks* links;       // null: it neither gives nor takes
        VectorEffect vector;
        bool dead;                      // nobody reads the flags that it sets

        void take(const Lowered& lowered) {     // field by field: a copy of a copy would wait for all of it
            flagless = lowered.flagless, caching = lowered.caching, links = lowered.links;
            use = lowered.use, vector = lowered.vector, simple = lowered.simple;
            dead = false;
        }
    };
    unsigned opCount, branchCount, noteCount;
    Op ops[2 * BLOCK_INSTRUCTIONS + 3];
    u8 branches[BLOCK_INSTRUCTIONS + 1];    // indices into ops
    InstructionNote notes[BLOCK_INSTRUCTIONS];     // parallel to ops while instructions are added; filled for hot frames only
};

struct Core : Registers {
    explicit Core(PhysicalMemory& ram)
        : memory(ram), blocks(ram.frames(), ram.takeRoom(FIRST_BLOCKS)), lowered(ram.takeRoom(LoweringCache::BYTES)) {}

    Flags older{0, 0, EXPLICIT_KIND};   // what INC, DEC and rotates left alone
    u64 missed = 0;                     // address of the access that missed
    u64 jump = 0;                       // target of an indirect branch that missed
    Flags flags{0, 0, EXPLICIT_KIND};   // between two blocks
    i64 left = 0;
    u64 horizon = 0;                    // instructions() at the start of a block = horizon - left
    u64 count = 0;                      // instructions executed
    Trap trap;                          // Kind::limit: none
    bool alone = false;                 // the present op runs on its own
    bool faulted = false;               // the threaded code was left in front of an op that faulted
    bool stale = false;                 // decoded code was dropped since this run of a block began: an action leaves behind itself
    bool observing = false;
    bool onStack = false;               // the present action's memory operand is based on rsp or rbp: #SS, not #GP
    bool shadow = false;                // behind a load of SS: no #DB (SDM Vol. 3 §6.8.3)
    Op scratch[2];                      // an op that runs alone, and the stop behind it
    Bounce load, store;
    std::vector<InstructionRecord::MemoryWrite> writes;     // while observing
    u64 cr3 = 0;
    u64 seed = 0;
    u32 coldSteps = COLD_STEPS;         // fall-throughs in cold frames until the present frame becomes hot
    ProcessorModel model;
    u32 filledFor = 0;                  // pkru when the TLB was filled
    bool fsgsbase = false;              // CR4.FSGSBASE (SDM Vol. 3 §2.5)
    PhysicalMemory& memory;
    Blocks blocks;
    LoweringCache lowered;
    BlockDraft draft;
    InstructionObserver* observer = nullptr;
    Registers observed;                 // before the instruction
    std::vector<u8> observedBytes;
    Op* reported = nullptr;             // the report op of the instruction under way in a reporting block; null: none
    const u8* reportedBytes = nullptr;  // of that instruction
    WatchedStore watched;
    Flags settled{0, 0, EXPLICIT_KIND}; // flags whose value is in observed.rflags
    InstructionRecord record{0, {}, &observed, this, {}, 0, nullptr};
#if EXECSCOPE_DISPATCH_LOOP
    struct { Handler handler; const Op* op; i64 left; u64 fa, fb, fk; Carried carried; } postponed{};
#endif
    TlbEntry loads[TLB_ENTRIES], stores[TLB_ENTRIES], fetches[64];
    JumpEntry jumps[JUMP_ENTRIES];
    FillLog pagesFilled, jumpsFilled;
    u64 generation = 1;                 // of the jumps: changes when one may no longer lead where it led

    u64 next(const Op& op) const { return rip + op.end(); }     // inside a block: address of the next instruction
    u64 instructionsBefore(const Op* op, i64 present) const { return horizon - static_cast<u64>(present) + op->done - 1; }
    JumpEntry& jumpEntry(u64 address) { return jumps[(address ^ address >> 12) % JUMP_ENTRIES]; }

    // memory.cpp. Host pointer to a byte, or null with the fault in trap; stack: #SS for a non-canonical address.
    u8* translate(u64 address, Access access, bool stack = false);
    bool inCanonical(u64 address, u64 size, bool stack);    // false: faulted, some byte has no canonical address
    bool read(u64 address, void* to, u64 size);         // false: faulted, trap is set
    bool probeWrite(u64 address, u64 size);             // would a write succeed?
    bool write(u64 address, const void* from, u64 size);    // no effect when it faults; drops code, logs when observing
    bool isAligned(u64 address, u64 size);              // false: #AC, set in trap; while AC is set, for an operand of that size
    template <class T> bool fetch(u64 address, T& value) { return isAligned(address, sizeof value) && read(address, &value, sizeof value); }
    template <class T> bool save(u64 address, const T& value) {
        return isAligned(address, sizeof value) && write(address, &value, sizeof value);
    }
    void finishAlone(bool completed);
    void logWrite(u64 address, const u8* in, u64 size);
    u64 frameOfHost(const u8* at) const { return static_cast<u64>(at - memory.frame(0)) >> PAGE_SHIFT; }
    void flush();                                       // TLB and jump cache
    void flushData();                                   // TLB but for fetches
    void setPkru(u32 value) {
        pkru = value;
        if (pkru != filledFor) flushData();
    }
    void flushJumps();
    void dropCode(u64 pfn);
    void warmUp();                                      // the frame of rip becomes hot
    void sample();                                      // so does that in which a run ends, unless it has no code yet
    void forbidWrites(u64 pfn);                         // before the frame gets its first block
    bool fault(u8 vector, u32 error = 0, u64 address = 0);  // false

    // cpu.cpp. Block at an address, or null with the fault in trap.
    Block* blockAt(u64 address, BlockMode mode);
    BlockMode running() const { return observing ? BlockMode::reporting : BlockMode::plain; }   // of blocks with many instructions
    // observe.cpp. One instruction alone, and those of a reporting block.
    void beforeInstruction(const Block& block);
    void afterInstruction();
    void startReports();
    bool report(const Op* op, i64 present, Flags now);  // the instruction before `op` is complete; false: leave in front of op
    void finishReports();                               // the threaded code was left
    void complete(Op& report);
    void deliver();
    void deliverSlowly();
    u32 changesOf(const Op& report) const;
    void watchStore(TlbEntry& entry, u64 address, u32 size);
    void finishStore(bool completed);
    void enter(const Op* op);
    void step(u64 until);
};

// Cold continuations: handlers that prepare something and run the same op again, or leave the threaded code (exits.cpp).
void settleFlags(HOT);              // EXPLICIT, then the same op
void leaveFault(HOT);               // before the op, with core->trap
void leaveAfter(HOT);               // behind the op (and core->trap, if one is set)
void leaveBefore(HOT);              // at the op, which has not run
void leaveAgain(HOT);               // at the op, which is counted: it is not yet complete
void leaveAtBranch(HOT);            // at the target of a taken direct branch; left is paid
void leaveAtJump(HOT);              // at core->jump; left is paid
void jumpMiss(HOT);                 // to core->jump, which the jump cache lacks; left is paid
void targetMiss(HOT);               // to core->jump, which the branch's own cache lacks; left is paid
void linkStub(HOT);                 // a direct branch's first time
void farStub(HOT);                  // a direct branch to another page
void report(HOT);                   // in front of an instruction of a reporting block
void fallThrough(HOT);              // the block ends, the program goes on
void fallThroughCold(HOT);          // the same in a cold frame: now and then one becomes hot
void raiseInvalidOpcode(HOT);
void raiseUnsupported(HOT);
void raiseProtection(HOT);          // #GP(0)
void raiseDivide(HOT);
template <unsigned size> void refillLoad(HOT);
template <unsigned size> void refillStore(HOT);
template <unsigned size> void refillAlignedLoad(HOT);   // the same, #GP(0) off a multiple of size
template <unsigned size> void refillAlignedStore(HOT);
template <unsigned size> void refillPop(HOT);       // the same, #SS for a non-canonical address
template <unsigned size> void refillPush(HOT);

}  // namespace cpu
