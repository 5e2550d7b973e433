// Made apart for the time it takes to compile.
#include "cpu/pair_ops.hpp"

namespace cpu::joined {

const JumpTable narrowJumps = jumpTable<u32>(), wideJumps = jumpTable<u64>();
const Handler alone[] = {
    loadAlone<u32, Kind::load>,     loadAlone<u64, Kind::load>,     loadAlone<u32, Kind::load_indexed>,     loadAlone<u64, Kind::load_indexed>,
    loadAlone<u32, Kind::add_load>, loadAlone<u64, Kind::add_load>, loadAlone<u32, Kind::add_load_indexed>, loadAlone<u64, Kind::add_load_indexed>,
    pushAlone, popAlone,
};
static_assert(std::size(alone) == ALONE);
const Handler moves[2][2] = {{movesOp<u32, 3>, movesOp<u64, 3>}, {movesOp<u32, 4>, movesOp<u64, 4>}};
const Loop loops[] = {loopOf<Kind::add>(), loopOf<Kind::add_imm>(), loopOf<Kind::sub_imm>(), loopOf<Kind::load>(), loopOf<Kind::load_indexed>()};
const Handler sums[2][2][2] = {
    {{sumOp<u32, Kind::rol, Leaves::nothing>, sumOp<u32, Kind::rol, Leaves::last>},
     {sumOp<u32, Kind::shr, Leaves::nothing>, sumOp<u32, Kind::shr, Leaves::last>}},
    {{sumOp<u64, Kind::rol, Leaves::nothing>, sumOp<u64, Kind::rol, Leaves::last>},
     {sumOp<u64, Kind::shr, Leaves::nothing>, sumOp<u64, Kind::shr, Leaves::last>}},
};

}  // namespace cpu::joined
