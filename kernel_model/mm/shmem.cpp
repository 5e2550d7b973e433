// Linux mm/shmem.c: what lies behind a shared anonymous mapping, an unlinked file named /dev/zero whose pages are zero.
#include "kernel_model/mm/internal.hpp"

namespace kernel {
namespace {

struct ShmemFile final : file_operations {
    bool canMmap() const override { return true; }
    int readpage(inode*, pgoff_t, std::span<u8>) override { return 0; }
};

}  // namespace

TRACED(int, shmem_zero_setup, (vm_area_struct*, vma)) {
    static inode_operations no_names;
    static ShmemFile operations;
    inode* memory = newInode(S_IFREG | 0777, &no_names, &operations);
    memory->i_nlink = 0;
    memory->i_size = static_cast<loff_t>(vma->vm_end - vma->vm_start);
    auto* name = new dentry;
    name->d_name = "dev/zero";
    name->d_parent = dget(rootDentry());
    name->d_inode = memory;
    name->unlinked = true;
    auto* backing = new file;
    backing->f_path = name;
    backing->f_inode = memory;
    backing->f_op = &operations;
    backing->f_mode = FMODE_READ | FMODE_WRITE;
    backing->f_flags = O_RDWR;
    vma->vm_file = backing;
    return 0;
}

}  // namespace kernel
