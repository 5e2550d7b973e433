// Descriptor tables (Linux fs/file.c; copy_files, unshare_files: kernel/fork.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr unsigned MAX_OPEN = 1024 * 1024;  // sysctl fs.nr_open

void setFd(files_struct* files, unsigned fd, file* f) {
    file*& slot = files->fdt.fd[fd];
    if (traces::tracer().on(traces::Kind::set) && slot != f)
        traces::fieldChanged(&files->fdt, "fd[" + std::to_string(fd) + "]", traces::objectValue(slot), traces::objectValue(f));
    slot = f;
}

void setCloseOnExec(files_struct* files, unsigned fd, bool on) {
    const bool before = files->fdt.close_on_exec[fd];
    if (traces::tracer().on(traces::Kind::set) && before != on)
        traces::fieldChanged(&files->fdt, "close_on_exec[" + std::to_string(fd) + "]", traces::Value::boolean(before),
                             traces::Value::boolean(on));
    files->fdt.close_on_exec[fd] = on;
}

file* fileOf(unsigned fd) {
    files_struct* const files = current ? current->files.get() : nullptr;
    return files && fd < files->fdt.fd.size() ? files->fdt.fd[fd] : nullptr;
}

void close_files(files_struct* files) {
    for (unsigned fd = 0; fd < files->fdt.fd.size(); ++fd) {
        if (file* const f = files->fdt.fd[fd]) {
            setFd(files, fd, nullptr);
            filp_close(f, files);
        }
    }
}

}  // namespace

static TRACED(int, alloc_fd, (unsigned, start), (u32, flags)) {
    files_struct* const files = current->files;
    const u64 limit = std::min<u64>(rlimit_cur(RLIMIT_NOFILE), MAX_OPEN);
    unsigned fd = std::max(start, static_cast<unsigned>(files->next_fd));
    while (fd < files->fdt.fd.size() && (files->fdt.fd[fd] || files->reserved.contains(fd))) ++fd;
    if (fd >= limit) return -EMFILE;
    if (fd >= files->fdt.fd.size()) {
        files->fdt.fd.resize(fd + 1);
        files->fdt.close_on_exec.resize(fd + 1);
    }
    if (start <= static_cast<unsigned>(files->next_fd)) files->next_fd = static_cast<int>(fd + 1);
    files->reserved.insert(fd);
    setCloseOnExec(files, fd, flags & O_CLOEXEC);
    return static_cast<int>(fd);
}

namespace {

long dupTo(unsigned fd, unsigned to, u32 flags) {
    file* const f = fget_raw(fd);
    if (!f) return -EBADF;
    files_struct* const files = current->files;
    if (to >= files->fdt.fd.size()) {
        files->fdt.fd.resize(to + 1);
        files->fdt.close_on_exec.resize(to + 1);
    }
    file* const old = files->fdt.fd[to];
    setFd(files, to, f);
    setCloseOnExec(files, to, flags & O_CLOEXEC);
    if (old) filp_close(old, files);
    return to;
}

}  // namespace

file* get_file(file* f) {
    ++f->f_count;
    return f;
}
file* fget_raw(unsigned fd) {
    file* const f = fileOf(fd);
    return f ? get_file(f) : nullptr;
}
file* fget(unsigned fd) {
    file* const f = fileOf(fd);
    return f && !(f->f_mode & FMODE_PATH) ? get_file(f) : nullptr;
}

FileRef::FileRef(unsigned fd, Kind kind) : f_(fileOf(fd)) {
    if (f_ && kind == Kind::usable && (f_->f_mode & FMODE_PATH)) f_ = nullptr;
    counted_ = f_ && current->files->count > 1;
    if (counted_) get_file(f_);
}

int get_unused_fd_flags(u32 flags) { return alloc_fd(0, flags); }

void put_unused_fd(unsigned fd) {
    files_struct* const files = current->files;
    files->reserved.erase(fd);
    setCloseOnExec(files, fd, false);
    if (static_cast<int>(fd) < files->next_fd) files->next_fd = static_cast<int>(fd);
}

TRACED(void, fd_install, (unsigned, fd), (file*, filp)) {
    current->files->reserved.erase(fd);
    setFd(current->files, fd, filp);
}

int close_fd(unsigned fd) {
    file* const f = fileOf(fd);
    if (!f) return -EBADF;
    setFd(current->files, fd, nullptr);
    put_unused_fd(fd);
    return filp_close(f, current->files);
}

