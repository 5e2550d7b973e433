// Made apart for the time it takes to compile.
#include "cpu/pair_tables.hpp"

namespace cpu::joined {

const PairTable narrowFlagPairs = pairTable<u32, u32, Leaves::last>();
const PairTable wideFlagPairs = pairTable<u64, u64, Leaves::last>();

}  // namespace cpu::joined
