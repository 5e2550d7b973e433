// A bare machine for tests: physical memory, page tables built by hand, one processor.
#pragma once

#include "cpu/cpu.hpp"

#include <cstring>
#include <vector>

struct Machine {
    static constexpr u64 CODE = 0x400000, DATA = 0x600000, STACK = 0x7ff000;

    explicit Machine(const std::vector<u8>& code = {}, u64 frames = 4096) : memory(frames * cpu::PAGE_SIZE), processor(memory) {
        cr3 = allocate() << cpu::PAGE_SHIFT;
        for (u64 page = 0; page < 16; ++page) {
            map(CODE + page * cpu::PAGE_SIZE, cpu::PTE_WRITE);
            map(DATA + page * cpu::PAGE_SIZE, cpu::PTE_WRITE | cpu::PTE_NX);
            map(STACK - page * cpu::PAGE_SIZE, cpu::PTE_WRITE | cpu::PTE_NX);
        }
        put(CODE, code);
        processor.loadCr3(cr3);
        registers().rip = CODE;
        registers().gpr[cpu::RSP] = STACK + 0x800;
    }

    cpu::Registers& registers() { return processor.registers(); }
    u64& reg(cpu::Register name) { return registers().gpr[name]; }
    u64 allocate() { return next++; }
    u64* entry(u64 address) {
        u64 pfn = cpu::frameOf(cr3);
        for (unsigned level = 3; level > 0; --level) {
            u64& at = reinterpret_cast<u64*>(memory.frame(pfn))[cpu::pageTableIndex(address, level)];
            if (!(at & cpu::PTE_PRESENT)) at = allocate() << cpu::PAGE_SHIFT | cpu::PTE_PRESENT | cpu::PTE_WRITE | cpu::PTE_USER;
            pfn = cpu::frameOf(at);
        }
        return reinterpret_cast<u64*>(memory.frame(pfn)) + cpu::pageTableIndex(address, 0);
    }
    void map(u64 address, u64 bits) { *entry(address) = allocate() << cpu::PAGE_SHIFT | cpu::PTE_PRESENT | cpu::PTE_USER | bits; }
    void unmap(u64 address) {
        *entry(address) = 0;
        processor.invalidatePage(address);
    }
    u8* at(u64 address) { return memory.frame(cpu::frameOf(*entry(address))) + address % cpu::PAGE_SIZE; }
    void put(u64 address, const std::vector<u8>& bytes) {
        for (u64 i = 0; i < bytes.size(); ++i) {
            processor.frameChanged(cpu::frameOf(*entry(address + i)));
            *at(address + i) = bytes[i];
        }
    }
    template <class T> T peek(u64 address) {
        T value;
        for (u64 i = 0; i < sizeof value; ++i) reinterpret_cast<u8*>(&value)[i] = *at(address + i);
        return value;
    }
    cpu::Trap runOne(const std::vector<u8>& code) {
        put(CODE, code);
        registers().rip = CODE;
        return run(1);
    }
    cpu::Trap run(u64 instructions) { return processor.run(processor.instructions() + instructions); }

    cpu::PhysicalMemory memory;
    cpu::Cpu processor;
    u64 cr3 = 0;
    u64 next = 1;
};

inline u8 vectorOf(const cpu::Trap& trap) { return trap.kind == cpu::Trap::Kind::exception ? trap.vector : 0; }

inline bool sameRegisters(const cpu::Registers& a, const cpu::Registers& b) {
    return std::memcmp(&a, &b, offsetof(cpu::Registers, mxcsr) + 4) == 0 && std::memcmp(a.ymm, b.ymm, sizeof a.ymm) == 0 &&
           std::memcmp(&a.x87, &b.x87, sizeof a.x87) == 0;
}
