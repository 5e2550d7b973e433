// The wish of the host that the guest does not go on.
#pragma once

#include <csignal>

namespace cpu {

// A signal handler may set it. Cpu::run then returns Trap::Kind::limit within some thousand instructions.
extern volatile std::sig_atomic_t stop_requested;

}  // namespace cpu
