#include "kernel_model/include/version/exec.hpp"

namespace kernel::v6_1 {

const ExecVersion execVersion{};

}  // namespace kernel::v6_1
