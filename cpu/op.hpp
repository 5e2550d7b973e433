// The pre-decoded instruction and how one handler continues with the next: threaded code made of sibling calls.
#pragma once

#include "traces/types.hpp"

namespace cpu {

struct Core;
struct Op;
struct TargetCache;

// A vector register's low half in a register of the host, from the instruction that wrote it to one that reads it (vector_links.hpp).
typedef i64 Carried __attribute__((vector_size(16)));

// left: instructions the program may still execute, as of the start of the present block; a, b, kind: lazy flags (flags.hpp).
using Handler = void (*)(const Op* op, Core* core, i64 left, u64 fa, u64 fb, u64 fk, Carried carried);

struct Op {
    Handler handler = nullptr;
    u16 dst = 0, src = 0;       // byte offsets into Registers: ah is rax + 1
    u8 base = 0, index = 0;     // byte offsets of 64-bit slots; Registers::zero where there is none, rip holds the code page
    u8 scale = 1;               // factor 1, 2, 4, 8
    u8 segment = 0;             // slot of the segment base, and ADDRESS32, STACK, JOINED in the low bits
    union {
        i64 disp = 0;
        u64 imm64;
        const Op* target;       // direct branches; a stub until it is linked
        TargetCache* targets;   // of the op behind an indirect branch in a hot frame
    };
    i32 imm = 0;                // immediate, sign-extended; a direct branch's distance
    u16 where = 0;              // offset in the code page | length << 12
    u8 done = 0;                // instructions of the block up to and including this one
    u8 misc = 0;

    u64 offset() const { return where & 4095; }
    u64 end() const { return (where & 4095u) + (where >> 12); }   // offset of the next instruction
};
static_assert(sizeof(Op) == 32);

constexpr u8 ADDRESS32 = 1;     // 67h: the effective address is cut to 32 bits
constexpr u8 JOINED = 4;        // a load, PUSH or POP whose handler runs the next op, too; src is its place in joined::alone
constexpr u8 STACK = 2;         // rsp or rbp based: a non-canonical address is #SS instead of #GP (SDM Vol. 1 §3.7.4)

constexpr u8 COMMON = 1;        // misc of a report op: dst are the general registers that its instruction may change, one bit each

#define HOT [[maybe_unused]] const Op *op, [[maybe_unused]] Core *core, [[maybe_unused]] i64 left, \
            [[maybe_unused]] u64 fa, [[maybe_unused]] u64 fb, [[maybe_unused]] u64 fk, [[maybe_unused]] Carried carried

// GO(handler, op, core, left, fa, fb, fk) is the only way to leave a handler. Compilers that turn a sibling call into a jump get
// one; the others (gcc without optimisation or with AddressSanitizer) return to a loop that makes the call.
#if defined(__clang__)
#define EXECSCOPE_DISPATCH_LOOP 0
#define GO(next, ...) [[clang::musttail]] return (next)(__VA_ARGS__, carried)
#elif defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(EXECSCOPE_NO_SIBLING_CALLS)
#define EXECSCOPE_DISPATCH_LOOP 0
#define GO(next, ...) return ::cpu::ready(next)(__VA_ARGS__, carried)
inline Handler ready(Handler handler) {
    asm("" : "+r"(handler));
    return handler;
}
#else
#define EXECSCOPE_DISPATCH_LOOP 1
#define GO(next, ...) return ::cpu::postpone(core, (next), __VA_ARGS__, carried)
void postpone(Core* core, Handler next, const Op* op, Core*, i64 left, u64 fa, u64 fb, u64 fk, Carried carried);
#endif
#define TAIL(next) GO(next, op, core, left, fa, fb, fk)                        // another handler, same op
#define NEXT_WITH(a, b, k) GO(op[1].handler, op + 1, core, left, a, b, k)      // the next op
#define NEXT NEXT_WITH(fa, fb, fk)

}  // namespace cpu
