#include "kernel_model/include/version/exec.hpp"

namespace kernel::v3_10 {

const ExecVersion execVersion{};

}  // namespace kernel::v3_10
