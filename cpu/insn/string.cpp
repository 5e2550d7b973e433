// SDM Vol. 1 §5.1.8: string. A repeated instruction counts once, but element by element while TF is set; a fault in the middle leaves rcx, rsi and rdi at the
// element that faulted, and the instruction goes on from there (SDM Vol. 2, REP).
#include "cpu/insn/families.hpp"
#include "cpu/shapes.hpp"

#include <algorithm>

namespace cpu {

namespace {

constexpr u8 REPEAT = 1, WHILE_EQUAL = 2, WHILE_NOT_EQUAL = 4;      // Op::misc
constexpr i32 CUTS_RSI = 1, CUTS_RDI = 2;                           // Op::imm
constexpr u64 LONG = 1 << 16;       // elements; the threaded code is left behind a repeated instruction with more: a stop may be asked for

// Pointers and counter at the instruction's address size.
struct Strings {
    Core& core;
    const Op& op;
    bool narrow = op.segment & ADDRESS32;
    bool down = core.rflags & FLAG_DF;
    bool stepping = core.rflags & FLAG_TF;      // one element, then #DB (SDM Vol. 3 §17.3.1.4)

    u64 get(Register name) const { return narrow ? static_cast<u32>(core.gpr[name]) : core.gpr[name]; }
    void set(Register name, u64 value) const { core.gpr[name] = narrow ? static_cast<u32>(value) : value; }
    void advance(Register name, u64 bytes) const { set(name, down ? get(name) - bytes : get(name) + bytes); }
    u64 source() const { return slot(&core, op.segment & ~7u) + get(RSI); }
    u64 target() const { return get(RDI); }
    u64 count() const { return !op.misc ? 1 : stepping ? std::min<u64>(get(RCX), 1) : get(RCX); }
    bool repeats() const { return op.misc && !stepping; }
    bool isAligned(u64 address, u64 size) const { return core.isAligned(address, size); }
    void counted(u64 elements) const {
        if (op.misc) set(RCX, get(RCX) - elements);
    }
    // Elements from address on that lie whole in its page, going up; 1 otherwise.
    u64 inPage(u64 address, u64 size) const { return down ? 1 : std::max<u64>(1, (PAGE_SIZE - address % PAGE_SIZE) / size); }
};

template <class T> bool movs(Core& core, const Op& op) {
    const Strings s{core, op};
    while (u64 n = s.count()) {
        const u64 from = s.source(), to = s.target();
        n = std::min({n, s.inPage(from, sizeof(T)), s.inPage(to, sizeof(T))});
        if (to - from < n * sizeof(T) && to != from) n = std::max<u64>(1, (to - from) / sizeof(T));    // the copy feeds on itself
        u8 bytes[PAGE_SIZE];
        if (!s.isAligned(from, sizeof(T)) || !core.read(from, bytes, n * sizeof(T))) return false;
        if (!s.isAligned(to, sizeof(T)) || !core.write(to, bytes, n * sizeof(T))) return false;
        s.advance(RSI, n * sizeof(T));
        s.advance(RDI, n * sizeof(T));
        s.counted(n);
        if (!s.repeats()) break;
    }
    return true;
}

template <class T> bool stos(Core& core, const Op& op) {
    const Strings s{core, op};
    const T value = static_cast<T>(core.gpr[RAX]);
    while (u64 n = s.count()) {
        n = std::min(n, s.inPage(s.target(), sizeof(T)));
        T elements[PAGE_SIZE / sizeof(T)];
        std::fill_n(elements, n, value);
        if (!s.isAligned(s.target(), sizeof(T)) || !core.write(s.target(), elements, n * sizeof(T))) return false;
        s.advance(RDI, n * sizeof(T));
        s.counted(n);
        if (!s.repeats()) break;
    }
    return true;
}

template <class T> bool lods(Core& core, const Op& op) {
    const Strings s{core, op};
    while (s.count()) {
        T value;
        if (!core.fetch(s.source(), value)) return false;
        if constexpr (sizeof(T) == 4) core.gpr[RAX] = value;
        else std::memcpy(&core.gpr[RAX], &value, sizeof value);
        s.advance(RSI, sizeof(T));
        s.counted(1);
        if (!s.repeats()) break;
    }
    return true;
}

void setStatus(Core& core, u64 status) { core.rflags = (core.rflags & ~FLAGS_STATUS) | status; }
bool goesOn(const Op& op, bool equal) { return op.misc && equal == !(op.misc & WHILE_NOT_EQUAL); }

template <class T> bool scas(Core& core, const Op& op) {
    const Strings s{core, op};
    const T value = static_cast<T>(core.gpr[RAX]);
    while (u64 n = s.count()) {
        n = std::min(n, s.inPage(s.target(), sizeof(T)));
        T elements[PAGE_SIZE / sizeof(T)];
        if (!s.isAligned(s.target(), sizeof(T)) || !core.read(s.target(), elements, n * sizeof(T))) return false;
        u64 done = 1;
        while (done < n && goesOn(op, elements[done - 1] == value)) ++done;
        s.advance(RDI, done * sizeof(T));
        s.counted(done);
        setStatus(core, subFlags<T>(value, elements[done - 1], false));
        if (!s.repeats() || !goesOn(op, elements[done - 1] == value)) break;
    }
    return true;
}

template <class T> bool cmps(Core& core, const Op& op) {
    const Strings s{core, op};
    while (u64 n = s.count()) {
        n = std::min({n, s.inPage(s.source(), sizeof(T)), s.inPage(s.target(), sizeof(T))});
        T a[PAGE_SIZE / sizeof(T)], b[PAGE_SIZE / sizeof(T)];
        if (!s.isAligned(s.target(), sizeof(T)) || !core.read(s.target(), b, n * sizeof(T))) return false;
        if (!s.isAligned(s.source(), sizeof(T)) || !core.read(s.source(), a, n * sizeof(T))) return false;
        u64 done = 1;
        while (done < n && goesOn(op, a[done - 1] == b[done - 1])) ++done;
        s.advance(RSI, done * sizeof(T));
        s.advance(RDI, done * sizeof(T));
        s.counted(done);
        setStatus(core, subFlags<T>(a[done - 1], b[done - 1], false));
        if (!s.repeats() || !goesOn(op, a[done - 1] == b[done - 1])) break;
    }
    return true;
}

// With 32-bit addresses, the repeated forms cut their counter at once, MOVS and STOS their pointers, too: even if nothing is moved
// or the first element faults (the host's choice).
template <bool (*run)(Core&, const Op&)> bool repeated(Core& core, const Op& op) {
    const auto cut = [&](Register name) { core.gpr[name] = static_cast<u32>(core.gpr[name]); };
    if (op.misc && op.segment & ADDRESS32) {
        cut(RCX);
        if (op.imm & CUTS_RDI) cut(RDI);
        if (op.imm & CUTS_RSI) cut(RSI);
    }
    const u64 before = op.misc ? core.gpr[RCX] : 0;
    if (!run(core, op)) return false;
    core.stale |= op.misc && before - core.gpr[RCX] > LONG;
    return true;
}

// Whether a repeated instruction that stopped after one element is complete.
bool isComplete(Core& core, const Op& op) {
    if (Strings{core, op}.get(RCX) == 0) return true;
    return op.misc != REPEAT && !goesOn(op, core.rflags & FLAG_ZF);
}
template <bool (*run)(Core&, const Op&)> void stepOp(HOT) {
    if (fk != EXPLICIT_KIND) TAIL(settleFlags);
    core->rflags = (core->rflags & ~FLAGS_STATUS) | fa;
    core->left = left;
    if (!run(*core, *op)) TAIL(leaveFault);
    fa = core->rflags & FLAGS_STATUS;
    if (isComplete(*core, *op)) TAIL(leaveAfter);
    TAIL(leaveAgain);
}
template <bool (*run)(Core&, const Op&)> void stringOp(HOT) {
    if (op->misc && core->rflags & FLAG_TF) TAIL(stepOp<run>);
    TAIL(actionOp<run>);
}

template <bool (*run)(Core&, const Op&)> Handler strings(Form& f) {
    if (f.insn.meta.category != ZYDIS_CATEGORY_STRINGOP) return nullptr;      // MOVSD and CMPSD are also SSE2's
    Op& op = f.op;
    op.segment = offsetof(Registers, zero);
    for (unsigned i = 0; i < f.insn.operand_count; ++i)
        if (f.operand[i].type == ZYDIS_OPERAND_TYPE_MEMORY && f.operand[i].mem.base != ZYDIS_REGISTER_NONE &&
            registerOffset(ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, f.operand[i].mem.base)) == 8 * RSI)
            op.segment = segmentSlot(f.operand[i].mem.segment);
    if (f.insn.address_width == 32) op.segment |= ADDRESS32;
    op.misc = f.has(ZYDIS_ATTRIB_HAS_REP)     ? REPEAT
              : f.has(ZYDIS_ATTRIB_HAS_REPE)  ? REPEAT | WHILE_EQUAL
              : f.has(ZYDIS_ATTRIB_HAS_REPNE) ? REPEAT | WHILE_NOT_EQUAL
                                              : 0;
    if (op.misc && !(f.insn.cpu_flags && f.insn.cpu_flags->modified)) op.misc = REPEAT;     // MOVS and its like compare nothing
    const ZydisMnemonic m = f.insn.mnemonic;
    const bool moves = m == ZYDIS_MNEMONIC_MOVSB || m == ZYDIS_MNEMONIC_MOVSW || m == ZYDIS_MNEMONIC_MOVSD || m == ZYDIS_MNEMONIC_MOVSQ;
    const bool stores = m == ZYDIS_MNEMONIC_STOSB || m == ZYDIS_MNEMONIC_STOSW || m == ZYDIS_MNEMONIC_STOSD || m == ZYDIS_MNEMONIC_STOSQ;
    op.imm = moves ? CUTS_RSI | CUTS_RDI : stores ? CUTS_RDI : 0;
    return stringOp<repeated<run>>;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_MOVSB, strings<movs<u8>>}, {ZYDIS_MNEMONIC_MOVSW, strings<movs<u16>>},
    {ZYDIS_MNEMONIC_MOVSD, strings<movs<u32>>}, {ZYDIS_MNEMONIC_MOVSQ, strings<movs<u64>>},
    {ZYDIS_MNEMONIC_STOSB, strings<stos<u8>>}, {ZYDIS_MNEMONIC_STOSW, strings<stos<u16>>},
    {ZYDIS_MNEMONIC_STOSD, strings<stos<u32>>}, {ZYDIS_MNEMONIC_STOSQ, strings<stos<u64>>},
    {ZYDIS_MNEMONIC_LODSB, strings<lods<u8>>}, {ZYDIS_MNEMONIC_LODSW, strings<lods<u16>>},
    {ZYDIS_MNEMONIC_LODSD, strings<lods<u32>>}, {ZYDIS_MNEMONIC_LODSQ, strings<lods<u64>>},
    {ZYDIS_MNEMONIC_SCASB, strings<scas<u8>>}, {ZYDIS_MNEMONIC_SCASW, strings<scas<u16>>},
    {ZYDIS_MNEMONIC_SCASD, strings<scas<u32>>}, {ZYDIS_MNEMONIC_SCASQ, strings<scas<u64>>},
    {ZYDIS_MNEMONIC_CMPSB, strings<cmps<u8>>}, {ZYDIS_MNEMONIC_CMPSW, strings<cmps<u16>>},
    {ZYDIS_MNEMONIC_CMPSD, strings<cmps<u32>>}, {ZYDIS_MNEMONIC_CMPSQ, strings<cmps<u64>>},
};

}  // namespace

Family string() { return table; }

}  // namespace cpu
