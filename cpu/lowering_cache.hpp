// Instructions lowered before, by their bytes: programs repeat themselves, and a frame that becomes hot is lowered again.
// Looking one up costs a tenth of decoding it.
#pragma once

#include "cpu/op.hpp"

#include <cstdlib>
#include <memory>

namespace cpu {

constexpr u64 LONGEST = 15;     // bytes of an instruction (SDM Vol. 2 §2.3.11)

constexpr u64 LEAVES_AS_BEFORE = ~u64{1};    // the kind of the lazy flags: the instruction leaves them alone

// What an instruction means to flags that were set before it.
enum class FlagUse : u8 { mayRead, passes, overwrites };    // mayRead: reads them, or may leave the block or fault

// A kind of instruction that pairs.hpp can join with its neighbour.
struct Simple {
    enum Kind : u8 { none, mov, add, sub, and_, or_, xor_, not_, rol, ror, shl, shr };
    Kind kind = none;
    bool wide = false;                  // 64 bits, else 32
};

// An op as lower() makes it: it has no place yet.
struct Lowered {
    Op op;
    u64 known = 0, leaves = 0;          // as in Form
    Handler flagless = nullptr;
    FlagUse use = FlagUse::mayRead;
    bool reads = false, ends = false, branches = false;
    Simple simple;
    u8 length = 0;                      // of the instruction in bytes; 0: empty
};

// Where the bytes of an instruction lie that no handler depends on: a displacement, or the distance of a branch. 0 bytes: none.
struct Variable {
    u8 at = 0, size = 0;
    bool distance = false;
};

class LoweringCache {
public:
    // The instruction at `bytes` with its own displacement or distance. False: not there.
    bool find(const u8 (&bytes)[LONGEST], u64 known, Lowered& found) const;
    void keep(const u8 (&bytes)[LONGEST], const Lowered& lowered, Variable variable);
    void clear() { slots_.reset(); }    // when the processor's features change

private:
    struct Slot {
        u8 bytes[LONGEST];
        Variable variable;
        i32 value;                      // of its variable bytes
        Lowered lowered;
        bool holds(const u8 (&other)[LONGEST], u64 known) const;
    };
    struct Free {
        void operator()(Slot* slots) const { std::free(slots); }
    };
    static constexpr unsigned BITS = 10;
    static u64 slotOf(const u8 (&bytes)[LONGEST]);
    std::unique_ptr<Slot[], Free> slots_;   // the host backs it with memory where it is written
};

}  // namespace cpu
