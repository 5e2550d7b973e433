#include "emu/tools/counterparts.hpp"

#include <map>

namespace emu {

namespace {

using Names = std::map<std::string_view, std::string_view>;

// 3.10, 6.1. By the files of versions/v3_10 and versions/v6_1; where a function was split, the part that is called in its place.
const Names FUNCTIONS = {
    {"__do_page_fault", "do_user_addr_fault"}, {"__send_signal", "__send_signal_locked"},
    {"bad_area", "bad_area_nosemaphore"}, {"call_rcu", "put_task_struct_rcu_user"}, {"copy_one_pte", "copy_present_pte"},
    {"copy_strings_kernel", "copy_string_kernel"}, {"cow_user_page", "__wp_page_copy_user"}, {"do_arch_prctl", "do_arch_prctl_64"},
    {"do_brk", "do_brk_flags"}, {"do_execve_common", "do_execveat_common"}, {"do_fork", "kernel_clone"}, {"do_linear_fault", "do_fault"},
    {"do_mmap_pgoff", "do_mmap"}, {"do_munmap", "do_mas_munmap"}, {"do_notify_resume", "exit_to_user_mode_loop"},
    {"do_page_fault", "exc_page_fault"}, {"do_signal", "arch_do_signal_or_restart"}, {"expand_stack", "expand_stack_locked"},
    {"find_extend_vma", "find_extend_vma_locked"}, {"find_new_reaper", "find_child_reaper"}, {"flush_old_exec", "begin_new_exec"},
    {"force_sig_info", "force_sig_info_to_task"}, {"init_vdso", "init_vdso_image_64"}, {"install_special_mapping", "_install_special_mapping"},
    {"madvise_dontneed", "madvise_dontneed_free"}, {"pidmap_init", "pid_idr_init"}, {"proc_flush_task", "proc_flush_pid"},
    {"remove_vma_list", "remove_mt"}, {"security_bprm_set_creds", "security_bprm_creds_for_exec"}, {"send_signal", "send_signal_locked"},
    {"set_task_comm", "__set_task_comm"}, {"switch_mm", "switch_mm_irqs_off"}, {"task_pid_vnr", "get_task_pid"}, {"vm_brk", "vm_brk_flags"},
    {"vm_munmap", "__vm_munmap"}, {"vma_adjust", "__vma_adjust"}, {"wait_for_completion_killable", "wait_for_completion_state"},
    {"zap_page_range", "zap_page_range_single"}};

const Names RULES = {
    {"1 <= e_phnum <= 1170", "1 <= e_phnum <= 73"}, {"a free page before the next mapping", "a free page, and the stack's guard, before the next mapping"},
    {"argument pages <= RLIMIT_STACK / 4", "bprm.p >= bprm.argmin"}, {"page_mapcount <= 1", "page_count == 1"},
    {"processes of the user < RLIMIT_NPROC, or privileged", "processes of the user <= RLIMIT_NPROC, or privileged"},
    {"recursion_depth <= 5", "interpreters <= 5"}, {"the file holds its program headers", "the file holds what its headers say"}};

std::string_view in(const Names& names, std::string_view name) noexcept {
    const auto known = names.find(name);
    return known == names.end() ? name : known->second;
}

}  // namespace

std::string_view sameFunction(std::string_view name) noexcept {
    for (const std::string_view prefix : {"__x64_sys_", "stub_", "sys_"})
        if (name.starts_with(prefix)) return name.substr(prefix.size());
    return in(FUNCTIONS, name);
}

std::string_view sameRule(std::string_view rule) noexcept { return in(RULES, rule); }

}  // namespace emu
