// fs/exec.c as v3.10 has it: the order of exec's steps from do_execve_common to install_exec_creds.
// The guards run their ends in reverse order: they are the labels out_files, out_free, out_unmark, out_file and out.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/injection.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/versions/v3_10/exec.hpp"

#include <algorithm>

namespace kernel::v3_10 {

TRACED(int, unshare_files, (files_struct**, displaced)) { return unshareFiles(displaced); }

namespace {

constexpr u32 MAX_RECURSION = 5;

// A descriptor table of one's own; the shared one comes back when exec fails.
class UnsharedFiles {
public:
    int unshare() { return unshare_files(&displaced_); }
    void keep() {
        if (displaced_) put_files_struct(displaced_);
        displaced_ = nullptr;
    }
    ~UnsharedFiles() {
        if (displaced_) reset_files_struct(displaced_);
    }

private:
    files_struct* displaced_ = nullptr;
};

TRACED(void, free_bprm, (linux_binprm*, bprm)) {
    if (bprm->cred) abort_creds(bprm->cred);
    delete bprm;
}
struct FreeBinprm {
    void operator()(linux_binprm* bprm) const { free_bprm(bprm); }
};

struct ExecMark {
    bool clear_in_exec = false;
    ~ExecMark() {
        if (clear_in_exec) current->fs->in_exec = false;
        current->in_execve = false;
    }
};

struct ReleaseFile {
    linux_binprm* bprm;
    ~ReleaseFile() {
        file* file = bprm->file;
        if (!file) return;
        allow_write_access(file);
        fput(file);
    }
};

struct DropNewMm {
    linux_binprm* bprm;
    ~DropNewMm() {
        if (!bprm->mm) return;      // exec_mmap has consumed it
        acct_arg_size(bprm, 0);
        mmput(bprm->mm);
    }
};

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

int countStrings(linux_binprm* bprm, user_arg_ptr argv, user_arg_ptr envp) {
    const int argc = count(argv, MAX_ARG_STRINGS);
    bprm->argc = argc;
    TRY_INT(argc);
    const int envc = count(envp, MAX_ARG_STRINGS);
    bprm->envc = envc;
    return std::min(envc, 0);
}

int pushStrings(linux_binprm* bprm, user_arg_ptr argv, user_arg_ptr envp) {
    TRY_INT(copy_strings_kernel(1, {bprm->filename}, bprm));
    bprm->exec = bprm->p.get();
    TRY_INT(copy_strings(bprm->envc, envp, bprm));
    return copy_strings(bprm->argc, argv, bprm);
}

int loadProgram(linux_binprm* bprm, user_arg_ptr argv, user_arg_ptr envp) {
    const DropNewMm out{bprm};
    TRY_INT(bprm_mm_init(bprm));
    TRY_INT(countStrings(bprm, argv, envp));
    TRY_INT(prepare_binprm(bprm));
    TRY_INT(pushStrings(bprm, argv, envp));
    return search_binary_handler(bprm);
}

int openProgram(linux_binprm* bprm, const std::string& filename) {
    bprm->file = TRY(open_exec(filename));
    return 0;
}

}  // namespace

TRACED(int, do_execve_common, (const std::string&, filename), (user_arg_ptr, argv), (user_arg_ptr, envp)) {
    TRY_INT(checkProcessLimit());
    UnsharedFiles files;
    TRY_INT(files.unshare());
    if (kzallocFails(sizeof(linux_binprm))) return -ENOMEM;
    const std::unique_ptr<linux_binprm, FreeBinprm> allocated(new linux_binprm);
    linux_binprm* bprm = allocated.get();
    TRY_INT(prepare_bprm_creds(bprm));
    const int marked = check_unsafe_exec(bprm);
    TRY_INT(marked);
    const ExecMark out_unmark{marked > 0};
    current->in_execve = true;
    const ReleaseFile out_file{bprm};
    TRY_INT(openProgram(bprm, filename));
    sched_exec();
    bprm->filename = filename;
    bprm->interp = filename;
    TRY_INT(loadProgram(bprm, argv, envp));
    acct_update_integrals(current);
    files.keep();
    return 0;
}

// A page of the new stack. Above 128 KiB all strings together may take a quarter of RLIMIT_STACK (execve(2)).
TRACED(Result<page*>, get_arg_page, (linux_binprm*, bprm), (u64, pos), (bool, write)) {
    Result<page*> page = get_user_page(bprm->mm, pos, write);
    if (!page.ok()) return Failure{-E2BIG};
    if (!write) return page;
    const u64 size = bprm->vma->vm_end - bprm->vma->vm_start;
    acct_arg_size(bprm, size / PAGE_SIZE);
    if (size <= ARG_MAX_FLOOR) return page;
    if (check("argument pages <= RLIMIT_STACK / 4", size <= rlimit_cur(RLIMIT_STACK) / 4, size)) return page;
    put_page(page.value());
    return Failure{-E2BIG};
}

static void fillSetIds(linux_binprm* bprm, const inode* inode) {
    struct cred* cred = bprm->cred;
    const struct cred* caller = current->cred;
    cred->euid = caller->euid;
    cred->egid = caller->egid;
    if (current->no_new_privs) return;
    if (inode->i_mode & S_ISUID) {
        bprm->per_clear |= PER_CLEAR_ON_SETID;
        cred->euid = inode->i_uid;
    }
    if ((inode->i_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
        bprm->per_clear |= PER_CLEAR_ON_SETID;
        cred->egid = inode->i_gid;
    }
}

void releaseFile(linux_binprm* bprm) {
    file* file = bprm->file;
    bprm->file = nullptr;           // the trace names the old value: before it may go
    if (!file) return;
    allow_write_access(file);
    fput(file);
}

// Credentials of the new program, and the first 128 bytes of the file.
TRACED(int, prepare_binprm, (linux_binprm*, bprm)) {
    file* file = bprm->file;
    if (!file->f_op) return -EACCES;
    fillSetIds(bprm, file->f_inode);
    TRY_INT(security_bprm_set_creds(bprm));
    bprm->cred_prepared = true;
    bprm->buf.fill(0);
    return kernel_read(file, 0, bprm->buf.data(), BUF_SIZE);
}

namespace {

void finishSearch(linux_binprm* bprm, u32 depth, pid_t old_pid) {
    if (depth == 0) traceExec(bprm, old_pid);
    releaseFile(bprm);
    current->did_exec = true;
    proc_exec_connector(current);
}

// One round over the formats. Stops at the first that knows the file, whether it loads it or fails.
struct Round {
    int result;
    bool ends;
};
Round tryFormats(linux_binprm* bprm, u32 depth, int result) {
    const pid_t old_pid = current->pid;
    for (linux_binfmt* format : formats()) {
        if (!format->load_binary) continue;
        bprm->recursion_depth = depth + 1;
        result = format->load_binary(bprm);
        bprm->recursion_depth = depth;
        if (result >= 0) finishSearch(bprm, depth, old_pid);
        const bool refused = result == -ENOEXEC && bprm->mm && bprm->file;
        if (!refused) return {result, true};
    }
    return {result, result != -ENOEXEC};
}

}  // namespace

// execve(2). Scripts come back here with their interpreter; a module may bring the format after the first round.
TRACED(int, search_binary_handler, (linux_binprm*, bprm)) {
    const u32 depth = bprm->recursion_depth;
    if (!check("recursion_depth <= 5", depth <= MAX_RECURSION, depth)) return -ELOOP;
    TRY_INT(security_bprm_check(bprm));
    TRY_INT(audit_bprm(bprm));
    int result = -ENOENT;
    for (int attempt = 0; attempt < 2; ++attempt) {
        const Round round = tryFormats(bprm, depth, result);
        result = round.result;
        if (round.ends) break;
        if (isText(bprm) || attempt) break;
        requestFormatModule(bprm);
    }
    return result;
}

// Leaves the old image. Errors up to exec_mmap reach the caller; afterwards there is nothing to return to.
TRACED(int, flush_old_exec, (linux_binprm*, bprm)) {
    TRY_INT(de_thread(current));
    set_mm_exe_file(bprm->mm, bprm->file);
    std::string tcomm;
    filename_to_taskname(tcomm, bprm->filename);
    bprm->tcomm = tcomm;
    acct_arg_size(bprm, 0);
    TRY_INT(exec_mmap(bprm->mm));
    bprm->mm = nullptr;
    current->flags &= ~(PF_RANDOMIZE | PF_FORKNOEXEC | PF_KTHREAD | PF_NOFREEZE);
    flush_thread();
    current->personality &= ~bprm->per_clear.get();
    return 0;
}

static void updateDumpable(linux_binprm* bprm) {
    constexpr int suid_dumpable = SUID_DUMP_DISABLE;        // sysctl fs.suid_dumpable
    const struct cred* caller = current->cred;
    if (bprm->cred->uid != caller->euid || bprm->cred->gid != caller->egid) {
        current->pdeath_signal = 0;
        return;
    }
    would_dump(bprm, bprm->file);
    if (bprm->interp_flags & BINPRM_FLAGS_ENFORCE_NONDUMP) set_dumpable(current->mm, suid_dumpable);
}

TRACED(void, setup_new_exec, (linux_binprm*, bprm)) {
    task_struct* tsk = current;
    arch_pick_mmap_layout(tsk->mm);
    tsk->sas_ss_sp = 0;
    tsk->sas_ss_size = 0;
    const struct cred* cred = tsk->cred;
    const bool own = cred->euid == cred->uid && cred->egid == cred->gid;
    set_dumpable(tsk->mm, own ? SUID_DUMP_USER : SUID_DUMP_DISABLE);
    set_task_comm(tsk, bprm->tcomm);
    tsk->mm->task_size = TASK_SIZE;
    updateDumpable(bprm);
    tsk->self_exec_id += 1;
    flush_signal_handlers(tsk, false);
    do_close_on_exec(tsk->files);
}

TRACED(void, install_exec_creds, (linux_binprm*, bprm)) {
    security_bprm_committing_creds(bprm);
    commit_creds(bprm->cred);
    bprm->cred = nullptr;
    if (get_dumpable(current->mm) != SUID_DUMP_USER) perf_event_exit_task(current);
    security_bprm_committed_creds(bprm);
}

}  // namespace kernel::v3_10
