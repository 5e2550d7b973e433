// kernel/kmod.c. There are no modules: the request is shown and fails as it does where modprobe is not installed.
#include "kernel_model/include/linux/binfmts.hpp"

namespace kernel {

TRACED(int, __request_module, (bool, wait), (const std::string&, module_name)) {
    check("modprobe can be run", false, "/sbin/modprobe");
    return -ENOENT;
}

}  // namespace kernel
