// fs/exec.c's functions that only v3.10 has, or has in its own way.
#pragma once

#include "kernel_model/include/linux/binfmts.hpp"

namespace kernel::v3_10 {

constexpr u64 BUF_SIZE = 128;      // BINPRM_BUF_SIZE

int executeNamed(const std::string& filename, user_arg_ptr argv, user_arg_ptr envp);    // the middle of sys_execve
int do_execve(const std::string& filename, user_arg_ptr argv, user_arg_ptr envp);
int do_execve_common(const std::string& filename, user_arg_ptr argv, user_arg_ptr envp);
Result<page*> get_arg_page(linux_binprm*, u64 pos, bool write);     // -E2BIG
int bprm_mm_init(linux_binprm*);
int copy_strings(int argc, user_arg_ptr argv, linux_binprm*);
int copy_strings_kernel(int argc, const KernelStrings& strings, linux_binprm*);
Result<file*> open_exec(const std::string& name);
void set_task_comm(task_struct*, const std::string&);
void filename_to_taskname(std::string& tcomm, const std::string& filename);
int check_unsafe_exec(linux_binprm*);                   // 1: this exec has set fs.in_exec
void releaseFile(linux_binprm*);                        // lets it be written again, and forgets it
int prepare_binprm(linux_binprm*);
int search_binary_handler(linux_binprm*);
int de_thread(task_struct*);
int exec_mmap(mm_struct*);
int flush_old_exec(linux_binprm*);
void setup_new_exec(linux_binprm*);
void install_exec_creds(linux_binprm*);
int setup_arg_pages(linux_binprm*, u64 stack_top, int executable_stack);
int arch_setup_additional_pages(linux_binprm*, bool uses_interp);
u64 arch_randomize_brk(mm_struct*);
int call_modprobe(const std::string& module_name);
int unshare_files(files_struct** displaced);            // the caller puts or restores the shared table

}  // namespace kernel::v3_10
