// The same memory as host.hpp in the emulated machine.
#pragma once

#include "cpu/cpu.hpp"
#include "tests/lockstep/insnfuzz/host.hpp"

namespace insnfuzz {

class Model {
public:
    explicit Model(cpu::Level level);
    u8* data() { return memory_.frame(DATA_FRAME); }
    void place(const u8* page);      // Host::code()
    void run(const cpu::Registers& before, Outcome& out);

private:
    static constexpr u64 CODE_FRAME = 1, DATA_FRAME = 2, FIRST_TABLE = DATA_FRAME + DATA_PAGES;
    void map(u64 address, u64 pfn, u64 bits);

    cpu::PhysicalMemory memory_{64 * PAGE_SIZE};
    cpu::Cpu cpu_{memory_};
    u64 root_ = FIRST_TABLE, next_ = FIRST_TABLE + 1;
};

}  // namespace insnfuzz
