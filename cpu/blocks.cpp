#include "cpu/blocks.hpp"

#include <new>

namespace cpu {

Blocks::Blocks(u64 frames) : frames_(frames), holds_(static_cast<u8*>(std::calloc(frames + 1, 1))) {
    if (!holds_) throw std::bad_alloc();
}

Block* Blocks::find(u64 pfn, u16 offset, BlockMode mode) {
    const auto at = blocks_.find(key(pfn, offset, mode));
    return at == blocks_.end() ? nullptr : at->second.get();
}

void Blocks::note(u64 pfn, u64 id) {
    if (holds_[pfn] == NO_CODE) holds_[pfn] = COLD_CODE;
    keysOfFrame_[pfn].push_back(id);
}

Block* Blocks::add(std::unique_ptr<Block> block, unsigned ops) {
    const u64 id = key(block->pfn, block->offset, block->mode);
    block->bytes = static_cast<u32>(sizeof(Block) + ops * sizeof(Op) + (block->targets ? sizeof(TargetCache) : 0));
    if (const auto at = blocks_.find(id); at != blocks_.end()) {    // it straddles, and the second page is another one now
        forget(at->second->pfn, id);
        retire(at);
    }
    bytes_ += block->bytes;
    note(block->pfn, id);
    if (block->straddles) note(block->second, id);
    return (blocks_[id] = std::move(block)).get();
}

void Blocks::forget(u64 pfn, u64 id) {
    const auto keys = keysOfFrame_.find(pfn);
    if (keys != keysOfFrame_.end()) std::erase(keys->second, id);
}

void Blocks::retire(Map::iterator at) {
    bytes_ -= at->second->bytes;
    if (at->second->straddles) forget(at->second->second, at->first);
    retired_.push_back(std::move(at->second));
    blocks_.erase(at);
}

void Blocks::drop(u64 pfn) {
    holds_[pfn] = NO_CODE;
    const auto found = keysOfFrame_.find(pfn);
    if (found == keysOfFrame_.end()) return;
    const std::vector<u64> keys = std::move(found->second);
    keysOfFrame_.erase(found);
    for (u64 id : keys) {
        const auto at = blocks_.find(id);
        if (at == blocks_.end()) continue;
        if (at->second->pfn != pfn) forget(at->second->pfn, id);
        retire(at);
    }
}

void Blocks::warmUp(u64 pfn) {
    drop(pfn);
    holds_[pfn] = HOT_CODE;
}

void Blocks::dropAll() {
    for (auto& [id, block] : blocks_) retired_.push_back(std::move(block));
    for (auto& [pfn, keys] : keysOfFrame_) holds_[pfn] = NO_CODE;
    blocks_.clear();
    keysOfFrame_.clear();
    bytes_ = 0;
}

}  // namespace cpu
