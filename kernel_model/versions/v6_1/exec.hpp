// fs/exec.c's functions that only v6.1 has, or has in its own way.
#pragma once

#include "kernel_model/include/linux/binfmts.hpp"

namespace kernel::v6_1 {

constexpr u64 _STK_LIM = 8 * 1024 * 1024;

int do_execve(const std::string& filename, user_arg_ptr argv, user_arg_ptr envp);
int do_execveat(int fd, const std::string& filename, user_arg_ptr argv, user_arg_ptr envp, int flags);
int kernel_execve(const std::string& filename, user_arg_ptr argv, user_arg_ptr envp);
int bprm_mm_init(linux_binprm*);
int copy_string_kernel(const std::string& arg, linux_binprm*);      // -E2BIG
int copy_strings(int argc, user_arg_ptr argv, linux_binprm*);       // -E2BIG, -EFAULT
int copy_strings_kernel(int argc, const KernelStrings& argv, linux_binprm*);
int bprm_stack_limits(linux_binprm*);
Result<page*> get_arg_page(linux_binprm*, u64 pos, bool write);
Result<linux_binprm*> alloc_bprm(int fd, const std::string& filename);
void free_bprm(linux_binprm*);
Result<file*> do_open_execat(int fd, const std::string& name, int flags);
Result<file*> open_exec(const std::string& name);
int bprm_execve(linux_binprm*, int fd, const std::string& filename, int flags);
int begin_new_exec(linux_binprm*);                      // after it nothing can be returned to the old program
void setup_new_exec(linux_binprm*);
int setup_arg_pages(linux_binprm*, u64 stack_top, int executable_stack);
void finalize_exec(linux_binprm*);
int unshare_files();
int de_thread(task_struct*);
int exec_mmap(mm_struct*);
int arch_setup_additional_pages(linux_binprm*, bool uses_interp);
u64 arch_randomize_brk(mm_struct*);
int call_modprobe(const std::string& module_name);

}  // namespace kernel::v6_1
