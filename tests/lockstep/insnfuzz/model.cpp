#include "tests/lockstep/insnfuzz/model.hpp"

#include <cstring>

namespace insnfuzz {

Model::Model(cpu::Level level) {
    map(CODE, CODE_FRAME, 0);
    for (u64 page = 0; page < DATA_PAGES; ++page)
        map(DATA + page * PAGE_SIZE, DATA_FRAME + page, cpu::PTE_NX | (page < WRITABLE_PAGES ? cpu::PTE_WRITE : 0));
    cpu_.loadCr3(root_ << cpu::PAGE_SHIFT);
    cpu_.setModel(level);
    cpu_.setFsgsbase(true);
}

void Model::map(u64 address, u64 pfn, u64 bits) {
    u64 table = root_;
    for (unsigned level = 3; level > 0; --level) {
        u64& entry = reinterpret_cast<u64*>(memory_.frame(table))[cpu::pageTableIndex(address, level)];
        if (!(entry & cpu::PTE_PRESENT)) entry = next_++ << cpu::PAGE_SHIFT | cpu::PTE_PRESENT | cpu::PTE_WRITE | cpu::PTE_USER;
        table = cpu::frameOf(entry);
    }
    reinterpret_cast<u64*>(memory_.frame(table))[cpu::pageTableIndex(address, 0)] =
        pfn << cpu::PAGE_SHIFT | cpu::PTE_PRESENT | cpu::PTE_USER | bits;
}

void Model::place(const u8* page) {
    cpu_.frameChanged(CODE_FRAME);
    std::memcpy(memory_.frame(CODE_FRAME), page, PAGE_SIZE);
}

void Model::run(const cpu::Registers& before, Outcome& out) {
    cpu_.registers() = before;
    out.trap = cpu_.run(cpu_.instructions() + 1);
    out.after = cpu_.registers();
    if (cpu_.model().level < cpu::Level::v3) out.after.x87.operand = 0;       // see Host::run
}

}  // namespace insnfuzz
