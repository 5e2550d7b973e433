// Instructions lowered before: programs repeat themselves, and a frame that becomes hot is lowered again. Common ones are known by
// their shape, whatever their registers, the others by their bytes. Looking one up costs a tenth of decoding it.
#pragma once

#include "cpu/encoding.hpp"

#include <cstdlib>
#include <memory>
#include <span>

namespace cpu {

constexpr u64 LEAVES_AS_BEFORE = ~u64{1};    // the kind of the lazy flags: the instruction leaves them alone

// What an instruction means to flags that were set before it.
enum class FlagUse : u8 { mayRead, passes, overwrites };    // mayRead: reads them, or may leave the block or fault

// A kind of instruction that pairs.hpp can join with its neighbour: of two registers, of a register and an immediate, of one
// register, of an address, from memory, those that only set flags, to memory, a conditional jump, and of one register and the stack.
// Each indexed kind stands right behind its plain one.
struct Simple {
    enum Kind : u8 {
        none, mov, add, sub, and_, or_, xor_, extend, mov_imm, add_imm, sub_imm, and_imm, not_, rol, ror, shl, shr, sar,
        lea, lea_indexed, load, load_indexed, add_load, add_load_indexed, load_byte, load_byte_indexed,
        load_word, load_word_indexed, load_extend, load_extend_indexed, cmp, test, cmp_imm, store, store_indexed, jump_if,
        push, pop,
    };
    Kind kind = none;
    bool wide = false;                  // 64 bits, else 32
    u8 condition = 0;                   // Condition, of a jump_if
};

struct VectorLinks;
enum class VectorEffect : u8 { unknown, nothing, target };      // which vector registers an instruction writes

// An op as lower() makes it: it has no place yet.
struct Lowered {
    Op op;
    u64 known = 0, leaves = 0;          // as in Form
    Handler flagless = nullptr, caching = nullptr;
    const VectorLinks* links = nullptr; // vector_links.hpp
    FlagUse use = FlagUse::mayRead;
    VectorEffect vector = VectorEffect::unknown;
    bool reads : 1 = false, ends : 1 = false, branches : 1 = false;
    Simple simple;
    u8 length = 0;                      // of the instruction in bytes; 0: empty
};

// Where the bytes of an instruction lie that no handler depends on: a displacement, or the distance of a branch. 0 bytes: none.
struct Variable {
    u8 at = 0, size = 0;
    bool distance = false;
};

struct Decoded;

class LoweringCache {
public:
    static constexpr u64 BYTES = u64{124} << 10;
    explicit LoweringCache(std::span<u8> room = {});    // zero, of BYTES, and outlives it; none: it takes memory of its own
    ~LoweringCache();
    // The instruction at `bytes`: an op with its own registers, immediate, displacement or distance, its length, and the rest, in
    // which op and length are another's. Null: not there.
    const Lowered* find(const u8 (&bytes)[LONGEST], const Encoding& e, u64 known, Op& op, u8& length) const;
    void keep(const u8 (&bytes)[LONGEST], const Encoding& e, const Lowered& lowered, const Decoded& decoded);
    void clear();                       // when the processor's features change

private:
    struct Pattern;                     // instructions of one shape, whatever their registers (encoding.hpp)
    const Pattern* patternOf(u64 key) const;
    void keepPattern(const Pattern& pattern);
    void forgetPatterns();
    void keepBytes(const u8 (&bytes)[LONGEST], const Lowered& lowered, Variable variable);
    struct Slot {
        u8 bytes[LONGEST];
        Variable variable;
        i32 value;                      // of its variable bytes
        Lowered lowered;
        bool holds(const u8 (&other)[LONGEST], u64 known) const;
    };
    static constexpr unsigned BITS = 8, SLOTS = 1u << BITS;
    static u64 slotOf(const u8 (&bytes)[LONGEST]);
    static constexpr unsigned PATTERNS = 1024, PLACES = 2048;
    struct Tables;
    struct Free {
        void operator()(Tables* tables) const { std::free(tables); }
    };
    std::unique_ptr<Tables, Free> own_;
    Tables* tables_;
    bool slotsUsed_ = false;
    u16 count_ = 0;                     // of tables_->patterns
    u16 places_[PLACES]{};              // open addressing by key: number in tables_->patterns + 1
};

}  // namespace cpu
