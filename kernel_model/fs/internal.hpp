// What the files of fs/ share and others need not know.
#pragma once

#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/sched.hpp"

#include <optional>

// Standard types have no namespace of ours: a buffer is shown by its size, an out-parameter not at all.
template <>
inline traces::Value traces::valueOf(const std::span<u8>& s) { return Value::count(static_cast<i64>(s.size())); }
template <>
inline traces::Value traces::valueOf(const std::span<const u8>& s) { return Value::count(static_cast<i64>(s.size())); }
template <>
inline traces::Value traces::valueOf(int* const&) { return Value::null(); }

namespace kernel {

inline traces::Value traceValue(files_struct**) { return traces::Value::null(); }   // an out-parameter

constexpr u64 COPY_CHUNK = 65536;           // bytes that a system call moves between user and kernel at a time
constexpr u64 MAX_RW_COUNT = 0x7fff'f000;   // INT_MAX & PAGE_MASK (Linux include/linux/fs.h)
constexpr dev_t MKDEV(u32 major, u32 minor) { return major << 20 | minor; }
constexpr u32 MAJOR(dev_t d) { return d >> 20; }
constexpr u32 MINOR(dev_t d) { return d & 0xfffff; }
// The 64-bit dev_t of user mode (Linux include/linux/kdev_t.h new_encode_dev).
constexpr u64 encodeDevice(dev_t d) { return (MINOR(d) & 0xff) | MAJOR(d) << 8 | (MINOR(d) & ~u32{0xff}) << 12; }

// ---- dcache
dentry* newDentry(dentry* parent, const std::string& name, inode*);   // takes the inode's reference; one reference returned
void moveChild(dentry* what, dentry* parent, const std::string& name);
dentry* currentRoot();
dentry* currentDirectory();
std::string pathFrom(const dentry*, const dentry* root, bool& reached);

// ---- namei: a walk along a path. `at` holds a reference.
class PathWalk {
public:
    enum class Last : u8 { root, name, dot, dotdot };   // root: nothing is left to look up

    PathWalk() = default;
    ~PathWalk() { dput(at); }
    PathWalk(const PathWalk&) = delete;
    PathWalk& operator=(const PathWalk&) = delete;

    int start(int dirfd, const std::string& path);
    int toParent();                         // all but the last component
    int toEnd(bool follow);                 // the last one too
    int follow(dentry* link);               // takes the link's reference; continue with toParent
    Result<dentry*> lookupLast();           // child of `at`, mounts crossed
    dentry* take() { return std::exchange(at, nullptr); }

    dentry* at = nullptr;
    std::string last;
    Last type = Last::root;
    bool trailing_slash = false;

private:
    int step(const std::string& name);
    int enter() const;
    void up();
    void move(dentry* to) {                 // takes its reference
        dput(at);
        at = to;
    }
    std::string rest_;
    int links_ = 0;
};
Result<dentry*> lookupChild(dentry* directory, const std::string& name);
// The …at() calls' look-up: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH.
Result<dentry*> path_lookup_at(int dirfd, UserPtr<const char> name, int flags);
int may_delete(dentry* directory, dentry* victim, bool is_directory);
int writeToDirectory(dentry* directory);    // MAY_WRITE | MAY_EXEC, EROFS
bool inGroup(gid_t);
bool privilegedFiles(Capability);           // also the kernel itself, before the first task has credentials
u32 currentUmask();

// An open file for the length of a system call (Linux include/linux/file.h fdget): counted only when others share the
// descriptor table and might close it meanwhile.
class FileRef {
public:
    enum class Kind : u8 { usable, raw };
    explicit FileRef(unsigned fd, Kind kind = Kind::usable);
    ~FileRef() { if (counted_) fput(f_); }
    FileRef(const FileRef&) = delete;
    FileRef& operator=(const FileRef&) = delete;
    explicit operator bool() const { return f_ != nullptr; }
    file* operator->() const { return f_; }
    file* get() const { return f_; }

private:
    file* f_;
    bool counted_;
};

// Reference to a name for the length of a system call.
class DentryRef {
public:
    explicit DentryRef(dentry* d) : d_(d) {}
    ~DentryRef() { dput(d_); }
    DentryRef(const DentryRef&) = delete;
    DentryRef& operator=(const DentryRef&) = delete;
    dentry* operator->() const { return d_; }
    dentry* get() const { return d_; }

private:
    dentry* d_;
};

// ---- others
void put_unused_fd(unsigned fd);
int f_dupfd(unsigned from, file*, u32 flags);
bool get_close_on_exec(unsigned fd);
void set_close_on_exec(unsigned fd, bool on);
inode_operations* ramfsDirectory();
inode_operations* ramfsFile();
inode_operations* ramfsSymlink();
file_operations* ramfsFileOperations();
file_operations* directoryOperations();     // reads d_subdirs
inode* newSymlink(const std::string& target, super_block*);
super_block* newSuperBlock(const char* type, const std::string& id, u64 magic);
const std::vector<super_block*>& superBlocks();
dentry* mountOn(dentry* where, super_block*, inode* root);   // takes the inode's reference; the mounted root, no reference
void vfs_getattr(inode*, kstat&);
int setInodeSize(inode*, loff_t);
void fillDev(dentry* dev);
void mountProc(dentry* where);
inode* hostRoot(const std::string& host_path, bool overlay, bool writable, super_block*, int* error);
file_operations* fifoOperations();
inode* newFifo(umode_t mode, super_block*);
file_operations* hostStreamOperations();
Result<file*> newFile(dentry*, u32 flags, file_operations*);   // takes the dentry's reference
u64 nextInodeNumber();
void __fput(file*);
void eventpoll_release(file*);               // nobody watches it any more
void locks_remove_flock(file*);
void writeBackMappings();                   // mm/filemap.cpp: everything that shared mappings changed
// fs/anon_inodes.cpp: a descriptor of a file without a name, shown as anon_inode:NAME
Result<int> anon_inode_getfd(const char* name, file_operations*, std::shared_ptr<void> private_data, u32 flags);
// While asleep the task stands in the wait queues of all these files.
class PollTable {
public:
    void add(file*);
    ~PollTable();
    PollTable() = default;
    PollTable(const PollTable&) = delete;
    PollTable& operator=(const PollTable&) = delete;

private:
    std::vector<file*> files_;
    std::vector<wait_queue_head_t*> queues_;
};
void signalPipe();                          // SIGPIPE to current

}  // namespace kernel
