#include "emu/tools/areas.hpp"

#include "emu/tools/text.hpp"

namespace emu {

void MemoryAreas::event(const traces::Event& vma) {
    auto& space = spaces_[showText(vma, "mm")];
    const u64 start = number(vma, "start");
    space.erase(vma.find("old_start") ? number(vma, "old_start") : start);
    if (showText(vma, "op") == "remove") {
        if (space.empty()) spaces_.erase(showText(vma, "mm"));
        return;
    }
    space[start] = {start, number(vma, "end"), number(vma, "pgoff") << 12, showText(vma, "flags"), showText(vma, "file")};
}

std::vector<MemoryArea> MemoryAreas::of(const std::string& mm) const {
    std::vector<MemoryArea> all;
    const auto space = spaces_.find(mm);
    if (space == spaces_.end()) return all;
    for (const auto& [start, area] : space->second) all.push_back(area);
    return all;
}

const MemoryArea* MemoryAreas::at(const std::string& mm, u64 address) const {
    const auto space = spaces_.find(mm);
    if (space == spaces_.end()) return nullptr;
    auto area = space->second.upper_bound(address);
    return area == space->second.begin() || (--area)->second.end <= address ? nullptr : &area->second;
}

}  // namespace emu
