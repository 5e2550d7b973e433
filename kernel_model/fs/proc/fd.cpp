// Descriptors and threads of a process (Linux fs/proc/fd.c, base.c; proc(5)): fd, fdinfo and task.
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/kernel/pidfd.hpp"

namespace kernel {

u32 shownFlags(const file*);                // fs/fcntl.cpp

file* descriptorOf(const task_struct* t, int fd) {
    const files_struct* const files = t->files;
    return files && static_cast<u64>(fd) < files->fdt.fd.size() ? files->fdt.fd[static_cast<u64>(fd)] : nullptr;
}

inode* lookupFd(const ProcNode& directory, const std::string& name) {
    const task_struct* const t = find_task_by_vpid(directory.pid);
    if (!t || !(isNumber(name) || name == "0")) return nullptr;
    const int fd = std::stoi(name);
    const file* const f = descriptorOf(t, fd);
    if (!f) return nullptr;
    if (directory.path == "fdinfo") return procInode(directory.child(name, nullptr, fd), S_IFREG | 0444);
    const auto access = static_cast<umode_t>((f->f_mode & FMODE_READ ? 0500 : 0) | (f->f_mode & FMODE_WRITE ? 0300 : 0));
    return procInode(directory.child(name, nullptr, fd), S_IFLNK | access);
}

// The inode is made for this look-up only: its owner is who may use it, stat(2) shows the real one.
inode* lookupFdDirectory(const ProcNode& directory, const std::string& name) {
    inode* const node = procInode(directory.child(name), name == "fd" ? S_IFDIR | 0500 : S_IFDIR | 0555);
    const task_struct* const t = find_task_by_vpid(directory.pid);
    if (t && ownDescriptors(t)) node->i_uid = current->cred->fsuid.get();
    return node;
}

std::vector<std::string> descriptorNames(const ProcNode& n) {
    std::vector<std::string> names;
    const task_struct* const t = find_task_by_vpid(n.pid);
    const u64 size = t && t->files.get() ? t->files->fdt.fd.size() : 0;
    for (u64 fd = 0; fd < size; ++fd) names.push_back(std::to_string(fd));
    return names;
}

// Of the lines that files of some kinds add, those of a pidfd.
Result<std::string> showFdinfo(task_struct* t, int fd) {
    const file* const f = descriptorOf(t, fd);
    if (!f) return Failure{-ENOENT};
    u32 flags = shownFlags(f);
    if (t->files->fdt.close_on_exec[static_cast<u64>(fd)]) flags |= O_CLOEXEC;
    std::string s = format("pos:\t%lli\nflags:\t0%o\n", static_cast<long long>(f->f_pos.get()), flags);
    if (!version().process.newerProc) return s;
    s += format("mnt_id:\t%i\nino:\t%llu\n", mountId(f->f_inode->i_sb), static_cast<unsigned long long>(f->f_inode->i_ino));
    if (const pid* const number = pidfd_pid(f)) {
        const int shown = number->tasks[PIDTYPE_PID].empty() ? -1 : number->nr.get();
        s += format("Pid:\t%d\nNSpid:\t%d\n", shown, shown);
    }
    return s;
}

inode* lookupThread(const ProcNode& directory, const std::string& name) {
    const task_struct* const t = isNumber(name) ? find_task_by_vpid(std::stoi(name)) : nullptr;
    const task_struct* const leader = find_task_by_vpid(directory.pid);
    if (!t || !leader || !same_thread_group(t, leader)) return nullptr;
    return procInode({t->pid, "", nullptr, -1, true}, S_IFDIR | 0555);
}

std::vector<std::string> threadNames(const ProcNode& n) {
    std::vector<std::string> names;
    const task_struct* const t = find_task_by_vpid(n.pid);
    if (!t) return names;
    for (const task_struct* thread : t->group_leader->thread_group) names.push_back(std::to_string(thread->pid));
    return names;
}

}  // namespace kernel
