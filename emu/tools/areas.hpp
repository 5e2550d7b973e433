// The memory areas of every address space, kept from `vma` events.
#pragma once

#include "traces/event.hpp"

#include <map>
#include <string>
#include <vector>

namespace emu {

struct MemoryArea {
    u64 start, end, offset;     // offset in the file, in bytes
    std::string flags, file;    // r-xp; guest path, [heap] or empty
};

class MemoryAreas {
public:
    void event(const traces::Event& vma);
    std::vector<MemoryArea> of(const std::string& mm) const;    // by address
    const MemoryArea* at(const std::string& mm, u64 address) const;     // null: none; valid until the next event

private:
    std::map<std::string, std::map<u64, MemoryArea>> spaces_;
};

}  // namespace emu
