// See version.hpp.
#pragma once

#include "kernel_model/include/version/version.hpp"

namespace kernel {

struct SignalVersion {
};

namespace v3_10 { extern const SignalVersion signalVersion; }
namespace v6_1 { extern const SignalVersion signalVersion; }

}  // namespace kernel
