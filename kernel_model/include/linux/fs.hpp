// Files: inode, dentry, file, descriptor tables (Linux include/linux/fs.h, dcache.h, fdtable.h, fs_struct.h; v3.10).
#pragma once

#include "kernel_model/include/linux/types.hpp"
#include "kernel_model/include/linux/uaccess.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace kernel {

struct dentry;
struct file;
struct file_lock_context;
struct files_struct;
struct fsnotify_marks;
struct inode;
struct page;
struct task_struct;
struct vm_area_struct;
struct wait_queue_head_t;

// The cached pages of one file. A page is filled by its owner's readpage on first use.
struct address_space {
    explicit address_space(inode* host_inode) : host(host_inode) {}
    inode* host;
    std::map<pgoff_t, page*> page_tree;     // each holds one reference
};

struct kstat {                              // what stat(2) shows
    u64 ino, size, blocks;
    umode_t mode;
    u32 nlink;
    uid_t uid;
    gid_t gid;
    dev_t dev, rdev;
    u32 blksize;
    i64 atime_ns, mtime_ns, ctime_ns;       // since 1970
};

// What notify_change is to change; ATTR_*_SET: to the time given, else to the present.
struct iattr {
    u32 ia_valid = 0;                       // ATTR_*
    umode_t ia_mode = 0;                    // permissions only
    uid_t ia_uid = 0;
    gid_t ia_gid = 0;
    i64 ia_atime = 0, ia_mtime = 0;         // ns since 1970
};
constexpr u32 ATTR_MODE = 1, ATTR_UID = 2, ATTR_GID = 4, ATTR_ATIME = 0x10, ATTR_MTIME = 0x20, ATTR_ATIME_SET = 0x80,
              ATTR_MTIME_SET = 0x100;

// One mounted file system (Linux super_block).
struct super_block {
    const char* s_type = "rootfs";          // name in /proc/mounts
    std::string s_id = "rootfs";            // source in /proc/mounts
    u64 s_magic = 0x858458f6;               // statfs(2) f_type
    dev_t s_dev = 0;
    bool read_only = false;                 // MS_RDONLY
    dentry* s_root = nullptr;
};
struct DirectoryEntry { std::string name; u64 ino; u8 type; };   // type: DT_*

// Operations are virtual functions rather than tables of pointers; names are those of Linux's members.
struct inode_operations {
    virtual ~inode_operations() = default;
    virtual Result<dentry*> lookup(inode* directory, dentry* parent, const std::string& name);      // null dentry: ENOENT
    virtual bool uncached() const { return false; }         // ask lookup every time and keep no dentry (/proc)
    virtual Result<std::string> readlink(dentry*);
    virtual Result<dentry*> followLink(dentry*) { return nullptr; }   // where a magic link leads, with a reference; null: by its text
    virtual int create(inode*, dentry* parent, const std::string& name, umode_t);
    virtual int mknod(inode*, dentry* parent, const std::string& name, umode_t, dev_t);
    virtual int mkdir(inode*, dentry* parent, const std::string& name, umode_t);
    virtual int unlink(inode*, dentry*);
    virtual int rmdir(inode*, dentry*);
    virtual int symlink(inode*, dentry* parent, const std::string& name, const std::string& target);
    virtual int link(dentry* old, inode* directory, dentry* parent, const std::string& name);
    virtual int rename(inode* from, dentry* what, inode* to, dentry* parent, const std::string& name);
    virtual int exchange(inode*, dentry* what, inode*, dentry* other);     // RENAME_EXCHANGE
    virtual int setsize(inode*, loff_t);
    virtual int setattr(inode*, const iattr&);
    virtual void getattr(inode*, kstat&);
};
struct file_operations {
    virtual ~file_operations() = default;
    virtual int open(inode*, file*) { return 0; }
    virtual void release(file*) {}
    // Kernel buffers: the syscall layer copies from and to the user in pieces.
    virtual long read(file*, std::span<u8> /*to*/, loff_t& /*pos*/) { return -EINVAL; }
    virtual long write(file*, std::span<const u8> /*from*/, loff_t& /*pos*/) { return -EINVAL; }
    virtual loff_t llseek(file*, loff_t offset, int whence);
    virtual int readdir(file*, std::vector<DirectoryEntry>& /*all*/) { return -ENOTDIR; }   // . and .. included
    virtual long ioctl(file*, unsigned /*command*/, u64 /*argument*/) { return -ENOTTY; }
    virtual u32 poll(file*) { return 0x145; }                                            // POLLIN|POLLOUT|POLLRDNORM|POLLWRNORM
    virtual wait_queue_head_t* pollQueue(file*) { return nullptr; }
    virtual void pollQueues(file* f, std::vector<wait_queue_head_t*>& all) {             // epoll has one for each of its files
        if (wait_queue_head_t* queue = pollQueue(f)) all.push_back(queue);
    }
    virtual bool hasFasync(const file*) const { return false; }     // the kernel's have .fasync: O_ASYNC can be set
    virtual bool shortReads() const { return false; }       // pipes, terminals: one read call asks once
    virtual int fsync(file*) { return 0; }
    virtual bool canMmap() const { return false; }
    virtual bool inMemory(const inode*) const { return true; }      // memory is its storage (tmpfs): nothing is read from a device
    virtual bool resident(const inode*, pgoff_t) const { return false; }    // in that memory, though not in the page cache
    virtual bool writesBack(const inode*) const { return false; }   // pages changed through mappings go out by writepage
    virtual int writepage(inode*, pgoff_t, std::span<const u8> /*page*/) { return 0; }
    virtual int readpage(inode*, pgoff_t, std::span<u8> /*page*/) { return -EIO; }   // page arrives zeroed
    // From `first` on; the file is as long as that, or was.
    virtual int readpages(inode* node, pgoff_t first, std::span<const std::span<u8>> pages) {
        for (std::span<u8> page : pages)
            if (const int error = readpage(node, first++, page)) return error;
        return 0;
    }
};

