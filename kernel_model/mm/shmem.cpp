// Linux mm/shmem.c: what lies behind a shared anonymous mapping (a file named /dev/zero) and System V shared memory.
#include "kernel_model/include/linux/shmem_fs.hpp"
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/mm/memfd.hpp"

namespace kernel {
namespace {

struct ShmemFile final : file_operations {
    bool canMmap() const override { return true; }
    int readpage(inode*, pgoff_t, std::span<u8>) override { return 0; }
};

}  // namespace

dentry* unlinkedName(const std::string& name, inode* node) {
    auto* d = new dentry;
    d->d_name = name;
    d->d_parent = dget(rootDentry());
    d->d_inode = node;
    d->unlinked = true;
    return d;
}

file* shmem_file_setup(const std::string& name, loff_t size) {
    static inode_operations no_names;
    static ShmemFile operations;
    inode* memory = newInode(S_IFREG | 0777, &no_names, &operations);
    memory->i_nlink = 0;
    memory->i_size = size;
    auto* backing = new file;
    backing->f_path = unlinkedName(name, memory);
    backing->f_inode = memory;
    backing->f_op = &operations;
    backing->f_mode = FMODE_READ | FMODE_WRITE | FMODE_UNCOUNTED;
    backing->f_flags = O_RDWR;
    return backing;
}

TRACED(int, shmem_zero_setup, (vm_area_struct*, vma)) {
    vma->vm_file = shmem_file_setup("dev/zero", static_cast<loff_t>(vma->vm_end - vma->vm_start));
    return 0;
}

}  // namespace kernel
