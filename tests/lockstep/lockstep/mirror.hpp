// The emulated machine: its memory is the traced program's, page by page as it is touched.
#pragma once

#include "cpu/cpu.hpp"
#include "tests/lockstep/lockstep/traced.hpp"

#include <map>

namespace lockstep {

class Mirror {
public:
    Mirror(Traced& traced, cpu::Level level);
    cpu::Registers& registers() { return cpu_.registers(); }
    // One instruction; pages that it lacks are read from the traced program, which must not have executed it yet.
    cpu::Trap step();
    // The traced program's stack has grown: the page is empty.
    bool addFresh(u64 address);

    void forget();                  // all pages: the address space may have changed
    void refresh();                 // writable pages are read again
    std::string differences();      // of writable pages; empty: none
    bool peek(u64 address, void* to, u64 size);

private:
    struct Page {
        u64 pfn;
        bool write;
    };
    bool load(u64 address, bool fresh);
    void map(u64 address, u64 pfn, u64 bits);
    u64 allocate();

    Traced& traced_;
    cpu::PhysicalMemory memory_{u64{1} << 30};
    cpu::Cpu cpu_{memory_};
    std::map<u64, Page> pages_;
    std::vector<Region> regions_;
    u64 next_ = 1, root_ = 0;
};

}  // namespace lockstep
