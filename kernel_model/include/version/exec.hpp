// See version.hpp.
#pragma once

#include "kernel_model/include/version/version.hpp"

namespace kernel {

struct ExecVersion {
};

namespace v3_10 { extern const ExecVersion execVersion; }
namespace v6_1 { extern const ExecVersion execVersion; }

}  // namespace kernel
