#include "kernel_model/include/version/mm.hpp"

namespace kernel::v6_1 {

const MmVersion mmVersion{};

}  // namespace kernel::v6_1