// The same open files and close_on_exec bits, next_fd 0.
TRACED(OrNull<files_struct>, dup_fd, (files_struct*, oldf), (int*, error)) {
    auto* const files = new files_struct(oldf);
    files->fdt.fd.resize(oldf->fdt.fd.size());
    files->fdt.close_on_exec.resize(oldf->fdt.fd.size());
    for (unsigned fd = 0; fd < oldf->fdt.fd.size(); ++fd) {
        if (!oldf->fdt.fd[fd]) continue;
        setFd(files, fd, get_file(oldf->fdt.fd[fd]));
        setCloseOnExec(files, fd, oldf->fdt.close_on_exec[fd]);
    }
    if (error) *error = 0;
    return files;
}

TRACED(void, put_files_struct, (files_struct*, files)) {
    if (!files) return;
    --files->count;
    if (files->count != 0) return;
    close_files(files);
    delete files;
}

TRACED(int, copy_files, (u64, clone_flags), (task_struct*, tsk)) {
    files_struct* const old = current->files;
    if (!old) return 0;
    if (clone_flags & CLONE_FILES) {
        ++old->count;
        tsk->files = old;
        return 0;
    }
    int error = -ENOMEM;
    files_struct* const files = dup_fd(old, &error);
    if (!files) return error;
    tsk->files = files;
    return 0;
}

// A table shared with others is replaced by a copy, the shared one returned.
int unshareFiles(files_struct** displaced) {
    *displaced = nullptr;
    files_struct* const old = current->files;
    if (!old || old->count <= 1) return 0;
    int error = -ENOMEM;
    files_struct* const copy = dup_fd(old, &error);
    if (!copy) return error;
    *displaced = old;
    current->files = copy;
    return 0;
}

TRACED(void, reset_files_struct, (files_struct*, files)) {
    files_struct* const old = current->files;
    current->files = files;
    put_files_struct(old);
}

TRACED(void, exit_files, (task_struct*, tsk)) {
    files_struct* const files = tsk->files;
    if (!files) return;
    tsk->files = nullptr;
    put_files_struct(files);
}

TRACED(void, do_close_on_exec, (files_struct*, files)) {
    for (unsigned fd = 0; fd < files->fdt.fd.size(); ++fd) {
        file* const f = files->fdt.fd[fd];
        if (!f || !files->fdt.close_on_exec[fd]) continue;
        setFd(files, fd, nullptr);
        setCloseOnExec(files, fd, false);
        if (static_cast<int>(fd) < files->next_fd) files->next_fd = static_cast<int>(fd);
        filp_close(f, files);
    }
}

SYSCALL_DEFINE(3, close_range, (unsigned, fd), (unsigned, max_fd), (unsigned, flags)) {
    constexpr unsigned unshare = 2, cloexec = 4;            // CLOSE_RANGE_UNSHARE, CLOSE_RANGE_CLOEXEC
    if (flags & ~(unshare | cloexec) || fd > max_fd) return -EINVAL;
    files_struct* shared = nullptr;
    if (flags & unshare) TRY_INT(unshareFiles(&shared));
    if (shared) put_files_struct(shared);
    files_struct* const files = current->files;
    for (u64 n = fd; n <= max_fd && n < files->fdt.fd.size(); ++n) {
        if (!files->fdt.fd[n]) continue;
        if (flags & cloexec) setCloseOnExec(files, static_cast<unsigned>(n), true);
        else close_fd(static_cast<unsigned>(n));
    }
    return 0;
}
SYSCALL_DEFINE(1, dup, (unsigned, fildes)) {
    file* const f = fget_raw(fildes);
    if (!f) return -EBADF;
    const int fd = alloc_fd(0, 0);
    if (fd < 0) fput(f);
    else fd_install(static_cast<unsigned>(fd), f);
    return fd;
}
SYSCALL_DEFINE(3, dup3, (unsigned, oldfd), (unsigned, newfd), (int, flags)) {
    if (flags & ~O_CLOEXEC || oldfd == newfd) return -EINVAL;
    if (newfd >= rlimit_cur(RLIMIT_NOFILE)) return -EBADF;
    return dupTo(oldfd, newfd, static_cast<u32>(flags));
}
SYSCALL_DEFINE(2, dup2, (unsigned, oldfd), (unsigned, newfd)) {
    if (oldfd == newfd) return fileOf(oldfd) ? static_cast<long>(newfd) : -EBADF;
    if (newfd >= rlimit_cur(RLIMIT_NOFILE)) return -EBADF;
    return dupTo(oldfd, newfd, 0);
}

// ---- for fs/fcntl.cpp
int f_dupfd(unsigned from, file* f, u32 flags) {
    if (from >= rlimit_cur(RLIMIT_NOFILE)) return -EINVAL;
    const int fd = alloc_fd(from, flags);
    if (fd >= 0) fd_install(static_cast<unsigned>(fd), get_file(f));
    return fd;
}
bool get_close_on_exec(unsigned fd) { return current->files->fdt.close_on_exec[fd]; }
void set_close_on_exec(unsigned fd, bool on) { setCloseOnExec(current->files, fd, on); }

}  // namespace kernel
