#include "kernel_model/arch/x86/mm/pkeys.hpp"

#include "kernel_model/include/machine.hpp"

namespace kernel {

bool hasProtectionKeys() { return cpu::has(processor().model(), "ospke"); }
u32 initialPkru() { return hasProtectionKeys() ? 0x5555'5554 : 0; }

}  // namespace kernel
