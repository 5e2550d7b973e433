#include "kernel_model/include/version/process.hpp"

namespace kernel::v3_10 {

const ProcessVersion processVersion{};

}  // namespace kernel::v3_10
