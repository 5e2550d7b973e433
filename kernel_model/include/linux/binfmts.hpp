// linux_binprm and the formats list (Linux include/linux/binfmts.h). What a version's exec does in its own way is reached
// through version().exec (version/exec.hpp); versions/v3_10/exec.hpp and versions/v6_1/exec.hpp declare it.
#pragma once

#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/machine.hpp"

#include <array>
#include <list>
#include <string>
#include <vector>

namespace kernel {

constexpr u64 BINPRM_BUF_SIZE = 256;                    // v6.1; v3.10 uses the first 128
constexpr u64 MAX_ARG_STRLEN = 131072, MAX_ARG_STRINGS = 0x7fffffff, ARG_MAX_FLOOR = 131072;
constexpr u32 BINPRM_FLAGS_ENFORCE_NONDUMP = 1, BINPRM_FLAGS_EXECFD = 2;              // v3.10
constexpr u32 BINPRM_FLAGS_PATH_INACCESSIBLE = 4, BINPRM_FLAGS_PRESERVE_ARGV0 = 8;    // v6.1
constexpr u32 PER_CLEAR_ON_SETID = READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO;
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
    // v6.1
    FIELD(u64, argmin);                                 // lowest p that the argument limit allows
    FIELD(bool, have_execfd);
    FIELD(bool, execfd_creds);
    FIELD(bool, secureexec);
    FIELD(bool, point_of_no_return);
    FIELD(bool, comm_from_dentry);
    FIELD(struct file*, executable);                    // what the interpreter gets as a descriptor
    FIELD(struct file*, interpreter);                   // the next level's file, set by a script or binfmt_misc
    FIELD(std::string, fdpath);
    FIELD(int, execfd);
    rlimit rlim_stack{};                                // RLIMIT_STACK as it was when exec began
};

struct coredump_params;                                 // fs/coredump.hpp
struct linux_binfmt {
    const char* name;                                   // "elf_format": the variable's name in Linux
    int (*load_binary)(linux_binprm*);
    bool (*core_dump)(coredump_params*) = nullptr;
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
inline traces::Value traceValue(const user_arg_ptr& a) {
    return a.kernel ? traces::Value::text("kernel") : traces::Value::hex(a.native.address);
}

// fs/exec.cpp, fs/exec_args.cpp, fs/exec_mm.cpp
const std::list<linux_binfmt*>& formats();
void __register_binfmt(linux_binfmt*, int insert);      // insert: at the head
void register_binfmt(linux_binfmt*);
void insert_binfmt(linux_binfmt*);
void putname(const std::string& name);
int count(user_arg_ptr argv, int max);                  // -EFAULT, -E2BIG, -ERESTARTNOHAND
void acct_arg_size(linux_binprm*, u64 pages);
int prepare_bprm_creds(linux_binprm*);
void sched_exec();
void acct_update_integrals(task_struct*);
int audit_bprm(linux_binprm*);
void proc_exec_connector(task_struct*);
void perf_event_exit_task(task_struct*);
void set_dumpable(mm_struct*, int value);               // SUID_DUMP_*
int get_dumpable(const mm_struct*);
constexpr int SUID_DUMP_DISABLE = 0, SUID_DUMP_USER = 1, SUID_DUMP_ROOT = 2;
int security_bprm_set_creds(linux_binprm*);             // security/commoncap.cpp, v3.10
int security_bprm_creds_for_exec(linux_binprm*);        // v6.1
int security_bprm_creds_from_file(linux_binprm*, file*);// v6.1
int security_bprm_check(linux_binprm*);                 // security/security.cpp
void security_bprm_committing_creds(linux_binprm*);
void security_bprm_committed_creds(linux_binprm*);
bool security_bprm_secureexec(const linux_binprm*);
int __request_module(bool wait, const std::string& module_name);   // kernel/kmod.cpp
void get_random_bytes(void* to, u64 count);             // drivers/char/random.cpp; from the machine's seed
void would_dump(linux_binprm*, file*);
int remove_arg_zero(linux_binprm*);
int bprm_change_interp(const std::string& interp, linux_binprm*);
void set_binfmt(linux_binfmt*);
inline int randomize_va_space() { return machine().boot.randomize ? 2 : 0; }
// A traced assignment to a plain field of an object, such as task_struct.regs.ip.
template <class T>
void assign(T& field, const char* name, T value) {
    if (!(field == value) && traces::tracer().on(traces::Kind::set))
        traces::fieldChanged(&field, name, traces::Value::hex(field), traces::Value::hex(value));
    field = value;
}
// What the versions' functions of fs/exec.c are made of.
std::string taskName(const std::string& path);          // last component, 15 bytes
void setTaskName(task_struct*, const std::string&);
int createStackVma(linux_binprm*, vm_area_struct*);     // the temporary stack, one page
int threadsSharing(const fs_struct*, task_struct* leader);
Result<file*> checkExecutable(file* opened);            // a regular file; denies writers; takes the file's reference
int pushStrings(linux_binprm*, int argc, const user_arg_ptr&);      // copy_strings without its name; honours argmin
int pushKernelString(linux_binprm*, const std::string&);
int endOtherThreads(task_struct*);                      // de_thread: waits until only this thread and the leader are left
int waitForLeader(task_struct*);                        // until the leader is a zombie
void inheritLeader(task_struct*, task_struct* leader);  // lists and exit signals, after the pids have changed hands
int makeSighandPrivate(task_struct*);                   // -ENOMEM
void traceExec(const linux_binprm*, pid_t old_pid);     // sched_process_exec
bool isText(const linux_binprm*);                       // the first four bytes are printable: no module is asked for
int requestFormatModule(const linux_binprm*);           // binfmt-%04x
u64 stackFlags();                                       // VM_STACK_FLAGS of the present personality
u64 finalStackFlags(const mm_struct*, int executable_stack);
int shiftStack(vm_area_struct*, u64 shift);             // shift_arg_pages
u64 stackBase(const vm_area_struct*, u64 limit);        // 128 KiB more than it is, or as much as the limit allows
Result<u64> stackShift(const linux_binprm*, u64 stack_top);     // how far down the temporary stack moves

// arch/x86
void ELF_PLAT_INIT(pt_regs*);
int init_new_context(task_struct*, mm_struct*);         // arch/x86/kernel/ldt.cpp
namespace v3_10 { int init_vdso(); }                    // Initcalls
namespace v6_1 { int init_vdso_image_64(); }
void start_thread(pt_regs*, u64 new_ip, u64 new_sp);
void set_personality_64bit();
u64 arch_align_stack(u64 sp);
void flush_thread();                    // of v3.10
void resetFpu();                        // what it does

// The loader layer registers its formats here; kernel_model runs them as core_initcalls in this order at boot.
using Initcall = int (*)();
void setBinfmtInitcalls(std::vector<Initcall>);
const std::vector<Initcall>& binfmtInitcalls();

}  // namespace kernel
