// Made apart for the time it takes to compile.
#include "cpu/pair_tables.hpp"

namespace cpu::joined {

const JumpTable narrowJumps = jumpTable<u32>(), wideJumps = jumpTable<u64>();
const std::array<Handler, ALONE> alone = []<u16... at>(std::integer_sequence<u16, at...>) {
    return std::array<Handler, ALONE>{loadAlone<std::conditional_t<at % 2, u64, u32>, static_cast<Kind>(Kind::load + at / 2)>..., pushAlone, popAlone};
}(std::make_integer_sequence<u16, 2 * LOADS>());
const Handler moves[2][2] = {{movesOp<u32, 3>, movesOp<u64, 3>}, {movesOp<u32, 4>, movesOp<u64, 4>}};
const Loop loops[] = {loopOf<Kind::add>(), loopOf<Kind::add_imm>(), loopOf<Kind::sub_imm>(), loopOf<Kind::load>(), loopOf<Kind::load_indexed>()};
const Handler sums[2][2][2] = {
    {{sumOp<u32, Kind::rol, Leaves::nothing>, sumOp<u32, Kind::rol, Leaves::last>},
     {sumOp<u32, Kind::shr, Leaves::nothing>, sumOp<u32, Kind::shr, Leaves::last>}},
    {{sumOp<u64, Kind::rol, Leaves::nothing>, sumOp<u64, Kind::rol, Leaves::last>},
     {sumOp<u64, Kind::shr, Leaves::nothing>, sumOp<u64, Kind::shr, Leaves::last>}},
};
template <class T>
constexpr std::array<Handler, 8> choicesOf = {
    choiceOp<T, Kind::not_, Kind::xor_, Leaves::nothing>, choiceOp<T, Kind::not_, Kind::xor_, Leaves::last>,
    choiceOp<T, Kind::not_, Kind::or_, Leaves::nothing>,  choiceOp<T, Kind::not_, Kind::or_, Leaves::last>,
    choiceOp<T, Kind::xor_, Kind::xor_, Leaves::nothing>, choiceOp<T, Kind::xor_, Kind::xor_, Leaves::last>,
    choiceOp<T, Kind::xor_, Kind::or_, Leaves::nothing>,  choiceOp<T, Kind::xor_, Kind::or_, Leaves::last>};
const std::array<Handler, 8> choices[2] = {choicesOf<u32>, choicesOf<u64>};

}  // namespace cpu::joined
