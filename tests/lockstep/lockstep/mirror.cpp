#include "tests/lockstep/lockstep/mirror.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace lockstep {

using cpu::PAGE_SIZE;

Mirror::Mirror(Traced& traced, cpu::Level level) : traced_(traced) {
    cpu_.setModel(level);
    cpu_.setFsgsbase(true);
    forget();
}

u64 Mirror::allocate() {
    if (next_ == memory_.frames()) throw std::runtime_error("the mirror is full");
    cpu_.frameChanged(next_);
    std::memset(memory_.frame(next_), 0, PAGE_SIZE);
    return next_++;
}

void Mirror::map(u64 address, u64 pfn, u64 bits) {
    u64 table = root_;
    for (unsigned level = 3; level > 0; --level) {
        const u64 index = cpu::pageTableIndex(address, level);
        if (!(reinterpret_cast<u64*>(memory_.frame(table))[index] & cpu::PTE_PRESENT)) {
            const u64 made = allocate();
            reinterpret_cast<u64*>(memory_.frame(table))[index] =
                made << cpu::PAGE_SHIFT | cpu::PTE_PRESENT | cpu::PTE_WRITE | cpu::PTE_USER;
        }
        table = cpu::frameOf(reinterpret_cast<u64*>(memory_.frame(table))[index]);
    }
    reinterpret_cast<u64*>(memory_.frame(table))[cpu::pageTableIndex(address, 0)] =
        pfn << cpu::PAGE_SHIFT | cpu::PTE_PRESENT | cpu::PTE_USER | bits;
    cpu_.invalidatePage(address);
}

bool Mirror::load(u64 address, bool fresh) {
    const u64 page = address & ~(PAGE_SIZE - 1);
    if (pages_.count(page)) return false;
    const auto region = std::find_if(regions_.begin(), regions_.end(), [&](const Region& r) { return r.start <= page && page < r.end; });
    if (region == regions_.end() || !region->read) return false;
    const u64 pfn = allocate();
    if (!fresh && !traced_.read(page, memory_.frame(pfn), PAGE_SIZE)) return false;
    map(page, pfn, (region->write ? cpu::PTE_WRITE : 0) | (region->execute ? 0 : cpu::PTE_NX));
    pages_[page] = {pfn, region->write};
    return true;
}

bool Mirror::addFresh(u64 address) {
    regions_ = traced_.regions();
    return load(address, true);
}

cpu::Trap Mirror::step() {
    for (;;) {
        const cpu::Trap trap = cpu_.run(cpu_.instructions() + 1);
        const bool missing = trap.kind == cpu::Trap::Kind::exception && trap.vector == cpu::VECTOR_PF;
        if (!missing || !load(trap.address, false)) return trap;
    }
}

void Mirror::forget() {
    pages_.clear();
    for (u64 pfn = 1; pfn < next_; ++pfn) cpu_.frameChanged(pfn);
    next_ = 1;
    root_ = allocate();
    cpu_.loadCr3(root_ << cpu::PAGE_SHIFT);
    cpu_.flushTlb();
    regions_ = traced_.regions();
}

void Mirror::refresh() {
    for (const auto& [address, page] : pages_) {
        if (!page.write) continue;
        u8 bytes[PAGE_SIZE];
        if (!traced_.read(address, bytes, PAGE_SIZE)) throw std::runtime_error("a page is gone");
        if (std::memcmp(bytes, memory_.frame(page.pfn), PAGE_SIZE) == 0) continue;
        cpu_.frameChanged(page.pfn);
        std::memcpy(memory_.frame(page.pfn), bytes, PAGE_SIZE);
    }
}

std::string Mirror::differences() {
    for (const auto& [address, page] : pages_) {
        u8 bytes[PAGE_SIZE];
        if (!page.write || !traced_.read(address, bytes, PAGE_SIZE)) continue;
        const u8* mine = memory_.frame(page.pfn);
        const auto [host, model] = std::mismatch(bytes, bytes + PAGE_SIZE, mine);
        if (host == bytes + PAGE_SIZE) continue;
        char line[128];
        std::snprintf(line, sizeof line, "  memory %llx: host %02x, model %02x\n",
                      static_cast<unsigned long long>(address + static_cast<u64>(host - bytes)), *host, *model);
        return line;
    }
    return {};
}

bool Mirror::peek(u64 address, void* to, u64 size) {
    u8* out = static_cast<u8*>(to);
    for (u64 i = 0; i < size; ++i) {
        const u8* at = cpu_.userByte(address + i, cpu::Access::read);
        if (!at && load(address + i, false)) at = cpu_.userByte(address + i, cpu::Access::read);
        if (!at) return i != 0 && (std::memset(out + i, 0, size - i), true);
        out[i] = *at;
    }
    return true;
}

}  // namespace lockstep
