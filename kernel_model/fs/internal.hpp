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
void exchangeChildren(dentry* a, dentry* b);
dentry* currentRoot();
dentry* currentDirectory();
std::string pathFrom(const dentry*, const dentry* root, bool& reached);

constexpr u64 TMPFS_MAGIC = 0x01021994, EXT4_SUPER_MAGIC = 0xef53;     // super_block::s_magic
constexpr u64 RESOLVE_NO_XDEV = 1, RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_BENEATH = 8, RESOLVE_IN_ROOT = 0x10,
              RESOLVE_CACHED = 0x20;

// ---- namei: a walk along a path. `at` holds a reference.
class PathWalk {
public:
    enum class Last : u8 { root, name, dot, dotdot };   // root: nothing is left to look up

    PathWalk() = default;
    ~PathWalk() {
        dput(at);
        dput(scope_);
    }
    PathWalk(const PathWalk&) = delete;
    PathWalk& operator=(const PathWalk&) = delete;

    void restrict(u64 resolve) { resolve_ = resolve; }      // openat2(2): RESOLVE_*, before start
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
    Result<dentry*> lookupNext(const std::string& name);    // a child of `at`, mounts crossed where they may be
    int enter() const;
    int up();
    int toTop();                            // an absolute path or link
    int jump(dentry* to);                   // where a magic link leads; takes the reference
    int crossed() const { return resolve_ & RESOLVE_NO_XDEV ? -EXDEV : 0; }
    dentry* top() const { return scope_ ? scope_ : currentRoot(); }      // what .. does not leave
    void move(dentry* to) {                 // takes its reference
        dput(at);
        at = to;
    }
    std::string rest_;
    int links_ = 0;
    u64 resolve_ = 0;
    dentry* scope_ = nullptr;               // BENEATH, IN_ROOT: where it began, with a reference
};
Result<dentry*> lookupChild(dentry* directory, const std::string& name);
int setAsync(file*, bool on);               // O_ASYNC; -ENOTTY: the file cannot send SIGIO
// The …at() calls' look-up: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH.
Result<dentry*> path_lookup_at(int dirfd, UserPtr<const char> name, int flags);
// do_filp_open within bounds: openat2(2)'s resolve.
Result<file*> openRestricted(int dfd, const std::string& path, u32 flags, umode_t mode, int acc_mode, u64 resolve);
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
constexpr const char* overlayName = "execscope-host";        // s_type of --root
bool holdsMemoryFiles(const inode* directory);              // what is made in it is in memory: not of /proc and writable binds
inode* newSymlink(const std::string& target, super_block*);
super_block* newSuperBlock(const char* type, const std::string& id, u64 magic);
const std::vector<super_block*>& superBlocks();
dentry* mountOn(dentry* where, super_block*, inode* root);   // takes the inode's reference; the mounted root, no reference
void vfs_getattr(inode*, kstat&);
int setInodeSize(inode*, loff_t);
int notify_change(inode*, const iattr&);     // permissions are checked before
int setattr_copy(inode*, const iattr&);
umode_t withoutSetId(umode_t);              // as after a change of owner or content
void inheritGroup(const inode* directory, inode* child);
void fillDev(dentry* dev);
void mountProc(dentry* where);
inode* hostRoot(const std::string& host_path, bool overlay, bool writable, super_block*, int* error);
file_operations* fifoOperations();
long pipe_fcntl(const file*, std::optional<u64> size);      // F_SETPIPE_SZ, or F_GETPIPE_SZ: the bytes it holds
inode* newFifo(umode_t mode, super_block*);
void becomeFifo(inode*);
file_operations* hostStreamOperations();
Result<file*> newFile(dentry*, u32 flags, file_operations*);   // takes the dentry's reference
u64 nextInodeNumber();
void __fput(file*);
void eventpoll_release(file*);               // nobody watches it any more
// ---- fs/locks.cpp, fs/locks_posix.cpp
void locks_remove_flock(file*);             // and the locks of F_OFD_SETLK
void locks_remove_posix(file*, const files_struct* owner);
long fcntl_setlk(unsigned fd, file*, unsigned cmd, u64 flock);
long fcntl_getlk(file*, unsigned cmd, u64 flock);
// ---- fs/notify/fsnotify.cpp: who watches a file hears of it (inotify(7)); without watches, one comparison
extern u64 fsnotify_watches;                // how many there are
void fsnotifyFile(u32 mask, dentry*);       // IN_* of the file, to its watches and to those of its directory
void fsnotifyInode(u32 mask, inode*);       // to its own watches only
void fsnotifyName(u32 mask, inode* directory, const std::string& name, bool is_directory, u32 cookie = 0);
void fsnotify_inoderemove(inode*);
void fsnotifyMove(inode* from, const std::string& old_name, inode* to, dentry* moved, inode* target);
constexpr u32 IN_ACCESS = 1, IN_MODIFY = 2, IN_ATTRIB = 4, IN_CLOSE_WRITE = 8, IN_CLOSE_NOWRITE = 0x10, IN_OPEN = 0x20,
              IN_MOVED_FROM = 0x40, IN_MOVED_TO = 0x80, IN_CREATE = 0x100, IN_DELETE = 0x200, IN_DELETE_SELF = 0x400, IN_MOVE_SELF = 0x800;
inline void fsnotify(u32 mask, const file* f) {
    if (fsnotify_watches && !(f->f_mode & FMODE_PATH)) [[unlikely]] fsnotifyFile(mask, f->f_path);
}
inline void fsnotify(u32 mask, dentry* d) {
    if (fsnotify_watches) [[unlikely]] fsnotifyFile(mask, d);
}
inline void fsnotifyCreate(inode* directory, const std::string& name, bool is_directory = false) {
    if (fsnotify_watches) [[unlikely]] fsnotifyName(IN_CREATE, directory, name, is_directory);
}
int memfd_fcntl(file*, unsigned cmd, u64 argument);     // mm/memfd.cpp: F_ADD_SEALS, F_GET_SEALS
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
