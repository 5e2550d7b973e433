// Made apart for the time it takes to compile.
#include "cpu/pair_tables.hpp"

namespace cpu::joined {

const TripleTable narrowTriples = tripleTable<u32, Leaves::nothing>(), narrowFlagTriples = tripleTable<u32, Leaves::last>();
const TripleTable wideTriples = tripleTable<u64, Leaves::nothing>(), wideFlagTriples = tripleTable<u64, Leaves::last>();

}  // namespace cpu::joined
