// Made apart for the time it takes to compile.
#include "cpu/pair_tables.hpp"

namespace cpu::joined {

const PairTable narrowAccesses = pairTable<u32, u32, Leaves::first>(), wideAccesses = pairTable<u64, u64, Leaves::first>();
const PairTable narrowWideAccesses = pairTable<u32, u64, Leaves::first>(), wideNarrowAccesses = pairTable<u64, u32, Leaves::first>();

}  // namespace cpu::joined
