#include "kernel_model/include/version/signal.hpp"

namespace kernel::v6_1 {

const SignalVersion signalVersion{};

}  // namespace kernel::v6_1
