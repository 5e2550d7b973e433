// linux_binprm and the formats list (Linux include/linux/binfmts.h, v3.10).
#pragma once

#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/machine.hpp"

#include <array>
#include <list>
#include <string>
#include <vector>

namespace kernel {

constexpr u64 BINPRM_BUF_SIZE = 128;                    // v3.10; 256 in v6.1
constexpr u64 MAX_ARG_STRLEN = 131072, MAX_ARG_STRINGS = 0x7fffffff, ARG_MAX_FLOOR = 131072;
constexpr u32 BINPRM_FLAGS_ENFORCE_NONDUMP = 1, BINPRM_FLAGS_EXECFD = 2;
constexpr int EXSTACK_DEFAULT = 0, EXSTACK_DISABLE_X = 1, EXSTACK_ENABLE_X = 2;

struct linux_binprm : Object {
    linux_binprm() : Object("linux_binprm", sizeof *this) {}
    std::array<u8, BINPRM_BUF_SIZE> buf{};
    FIELD(vm_area_struct*, vma);
    FIELD(u64, vma_pages);
    FIELD(mm_struct*, mm);
    FIELD(u64, p);                                      // current top of the new stack
    FIELD(u32, recursion_depth);
    FIELD(bool, cred_prepared);
    FIELD(bool, cap_effective);
    FIELD(struct file*, file);
    FIELD(struct cred*, cred);
    FIELD(int, unsafe);
    FIELD(u32, per_clear);
    FIELD(int, argc);
    FIELD(int, envc);
    FIELD(std::string, filename);
    FIELD(std::string, interp);
    FIELD(u32, interp_flags);
    FIELD(u32, interp_data);
    FIELD(u64, exec);
    FIELD(std::string, tcomm);
};

struct linux_binfmt {
    const char* name;                                   // "elf_format": the variable's name in Linux
    int (*load_binary)(linux_binprm*);
    int (*core_dump)(int signal) = nullptr;
    u64 min_coredump = 0;
};

inline traces::Value traceValue(const linux_binfmt* f) { return f ? traces::Value::text(f->name) : traces::Value::null(); }
struct KernelStrings : std::vector<std::string> {
    using vector::vector;
};
traces::Value traceValue(const KernelStrings& strings);

// argv or envp: a guest array, or the kernel's own strings (run_init_process).
struct user_arg_ptr {
    UserPtr<u64> native;
    const std::vector<std::string>* kernel = nullptr;
};
inline traces::Value traceValue(const user_arg_ptr& a) { return a.kernel ? traces::Value::text("kernel") : traces::Value::hex(a.native.address); }

// fs/exec.cpp, fs/exec_args.cpp, fs/exec_mm.cpp and versions/v3_10/exec.cpp
const std::list<linux_binfmt*>& formats();
void __register_binfmt(linux_binfmt*, int insert);      // insert: at the head
inline void register_binfmt(linux_binfmt* f) { __register_binfmt(f, 0); }
inline void insert_binfmt(linux_binfmt* f) { __register_binfmt(f, 1); }
int do_execve(const std::string& filename, user_arg_ptr argv, user_arg_ptr envp);
int do_execve_common(const std::string& filename, user_arg_ptr argv, user_arg_ptr envp);
int count(user_arg_ptr argv, int max);                  // -EFAULT, -E2BIG, -ERESTARTNOHAND
int copy_strings(int argc, user_arg_ptr argv, linux_binprm*);
Result<page*> get_arg_page(linux_binprm*, u64 pos, bool write);   // with a reference; -E2BIG
void acct_arg_size(linux_binprm*, u64 pages);
int bprm_mm_init(linux_binprm*);
int check_unsafe_exec(linux_binprm*);                   // 1: this exec has set fs.in_exec
int de_thread(task_struct*);
int exec_mmap(mm_struct*);
void filename_to_taskname(std::string& tcomm, const std::string& filename);   // last component, 15 bytes
void set_dumpable(mm_struct*, int value);               // SUID_DUMP_*
int get_dumpable(const mm_struct*);
constexpr int SUID_DUMP_DISABLE = 0, SUID_DUMP_USER = 1, SUID_DUMP_ROOT = 2;
int security_bprm_set_creds(linux_binprm*);             // security/commoncap.cpp
int security_bprm_check(linux_binprm*);                 // security/security.cpp
void security_bprm_committing_creds(linux_binprm*);
void security_bprm_committed_creds(linux_binprm*);
bool security_bprm_secureexec(const linux_binprm*);
int __request_module(bool wait, const std::string& module_name);   // kernel/kmod.cpp
void get_random_bytes(void* to, u64 count);             // drivers/char/random.cpp; from the machine's seed
int search_binary_handler(linux_binprm*);
int flush_old_exec(linux_binprm*);
void setup_new_exec(linux_binprm*);
void install_exec_creds(linux_binprm*);
int setup_arg_pages(linux_binprm*, u64 stack_top, int executable_stack);
Result<file*> open_exec(const std::string& name);
void would_dump(linux_binprm*, file*);
int prepare_binprm(linux_binprm*);
int remove_arg_zero(linux_binprm*);
int copy_strings_kernel(int argc, const KernelStrings& strings, linux_binprm*);
int bprm_change_interp(const std::string& interp, linux_binprm*);
void set_binfmt(linux_binfmt*);
void set_task_comm(task_struct*, const std::string&);
inline int randomize_va_space() { return machine().boot.randomize ? 2 : 0; }
// A traced assignment to a plain field of an object, such as task_struct.regs.ip.
template <class T>
void assign(T& field, const char* name, T value) {
    if (!(field == value) && traces::tracer().on(traces::Kind::set))
        traces::fieldChanged(&field, name, traces::Value::hex(field), traces::Value::hex(value));
    field = value;
}
// arch/x86
void ELF_PLAT_INIT(pt_regs*);
int init_new_context(task_struct*, mm_struct*);         // arch/x86/kernel/ldt.cpp
int init_vdso();                                        // an Initcall
void start_thread(pt_regs*, u64 new_ip, u64 new_sp);
void set_personality_64bit();
int arch_setup_additional_pages(linux_binprm*, bool uses_interp);
u64 arch_align_stack(u64 sp);
u64 arch_randomize_brk(mm_struct*);
void flush_thread();

// The loader layer registers its formats here; kernel_model runs them as core_initcalls in this order at boot.
using Initcall = int (*)();
void setBinfmtInitcalls(std::vector<Initcall>);
const std::vector<Initcall>& binfmtInitcalls();

}  // namespace kernel
