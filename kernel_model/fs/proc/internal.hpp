// /proc: every file is one row of a table; content is made when it is read (Linux fs/proc/; proc(5)).
#pragma once

#include "kernel_model/fs/internal.hpp"

#include <span>

namespace kernel {

// Who may open or read a file of /proc/PID beyond what its mode says (ptrace_may_access), and what others get.
enum class ProcAccess : u8 {
    everyone,
    opening,        // EACCES
    attaching,      // EPERM, when it is read
    memory,         // EACCES, when it is opened; v3.10: when it is read
};

enum class ProcMoment : u8 { open, read };
int checkProcAccess(ProcAccess, task_struct*, ProcMoment);  // fs/proc/access.cpp
struct ProcOwner { uid_t uid = 0; gid_t gid = 0; };
ProcOwner procOwner(const task_struct*, umode_t);           // null: root
bool mayFollow(task_struct*);                               // the links of a process; null: not below /proc/PID
bool ownDescriptors(const task_struct*);

// name: path below /proc or /proc/PID; a name with '/' makes its directories.
struct ProcEntry {
    const char* name;
    umode_t mode;                                           // S_IFREG or S_IFLNK and permissions
    Result<std::string> (*show)(task_struct*);              // content, or text of the link; task: of /proc/PID, else null
    Result<dentry*> (*follow)(task_struct*) = nullptr;      // magic link: where it leads, with a reference
    int (*store)(task_struct*, const std::string&) = nullptr;   // what is written: 0 or -errno; null: EIO
    bool newer = false;                                     // v3.10 has it not
    ProcAccess access = ProcAccess::everyone;
    umode_t older_mode = 0;                                 // v3.10's, if it is another one
};

// What an inode of /proc stands for.
struct ProcNode {
    pid_t pid = 0;                          // 0: not below /proc/PID
    std::string path;                       // below /proc or /proc/PID
    const ProcEntry* entry = nullptr;       // null: a directory, or a file of fd/ or fdinfo/
    int fd = -1;
    bool thread = false;                    // below /proc/PID/task/TID; pid: TID

    std::string below(const std::string& name) const { return path.empty() ? name : path + "/" + name; }
    ProcNode child(const std::string& name, const ProcEntry* its_entry = nullptr, int its_fd = -1) const {
        return {pid, below(name), its_entry, its_fd, thread};
    }
};
inode* procInode(const ProcNode&, umode_t);                 // fs/proc/inode.cpp: made for a look-up
bool isNumber(const std::string&);
// fs/proc/fd.cpp
file* descriptorOf(const task_struct*, int fd);             // null: there is none
inode* lookupFd(const ProcNode& directory, const std::string& name);
inode* lookupFdDirectory(const ProcNode& directory, const std::string& name);
std::vector<std::string> descriptorNames(const ProcNode&);
Result<std::string> showFdinfo(task_struct*, int fd);
inode* lookupThread(const ProcNode& directory, const std::string& name);
std::vector<std::string> threadNames(const ProcNode&);

std::span<const ProcEntry> procRootEntries();               // fs/proc/root.cpp
std::span<const ProcEntry> procSysEntries();                // fs/proc/sysctl.cpp
// Another file system at a directory below /proc, for good; its directories come to be (ours; Linux has /proc/sys/fs/binfmt_misc).
void mountInProc(const std::string& path, dentry* root);
std::span<const ProcEntry> procTaskEntries();               // fs/proc/base.cpp

Result<std::string> showMaps(task_struct*);                 // fs/proc/task_mmu.cpp
Result<std::string> showStatm(task_struct*);
Result<std::string> showTaskStat(task_struct*);             // fs/proc/array.cpp
Result<std::string> showTaskStatus(task_struct*);
Result<std::string> showOomScoreAdj(task_struct*);          // fs/proc/settings.cpp
int storeOomScoreAdj(task_struct*, const std::string&);     // EINVAL, EACCES
Result<std::string> showPersonality(task_struct*);
Result<std::string> showTimerSlack(task_struct*);           // EPERM
int storeTimerSlack(task_struct*, const std::string&);      // EINVAL, EPERM
Result<std::string> showTimers(task_struct*);
Result<std::string> showSmaps(task_struct*);
Result<std::string> showSmapsRollup(task_struct*);
Result<std::string> showMounts(task_struct*);               // fs/proc/mounts.cpp
Result<std::string> showMountinfo(task_struct*);
int mountId(const super_block*);
Result<std::string> showLocks(task_struct*);                // fs/proc/locks.cpp
Result<std::string> showMeminfo(task_struct*);              // fs/proc/meminfo.cpp
Result<std::string> showVmstat(task_struct*);
Result<std::string> showStat(task_struct*);                 // fs/proc/stat.cpp
Result<std::string> showUptime(task_struct*);
Result<std::string> showLoadavg(task_struct*);
std::string readUserOf(task_struct*, u64 begin, u64 end);   // memory of another task, as far as it can be read

Result<u64> parseNumber(const std::string& text, int base);  // strtoul's bases; a newline may follow; EINVAL

// printf into a string: the formats of /proc are Linux's.
std::string format(const char* text, ...) __attribute__((format(printf, 1, 2)));

}  // namespace kernel
