// Operands of a handler. open<T>() finds the bytes (the TLB for memory) and may miss; get and set come after every operand
// of the op is open, so that a fault leaves nothing half done.
#pragma once

#include "cpu/core.hpp"

namespace cpu {

enum class Address : u8 { based, indexed, any };    // base + disp | base + index * scale + disp | segment, 67h

inline u64 slot(const Core* core, unsigned offset) {
    u64 value;
    std::memcpy(&value, reinterpret_cast<const u8*>(static_cast<const Registers*>(core)) + offset, 8);
    return value;
}
inline u8* registerBytes(Core* core, unsigned offset) {
    return reinterpret_cast<u8*>(static_cast<Registers*>(core)) + offset;
}

template <Address A> u64 effectiveOffset(const Op* op, const Core* core) {      // without the segment: LEA
    u64 address = slot(core, op->base) + static_cast<u64>(op->disp);
    if constexpr (A != Address::based) address += slot(core, op->index) * op->scale;
    if constexpr (A == Address::any) {
        if (op->segment & ADDRESS32) address = static_cast<u32>(address);
    }
    return address;
}
template <Address A> u64 effectiveAddress(const Op* op, const Core* core) {
    const u64 address = effectiveOffset<A>(op, core);
    if constexpr (A == Address::any) return address + slot(core, op->segment & ~7u);
    return address;
}

// The host address is computed after the hit is known: earlier it would only hold a register.
template <class T> struct Opened {
    const TlbEntry* entry;
    u64 address;
    bool hit;
    u8* bytes() const { return reinterpret_cast<u8*>(address + entry->delta); }
    T get() const {
        T value;
        std::memcpy(&value, bytes(), sizeof(T));
        return value;
    }
    void set(T value) const { std::memcpy(bytes(), &value, sizeof(T)); }
};

// The tag is that of the access's last byte: an access that crosses into the next page never hits.
template <unsigned size> bool tlbHit(const TlbEntry& entry, u64 address) {
    return ((address + (size - 1)) & ~(PAGE_SIZE - 1)) == entry.tag;
}
// Nor does one that must be aligned and is not.
template <unsigned size> bool alignedTlbHit(const TlbEntry& entry, u64 address) {
    return (address & (~(PAGE_SIZE - 1) | (size - 1))) == entry.tag;
}
template <class T, auto hits = tlbHit<sizeof(T)>> Opened<T> openIn(const TlbEntry* entries, u64 address) {
    const TlbEntry& entry = entries[address / PAGE_SIZE % TLB_ENTRIES];
    return {&entry, address, hits(entry, address)};
}
template <class T> Opened<T> openLoad(Core* core, u64 address) { return openIn<T>(core->loads, address); }
template <class T> Opened<T> openStore(Core* core, u64 address) { return openIn<T>(core->stores, address); }

// Each operand kind: open, and the handler to continue with on a miss.
template <u16 Op::*field> struct RegisterOperand {
    template <class T> struct Ref {
        u8* at;
        static constexpr bool hit = true;
        static constexpr u64 address = 0;
        u8* bytes() const { return at; }
        T get() const {
            T value;
            std::memcpy(&value, at, sizeof(T));
            return value;
        }
        // A 32-bit result clears the upper half (SDM Vol. 1 §3.4.1.1).
        void set(T value) const {
            if constexpr (sizeof(T) == 4 && std::is_integral_v<T>) {
                const u64 wide = value;
                std::memcpy(at, &wide, 8);
            } else {
                std::memcpy(at, &value, sizeof(T));
            }
        }
    };
    template <class T> static Ref<T> open(const Op* op, Core* core) { return {registerBytes(core, op->*field)}; }
    template <class T> static constexpr Handler miss = leaveFault;     // never
};
using Dst = RegisterOperand<&Op::dst>;
using Src = RegisterOperand<&Op::src>;

struct Imm {
    template <class T> struct Ref {
        T value;
        static constexpr bool hit = true;
        static constexpr u64 address = 0;
        T get() const { return value; }
    };
    template <class T> static Ref<T> open(const Op* op, Core*) { return {static_cast<T>(op->imm)}; }
    template <class T> static constexpr Handler miss = leaveFault;     // never
};
template <Address A> struct Load {
    template <class T> static Opened<T> open(const Op* op, Core* core) { return openLoad<T>(core, effectiveAddress<A>(op, core)); }
    template <class T> static constexpr Handler miss = refillLoad<sizeof(T)>;
};
template <Address A> struct Store {         // written, perhaps read first
    template <class T> static Opened<T> open(const Op* op, Core* core) { return openStore<T>(core, effectiveAddress<A>(op, core)); }
    template <class T> static constexpr Handler miss = refillStore<sizeof(T)>;
};

// The same for operands that must lie on a multiple of their size, else #GP(0) (SDM Vol. 2 §2.4, exceptions type 1 and 4).
template <Address A> struct AlignedLoad {
    template <class T> static Opened<T> open(const Op* op, Core* core) {
        return openIn<T, alignedTlbHit<sizeof(T)>>(core->loads, effectiveAddress<A>(op, core));
    }
    template <class T> static constexpr Handler miss = refillAlignedLoad<sizeof(T)>;
};
template <Address A> struct AlignedStore {
    template <class T> static Opened<T> open(const Op* op, Core* core) {
        return openIn<T, alignedTlbHit<sizeof(T)>>(core->stores, effectiveAddress<A>(op, core));
    }
    template <class T> static constexpr Handler miss = refillAlignedStore<sizeof(T)>;
};

#define OPEN(name, Kind, T) OPENED(name, Kind::template open<T>(op, core), Kind::template miss<T>)
#define OPENED(name, expression, missed_)                                       \
    const auto name = expression;                                               \
    if (!name.hit) {                                                            \
        core->missed = name.address;                                            \
        TAIL(missed_);                                                          \
    }

}  // namespace cpu
