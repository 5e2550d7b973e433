// /dev/pts: the slaves of pseudo-terminals by number (Linux fs/devpts/inode.c; pts(4)).
#include "kernel_model/drivers/devices.hpp"
#include "kernel_model/drivers/tty/pty.hpp"
#include "kernel_model/fs/internal.hpp"

namespace kernel {
namespace {

constexpr gid_t TTY_GROUP = 5;              // mount option gid=5, as distributions have it
dentry* devpts_root = nullptr;

inode* newDevice(umode_t mode, dev_t device, file_operations* operations) {
    inode* const node = newInode(static_cast<umode_t>(S_IFCHR | mode), nullptr, operations, devpts_root->d_inode->i_sb);
    node->i_rdev = device;
    return node;
}

}  // namespace

void mountDevpts(dentry* where) {
    super_block* const sb = newSuperBlock("devpts", "devpts", 0x1cd1);
    devpts_root = mountOn(where, sb, newInode(S_IFDIR | 0755, ramfsDirectory(), directoryOperations(), sb));
    addChild(devpts_root, "ptmx", newDevice(0, MKDEV(5, 2), ttyDevice(2)));
}

dentry* devpts_pty_new(const std::shared_ptr<pty_struct>& pty) {
    inode* const node = newDevice(0620, pty->device, ptySlaveOperations());
    node->i_gid = TTY_GROUP;
    node->i_private = pty;
    return dget(addChild(devpts_root, std::to_string(pty->index), node));
}
void devpts_pty_kill(dentry* name) {
    d_drop(name);
    dput(name);
}

}  // namespace kernel
