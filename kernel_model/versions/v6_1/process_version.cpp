#include "kernel_model/include/version/process.hpp"

namespace kernel::v6_1 {

const ProcessVersion processVersion{};

}  // namespace kernel::v6_1
