// fs/exec.c: the list of binary formats, execve(2) itself and what every version's exec shares.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/kernel/fork.hpp"

#include <algorithm>
#include <cstring>

namespace kernel {

namespace {
std::list<linux_binfmt*> registered;
std::vector<Initcall> initcalls;
constexpr u32 MMF_DUMPABLE = 1, MMF_DUMP_SECURELY = 2;      // v3.10: two bits of mm.flags
}  // namespace

traces::Value traceValue(const KernelStrings& strings) {
    std::vector<traces::Value> items;
    for (const std::string& s : strings) items.push_back(traces::Value::text(s));
    return traces::Value::list(std::move(items));
}

const std::list<linux_binfmt*>& formats() { return registered; }
void setBinfmtInitcalls(std::vector<Initcall> calls) {
    registered.clear();
    initcalls = std::move(calls);
}
const std::vector<Initcall>& binfmtInitcalls() { return initcalls; }

TRACED(void, __register_binfmt, (linux_binfmt*, fmt), (int, insert)) {
    BUG_ON(!fmt);
    if (insert) registered.push_front(fmt);
    else registered.push_back(fmt);
}

// argv and envp as strace shows them: the strings of argv, the number of those in envp.
struct ArgumentStrings : UserPtr<u64> {};
struct EnvironmentStrings : UserPtr<u64> {};

static bool peek(u64 address, u64& value) {
    u8 bytes[sizeof value];
    for (u64 i = 0; i < sizeof value; ++i) {
        const u8* byte = processor().userByte(address + i, cpu::Access::read);
        if (!byte) return false;
        bytes[i] = *byte;
    }
    std::memcpy(&value, bytes, sizeof value);
    return true;
}

static std::string renderArgument(ArgumentTag<ArgumentStrings>, u64 raw) {
    constexpr u64 most = 32;
    std::string shown = "[";
    for (u64 i = 0, string = 0; raw; ++i) {
        if (!peek(raw + i * sizeof string, string)) return renderPointer(raw);
        if (!string) return shown + "]";
        if (i) shown += ", ";
        if (i == most) return shown + "...]";
        shown += renderUserString(string);
    }
    return "NULL";
}

static std::string renderArgument(ArgumentTag<EnvironmentStrings>, u64 raw) {
    constexpr u64 most = 65536;
    for (u64 i = 0, string = 0; raw && i < most && peek(raw + i * sizeof string, string); ++i)
        if (!string) return renderPointer(raw) + " /* " + std::to_string(i) + (i == 1 ? " var */" : " vars */");
    return renderPointer(raw);
}

TRACED(void, putname, (const std::string&, name)) {}

// execve(2)
SYSCALL_DEFINE(3, execve, (UserPtr<const char>, filename), (ArgumentStrings, argv), (EnvironmentStrings, envp)) {
    const std::string path = TRY(getname(filename));
    const int error = do_execve(path, {argv}, {envp});
    putname(path);
    return error;
}

TRACED(int, do_execve, (const std::string&, filename), (user_arg_ptr, argv), (user_arg_ptr, envp)) {
    return do_execve_common(filename, argv, envp);
}

static Result<file*> checkExecutable(file* opened) {
    if (!check("S_ISREG(inode.i_mode)", S_ISREG(opened->f_inode->i_mode), opened->f_inode->i_mode)) return Failure{-EACCES};
    if (const int error = deny_write_access(opened); error < 0) return Failure{error};
    return opened;
}

// Opens for execution: a regular file that nobody has open for writing; writers are kept out until allow_write_access.
TRACED(Result<file*>, open_exec, (const std::string&, name)) {
    file* opened = TRY(do_filp_open(AT_FDCWD, name, O_RDONLY, 0, MAY_EXEC));
    Result<file*> result = checkExecutable(opened);
    if (!result.ok()) fput(opened);
    return result;
}

TRACED(void, set_binfmt, (linux_binfmt*, format)) { current->mm->binfmt = format; }

TRACED(void, set_task_comm, (task_struct*, tsk), (const std::string&, comm)) {
    tsk->comm = comm.substr(0, 15);
    traceTask(tsk);
}

TRACED(void, filename_to_taskname, (std::string&, tcomm), (const std::string&, filename)) {
    tcomm = filename.substr(filename.rfind('/') + 1).substr(0, 15);
}

TRACED(void, set_dumpable, (mm_struct*, mm), (int, value)) {
    const u32 bits[] = {0, MMF_DUMPABLE, MMF_DUMPABLE | MMF_DUMP_SECURELY};
    mm->flags = (mm->flags & ~(MMF_DUMPABLE | MMF_DUMP_SECURELY)) | bits[value];
}

int get_dumpable(const mm_struct* mm) {
    if (!(mm->flags & MMF_DUMPABLE)) return SUID_DUMP_DISABLE;
    return mm->flags & MMF_DUMP_SECURELY ? SUID_DUMP_ROOT : SUID_DUMP_USER;
}

// A program that its user may not read must not be readable through a core dump either.
TRACED(void, would_dump, (linux_binprm*, bprm), (file*, file)) {
    if (inode_permission(file->f_inode, MAY_READ) < 0) bprm->interp_flags |= BINPRM_FLAGS_ENFORCE_NONDUMP;
}

TRACED(int, bprm_change_interp, (const std::string&, interp), (linux_binprm*, bprm)) {
    bprm->interp = interp;
    return 0;
}

static int threadsSharing(const fs_struct* fs, task_struct* leader) {
    const auto& threads = leader->thread_group;
    return static_cast<int>(std::ranges::count_if(threads, [fs](task_struct* t) { return t->fs == fs; }));
}

TRACED(int, check_unsafe_exec, (linux_binprm*, bprm)) {
    constexpr int LSM_UNSAFE_SHARE = 1, LSM_UNSAFE_NO_NEW_PRIVS = 8;
    if (current->no_new_privs) bprm->unsafe = bprm->unsafe | LSM_UNSAFE_NO_NEW_PRIVS;
    fs_struct* fs = current->fs;
    const int sharers = std::max(1, threadsSharing(fs, current->group_leader));
    if (!check("fs.users <= threads that share it", fs->users <= sharers, fs->users)) {
        bprm->unsafe = bprm->unsafe | LSM_UNSAFE_SHARE;
        return 0;
    }
    if (!check("!fs.in_exec", !fs->in_exec, fs->in_exec)) return -EAGAIN;
    fs->in_exec = true;
    return 1;
}

}  // namespace kernel
