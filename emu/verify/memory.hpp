// Address spaces and the content of page frames as the events of a trace make them. Content lies in a PhysicalMemory, so that a
// processor can run on it, in a frame of ours for each of the guest's that the trace has touched; so do the page tables for it.
#pragma once

#include "cpu/cpu.hpp"
#include "emu/verify/problem.hpp"
#include "traces/state_hash.hpp"

#include <map>
#include <unordered_map>
#include <vector>

namespace emu {

struct FoldedArea {
    u64 end = 0, pgoff = 0;
    std::string flags, file;            // r-xp; name of the file object, or empty
};

struct FoldedSpace {
    std::map<u64, FoldedArea> areas;    // by start
    std::map<u64, u64> entries;         // by address of the page; without the bits A and D
    u64 root = 0;                       // our top table, 0: none yet
};

// Throws std::bad_alloc when it needs more than mostMemory() for frames and tables.
class FoldedMemory {
public:
    explicit FoldedMemory(u64 frames);  // of the guest, from the header

    void area(const traces::Event& vma);
    void entry(const traces::Event& pte);
    void blob(const traces::Event& blob);
    void fill(const traces::Event& page_fill);
    void write(const traces::Event& user_write);
    void writeFrame(const traces::Event& page_write);
    void freed(const ObjectName& mm);                           // mm_struct

    void hash(traces::StateHash& state) const;
    // Throws Problem: entries outside of areas or with more rights, frames that are mapped another number of times than counted.
    void check(const std::map<u64, i64>& counts) const;

    cpu::Cpu& processor() noexcept { return cpu_; }
    void activate(const ObjectName& mm);                        // its tables become the processor's
    const FoldedSpace* space(const ObjectName& mm) const;

private:
    u64 newFrame();                     // all zero
    u64 newTable();
    void freeTables(u64 table, unsigned level);
    void setTable(FoldedSpace& space, u64 address, u64 entry);
    u64 tableEntry(const FoldedSpace& space, u64 address) const;
    void checkHardwareBits(const FoldedSpace& space, u64 address, u64 before, u64 after) const;
    u64 heldIn(u64 pfn);                // our frame for the guest's
    u8* frame(u64 pfn);
    const std::string& blobNamed(const std::string& id) const;
    void put(u64 pfn, u64 offset, const std::string& bytes);
    void addArea(FoldedSpace& space, u64 start, const traces::Event& vma);
    static FoldedArea takeArea(FoldedSpace& space, u64 start, u64 end, const std::string& flags);

    u64 frames_;
    cpu::PhysicalMemory memory_;
    cpu::Cpu cpu_;
    std::map<ObjectName, FoldedSpace> spaces_;
    std::vector<std::string> blobs_;        // the last ones, by number modulo their count
    u64 blob_count_ = 0;
    std::unordered_map<u64, u64> held_;     // our frame, by that of the guest
    std::vector<u64> free_frames_;
    u64 fresh_frame_ = 1;               // 0 is no table
    u64 loaded_ = 0;
};

}  // namespace emu
