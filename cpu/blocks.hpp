// Decoded basic blocks, by where they lie in physical memory, and which frames hold any.
#pragma once

#include "cpu/op.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

namespace cpu {

constexpr unsigned BLOCK_INSTRUCTIONS = 64;

enum class BlockMode : u8 { plain, single };    // single: one instruction. A 32-bit mode will be another pair.

struct Block {
    u64 pfn = 0;
    u64 second = 0;                 // frame of the second page of a straddling instruction
    u16 offset = 0;
    u8 count = 0;                   // instructions
    BlockMode mode = BlockMode::plain;
    bool straddles = false;         // its only instruction runs into the next page
    std::unique_ptr<Op[]> ops;
};

class Blocks {
public:
    explicit Blocks(u64 frames) : holds_(frames) {}

    Block* find(u64 pfn, u16 offset, BlockMode mode);
    Block* add(std::unique_ptr<Block> block, unsigned ops);
    bool frameHasCode(u64 pfn) const { return pfn < holds_.size() && holds_[pfn]; }
    void drop(u64 pfn);                     // the frame's blocks are unreachable; freed by reap()
    void dropAll();
    bool full() const { return bytes_ > LIMIT; }
    void reap() { retired_.clear(); }       // when no op runs

private:
    static constexpr u64 LIMIT = u64{256} << 20;
    static u64 key(u64 pfn, u16 offset, BlockMode mode) { return pfn << 16 | u64{offset} << 4 | static_cast<u64>(mode); }

    std::vector<u8> holds_;
    std::unordered_map<u64, std::unique_ptr<Block>> blocks_;
    std::unordered_map<u64, std::vector<u64>> keysOfFrame_;
    std::vector<std::unique_ptr<Block>> retired_;
    u64 bytes_ = 0;
};

}  // namespace cpu
