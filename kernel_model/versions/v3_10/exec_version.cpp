#include "kernel_model/include/version/exec.hpp"

#include "kernel_model/versions/v3_10/exec.hpp"

namespace kernel::v3_10 {

const ExecVersion execVersion{
    .do_execve = executeNamed,
    .do_execveat = nullptr,
    .kernel_execve = do_execve,
    .open_exec = open_exec,
    .get_arg_page = get_arg_page,
    .arch_setup_additional_pages = arch_setup_additional_pages,
    .call_modprobe = call_modprobe,
    .corename_specifiers = "pugdstheEc",
    .corename_hides_dots = false,
    .dump_filter_bits = 7,
    .regularOnly = false,
};

}  // namespace kernel::v3_10