struct inode : Object {
    inode() : Object("inode", sizeof *this), i_mapping(this) {}
    ~inode();
    u64 i_ino = 0;
    FIELD(umode_t, i_mode);
    FIELD(uid_t, i_uid);
    FIELD(gid_t, i_gid);
    FIELD(loff_t, i_size);
    FIELD(u32, i_nlink);
    FIELD(int, i_writecount);               // > 0: writers; < 0: execution denies writers
    dev_t i_dev = 0, i_rdev = 0;
    i64 i_atime = 0, i_mtime = 0, i_ctime = 0;   // ns since 1970
    FIELD_INIT(int, i_count, 1);
    super_block* i_sb = nullptr;            // never freed
    dentry* i_alias = nullptr;              // one of its names, for messages and the trace; no reference
    inode_operations* i_op = nullptr;       // never freed
    file_operations* i_fop = nullptr;       // never freed
    std::shared_ptr<void> i_private;        // the file system's own
    std::shared_ptr<file_lock_context> i_flctx;             // fs/locks.cpp; null: it was never locked
    std::shared_ptr<fsnotify_marks> i_fsnotify_marks;       // fs/notify; null: nobody watches it
    std::shared_ptr<std::map<std::string, std::vector<u8>>> i_xattrs;   // by name; null: none
    std::shared_ptr<struct pipe_inode_info> i_pipe;
    address_space i_mapping;
};

struct dentry : Object {
    dentry() : Object("dentry", sizeof *this) {}
    std::string d_name;
    dentry* d_parent = nullptr;             // itself at a root; else holds a reference
    inode* d_inode = nullptr;               // null: negative
    std::map<std::string, dentry*> d_subdirs;   // holds one reference to each
    bool unlinked = false;                  // had a name and lost it
    dentry* mounted = nullptr;              // root of what is mounted here
    dentry* covers = nullptr;               // on a mounted root: the mount point
    int d_count = 1;
};

struct fown_struct { int type = 0, id = 0, signum = 0; };       // F_SETOWN_EX's F_OWNER_*; F_SETSIG

struct file : Object {
    file() : Object("file", sizeof *this) {}
    dentry* f_path = nullptr;               // holds a reference
    inode* f_inode = nullptr;
    file_operations* f_op = nullptr;
    FIELD_INIT(int, f_count, 1);
    FIELD(u32, f_flags);                    // O_*
    u32 f_mode = 0;                         // FMODE_*
    FIELD(loff_t, f_pos);
    std::shared_ptr<void> private_data;
    fown_struct f_owner;
};
constexpr u32 FMODE_READ = 1, FMODE_WRITE = 2, FMODE_LSEEK = 4, FMODE_EXEC = 0x20, FMODE_PATH = 0x4000;

struct fdtable {
    std::vector<file*> fd;
    std::vector<bool> close_on_exec;
};
struct files_struct : Object {
    explicit files_struct(const Object* from = nullptr) : Object("files_struct", sizeof *this, from) {}
    FIELD_INIT(int, count, 1);
    fdtable fdt;                            // changes are `set` events named fd[3], close_on_exec[3]
    FIELD(int, next_fd);
    std::set<unsigned> reserved;            // by get_unused_fd_flags, not yet installed
};
struct fs_struct : Object {
    explicit fs_struct(const Object* from = nullptr) : Object("fs_struct", sizeof *this, from) {}
    FIELD_INIT(int, users, 1);
    FIELD_INIT(int, umask, 022);
    FIELD(bool, in_exec);
    dentry* root = nullptr;                 // holds a reference; null: rootDentry()
    dentry* pwd = nullptr;                  // the same
};

