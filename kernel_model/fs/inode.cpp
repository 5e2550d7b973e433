// Inodes (Linux fs/inode.c) and what a file system gets that does not say otherwise (fs/libfs.c, fs/bad_inode.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/machine.hpp"

namespace kernel {

inode::~inode() { truncate_inode_pages(&i_mapping); }

void iput(inode* node) {
    if (!node) return;
    BUG_ON(node->i_count <= 0);
    --node->i_count;
    if (node->i_count == 0) delete node;
}

inode* igrab(inode* node) {
    ++node->i_count;
    return node;
}

i64 currentTime() { return machine().cpu ? static_cast<i64>(ktime_get_real()) : machine().boot.epoch_ns; }

u64 nextInodeNumber() {
    static u64 last = 0;
    return ++last;
}

inode* newInode(umode_t mode, inode_operations* i_op, file_operations* i_fop, super_block* sb) {
    auto* node = new inode;
    node->i_ino = nextInodeNumber();
    node->i_mode = mode;
    node->i_sb = sb ? sb : rootDentry()->d_inode->i_sb;
    node->i_dev = node->i_sb->s_dev;
    if (current && current->cred) {
        node->i_uid = current->cred->fsuid.get();
        node->i_gid = current->cred->fsgid.get();
    }
    node->i_nlink = S_ISDIR(mode) ? 2 : 1;
    node->i_atime = node->i_mtime = node->i_ctime = currentTime();
    node->i_op = i_op;
    node->i_fop = i_fop;
    return node;
}

// ETXTBSY both ways (execve(2), open(2)): i_writecount counts writers up and executions down.
TRACED(int, get_write_access, (inode*, node)) {
    if (!check("i_writecount >= 0", node->i_writecount >= 0, node->i_writecount.get())) return -ETXTBSY;
    ++node->i_writecount;
    return 0;
}
void put_write_access(inode* node) { --node->i_writecount; }

TRACED(int, deny_write_access, (file*, f)) {
    inode* const node = f->f_inode;
    if (!check("i_writecount <= 0", node->i_writecount <= 0, node->i_writecount.get())) return -ETXTBSY;
    --node->i_writecount;
    return 0;
}
void allow_write_access(file* f) {
    if (f) ++f->f_inode->i_writecount;
}

// Errnos of a missing operation (Linux fs/namei.c).
Result<dentry*> inode_operations::lookup(inode*, dentry*, const std::string&) { return Failure{-ENOTDIR}; }
Result<std::string> inode_operations::readlink(dentry*) { return Failure{-EINVAL}; }
int inode_operations::create(inode*, dentry*, const std::string&, umode_t) { return -EACCES; }
int inode_operations::mknod(inode*, dentry*, const std::string&, umode_t, dev_t) { return -EPERM; }
int inode_operations::mkdir(inode*, dentry*, const std::string&, umode_t) { return -EPERM; }
int inode_operations::unlink(inode*, dentry*) { return -EPERM; }
int inode_operations::rmdir(inode*, dentry*) { return -EPERM; }
int inode_operations::symlink(inode*, dentry*, const std::string&, const std::string&) { return -EPERM; }
int inode_operations::link(dentry*, inode*, dentry*, const std::string&) { return -EPERM; }
int inode_operations::rename(inode*, dentry*, inode*, dentry*, const std::string&) { return -EPERM; }
int inode_operations::exchange(inode*, dentry*, inode*, dentry*) { return -EINVAL; }
int inode_operations::setsize(inode*, loff_t) { return -EINVAL; }
int inode_operations::setattr(inode* node, const iattr& attr) { return setattr_copy(node, attr); }
void inode_operations::getattr(inode*, kstat&) {}

loff_t file_operations::llseek(file* f, loff_t offset, int whence) {
    const loff_t size = f->f_inode->i_size;
    loff_t base = 0;
    switch (whence) {
        case SEEK_SET: break;
        case SEEK_CUR: base = f->f_pos; break;
        case SEEK_END: base = size; break;
        case 3:                             // SEEK_DATA: everything up to the end is data
        case 4:                             // SEEK_HOLE: and there is the only hole
            if (offset < 0 || offset >= size) return -ENXIO;
            f->f_pos = whence == 3 ? offset : size;
            return f->f_pos;
        default: return -EINVAL;
    }
    loff_t to = 0;
    if (__builtin_add_overflow(base, offset, &to) || to < 0) return whence == SEEK_SET || to < 0 ? -EINVAL : -EOVERFLOW;
    f->f_pos = to;
    return to;
}

void vfs_getattr(inode* node, kstat& out) {
    out = {};
    out.ino = node->i_ino;
    out.size = static_cast<u64>(node->i_size.get());
    out.mode = node->i_mode;
    out.nlink = node->i_nlink;
    out.uid = node->i_uid;
    out.gid = node->i_gid;
    out.dev = node->i_dev;
    out.rdev = node->i_rdev;
    out.blksize = 4096;
    out.blocks = S_ISREG(out.mode) ? node->i_mapping.page_tree.size() * (PAGE_SIZE / 512) : 0;
    out.atime_ns = node->i_atime;
    out.mtime_ns = node->i_mtime;
    out.ctime_ns = node->i_ctime;
    if (node->i_op) node->i_op->getattr(node, out);
}

}  // namespace kernel
