#include "kernel_model/include/injection.hpp"

#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/version/version.hpp"
#include "traces/traced_function.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace kernel {

namespace {

// Their int is a count, a truth value, a signal or a pid, VM_FAULT_* bits, always 0 (commit_creds), or never looked at: none is an
// errno. filp_close releases the file whatever it returns.
constexpr std::array NO_ERRNO = std::to_array<std::string_view>({
    "__dequeue_signal", "__do_fault", "__execute_only_pkey", "__handle_mm_fault", "access_error", "child_wait_callback", "commit_creds",
    "default_wake_function", "dequeue_signal", "dequeue_synchronous_signal", "do_anonymous_page", "do_cow_fault", "do_fault",
    "do_fault_around", "do_linear_fault", "do_read_fault", "do_shared_fault", "do_wp_page", "filemap_fault", "filemap_map_pages", "filp_close",
    "finish_fault", "get_signal", "get_signal_to_deliver", "handle_mm_fault", "handle_pte_fault", "init_vdso", "init_vdso_image_64",
    "kernel_init", "kthreadd", "may_expand_vm",
    "reuse_swap_page", "shmem_fault", "special_mapping_fault", "task_pid_vnr", "try_to_wake_up", "wait_for_vfork_done", "wake_up_process",
    "wake_up_state", "wp_page_copy", "wp_page_shared", "zap_other_threads", "zap_process",
});

// kernel_model/versions/v3_10/exec.cpp: "v3_10"; shared files: "".
std::string_view versionFolder(std::string_view file) {
    const std::size_t end = file.rfind('/'), begin = file.rfind('/', end - 1) + 1;
    const std::string_view folder = file.substr(begin, end - begin);
    return folder.size() > 1 && folder[0] == 'v' && std::isdigit(static_cast<unsigned char>(folder[1])) ? folder : "";
}

bool belongsToVersion(const traces::TracedFunction& function) {
    std::string own(version().profile);
    std::ranges::replace(own, '.', '_');
    const std::string_view folder = versionFolder(function.file);
    return folder.empty() || folder == own;
}

}  // namespace

std::vector<std::string> fallibleFunctions() {
    std::vector<std::string> names;
    for (const traces::TracedFunction* function : traces::tracedFunctions())
        if (function->fallible && belongsToVersion(*function) && std::ranges::find(NO_ERRNO, function->label()) == NO_ERRNO.end())
            names.emplace_back(function->label());
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

bool hasTracedFunction(std::string_view name) {
    return std::ranges::any_of(traces::tracedFunctions(), [name](const traces::TracedFunction* function) {
        return belongsToVersion(*function) && function->label() == name;
    });
}

void followInjection(int error) {
    const bool interrupted = error == ERESTARTSYS || error == ERESTARTNOINTR || error == ERESTARTNOHAND || error == ERESTART_RESTARTBLOCK;
    if (interrupted && current) current->sigpending_flag = true;
}

}  // namespace kernel
