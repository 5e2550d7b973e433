// Made apart for the time it takes to compile.
#include "cpu/pair_tables.hpp"

namespace cpu::joined {

const PairTable narrowPairs = pairTable<u32, u32, Leaves::nothing>();

}  // namespace cpu::joined
