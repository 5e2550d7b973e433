// fs/exec.c: the list of binary formats, execve(2) itself and what every version's exec shares.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/version/exec.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/kernel/trace_syscalls.hpp"

#include <algorithm>
#include <cstdio>
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
    if (!traces::tracer().on(traces::Kind::formats)) return;
    std::vector<traces::Value> names;
    for (const linux_binfmt* one : registered) names.push_back(traces::Value::text(one->name));
    traces::tracer().emit(traces::Kind::formats, {{"names", traces::Value::list(std::move(names))}});
}
TRACED(void, register_binfmt, (linux_binfmt*, fmt)) { __register_binfmt(fmt, 0); }
TRACED(void, insert_binfmt, (linux_binfmt*, fmt)) { __register_binfmt(fmt, 1); }

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
        shown += renderUserText(string, SHOWN_BYTES);
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
    return version().exec.do_execve(path, {argv}, {envp});
}

// execveat(2)
SYSCALL_DEFINE(5, execveat, (int, fd), (UserPtr<const char>, filename), (ArgumentStrings, argv), (EnvironmentStrings, envp), (int, flags)) {
    const bool may_be_empty = flags & AT_EMPTY_PATH;
    const std::string path = TRY(may_be_empty ? getnameOrEmpty(filename) : getname(filename));
    return version().exec.do_execveat(fd, path, {argv}, {envp}, flags);
}

Result<file*> checkExecutable(file* opened) {
    const bool regular = check("S_ISREG(inode.i_mode)", S_ISREG(opened->f_inode->i_mode), opened->f_inode->i_mode);
    const int error = regular ? deny_write_access(opened) : -EACCES;
    if (error == 0) {
        fsnotify(IN_OPEN, opened);
        return opened;
    }
    fput(opened);
    return Failure{error};
}

TRACED(void, set_binfmt, (linux_binfmt*, format)) { current->mm->binfmt = format; }

std::string taskName(const std::string& path) { return path.substr(path.rfind('/') + 1).substr(0, 15); }

void setTaskName(task_struct* tsk, const std::string& name) {
    tsk->comm = name.substr(0, 15);
    traceTask(tsk);
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

int threadsSharing(const fs_struct* fs, task_struct* leader) {
    const auto& threads = leader->thread_group;
    return std::max(1, static_cast<int>(std::ranges::count_if(threads, [fs](task_struct* t) { return t->fs == fs; })));
}

TRACED(int, prepare_bprm_creds, (linux_binprm*, bprm)) {
    bprm->cred = prepare_exec_creds();
    return bprm->cred ? 0 : -ENOMEM;
}

// Nobody listens: no audit, no connector, no performance counters. One simulated CPU: there is nowhere else to move to.
TRACED(int, audit_bprm, (linux_binprm*, bprm)) { return 0; }
TRACED(void, proc_exec_connector, (task_struct*, task)) {}
TRACED(void, perf_event_exit_task, (task_struct*, child)) {}
TRACED(void, sched_exec) {}
TRACED(void, acct_update_integrals, (task_struct*, tsk)) {}

void traceExec(const linux_binprm* bprm, pid_t old_pid) {
    if (!traces::tracer().on(traces::Kind::sched_process_exec)) return;
    traces::tracer().emit(traces::Kind::sched_process_exec, {{"filename", traces::Value::text(bprm->filename.get())},
                                                             {"old_pid", traces::Value::count(old_pid)}});
}

static bool printable(u8 c) { return c == '\t' || c == '\n' || (c >= 0x20 && c <= 0x7e); }

bool isText(const linux_binprm* bprm) {
    const bool text = std::all_of(bprm->buf.begin(), bprm->buf.begin() + 4, printable);
    check("some format accepts the file", false, text ? "text" : "binary");
    return text;
}

int requestFormatModule(const linux_binprm* bprm) {
    char name[16];
    std::snprintf(name, sizeof name, "binfmt-%04x", bprm->buf[2] | bprm->buf[3] << 8);
    return __request_module(true, name);
}

}  // namespace kernel
