// Made apart for the time it takes to compile.
#include "cpu/pair_tables.hpp"

namespace cpu::joined {

const PairTable widePairs = pairTable<u64, u64, Leaves::nothing>();

}  // namespace cpu::joined
