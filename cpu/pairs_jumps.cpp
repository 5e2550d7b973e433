// Made apart for the time it takes to compile.
#include "cpu/pair_ops.hpp"

namespace cpu::joined {

const JumpTable narrowJumps = jumpTable<u32>(), wideJumps = jumpTable<u64>();
const Handler loadsAlone[4] = {loadAlone<u32, Kind::load>, loadAlone<u64, Kind::load>, loadAlone<u32, Kind::load_indexed>, loadAlone<u64, Kind::load_indexed>};

}  // namespace cpu::joined
