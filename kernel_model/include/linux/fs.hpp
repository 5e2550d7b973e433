// Files: inode, dentry, file, descriptor tables (Linux include/linux/fs.h, dcache.h, fdtable.h, fs_struct.h; v3.10).
#pragma once

#include "kernel_model/include/linux/types.hpp"
#include "kernel_model/include/linux/uaccess.hpp"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace kernel {

struct dentry;
struct file;
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
struct DirectoryEntry { std::string name; u64 ino; u8 type; };   // type: DT_*

// Operations are virtual functions rather than tables of pointers; names are those of Linux's members.
struct inode_operations {
    virtual ~inode_operations() = default;
    virtual Result<dentry*> lookup(inode* directory, dentry* parent, const std::string& name);      // null dentry: ENOENT
    virtual Result<std::string> readlink(dentry*);
    virtual int create(inode*, dentry* parent, const std::string& name, umode_t);
    virtual int mkdir(inode*, dentry* parent, const std::string& name, umode_t);
    virtual int unlink(inode*, dentry*);
    virtual int rmdir(inode*, dentry*);
    virtual int symlink(inode*, dentry* parent, const std::string& name, const std::string& target);
    virtual int link(dentry* old, inode* directory, dentry* parent, const std::string& name);
    virtual int rename(inode* from, dentry* what, inode* to, dentry* parent, const std::string& name);
    virtual int setsize(inode*, loff_t);
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
    virtual bool canMmap() const { return false; }
    virtual int readpage(inode*, pgoff_t, std::span<u8> /*page*/) { return -EIO; }   // page arrives zeroed
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
    inode_operations* i_op = nullptr;       // never freed
    file_operations* i_fop = nullptr;       // never freed
    std::shared_ptr<void> i_private;        // the file system's own
    address_space i_mapping;
};

struct dentry : Object {
    dentry() : Object("dentry", sizeof *this) {}
    std::string d_name;
    dentry* d_parent = nullptr;             // itself at a root
    inode* d_inode = nullptr;               // null: negative
    std::map<std::string, dentry*> d_subdirs;
    dentry* mounted = nullptr;              // root of what is mounted here
    dentry* covers = nullptr;               // on a mounted root: the mount point
    int d_count = 1;
};

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
};
constexpr u32 FMODE_READ = 1, FMODE_WRITE = 2, FMODE_LSEEK = 4, FMODE_EXEC = 0x20;

struct fdtable {
    std::vector<file*> fd;
    std::vector<bool> close_on_exec;
};
struct files_struct : Object {
    files_struct() : Object("files_struct", sizeof *this) {}
    FIELD_INIT(int, count, 1);
    fdtable fdt;                            // changes are `set` events named fd[3], close_on_exec[3]
    FIELD(int, next_fd);
};
struct fs_struct : Object {
    fs_struct() : Object("fs_struct", sizeof *this) {}
    FIELD_INIT(int, users, 1);
    FIELD_INIT(int, umask, 022);
    FIELD(bool, in_exec);
    dentry* root = nullptr;
    dentry* pwd = nullptr;
};

// ---- fs/namei.cpp
constexpr int MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4;
Result<std::string> getname(UserPtr<const char> path);                       // EFAULT, ENOENT, ENAMETOOLONG
Result<dentry*> path_lookup(const std::string& path, int dirfd, bool follow); // with a reference: dput it
Result<file*> do_filp_open(int dirfd, const std::string& path, u32 flags, umode_t mode, int acc_mode);
int inode_permission(inode*, int mask);
std::string d_path(const dentry*);                                           // absolute, " (deleted)" appended when gone
void dput(dentry*);
dentry* dget(dentry*);
void iput(inode*);
inode* igrab(inode*);
// ---- fs/file.cpp, fs/open.cpp, fs/file_table.cpp, fs/read_write.cpp
file* fget(unsigned fd);                                                     // with a reference, or null
void fput(file*);
file* get_file(file*);
int get_unused_fd_flags(u32 flags);                                          // fd or -EMFILE
void fd_install(unsigned fd, file*);
int close_fd(unsigned fd);
files_struct* dup_fd(files_struct*, int* error);
void put_files_struct(files_struct*);
void exit_files(task_struct*);
void reset_files_struct(files_struct*);
void do_close_on_exec(files_struct*);
int copy_files(u64 clone_flags, task_struct*);
int unshare_files(files_struct** displaced);
long vfs_read(file*, std::span<u8> to, loff_t& pos);
long vfs_write(file*, std::span<const u8> from, loff_t& pos);
int kernel_read(file*, loff_t offset, void* to, u64 count);                  // bytes read or -errno
Result<page*> read_mapping_page(address_space*, pgoff_t);                    // with a reference; EIO; pages beyond EOF: EFAULT
// ---- fs/fs_struct.cpp
int copy_fs(u64 clone_flags, task_struct*);
fs_struct* copy_fs_struct(fs_struct*);
void exit_fs(task_struct*);
// ---- fs/exec side of writers
int deny_write_access(file*);                                                // -ETXTBSY
void allow_write_access(file*);
int get_write_access(inode*);
void put_write_access(inode*);
// ---- fs/super.cpp (ours): the guest's tree is built before boot
dentry* rootDentry();
inode* newInode(umode_t mode, inode_operations*, file_operations*);          // next inode number
Result<dentry*> makePath(const std::string& directory);                      // creates missing directories, mode 0755
dentry* addChild(dentry* parent, const std::string& name, inode*);
void mountMemoryRoot();                                                      // /, /dev, /proc, /tmp, /sbin/init
void mountHostRoot(const std::string& host_directory);                       // --root: read-only lower, writes in memory
int bindHost(const std::string& host, const std::string& guest, bool writable);

}  // namespace kernel
