// See version.hpp.
#pragma once

#include "kernel_model/include/linux/types.hpp"
#include "kernel_model/include/version/version.hpp"

#include <string>

namespace kernel {

struct file;
struct linux_binprm;
struct page;
struct user_arg_ptr;

struct ExecVersion {
    int (*do_execve)(const std::string& filename, user_arg_ptr argv, user_arg_ptr envp);
    int (*do_execveat)(int fd, const std::string& filename, user_arg_ptr argv, user_arg_ptr envp, int flags);   // null: not there
    int (*kernel_execve)(const std::string& filename, user_arg_ptr argv, user_arg_ptr envp);    // for the kernel's own programs
    Result<file*> (*open_exec)(const std::string& name);    // a regular file to execute; writers are kept out
    Result<page*> (*get_arg_page)(linux_binprm*, u64 pos, bool write);  // with a reference
    int (*arch_setup_additional_pages)(linux_binprm*, bool uses_interp);
    int (*call_modprobe)(const std::string& module_name);   // 0, or -errno
    const char* corename_specifiers;    // letters that may follow % in core_pattern, % itself aside
    bool corename_hides_dots;           // an empty name, . and .. get a ! in it
    int dump_filter_bits;               // of /proc/PID/coredump_filter
    bool regularOnly;           // may_open refuses to execute a device or FIFO before opening it
};

namespace v3_10 { extern const ExecVersion execVersion; }
namespace v6_1 { extern const ExecVersion execVersion; }

}  // namespace kernel
