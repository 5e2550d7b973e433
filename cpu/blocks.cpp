#include "cpu/blocks.hpp"

namespace cpu {

Block* Blocks::find(u64 pfn, u16 offset, BlockMode mode) {
    const auto at = blocks_.find(key(pfn, offset, mode));
    return at == blocks_.end() ? nullptr : at->second.get();
}

Block* Blocks::add(std::unique_ptr<Block> block, unsigned ops) {
    const u64 id = key(block->pfn, block->offset, block->mode);
    holds_[block->pfn] = 1;
    keysOfFrame_[block->pfn].push_back(id);
    if (block->straddles) {
        holds_[block->second] = 1;
        keysOfFrame_[block->second].push_back(id);
    }
    bytes_ += sizeof(Block) + ops * sizeof(Op);
    std::unique_ptr<Block>& place = blocks_[id];
    if (place) retired_.push_back(std::move(place));
    place = std::move(block);
    return place.get();
}

void Blocks::drop(u64 pfn) {
    const auto keys = keysOfFrame_.find(pfn);
    if (keys == keysOfFrame_.end()) return;
    for (u64 id : keys->second) {
        const auto at = blocks_.find(id);
        if (at == blocks_.end()) continue;
        retired_.push_back(std::move(at->second));
        blocks_.erase(at);
    }
    keysOfFrame_.erase(keys);
    holds_[pfn] = 0;
}

void Blocks::dropAll() {
    for (auto& [id, block] : blocks_) retired_.push_back(std::move(block));
    for (auto& [pfn, keys] : keysOfFrame_) holds_[pfn] = 0;
    blocks_.clear();
    keysOfFrame_.clear();
    bytes_ = 0;
}

}  // namespace cpu
