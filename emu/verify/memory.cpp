#include "emu/verify/memory.hpp"

#include "cpu/paging.hpp"
#include "emu/tools/memory_bound.hpp"
#include "traces/blobs.hpp"
#include "traces/json_text.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace emu {

using traces::Event;
using traces::Value;

namespace {

constexpr u64 MOST_FRAMES = u64{1} << 28;
constexpr u64 HARDWARE_BITS = cpu::PTE_ACCESSED | cpu::PTE_DIRTY;
constexpr u64 TABLE = cpu::PTE_PRESENT | cpu::PTE_WRITE | cpu::PTE_USER;

u64 plausible(u64 frames) {
    demand(frames > 0 && frames <= MOST_FRAMES, "a machine of " + std::to_string(frames) + " page frames");
    return frames;
}

}  // namespace

FoldedMemory::FoldedMemory(u64 frames)
    : frames_(plausible(frames)), memory_(std::min((2 * frames_ + 1) * cpu::PAGE_SIZE, mostMemory())), cpu_(memory_) {}

u64 FoldedMemory::heldIn(u64 pfn) {
    demand(pfn < frames_, "the machine has no page frame " + shownHex(pfn));
    if (const auto at = held_.find(pfn); at != held_.end()) return at->second;
    return held_[pfn] = newFrame();
}

u8* FoldedMemory::frame(u64 pfn) { return memory_.frame(heldIn(pfn)); }

void FoldedMemory::put(u64 pfn, u64 offset, const std::string& bytes) {
    const u64 held = heldIn(pfn);
    demand(offset <= cpu::PAGE_SIZE && bytes.size() <= cpu::PAGE_SIZE - offset, "more than a page");
    std::memcpy(memory_.frame(held) + offset, bytes.data(), bytes.size());
    cpu_.frameChanged(held);
}

u64 FoldedMemory::newFrame() {
    if (free_frames_.empty()) {
        demand(fresh_frame_ <= 2 * frames_, "more page tables than page frames");
        if (fresh_frame_ == memory_.frames()) throw std::bad_alloc();
        return fresh_frame_++;
    }
    const u64 held = free_frames_.back();
    free_frames_.pop_back();
    std::memset(memory_.frame(held), 0, cpu::PAGE_SIZE);
    return held;
}

u64 FoldedMemory::newTable() { return newFrame() << cpu::PAGE_SHIFT; }

void FoldedMemory::freeTables(u64 table, unsigned level) {
    const u64* entries = reinterpret_cast<const u64*>(memory_.frame(cpu::frameOf(table)));
    for (unsigned i = 0; level > 0 && i < 512; ++i)
        if (entries[i]) freeTables(entries[i], level - 1);
    free_frames_.push_back(cpu::frameOf(table));
}

void FoldedMemory::setTable(FoldedSpace& space, u64 address, u64 entry) {
    if (!space.root) space.root = newTable();
    u64 table = space.root;
    for (unsigned level = 3; level > 0; --level) {
        u64& next = reinterpret_cast<u64*>(memory_.frame(cpu::frameOf(table)))[cpu::pageTableIndex(address, level)];
        if (!next) next = newTable() | TABLE;
        table = next;
    }
    reinterpret_cast<u64*>(memory_.frame(cpu::frameOf(table)))[cpu::pageTableIndex(address, 0)] = entry;
    if (loaded_ == space.root) cpu_.invalidatePage(address);
}

u64 FoldedMemory::tableEntry(const FoldedSpace& space, u64 address) const {
    u64 entry = space.root;
    for (unsigned level = 4; level-- > 0 && entry;)
        entry = reinterpret_cast<const u64*>(memory_.frame(cpu::frameOf(entry)))[cpu::pageTableIndex(address, level)];
    return entry;
}

// The processor sets A and D and never clears them (SDM Vol. 3A, 4.8); the kernel keeps them while the frame stays, or clears D alone.
void FoldedMemory::checkHardwareBits(const FoldedSpace& space, u64 address, u64 before, u64 after) const {
    demand(!(tableEntry(space, address) & HARDWARE_BITS & ~before), "the entry of " + shownHex(address) + " has lost the bit A or D");
    const u64 both = before & after, lost = before & ~after & HARDWARE_BITS;
    const bool stays = both & cpu::PTE_PRESENT && cpu::frameOf(before) == cpu::frameOf(after);
    demand(!stays || !lost || (before ^ after) == cpu::PTE_DIRTY,
           "the kernel clears the bit A or D of " + shownHex(address) + " with others");
}