// ---- fs/namei.cpp
constexpr int MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4, MAY_OPEN = 0x20;
Result<std::string> getname(UserPtr<const char> path);                       // EFAULT, ENOENT, ENAMETOOLONG
Result<std::string> getnameOrEmpty(UserPtr<const char> path);                // AT_EMPTY_PATH
Result<dentry*> path_lookup(const std::string& path, int dirfd, bool follow); // with a reference: dput it
Result<file*> do_filp_open(int dirfd, const std::string& path, u32 flags, umode_t mode, int acc_mode);
int inode_permission(inode*, int mask);
std::string d_path(const dentry*);                                           // absolute, " (deleted)" appended when gone
dentry* d_lookup(dentry* directory, const std::string& name);               // cached child with a reference, or null
void d_drop(dentry*);                                                        // takes it out of its directory: unlinked
void dput(dentry*);
dentry* dget(dentry*);
void iput(inode*);
inode* igrab(inode*);
// ---- fs/file.cpp, fs/open.cpp, fs/file_table.cpp, fs/read_write.cpp
file* fget(unsigned fd);                                                     // with a reference, or null; null for O_PATH
file* fget_raw(unsigned fd);                                                 // also O_PATH
Result<file*> dentry_open(dentry*, u32 flags);                               // takes no reference of yours
void fput(file*);
file* get_file(file*);
int get_unused_fd_flags(u32 flags);                                          // fd or -EMFILE
void fd_install(unsigned fd, file*);
int close_fd(unsigned fd);
int filp_close(file*, files_struct* id);                                   // id: whose record locks end; null: nobody's
OrNull<files_struct> dup_fd(files_struct*, int* error);
void put_files_struct(files_struct*);
void exit_files(task_struct*);
void reset_files_struct(files_struct*);
void do_close_on_exec(files_struct*);
int copy_files(u64 clone_flags, task_struct*);
int unshareFiles(files_struct** displaced);                                 // the caller puts or restores the shared table
long vfs_read(file*, std::span<u8> to, loff_t& pos);
long vfs_write(file*, std::span<const u8> from, loff_t& pos);
int kernel_read(file*, loff_t offset, void* to, u64 count);                  // bytes read or -errno
// ---- mm/filemap.cpp: file contents as pages
Result<page*> read_mapping_page(address_space*, pgoff_t);                    // with a reference; EIO; pages beyond EOF: EFAULT
void page_cache_ra_unbounded(address_space*, pgoff_t first, pgoff_t nr_to_read);    // mm/readahead.cpp: those that are not there yet
long generic_file_read(file*, std::span<u8> to, loff_t& pos);
long generic_file_write(file*, std::span<const u8> from, loff_t& pos);       // O_APPEND; ENOMEM, EFBIG
void truncate_setsize(inode*, loff_t);                                       // drops pages behind, zeroes the rest of the last
void truncate_inode_pages(address_space*);
int filemap_write_and_wait(address_space*);                                 // what shared mappings changed; 0 or -errno
// ---- fs/attr.cpp
int file_remove_privs(inode*);                                               // before its content changes
// ---- fs/fs_struct.cpp
int copy_fs(u64 clone_flags, task_struct*);
OrNull<fs_struct> copy_fs_struct(fs_struct*);
void exit_fs(task_struct*);
// ---- fs/exec side of writers
int deny_write_access(file*);                                                // -ETXTBSY
void allow_write_access(file*);
int get_write_access(inode*);
void put_write_access(inode*);
// ---- fs/super.cpp (ours): the guest's tree is built before boot
dentry* rootDentry();
inode* newInode(umode_t mode, inode_operations*, file_operations*, super_block* = nullptr);   // next inode number; null: the memory root
file* openHostStream(int stream);                                            // 0, 1, 2: the guest's standard streams
file* openInit();                                                            // /dev/host/init, for execution; null when there is no image
i64 currentTime();                                                           // ns since 1970, also before boot
Result<dentry*> makePath(const std::string& directory);                      // creates missing directories, mode 0755
dentry* addChild(dentry* parent, const std::string& name, inode*);          // takes over the inode reference; no reference returned
void mountMemoryRoot();                                                      // /, /dev (with host/init, host/stdin...), /proc, /tmp
void mountHostRoot(const std::string& host_directory);                       // --root: read-only lower, writes in memory
int bindHost(const std::string& host, const std::string& guest, bool writable);
int addMemoryFile(const std::string& path, std::span<const u8> content, umode_t mode);   // in the memory root; makes its directories

}  // namespace kernel
