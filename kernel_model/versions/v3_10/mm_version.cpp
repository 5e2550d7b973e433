#include "kernel_model/include/version/mm.hpp"

namespace kernel::v3_10 {

const MmVersion mmVersion{};

}  // namespace kernel::v3_10
