// Made apart for the time it takes to compile.
#include "cpu/pair_tables.hpp"

namespace cpu::joined {

const PairTable narrowWidePairs = pairTable<u32, u64, Leaves::nothing>();
const PairTable wideNarrowPairs = pairTable<u64, u32, Leaves::nothing>();

}  // namespace cpu::joined
