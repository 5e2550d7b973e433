// Decoded basic blocks, by where they lie in physical memory, and which frames hold any. Their memory is bounded: when it is
// full everything is dropped, and decoded again where it still runs.
#pragma once

#include "cpu/op.hpp"

#include <cstdlib>
#include <memory>
#include <unordered_map>
#include <vector>

namespace cpu {

constexpr unsigned BLOCK_INSTRUCTIONS = 64;

enum class BlockMode : u8 { plain, single };    // single: one instruction. A 32-bit mode will be another pair.

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

struct Block {
    u64 pfn = 0;
    u64 second = 0;                 // frame of the second page of a straddling instruction
    u16 offset = 0;
    u8 count = 0;                   // instructions
    BlockMode mode = BlockMode::plain;
    bool straddles = false;         // its only instruction runs into the next page
    u32 bytes = 0;                  // of it, its ops and targets
    std::unique_ptr<Op[]> ops;
    std::unique_ptr<TargetCache> targets;
};

class Blocks {
public:
    explicit Blocks(u64 frames);

    Block* find(u64 pfn, u16 offset, BlockMode mode);
    Block* add(std::unique_ptr<Block> block, unsigned ops);
    bool frameHasCode(u64 pfn) const { return pfn < frames_ && holds_[pfn]; }
    void drop(u64 pfn);                     // the frame's blocks are unreachable; freed by reap()
    void dropAll();
    bool full() const { return bytes_ > LIMIT; }
    void reap() { retired_.clear(); }       // when no op runs
    u64 bytes() const { return bytes_; }    // of the blocks that can be reached

    // A block of a cold frame ends at its first conditional branch: what runs once is not decoded beyond what runs.
    bool hot(u64 pfn) const { return frameHasCode(pfn) && holds_[pfn] == HOT_CODE; }
    void warmUp(u64 pfn);                   // drops the frame's cold blocks; new ones go on past conditional branches

private:
    static constexpr u64 LIMIT = u64{256} << 20;
    static constexpr u8 NO_CODE = 0, COLD_CODE = 1, HOT_CODE = 2;
    static u64 key(u64 pfn, u16 offset, BlockMode mode) { return pfn << 16 | u64{offset} << 4 | static_cast<u64>(mode); }
    using Map = std::unordered_map<u64, std::unique_ptr<Block>>;
    void note(u64 pfn, u64 id);
    void forget(u64 pfn, u64 id);
    void retire(Map::iterator at);
    struct Free {
        void operator()(u8* bytes) const { std::free(bytes); }
    };

    u64 frames_;
    std::unique_ptr<u8[], Free> holds_;     // by frame; the host backs it with memory where it is written
    Map blocks_;
    std::unordered_map<u64, std::vector<u64>> keysOfFrame_;
    std::vector<std::unique_ptr<Block>> retired_;
    u64 bytes_ = 0;
};

}  // namespace cpu
