// Neighbouring PUSHes and POPs of registers other than rsp: rsp stays in a register of the host, and the TLB is asked once. Where not
// all of their bytes lie in one page that the TLB knows, each runs alone.
#include "cpu/pair_tables.hpp"

namespace cpu::joined {

void pushAlone(HOT) {
    OPENED(top, openStore<u64>(core, core->gpr[RSP] - 8), refillPush<8>);
    top.set(get<u64>(core, op->dst));
    core->gpr[RSP] -= 8;
    NEXT;
}
void popAlone(HOT) {
    OPENED(top, openLoad<u64>(core, core->gpr[RSP]), refillPop<8>);
    set<u64>(core, op->dst, top.get());
    core->gpr[RSP] += 8;
    NEXT;
}

namespace {

using Bytes = u8*;
template <u64 at> void push(Core* core, const Op* op, Bytes top) {      // the at-th, counted from the first
    const u64 value = get<u64>(core, op[at].dst);
    std::memcpy(top - 8 * (at + 1), &value, 8);
}
template <u64 at> void pop(Core* core, const Op* op, Bytes top) {
    std::memcpy(registerBytes(core, op[at].dst), top + 8 * at, 8);
}

template <u64... at> void pushes(HOT) {
    constexpr u64 count = sizeof...(at);
    const u64 low = core->gpr[RSP] - 8 * count;
    const auto room = openStore<std::array<u64, count>>(core, low);
    if (!room.hit) TAIL(pushAlone);
    const Bytes top = room.bytes() + 8 * count;
    (push<at>(core, op, top), ...);
    core->gpr[RSP] = low;
    GO(op[count].handler, op + count, core, left, fa, fb, fk);
}
template <u64... at> void pops(HOT) {
    constexpr u64 count = sizeof...(at);
    const u64 rsp = core->gpr[RSP];
    const auto room = openLoad<std::array<u64, count>>(core, rsp);
    if (!room.hit) TAIL(popAlone);
    const Bytes top = room.bytes();
    (pop<at>(core, op, top), ...);
    core->gpr[RSP] = rsp + 8 * count;
    GO(op[count].handler, op + count, core, left, fa, fb, fk);
}
// Registers that a prologue saves and loads in turn: PUSH, MOV.
template <class T> void pushMove(HOT) {
    OPENED(top, openStore<u64>(core, core->gpr[RSP] - 8), refillPush<8>);
    top.set(get<u64>(core, op->dst));
    core->gpr[RSP] -= 8;
    set<T>(core, op[1].dst, get<T>(core, op[1].src));
    GO(op[2].handler, op + 2, core, left, fa, fb, fk);
}

}  // namespace

const Handler stackGroups[2][MOST_STACKED + 1] = {
    {pushAlone, nullptr, pushes<0, 1>, pushes<0, 1, 2>, pushes<0, 1, 2, 3>, pushes<0, 1, 2, 3, 4>, pushes<0, 1, 2, 3, 4, 5>},
    {popAlone, nullptr, pops<0, 1>, pops<0, 1, 2>, pops<0, 1, 2, 3>, pops<0, 1, 2, 3, 4>, pops<0, 1, 2, 3, 4, 5>},
};
const Handler pushMoves[2] = {pushMove<u32>, pushMove<u64>};

}  // namespace cpu::joined
