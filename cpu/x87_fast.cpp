// The common x87 instructions while every exception is masked: the operands alone go to the host's FPU, not the whole state.
#include "cpu/x87.hpp"

#include <cstring>
#include <utility>

extern "C" const u8 execscope_x87_register[8][64][4] __attribute__((visibility("hidden")));
extern "C" const u8 execscope_x87_memory[8][8][4] __attribute__((visibility("hidden")));

namespace cpu {

namespace {

constexpr u16 C1 = X87_C1, C0_C2_C3 = 0x4500;

enum class Result : u8 { none, first, second, pushed };     // first: ST(0), second: ST(i)
struct Plan {
    u8 operands = 0;            // from the stack: ST(0), or ST(0) and ST(i)
    Result result = Result::none;
    bool pops = false, orders = false, known = false;       // orders: C0, C2, C3 or RFLAGS are its result
    u8 opcode = 0, modrm = 0;   // what the host executes: ST(i) is ST(1), and it does not pop unless
    bool hostPops = false;      // there is no such form
};

Plan plan(u8 opcode, u8 modrm) {
    const unsigned reg = modrm >> 3 & 7;
    const auto registers = [&](u8 code, Result result, bool pops, bool orders = false) {
        const u8 other = modrm & 7 ? 1 : 0;
        return Plan{2, result, pops, orders, true, code, static_cast<u8>((modrm & 0xf8) | other), false};
    };
    const auto memory = [&](u8 operands, Result result, bool pops, unsigned as, bool orders = false) {
        return Plan{operands, result, pops, orders, true, opcode, static_cast<u8>((modrm & 0xc7) | as << 3), false};
    };
    const bool compares = reg == 2 || reg == 3;
    if (modrm >> 6 == 3) {
        if (opcode == 0xd8 && !compares) return registers(0xd8, Result::first, false);
        if (opcode == 0xdc && !compares) return registers(0xdc, Result::second, false);
        if (opcode == 0xde && !compares) return registers(0xdc, Result::second, true);
        if (opcode == 0xdb && (reg == 5 || reg == 6)) return registers(0xdb, Result::none, false, true);      // FUCOMI, FCOMI
        if (opcode == 0xdf && (reg == 5 || reg == 6)) return registers(0xdb, Result::none, true, true);       // FUCOMIP, FCOMIP
        if (opcode == 0xd9 && modrm >= 0xe8 && modrm <= 0xee) return {0, Result::pushed, false, false, true, opcode, modrm, false};
        if (opcode == 0xd9 && (modrm == 0xe0 || modrm == 0xe1 || modrm == 0xfa || modrm == 0xfc))
            return {1, Result::first, false, false, true, opcode, modrm, false};
        return {};
    }
    if (!(opcode & 1)) {        // D8, DA, DC: arithmetic; DE: with words
        if (compares) return memory(1, Result::none, reg == 3, 2, true);
        return memory(1, Result::first, false, reg);
    }
    const bool wide = opcode == 0xdb || opcode == 0xdf;
    if (reg == 0 || (wide && reg == 5)) return memory(0, Result::pushed, false, reg);
    if (reg == 2) return memory(1, Result::none, false, reg);
    if (reg == 3) return memory(1, Result::none, true, 2);
    if (wide && reg == 7) return {1, Result::none, true, false, true, opcode, modrm, true};      // FSTP of 10 bytes, FISTP of 8
    return {};
}

void put(X87& x87, unsigned i, const u8* from) {
    X87::Slot value{};
    std::memcpy(&value.significand, from, 8);
    std::memcpy(&value.exponent, from + 8, 2);
    putX87(x87, i, value);
}

struct Host {
    u8 first[16], second[16];   // at 0, 16: ST(0), ST(i); then what lies on the host's stack
    u64 flags;                  // at 32
    u16 control, initial, status;       // at 40, 42, 44
};
#define EXECUTE(loads, stores)                                                                                                       \
    asm volatile("lea -128(%%rsp), %%rsp\n fldcw 40(%%rdi)\n" loads "call *%[code]\n pushf\n popq 32(%%rdi)\n fnstsw 44(%%rdi)\n" \
                 stores "fnclex\n fldcw 42(%%rdi)\n lea 128(%%rsp), %%rsp"                                                          \
                 :                                                                                                                   \
                 : "D"(&host), "S"(operand), [code] "r"(code)                                                                        \
                 : "cc", "memory", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)")

// FLD, FXCH, FST and FSTP of registers.
bool move(X87& x87, u8 opcode, u8 modrm) {
    const unsigned kind = (opcode & 7u) << 8 | (modrm & 0xf8u), i = modrm & 7u, top = topOf(x87);
    if (isEmptyX87(x87, 0) || (kind < 0x500 && isEmptyX87(x87, i))) return false;
    const unsigned at = (top + i) & 7;
    const auto tag = [&](unsigned n) { return x87.tags >> 2 * n & 3u; };
    const auto setTag = [&](unsigned n, unsigned value) { x87.tags = static_cast<u16>((x87.tags & ~(3u << 2 * n)) | value << 2 * n); };
    switch (kind) {
        case 0x1c0: {
            if (!isEmptyX87(x87, 7)) return false;
            const unsigned to = (top - 1) & 7;
            x87.physical[to] = x87.physical[at];
            setTag(to, tag(at));
            setTopX87(x87, to);
            break;
        }
        case 0x1c8: {
            const unsigned a = tag(top), b = tag(at);
            std::swap(x87.physical[top], x87.physical[at]);
            setTag(top, b);
            setTag(at, a);
            break;
        }
        case 0x5d0: case 0x5d8:
            x87.physical[at] = x87.physical[top];
            setTag(at, tag(top));
            if (kind == 0x5d8) setTag(top, 3), setTopX87(x87, top + 1);
            break;
        default: return false;
    }
    x87.status = static_cast<u16>(x87.status & ~C1);
    return true;
}

}  // namespace

bool runFastX87(X87& x87, u8 opcode, u8 modrm, u8* operand, u64& rflags) {
    if ((x87.control & X87_EXCEPTIONS) != X87_EXCEPTIONS) return false;
    const Plan p = plan(opcode, modrm);
    if (!p.known) return modrm >> 6 == 3 && move(x87, opcode, modrm);
    const unsigned other = p.operands == 2 ? modrm & 7 : 0;
    if (p.operands && (isEmptyX87(x87, 0) || isEmptyX87(x87, other))) return false;
    if (p.result == Result::pushed && !isEmptyX87(x87, 7)) return false;

    Host host{{}, {}, 0, x87.control, 0x37f, 0};
    std::memcpy(host.first, &x87.physical[topOf(x87)], 10);
    std::memcpy(host.second, &x87.physical[(topOf(x87) + other) & 7], 10);
    const bool isRegister = p.modrm >> 6 == 3;
    const u8* code = isRegister ? execscope_x87_register[p.opcode & 7][p.modrm & 63] : execscope_x87_memory[p.opcode & 7][p.modrm >> 3 & 7];
    if (p.operands == 0) EXECUTE("", "fstpt 0(%%rdi)\n");
    else if (p.hostPops) EXECUTE("fldt 0(%%rdi)\n", "");
    else if (other == 0) EXECUTE("fldt 0(%%rdi)\n", "fstpt 0(%%rdi)\n");
    else EXECUTE("fldt 16(%%rdi)\n fldt 0(%%rdi)\n", "fstpt 0(%%rdi)\n fstpt 16(%%rdi)\n");

    const u16 taken = !p.orders ? X87_EXCEPTIONS | C1 : isRegister ? X87_EXCEPTIONS : X87_EXCEPTIONS | C1 | C0_C2_C3;     // FCOMI keeps C1
    x87.status = static_cast<u16>((x87.status & ~(taken & ~X87_EXCEPTIONS)) | (host.status & taken));
    if (p.result == Result::pushed) setTopX87(x87, topOf(x87) - 1);
    if (p.result == Result::second && other) put(x87, other, host.second);
    else if (p.result != Result::none) put(x87, 0, host.first);
    if (p.pops) popX87(x87);
    if (p.orders && isRegister) rflags = host.flags;
    return true;
}

}  // namespace cpu
