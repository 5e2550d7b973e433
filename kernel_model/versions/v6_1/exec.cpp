// fs/exec.c as v6.1 has it: from execve to the search for a format.
#include "kernel_model/versions/v6_1/exec.hpp"

#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/injection.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/rseq.hpp"

#include <algorithm>

namespace kernel::v6_1 {

namespace {

constexpr int MAX_LEVELS = 5;
constexpr int LSM_UNSAFE_SHARE = 1, LSM_UNSAFE_NO_NEW_PRIVS = 4;

void releaseExecutable(file* file) {
    allow_write_access(file);
    fput(file);
}

// setrlimit(2), RLIMIT_NPROC: set*uid may exceed it, execve then fails.
int checkProcessLimit() {
    task_struct* tsk = current;
    if (tsk->flags & PF_NPROC_EXCEEDED) {
        const auto processes = static_cast<u64>(processesOfUser(tsk->cred->uid));
        if (!check("processes of the user <= RLIMIT_NPROC", processes <= rlimit_cur(RLIMIT_NPROC), processes)) return -EAGAIN;
    }
    tsk->flags &= ~PF_NPROC_EXCEEDED;
    return 0;
}

// execveat(2), NOTES: a script run through a descriptor names it /dev/fd/N.
void nameProgram(linux_binprm* bprm, int fd, const std::string& filename) {
    if (fd == AT_FDCWD || filename.starts_with('/')) {
        bprm->filename = filename;
    } else {
        bprm->fdpath = "/dev/fd/" + std::to_string(fd) + (filename.empty() ? "" : "/" + filename);
        bprm->comm_from_dentry = filename.empty();
        bprm->filename = bprm->fdpath.get();
    }
    bprm->interp = bprm->filename.get();
}

// The next level: the interpreter takes the file's place. An interpreter that wants the file as a descriptor keeps it.
int takeInterpreter(linux_binprm* bprm) {
    file* exec = bprm->file;
    bprm->file = bprm->interpreter.get();
    bprm->interpreter = nullptr;
    allow_write_access(exec);
    if (!bprm->have_execfd) {
        fput(exec);
        return 0;
    }
    if (!check("only one level wants its file as a descriptor", !bprm->executable, bprm->executable.get())) {
        fput(exec);
        return -ENOEXEC;
    }
    bprm->executable = exec;
    return 0;
}

}  // namespace

TRACED(void, free_bprm, (linux_binprm*, bprm)) {
    if (bprm->mm) {
        acct_arg_size(bprm, 0);
        mmput(bprm->mm);
    }
    if (bprm->cred) abort_creds(bprm->cred);
    if (bprm->interpreter) releaseExecutable(bprm->interpreter);
    if (bprm->file) releaseExecutable(bprm->file);
    if (bprm->executable) fput(bprm->executable);
    delete bprm;
}

struct FreeBprm {
    void operator()(linux_binprm* bprm) const { free_bprm(bprm); }
};
using Bprm = std::unique_ptr<linux_binprm, FreeBprm>;

TRACED(Result<linux_binprm*>, alloc_bprm, (int, fd), (const std::string&, filename)) {
    if (kzallocFails(sizeof(linux_binprm))) return Failure{-ENOMEM};
    Bprm bprm(new linux_binprm);
    nameProgram(bprm.get(), fd, filename);
    TRY_INT(bprm_mm_init(bprm.get()));
    return bprm.release();
}

// execve(2), "Limits on size of arguments and environment": the pointers count too.
TRACED(int, bprm_stack_limits, (linux_binprm*, bprm)) {
    const u64 quarter = std::min(_STK_LIM / 4 * 3, bprm->rlim_stack.rlim_cur / 4);
    const u64 limit = std::max(quarter, ARG_MAX_FLOOR);
    const u64 pointers = (static_cast<u64>(std::max(bprm->argc.get(), 1)) + static_cast<u64>(bprm->envc.get())) * sizeof(u64);
    if (!check("the pointers to the strings fit the limit", limit > pointers, pointers)) return -E2BIG;
    bprm->argmin = bprm->p - (limit - pointers);
    return 0;
}

TRACED(void, check_unsafe_exec, (linux_binprm*, bprm)) {
    if (current->no_new_privs) bprm->unsafe = bprm->unsafe | LSM_UNSAFE_NO_NEW_PRIVS;
    fs_struct* fs = current->fs;
    const bool own = fs->users <= threadsSharing(fs, current->group_leader);
    if (check("fs.users <= threads that share it", own, fs->users)) fs->in_exec = true;
    else bprm->unsafe = bprm->unsafe | LSM_UNSAFE_SHARE;
}

TRACED(Result<file*>, do_open_execat, (int, fd), (const std::string&, name), (int, flags)) {
    const bool known = (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) == 0;
    if (!check("flags are AT_SYMLINK_NOFOLLOW or AT_EMPTY_PATH", known, flags)) return Failure{-EINVAL};
    const u32 nofollow = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
    return checkExecutable(TRY(do_filp_open(fd, name, O_RDONLY | nofollow | FMODE_EXEC, 0, MAY_EXEC)));
}

TRACED(Result<file*>, open_exec, (const std::string&, name)) {
    Result<file*> opened = do_open_execat(AT_FDCWD, name, 0);
    putname(name);
    return opened;
}

// The first 256 bytes of the file.
TRACED(int, prepare_binprm, (linux_binprm*, bprm)) {
    bprm->buf.fill(0);
    return kernel_read(bprm->file, 0, bprm->buf.data(), BINPRM_BUF_SIZE);
}

// One level: the formats in their order, once more after a module may have brought one.
TRACED(int, search_binary_handler, (linux_binprm*, bprm)) {
    TRY_INT(prepare_binprm(bprm));
    TRY_INT(security_bprm_check(bprm));
    int result = -ENOENT;
    for (bool need_retry = true;; need_retry = false) {
        for (linux_binfmt* format : formats()) {
            result = format->load_binary(bprm);
            if (bprm->point_of_no_return || result != -ENOEXEC) return result;
        }
        if (!need_retry || isText(bprm) || requestFormatModule(bprm) < 0) return result;
    }
}

TRACED(int, exec_binprm, (linux_binprm*, bprm)) {
    const pid_t old_pid = current->pid;
    for (int depth = 0;; ++depth) {
        if (!check("interpreters <= 5", depth <= MAX_LEVELS, depth)) return -ELOOP;
        TRY_INT(search_binary_handler(bprm));
        if (!bprm->interpreter) break;
        TRY_INT(takeInterpreter(bprm));
    }
    audit_bprm(bprm);
    traceExec(bprm, old_pid);
    proc_exec_connector(current);
    return 0;
}

namespace {

int openAndLoad(linux_binprm* bprm, int fd, const std::string& filename, int flags) {
    file* file = TRY(do_open_execat(fd, filename, flags));
    sched_exec();
    bprm->file = file;
    if (!bprm->fdpath.get().empty() && get_close_on_exec(static_cast<unsigned>(fd)))
        bprm->interp_flags |= BINPRM_FLAGS_PATH_INACCESSIBLE;
    TRY_INT(security_bprm_creds_for_exec(bprm));
    const int error = exec_binprm(bprm);
    // The old program is gone: there is nobody to tell.
    if (error < 0 && bprm->point_of_no_return && !fatal_signal_pending(current)) force_sig(SIGSEGV, current);
    return error;
}

void leaveExec() {
    current->fs->in_exec = false;
    current->in_execve = false;
}

}  // namespace

TRACED(int, bprm_execve, (linux_binprm*, bprm), (int, fd), (const std::string&, filename), (int, flags)) {
    TRY_INT(prepare_bprm_creds(bprm));
    check_unsafe_exec(bprm);
    current->in_execve = true;
    const int error = openAndLoad(bprm, fd, filename, flags);
    leaveExec();
    TRY_INT(error);
    rseq_execve(current);
    acct_update_integrals(current);
    return 0;
}

namespace {

int countStrings(linux_binprm* bprm, user_arg_ptr argv, user_arg_ptr envp) {
    const int argc = count(argv, MAX_ARG_STRINGS);
    TRY_INT(argc);
    bprm->argc = argc;
    const int envc = count(envp, MAX_ARG_STRINGS);
    TRY_INT(envc);
    bprm->envc = envc;
    return 0;
}

// A program without argv[0] gets an empty one (execve(2), BUGS).
int addEmptyArgument(linux_binprm* bprm) {
    TRY_INT(copy_string_kernel("", bprm));
    bprm->argc = 1;
    return 0;
}

int copyAll(linux_binprm* bprm, user_arg_ptr argv, user_arg_ptr envp) {
    TRY_INT(countStrings(bprm, argv, envp));
    TRY_INT(bprm_stack_limits(bprm));
    TRY_INT(copy_string_kernel(bprm->filename, bprm));
    bprm->exec = bprm->p.get();
    TRY_INT(copy_strings(bprm->envc, envp, bprm));
    TRY_INT(copy_strings(bprm->argc, argv, bprm));
    return bprm->argc == 0 ? addEmptyArgument(bprm) : 0;
}

}  // namespace

struct PutName {
    const std::string& name;
    ~PutName() { putname(name); }
};

TRACED(int, do_execveat_common, (int, fd), (const std::string&, filename), (user_arg_ptr, argv), (user_arg_ptr, envp), (int, flags)) {
    const PutName out_ret{filename};
    TRY_INT(checkProcessLimit());
    const Bprm bprm(TRY(alloc_bprm(fd, filename)));
    TRY_INT(copyAll(bprm.get(), argv, envp));
    return bprm_execve(bprm.get(), fd, filename, flags);
}

TRACED(int, do_execve, (const std::string&, filename), (user_arg_ptr, argv), (user_arg_ptr, envp)) {
    return do_execveat_common(AT_FDCWD, filename, argv, envp, 0);
}

TRACED(int, do_execveat, (int, fd), (const std::string&, filename), (user_arg_ptr, argv), (user_arg_ptr, envp), (int, flags)) {
    return do_execveat_common(fd, filename, argv, envp, flags);
}

static TRACED(int, count_strings_kernel, (const KernelStrings&, argv)) {
    return argv.size() > MAX_ARG_STRINGS ? -E2BIG : static_cast<int>(argv.size());
}

static int runKernelProgram(linux_binprm* bprm, const KernelStrings& argv, const KernelStrings& envp) {
    bprm->argc = count_strings_kernel(argv);
    TRY_INT(bprm->argc.get());
    bprm->envc = count_strings_kernel(envp);
    TRY_INT(bprm->envc.get());
    TRY_INT(bprm_stack_limits(bprm));
    TRY_INT(copy_string_kernel(bprm->filename, bprm));
    bprm->exec = bprm->p.get();
    TRY_INT(copy_strings_kernel(bprm->envc, envp, bprm));
    TRY_INT(copy_strings_kernel(bprm->argc, argv, bprm));
    return bprm_execve(bprm, AT_FDCWD, bprm->filename, 0);
}

static TRACED(std::string, getname_kernel, (const std::string&, filename)) { return filename; }

TRACED(int, kernel_execve, (const std::string&, kernel_filename), (user_arg_ptr, argv), (user_arg_ptr, envp)) {
    if (!check("the caller is no kernel thread", !(current->flags & PF_KTHREAD), current->flags)) return -EINVAL;
    KernelStrings arguments, environment;
    arguments.assign(argv.kernel->begin(), argv.kernel->end());
    environment.assign(envp.kernel->begin(), envp.kernel->end());
    const Bprm bprm(TRY(alloc_bprm(AT_FDCWD, getname_kernel(kernel_filename))));
    const int error = runKernelProgram(bprm.get(), arguments, environment);
    return error;
}

}  // namespace kernel::v6_1
