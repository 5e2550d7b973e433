#include "kernel_model/include/version/exec.hpp"

#include "kernel_model/versions/v6_1/exec.hpp"

namespace kernel::v6_1 {

const ExecVersion execVersion{
    .do_execve = do_execve,
    .do_execveat = do_execveat,
    .kernel_execve = kernel_execve,
    .open_exec = open_exec,
    .get_arg_page = get_arg_page,
    .arch_setup_additional_pages = arch_setup_additional_pages,
    .call_modprobe = call_modprobe,
    .corename_specifiers = "pPiIugdsthefEcC",
    .corename_hides_dots = true,
    .dump_filter_bits = 9,
    .regularOnly = true,
};

}  // namespace kernel::v6_1
