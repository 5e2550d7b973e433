#include "kernel_model/include/version/signal.hpp"

namespace kernel::v3_10 {

const SignalVersion signalVersion{};

}  // namespace kernel::v3_10
