// Mounts (Linux fs/namespace.c). The guest's tree is put together before boot; the guest cannot change it yet.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {

namespace {
std::vector<super_block*>& blocks() {
    static auto& all = *new std::vector<super_block*>;     // never destroyed: what it names lives as long
    return all;
}
}  // namespace

const std::vector<super_block*>& superBlocks() { return blocks(); }

super_block* newSuperBlock(const char* type, const std::string& id, u64 magic) {
    auto* const sb = new super_block;       // lives as long as the machine
    sb->s_type = type;
    sb->s_id = id;
    sb->s_magic = magic;
    blocks().push_back(sb);
    sb->s_dev = MKDEV(0, static_cast<u32>(blocks().size()));
    return sb;
}

dentry* mountOn(dentry* where, super_block* sb, inode* root) {
    dentry* const top = newDentry(nullptr, "", root);
    sb->s_root = top;
    top->covers = dget(where);
    where->mounted = top;
    return top;
}

SYSCALL_DEFINE(5, mount, (UserPtr<const char>, dev_name), (UserPtr<const char>, dir_name), (UserPtr<const char>, type), (u64, flags),
               (UserPtr<void>, data)) {
    return capable(CAP_SYS_ADMIN) ? missing(Missing::mounting) : -EPERM;
}
SYSCALL_DEFINE(2, umount, (UserPtr<const char>, name), (int, flags)) {
    return capable(CAP_SYS_ADMIN) ? missing(Missing::mounting) : -EPERM;
}

}  // namespace kernel
