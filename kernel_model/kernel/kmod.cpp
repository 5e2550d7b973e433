// kernel/kmod.c. There are no modules: the request is shown and fails as it does where modprobe is not installed.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/version/exec.hpp"

namespace kernel {

TRACED(int, __request_module, (bool, wait), (const std::string&, module_name)) {
    return version().exec.call_modprobe(module_name);
}

}  // namespace kernel
