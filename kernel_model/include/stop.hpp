// The wish of the host that the machine ends (ours).
#pragma once

#include "cpu/stop.hpp"

namespace kernel {

using cpu::stop_requested;
// Ends the machine (MachineEnd::Reason::timeout) when that is wished. Not before the first task runs.
void stopIfRequested();

}  // namespace kernel
