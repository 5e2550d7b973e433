// Decoded basic blocks, by where they lie in physical memory, and which frames hold any. Their memory is bounded: when it is
// full everything is dropped, and decoded again where it still runs.
#pragma once

#include "cpu/op.hpp"

#include <cstdlib>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace cpu {

constexpr unsigned BLOCK_INSTRUCTIONS = 64, REPORTED_INSTRUCTIONS = 32;     // at most; the latter in a reporting block

// single: one instruction; reporting: a report op in front of each. A 32-bit mode will be another three.
enum class BlockMode : u8 { plain, single, reporting };

struct JumpEntry {
    u64 address = u64{1} << 63;     // not canonical: empty
    const Op* op = nullptr;
};

// Where one indirect branch went. A comparison with a target that was met before makes the way on a matter of prediction: the
// ops behind the branch need not wait for its operand. A branch with more targets than fit goes by the table of all jumps.
struct TargetCache {
    static constexpr u32 ENTRIES = 12;
    Handler uncached = nullptr;     // of the same branch
    u64 generation = 0;             // of the jumps (Core::generation); the entries of another one are void
    u32 count = 0;
    JumpEntry entries[ENTRIES];
};

struct alignas(sizeof(Op)) Block {      // so that no op lies in two cache lines
    u64 pfn = 0;
    u64 second = 0;                 // frame of the second page of a straddling instruction
    u16 offset = 0;
    u8 count = 0;                   // instructions
    BlockMode mode = BlockMode::plain;
    bool straddles = false;         // its only instruction runs into the next page
    u32 bytes = 0;                  // of it, its ops and targets
    std::unique_ptr<TargetCache> targets;
    Block* nextAlike = nullptr;     // in Blocks::buckets_
    Block* nextInFrame = nullptr;   // in Blocks::first_

    Op* ops() { return reinterpret_cast<Op*>(this + 1); }           // they lie behind it
    const Op* ops() const { return reinterpret_cast<const Op*>(this + 1); }
};

// The memory of blocks: `room` while it lasts, then the heap. What is given back of the room goes to blocks of the same size.
class BlockRoom {
public:
    explicit BlockRoom(std::span<u8> room) : room_(room), left_(room) {}
    void* take(u64 bytes);                  // a multiple of UNIT, at most LONGEST_BLOCK
    void give(void* at, u64 bytes);

    static constexpr u64 UNIT = sizeof(Op), LONGEST_BLOCK = sizeof(Block) + (2 * BLOCK_INSTRUCTIONS + 3) * sizeof(Op);

private:
    struct Given { Given* next; };
    std::span<u8> room_, left_;
    Given* given_[LONGEST_BLOCK / UNIT + 1]{};      // by size
};
struct BlockDeleter {
    BlockRoom* room = nullptr;
    void operator()(Block* block) const;
};
using BlockPtr = std::unique_ptr<Block, BlockDeleter>;

class Blocks {
public:
    static constexpr u64 BUCKETS = 2048, BUCKET_BYTES = BUCKETS * sizeof(Block*);
    explicit Blocks(u64 frames, std::span<u8> room = {});     // room: zero, for the first blocks and the first table of them
    ~Blocks() { dropAll(); }

    Block* find(u64 pfn, u16 offset, BlockMode mode);
    BlockPtr make(std::span<const Op> ops); // its place is still to be filled
    Block* add(BlockPtr block);
    bool frameHasCode(u64 pfn) const { return pfn < frames_ && holds_[pfn]; }
    void drop(u64 pfn);                     // the frame's blocks are unreachable; freed by reap()
    void dropAll();
    bool full() const { return bytes_ > LIMIT; }
    void reap() { retired_.clear(); }       // when no op runs
    u64 bytes() const { return bytes_; }    // of the blocks that can be reached

    // A block of a cold frame ends at its first conditional branch: what runs once is not decoded beyond what runs.
    bool hot(u64 pfn) const { return eager || (frameHasCode(pfn) && holds_[pfn] == HOT_CODE); }
    void warmUp(u64 pfn);                   // drops the frame's cold blocks; new ones go on past conditional branches
    bool eager = false;                     // all frames count as hot

private:
    static constexpr u64 LIMIT = u64{256} << 20;
    static constexpr u8 NO_CODE = 0, COLD_CODE = 1, HOT_CODE = 2;
    template <class T> struct Free {
        void operator()(T* all) const { std::free(all); }
    };
    template <class T> using ByFrame = std::unique_ptr<T[], Free<T>>;       // the host backs it with memory where it is written

    Block** placeOf(u64 pfn, u16 offset, BlockMode mode);    // of the pointer to it, or of the null at the end
    void grow();
    void retire(Block* block);              // which is in no frame's list any more
    void leaveFrame(Block* block);
    void leaveSecond(const Block* block);

    BlockRoom room_;                        // first: blocks go back there
    u64 frames_;
    ByFrame<u8> holds_;
    ByFrame<Block*> first_;                 // of the blocks that begin in the frame
    std::unordered_map<u64, std::vector<Block*>> straddlers_;       // by their second frame
    std::span<Block*> buckets_;             // a power of two
    std::vector<Block*> grown_;             // where they lie when they do not lie in the room
    u64 count_ = 0;
    std::vector<BlockPtr> retired_;
    u64 bytes_ = 0;
};

}  // namespace cpu
