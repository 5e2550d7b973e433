// The areas of address spaces, and what must hold between areas, entries and frames.
#include "cpu/paging.hpp"
#include "emu/verify/memory.hpp"

#include <set>

namespace emu {

using traces::Event;
using traces::Part;
using traces::Value;

namespace {

std::string fileOf(const Event& vma) {
    const Value* file = vma.find("vm_file");
    return file && file->type == Value::Type::text ? file->string : "";
}

}  // namespace

FoldedArea FoldedMemory::takeArea(FoldedSpace& space, u64 start, u64 end, const std::string& flags) {
    const auto at = space.areas.find(start);
    demand(at != space.areas.end() && at->second.end == end && at->second.flags == flags,
           "there was no area " + shownHex(start) + " to " + shownHex(end) + " " + flags);
    FoldedArea area = std::move(at->second);
    space.areas.erase(at);
    return area;
}

void FoldedMemory::addArea(FoldedSpace& space, u64 start, const Event& event) {
    FoldedArea area{hexOf(event, "end"), hexOf(event, "pgoff"), textOf(event, "flags"), fileOf(event)};
    demand(area.flags.size() == 4, "flags of an area are like r-xp");
    demand(start < area.end && (start | area.end) % cpu::PAGE_SIZE == 0, "an area of no pages");
    const auto above = space.areas.lower_bound(start);
    const bool overlaps = (above != space.areas.end() && above->first < area.end) ||
                          (above != space.areas.begin() && std::prev(above)->second.end > start);
    demand(!overlaps, "the area from " + shownHex(start) + " overlaps another one");
    space.areas.emplace(start, std::move(area));
}

void FoldedMemory::area(const Event& event) {
    FoldedSpace& space = spaces_[objectOf(event, "mm")];
    const u64 start = hexOf(event, "start"), end = hexOf(event, "end");
    const std::string &op = textOf(event, "op"), &flags = textOf(event, "flags");
    demand(op == "add" || op == "change" || op == "remove", "an area is added, changed or removed");
    const u64 pgoff = hexOf(event, "pgoff");
    if (op == "remove") {
        const FoldedArea former = takeArea(space, start, end, flags);
        return demand(former.pgoff == pgoff && former.file == fileOf(event), "the area showed something else");
    }
    if (op == "change") {
        const Value *old_start = event.find("old_start"), *old_end = event.find("old_end"), *old_flags = event.find("old_flags");
        const u64 from = old_start ? old_start->number : start;
        const FoldedArea former = takeArea(space, from, old_end ? old_end->number : end, old_flags ? old_flags->string : flags);
        const u64 moved = former.pgoff + (start >> cpu::PAGE_SHIFT) - (from >> cpu::PAGE_SHIFT);
        demand(former.file == fileOf(event) && (pgoff == former.pgoff || pgoff == moved), "the area showed something else");
    }
    addArea(space, start, event);
}

void FoldedMemory::hash(traces::StateHash& state) const {
    std::set<u64> mapped;
    for (const auto& [mm, space] : spaces_) {
        const std::string name = mm.text();
        for (const auto& [start, area] : space.areas)
            state.line(Part::areas, traces::areaLine(name, {start, area.end, area.flags, area.pgoff, area.file}));
        for (const auto& [address, entry] : space.entries) {
            state.line(Part::tables, traces::tableLine(name, address, entry));
            if (entry & cpu::PTE_PRESENT) mapped.insert(cpu::frameOf(entry));
        }
    }
    if (!state.has(Part::memory)) return;
    for (const u64 pfn : mapped) state.page(pfn, std::span<const u8, 4096>(memory_.frame(held_.at(pfn)), 4096));
}

namespace {

// Memory that is only written by force (ptrace, exec) has entries without W.
void checkEntry(const FoldedSpace& space, const std::string& mm, u64 address, u64 entry) {
    const auto above = space.areas.upper_bound(address);
    const bool inside = above != space.areas.begin() && std::prev(above)->second.end > address;
    demand(inside, "page " + shownHex(address) + " of " + mm + " is mapped in no area");
    const std::string& flags = std::prev(above)->second.flags;
    demand(!(entry & cpu::PTE_WRITE) || flags[1] == 'w', "page " + shownHex(address) + " of " + mm + " may be written, its area not");
    demand(!(entry & cpu::PTE_PRESENT) || entry & cpu::PTE_NX || flags[2] == 'x',
           "page " + shownHex(address) + " of " + mm + " may be executed, its area not");
}

}  // namespace

void FoldedMemory::check(const std::map<u64, i64>& counts) const {
    constexpr u64 special = 0x200;      // _PAGE_SPECIAL: the zero page is not counted
    std::map<u64, i64> mapped;
    for (const auto& [mm, space] : spaces_)
        for (const auto& [address, entry] : space.entries) {
            checkEntry(space, mm.text(), address, entry);
            if (!(entry & special)) ++mapped[cpu::frameOf(entry)];
        }
    for (const auto& [pfn, count] : counts)
        demand(mapped[pfn] == count,
               "frame " + shownHex(pfn) + " is mapped " + std::to_string(mapped[pfn]) + " times, its count says " + std::to_string(count));
}

}  // namespace emu
