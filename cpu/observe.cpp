// Observed runs. In a reporting block a report op stands in front of each instruction, and tells what the one before it did; where
// instructions run one by one, every store goes through Core::write, which logs it.
#include "cpu/core.hpp"
#include "cpu/vector_mxcsr.hpp"

#include <bit>
#include <cstddef>
#include <cstring>
#include <emmintrin.h>
#include <utility>

namespace cpu {

namespace {

// The words up to rflags, a few others, and vector and x87 registers, four fifths of them all, which seldom change.
// Behind the last one, the core has members of its own.
constexpr std::size_t OTHERS = offsetof(Registers, fs_base), LARGE = offsetof(Registers, ymm), END = offsetof(Registers, x87) + sizeof(X87);

u64 settledFlags(const Core& core) { return (core.rflags & ~FLAGS_STATUS) | statusFlags(core.flags, core.older); }

bool differ(const Registers& a, const Registers& b, std::size_t from, std::size_t to) {
    return std::memcmp(reinterpret_cast<const u8*>(&a) + from, reinterpret_cast<const u8*>(&b) + from, to - from) != 0;
}
void copy(Registers& to, const Registers& from, std::size_t begin, std::size_t end) {
    std::memcpy(reinterpret_cast<u8*>(&to) + begin, reinterpret_cast<const u8*>(&from) + begin, end - begin);
}
void copy(Registers& to, const Registers& from) {
    copy(to, from, 0, LARGE);
    if (differ(to, from, LARGE, END)) copy(to, from, LARGE, END);
}

// Of eight registers, two bits each: which halves are the same.
u32 sameHalves(const u64* a, const u64* b) {
    const auto pair = [&](unsigned i) {
        return _mm_cmpeq_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i)),
                               _mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i)));
    };
    const __m128i low = _mm_packs_epi32(pair(0), pair(2)), high = _mm_packs_epi32(pair(4), pair(6));
    return static_cast<u32>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
}

u32 changedWords(const Registers& a, const Registers& b) {
    const u32 same = sameHalves(a.gpr, b.gpr) | sameHalves(a.gpr + 8, b.gpr + 8) << 16;
    u32 changed = ~(same & same >> 1) & 0x55555555;
    changed = (changed | changed >> 1) & 0x33333333;
    changed = (changed | changed >> 2) & 0x0f0f0f0f;
    changed = (changed | changed >> 4) & 0x00ff00ff;
    changed = (changed | changed >> 8) & 0x0000ffff;
    return changed | (a.rflags != b.rflags ? InstructionRecord::RFLAGS : 0);
}

u32 changedRegisters(const Registers& a, const Registers& b) {
    return changedWords(a, b) | (differ(a, b, OTHERS, END) ? InstructionRecord::OTHERS : 0);
}

}  // namespace

void Core::beforeInstruction(const Block& block) {
    copy(observed, *this);
    observed.rflags = settledFlags(*this);
    writes.clear();
    const Op& op = block.ops()[0];
    const u64 length = op.end() - op.offset(), here = block.straddles ? PAGE_SIZE - op.offset() : length;
    const u8* at = memory.frame(block.pfn) + op.offset();
    observedBytes.assign(at, at + here);
    if (block.straddles)
        observedBytes.insert(observedBytes.end(), memory.frame(block.second), memory.frame(block.second) + (length - here));
}

inline void Core::deliver() {
    record.writes = writes;
    if (rip != record.address + record.bytes.size()) record.changed |= InstructionRecord::RIP;
    if (faulted || !observer->quick(record)) deliverSlowly();
}

void Core::afterInstruction() {
    const u64 unsettled = std::exchange(rflags, settledFlags(*this));
    record.address = observed.rip;
    record.bytes = observedBytes;
    record.changed = changedRegisters(observed, *this);
    record.note = nullptr;
    deliver();
    rflags = unsettled;
}

void Core::deliverSlowly() {
    const HostMxcsr host;
    if (!faulted) observer->instruction(record);
    else observer->interrupted(record);
}

void Core::startReports() {
    copy(observed, *this);
    settled = flags;
    observed.rflags = settledFlags(*this);
    reported = nullptr;
    watched.entry = nullptr;
    writes.clear();
}

bool Core::report(const Op* op, i64 present, Flags now) {
    count = instructionsBefore(op, present);
    flags = now;
    rip += op->offset();
    if (Op* const before = std::exchange(reported, nullptr)) {
        if (before->misc != COMMON) storeMxcsr(*this);
        complete(*before);
    }
    observed.rip = rip;
    rip -= op->offset();
    reportedBytes = reinterpret_cast<const u8*>(op->imm64);
    if (observing) reported = const_cast<Op*>(op);
    return observing;
}

void Core::finishReports() {
    Op* const op = std::exchange(reported, nullptr);
    if (op && observing) complete(*op);
    else watched.entry = nullptr;
}

inline u32 Core::changesOf(const Op& report) const {
    if (report.misc != COMMON || faulted) return changedRegisters(observed, *this);
    u32 changed = observed.rflags != rflags ? InstructionRecord::RFLAGS : 0;
    for (u32 rest = report.dst; rest; rest &= rest - 1) {
        const int i = std::countr_zero(rest);
        changed |= u32{observed.gpr[i] != gpr[i]} << i;
    }
    return changed;
}

// The same kind made of the same numbers is the same value: an instruction that keeps the kind keeps `older`, as far as it counts.
static bool isSame(const Flags& a, const Flags& b) { return a.a == b.a && a.b == b.b && a.kind == b.kind; }

inline void Core::complete(Op& op) {
    if (watched.entry) finishStore(!faulted);
    const u64 status = isSame(flags, settled) ? observed.rflags & FLAGS_STATUS : statusFlags(flags, older);
    settled = flags;
    const u64 unsettled = std::exchange(rflags, (rflags & ~FLAGS_STATUS) | status);
    record.address = observed.rip;
    record.bytes = {reportedBytes, op.end() - op.offset()};
    record.changed = changesOf(op);
    record.note = reinterpret_cast<u32*>(&op.imm);
    deliver();
    for (u32 rest = record.changed & 0xffff; rest; rest &= rest - 1) {
        const int i = std::countr_zero(rest);
        observed.gpr[i] = gpr[i];
    }
    observed.rflags = rflags;
    if (record.changed & InstructionRecord::OTHERS) copy(observed, *this, OTHERS, END);
    rflags = unsettled;
    if (!writes.empty()) writes.clear();
}

void Core::watchStore(TlbEntry& entry, u64 address, u32 size) {
    entry.tag &= ~WATCHED;
    watched.entry = &entry;
    watched.at = reinterpret_cast<const u8*>(address + entry.delta);
    watched.write = {address, static_cast<u8>(size), {}, {}};
    std::memcpy(watched.write.before, watched.at, size);
}

void Core::finishStore(bool completed) {
    TlbEntry* const entry = std::exchange(watched.entry, nullptr);
    if (!entry) return;
    entry->tag |= WATCHED;
    if (!completed) return;
    std::memcpy(watched.write.after, watched.at, watched.write.size);
    writes.push_back(watched.write);
}

}  // namespace cpu
