// See version.hpp.
#pragma once

#include "kernel_model/include/version/version.hpp"

namespace kernel {

struct ProcessVersion {
};

namespace v3_10 { extern const ProcessVersion processVersion; }
namespace v6_1 { extern const ProcessVersion processVersion; }

}  // namespace kernel