void FoldedMemory::entry(const Event& event) {
    FoldedSpace& space = spaces_[objectOf(event, "mm")];
    const u64 address = hexOf(event, "address"), before = hexOf(event, "old"), after = hexOf(event, "new");
    demand(address % cpu::PAGE_SIZE == 0 && address < u64{1} << 47, "no user page has the address " + shownHex(address));
    const auto at = space.entries.find(address);
    const u64 present = at == space.entries.end() ? 0 : at->second;
    demand(present == (before & ~HARDWARE_BITS),
           "the entry of " + shownHex(address) + " was " + shownHex(present) + ", not " + shownHex(before));
    demand(before != after, "the entry does not change");
    checkHardwareBits(space, address, before, after);
    u64 held = after;
    if (after & cpu::PTE_PRESENT) held = (after & ~cpu::PTE_FRAME) | heldIn(cpu::frameOf(after)) << cpu::PAGE_SHIFT;
    if (after) space.entries[address] = after & ~HARDWARE_BITS;
    else space.entries.erase(address);
    setTable(space, address, held);
}

void FoldedMemory::blob(const Event& event) {
    std::string bytes = traces::bytesFromHex(textOf(event, "bytes"));
    demand(bytes.size() <= cpu::PAGE_SIZE, "a blob of more than a page");
    demand(textOf(event, "id") == "blob#" + std::to_string(blob_count_), "blobs are counted from 0");
    if (blobs_.size() < traces::blobsKept) blobs_.emplace_back();
    blobs_[blob_count_++ % traces::blobsKept] = std::move(bytes);
}

const std::string& FoldedMemory::blobNamed(const std::string& id) const {
    const ObjectName name = objectName(id);
    demand(name.text() == id && name.type == "blob" && name.serial < blob_count_, "there is no such blob");
    demand(blob_count_ - name.serial <= traces::blobsKept, "this blob is not one of the last " + std::to_string(traces::blobsKept));
    return blobs_[name.serial % traces::blobsKept];
}

void FoldedMemory::fill(const Event& event) {
    const u64 pfn = hexOf(event, "pfn");
    const std::string& source = textOf(event, "source");
    std::string content(cpu::PAGE_SIZE, '\0');
    if (source == "copy") {
        const Value* from = event.find("from");
        demand(from && from->type == Value::Type::hex, "a copy of nothing");
        content.assign(reinterpret_cast<const char*>(frame(from->number)), cpu::PAGE_SIZE);
    } else if (source == "file" || source == "kernel") {
        const Value* id = event.find("blob");
        demand(id, "there is no such blob");
        const std::string& bytes = blobNamed(id->string);
        content.replace(0, bytes.size(), bytes);
    } else {
        demand(source == "zero", "a page is filled from zero, file, copy or kernel");
    }
    put(pfn, 0, content);
}

void FoldedMemory::write(const Event& event) {
    const Value* mm = event.find("mm");
    demand(mm && mm->type == Value::Type::text, "in which address space?");
    const FoldedSpace& space = spaces_[objectName(mm->string)];
    const std::string bytes = traces::bytesFromHex(textOf(event, "bytes"));
    for (u64 done = 0; done < bytes.size();) {
        const u64 address = hexOf(event, "address") + done, offset = address % cpu::PAGE_SIZE;
        const auto at = space.entries.find(address - offset);
        demand(at != space.entries.end() && at->second & cpu::PTE_PRESENT, "no page is mapped at " + shownHex(address));
        const u64 part = std::min<u64>(bytes.size() - done, cpu::PAGE_SIZE - offset);
        put(cpu::frameOf(at->second), offset, bytes.substr(done, part));
        done += part;
    }
}

void FoldedMemory::writeFrame(const Event& event) {
    put(hexOf(event, "pfn"), hexOf(event, "offset"), traces::bytesFromHex(textOf(event, "bytes")));
}

void FoldedMemory::freed(const ObjectName& mm) {
    const auto space = spaces_.find(mm);
    if (space == spaces_.end()) return;
    demand(space->second.entries.empty(), "pages are still mapped in " + mm.text());
    demand(space->second.areas.empty(), "areas are left in " + mm.text());
    if (space->second.root) {
        if (loaded_ == space->second.root) loaded_ = 0;
        cpu_.flushTlb();
        freeTables(space->second.root, 3);
    }
    spaces_.erase(space);
}

void FoldedMemory::activate(const ObjectName& mm) {
    FoldedSpace& space = spaces_[mm];
    if (!space.root) space.root = newTable();
    if (loaded_ != space.root) cpu_.loadCr3(space.root);
    loaded_ = space.root;
}

const FoldedSpace* FoldedMemory::space(const ObjectName& mm) const {
    const auto at = spaces_.find(mm);
    return at == spaces_.end() ? nullptr : &at->second;
}

}  // namespace emu
