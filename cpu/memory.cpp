// The slow path to guest memory: translation, TLB refill, accesses that no TLB entry can serve.
#include "cpu/core.hpp"
#include "cpu/pair_tables.hpp"
#include "cpu/statistics.hpp"

#include <algorithm>

namespace cpu {

namespace {

constexpr i64 ALONE = i64{1} << 41;     // keeps `left` negative, so that the op leaves wherever it goes

u64 pageOf(u64 address) { return address & ~(PAGE_SIZE - 1); }

void bounce(Core& core, Bounce& buffer, TlbEntry& entry, u64 address, u32 size) {
    buffer.address = address;
    buffer.size = size;
    entry = {pageOf(address + size - 1), reinterpret_cast<u64>(buffer.bytes) - address};
    core.alone = true;
}

void runAlone(Core& core, const Op* op) {
    if (op == core.scratch) return;
    core.scratch[0] = *op;
    if (op->segment & JOINED) core.scratch[0].handler = joined::alone[op->src];
    core.scratch[1] = *op;
    core.scratch[1].handler = leaveAfter;
}

// After this the op's access hits, or core.trap says why it never will.
bool refill(Core& core, const Op* op, u64 size, Access access, bool stack) {
    const u64 address = core.missed;
    TlbEntry* const entries = access == Access::write ? core.stores : core.loads;
    TlbEntry& entry = entries[address / PAGE_SIZE % TLB_ENTRIES];
    const bool crosses = pageOf(address) != pageOf(address + size - 1);
    if (!crosses && core.reported && access == Access::write && entry.tag == (pageOf(address) | WATCHED)) {
        core.watchStore(entry, address, static_cast<u32>(size));
        return true;
    }
    ++statistics.tlb_fills;
    if (!core.isAligned(address, size) || !core.inCanonical(address, size, stack)) return false;
    u8* first = core.translate(address, access, stack);
    if (!first) return false;
    const bool writes = access == Access::write;
    if (crosses && !core.translate(pageOf(address + size - 1), access, stack)) return false;
    core.pagesFilled.note(address / PAGE_SIZE % TLB_ENTRIES);
    const bool guarded = writes && ((core.observing && !core.reported) || core.blocks.frameHasCode(core.frameOfHost(first)));
    if (!crosses && !guarded) {
        entry = {pageOf(address), reinterpret_cast<u64>(first) - address};
        if (writes && core.reported) core.watchStore(entry, address, static_cast<u32>(size));
        return true;
    }
    Bounce& buffer = writes ? core.store : core.load;
    if (!core.read(address, buffer.bytes, size)) return false;
    runAlone(core, op);
    bounce(core, buffer, entry, address, static_cast<u32>(size));
    return true;
}

}  // namespace

#define REFILL(name, access, stack)                                                     \
    template <unsigned size> void name(HOT) {                                           \
        if (!refill(*core, op, size, access, stack)) TAIL(leaveFault);                  \
        if (core->alone && op != core->scratch) {                                       \
            op = core->scratch;                                                         \
            left -= ALONE;                                                              \
        }                                                                               \
        GO(op->handler, op, core, left, fa, fb, fk);                                    \
    }                                                                                   \
    template void name<1>(HOT);                                                         \
    template void name<2>(HOT);                                                         \
    template void name<4>(HOT);                                                         \
    template void name<8>(HOT);                                                         \
    template void name<16>(HOT);                                                        \
    template void name<32>(HOT);

REFILL(refillLoad, Access::read, op->segment & STACK)
REFILL(refillStore, Access::write, op->segment & STACK)
REFILL(refillPop, Access::read, true)
REFILL(refillPush, Access::write, true)

template <unsigned size> void refillAlignedLoad(HOT) {
    if (core->missed % size) TAIL(raiseProtection);
    TAIL(refillLoad<size>);
}
template <unsigned size> void refillAlignedStore(HOT) {
    if (core->missed % size) TAIL(raiseProtection);
    TAIL(refillStore<size>);
}
template void refillAlignedLoad<16>(HOT);
template void refillAlignedStore<16>(HOT);
template void refillAlignedLoad<32>(HOT);
template void refillAlignedStore<32>(HOT);

void Core::finishAlone(bool completed) {
    alone = false;
    left += ALONE;
    for (Bounce* buffer : {&load, &store}) {
        if (!buffer->size) continue;
        TlbEntry* entries = buffer == &load ? loads : stores;
        entries[buffer->address / PAGE_SIZE % TLB_ENTRIES] = {};
        if (buffer == &store && completed) write(buffer->address, buffer->bytes, buffer->size);
        buffer->size = 0;
    }
}

bool Core::fault(u8 vector, u32 error, u64 address) {
    trap = {Trap::Kind::exception, vector, error, address, false};
    return false;
}

// SDM Vol. 3 §6.15, interrupt 17; CR0.AM is set. Operands of 16 bytes and more are not checked, as this host does not.
// While AC is set, each instruction starts with an empty TLB (Core::step), so that refill() sees every access.
bool Core::isAligned(u64 address, u64 size) {
    if (!(rflags & FLAG_AC) || !isCanonical(address)) return true;
    const u64 unit = size == 10 ? 8 : size;
    return unit > 8 || address % unit == 0 || fault(VECTOR_AC);
}

// Before any page is looked at (SDM Vol. 1 §3.3.7.1).
bool Core::inCanonical(u64 address, u64 size, bool stack) {
    return (isCanonical(address) && isCanonical(address + size - 1)) || fault(stack || onStack ? VECTOR_SS : VECTOR_GP);
}

u8* Core::translate(u64 address, Access access, bool stack) {
    if (!inCanonical(address, 1, stack)) return nullptr;
    const Translation found = walk(memory, cr3, address, access, pkru);
    if (!found.ok) {
        fault(VECTOR_PF, found.fault, address);
        return nullptr;
    }
    return memory.frame(found.pfn) + address % PAGE_SIZE;
}

static u64 inOneAccess(u64 size) {
    return size == 10 ? 8 : size > 32 || (size & (size - 1)) ? 2 + (size % 4 == 0) * 2 : size;
}    // larger operands are read and written in parts

bool Core::read(u64 address, void* to, u64 size) {
    u8* out = static_cast<u8*>(to);
    if (size && !inCanonical(address, inOneAccess(size), false)) return false;
    while (size) {
        const u64 part = std::min(size, PAGE_SIZE - address % PAGE_SIZE);
        const u8* from = translate(address, Access::read);
        if (!from) return false;
        std::memcpy(out, from, part);
        address += part, out += part, size -= part;
    }
    return true;
}

bool Core::probeWrite(u64 address, u64 size) {
    if (!size) return true;
    if (!inCanonical(address, inOneAccess(size), false)) return false;
    for (u64 page = address; ; page = pageOf(page) + PAGE_SIZE) {
        if (!translate(page, Access::write)) return false;
        if (pageOf(page) == pageOf(address + size - 1)) return true;
    }
}

bool Core::write(u64 address, const void* from, u64 size) {
    if (!probeWrite(address, size)) return false;
    const u8* in = static_cast<const u8*>(from);
    if (observing) logWrite(address, in, size);
    while (size) {
        const u64 part = std::min(size, PAGE_SIZE - address % PAGE_SIZE);
        u8* to = translate(address, Access::write);
        if (blocks.frameHasCode(frameOfHost(to))) dropCode(frameOfHost(to));
        std::memcpy(to, in, part);
        address += part, in += part, size -= part;
    }
    return true;
}

void Core::logWrite(u64 address, const u8* in, u64 size) {
    while (size) {
        InstructionRecord::MemoryWrite record{address, static_cast<u8>(std::min<u64>(size, 32)), {}, {}};
        read(address, record.before, record.size);
        std::memcpy(record.after, in, record.size);
        writes.push_back(record);
        address += record.size, in += record.size, size -= record.size;
    }
}

void Core::flushJumps() {
    if (jumpsFilled.count > FillLog::CAPACITY) std::fill(std::begin(jumps), std::end(jumps), JumpEntry{});
    else for (u32 i = 0; i < jumpsFilled.count; ++i) jumps[jumpsFilled.index[i]] = {};
    jumpsFilled.count = 0;
    ++generation;
}

void Core::flushData() {
    if (pagesFilled.count > FillLog::CAPACITY) {
        std::fill(std::begin(loads), std::end(loads), TlbEntry{});
        std::fill(std::begin(stores), std::end(stores), TlbEntry{});
    } else {
        for (u32 i = 0; i < pagesFilled.count; ++i) loads[pagesFilled.index[i]] = stores[pagesFilled.index[i]] = {};
    }
    pagesFilled.count = 0;
    filledFor = pkru;
}

void Core::flush() {
    flushData();
    std::fill(std::begin(fetches), std::end(fetches), TlbEntry{});
    flushJumps();
}

void Core::warmUp() {
    const u8* page = translate(rip, Access::execute);
    if (page) blocks.warmUp(frameOfHost(page));
    flushJumps();
}

void Core::sample() {
    const TlbEntry& entry = fetches[rip / PAGE_SIZE % std::size(fetches)];
    if (entry.tag != (rip & ~(PAGE_SIZE - 1))) return;
    const u64 pfn = frameOfHost(reinterpret_cast<const u8*>(rip + entry.delta));
    if (!blocks.frameHasCode(pfn) || blocks.hot(pfn)) return;
    blocks.warmUp(pfn);
    flushJumps();
}

void Core::dropCode(u64 pfn) {
    if (reported && reportedBytes != observedBytes.data()) {        // they may be about to change
        observedBytes.assign(reportedBytes, reportedBytes + (reported->end() - reported->offset()));
        reportedBytes = observedBytes.data();
    }
    blocks.drop(pfn);
    flushJumps();
    stale = true;
}

}  // namespace cpu
