#include "cpu/blocks.hpp"

#include <cstring>
#include <new>
#include <utility>

namespace cpu {

void* BlockRoom::take(u64 bytes) {
    Given*& given = given_[bytes / UNIT];
    if (given) return std::exchange(given, given->next);
    if (bytes > left_.size()) return ::operator new(bytes, std::align_val_t{alignof(Block)});
    u8* const at = left_.data();
    left_ = left_.subspan(bytes);
    return at;
}

void BlockRoom::give(void* at, u64 bytes) {
    const u64 offset = reinterpret_cast<u64>(at) - reinterpret_cast<u64>(room_.data());
    if (offset >= room_.size()) return ::operator delete(at, std::align_val_t{alignof(Block)});
    given_[bytes / UNIT] = new (at) Given{given_[bytes / UNIT]};
}

void BlockDeleter::operator()(Block* block) const {
    const u64 bytes = block->bytes - (block->targets ? sizeof(TargetCache) : 0);
    block->~Block();
    room->give(block, bytes);
}

BlockPtr Blocks::make(std::span<const Op> ops) {
    const u64 bytes = sizeof(Block) + ops.size_bytes();
    BlockPtr block(new (room_.take(bytes)) Block, {&room_});
    std::memcpy(static_cast<void*>(block->ops()), ops.data(), ops.size_bytes());
    block->bytes = static_cast<u32>(bytes);
    return block;
}

Blocks::Blocks(u64 frames, std::span<u8> room)
    : room_(room.size() > BUCKET_BYTES ? room.subspan(BUCKET_BYTES) : std::span<u8>()), frames_(frames),
      holds_(static_cast<u8*>(std::calloc(frames + 1, 1))), first_(static_cast<Block**>(std::calloc(frames + 1, sizeof(Block*)))) {
    if (!holds_ || !first_) throw std::bad_alloc();
    if (room.size() > BUCKET_BYTES) buckets_ = {reinterpret_cast<Block**>(room.data()), BUCKETS};
    else buckets_ = grown_ = std::vector<Block*>(BUCKETS);
}

Block** Blocks::placeOf(u64 pfn, u16 offset, BlockMode mode) {
    const u64 key = pfn << 16 | u64{offset} << 4 | static_cast<u64>(mode);
    Block** at = &buckets_[(key * 0x9e3779b97f4a7c15 >> 32) & (buckets_.size() - 1)];
    while (*at && ((*at)->pfn != pfn || (*at)->offset != offset || (*at)->mode != mode)) at = &(*at)->nextAlike;
    return at;
}

void Blocks::grow() {
    const std::vector<Block*> before(buckets_.begin(), buckets_.end());
    grown_.assign(before.size() * 2, nullptr);
    buckets_ = grown_;
    for (Block* block : before)
        while (block) {
            Block* const next = std::exchange(block->nextAlike, nullptr);
            *placeOf(block->pfn, block->offset, block->mode) = block;
            block = next;
        }
}

Block* Blocks::find(u64 pfn, u16 offset, BlockMode mode) { return *placeOf(pfn, offset, mode); }

Block* Blocks::add(BlockPtr block) {
    if (count_ == buckets_.size()) grow();
    Block** const at = placeOf(block->pfn, block->offset, block->mode);
    if (Block* const old = *at) {       // it straddles, and the second page is another one now
        leaveFrame(old);
        retire(old);                    // *at is the next one
    }
    ++count_;
    bytes_ += block->bytes;
    Block* const made = block.release();
    made->nextAlike = *at;
    *at = made;
    made->nextInFrame = std::exchange(first_[made->pfn], made);
    if (made->straddles) straddlers_[made->second].push_back(made);
    for (u64 pfn : {made->pfn, made->straddles ? made->second : made->pfn})
        if (holds_[pfn] == NO_CODE) holds_[pfn] = COLD_CODE;
    return made;
}

void Blocks::leaveFrame(Block* block) {
    Block** at = &first_[block->pfn];
    while (*at != block) at = &(*at)->nextInFrame;
    *at = block->nextInFrame;
}

void Blocks::leaveSecond(const Block* block) {
    const auto there = straddlers_.find(block->second);
    if (there == straddlers_.end()) return;
    std::erase(there->second, block);
    if (there->second.empty()) straddlers_.erase(there);
}

void Blocks::retire(Block* block) {
    bytes_ -= block->bytes;
    --count_;
    if (block->straddles) leaveSecond(block);
    *placeOf(block->pfn, block->offset, block->mode) = block->nextAlike;
    retired_.emplace_back(block, BlockDeleter{&room_});
}

void Blocks::drop(u64 pfn) {
    holds_[pfn] = NO_CODE;
    while (Block* const block = first_[pfn]) {
        first_[pfn] = block->nextInFrame;
        retire(block);
    }
    const auto found = straddlers_.find(pfn);
    if (found == straddlers_.end()) return;
    const std::vector<Block*> all = std::move(found->second);
    straddlers_.erase(found);
    for (Block* block : all) {
        leaveFrame(block);
        retire(block);
    }
}

void Blocks::warmUp(u64 pfn) {
    drop(pfn);
    holds_[pfn] = HOT_CODE;
}

void Blocks::dropAll() {
    if (!count_) return;
    for (Block*& bucket : buckets_)
        while (Block* const block = bucket) {
            bucket = block->nextAlike;
            first_[block->pfn] = nullptr;
            holds_[block->pfn] = NO_CODE;
            if (block->straddles) holds_[block->second] = NO_CODE;
            retired_.emplace_back(block, BlockDeleter{&room_});
        }
    straddlers_.clear();
    count_ = bytes_ = 0;
}

}  // namespace cpu
