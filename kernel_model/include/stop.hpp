// The wish of the host that the machine ends (ours).
#pragma once

#include <csignal>

namespace kernel {

// Set by a signal handler: the machine ends (MachineEnd::Reason::timeout) before the guest goes on.
extern volatile std::sig_atomic_t stop_requested;
void stopIfRequested();

}  // namespace kernel
