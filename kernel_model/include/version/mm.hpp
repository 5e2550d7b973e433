// See version.hpp.
#pragma once

#include "kernel_model/include/version/version.hpp"

namespace kernel {

struct MmVersion {
};

namespace v3_10 { extern const MmVersion mmVersion; }
namespace v6_1 { extern const MmVersion mmVersion; }

}  // namespace kernel
