// Files of memfd_create(2), and the seals that keep one from changing.
#pragma once

#include "kernel_model/include/linux/fs.hpp"

namespace kernel {

struct shmem_inode_info {                   // i_private of a file in memory that is more than its pages
    bool sealable = false;                  // of memfd_create
    u32 seals = 0;
    bool linkable = false;                  // of O_TMPFILE: linkat(2) may give it a name
};
shmem_inode_info* SHMEM_I(const inode*);    // null: it has none

// In f_mode: a file that the kernel opened for itself is no writer (ETXTBSY).
constexpr u32 FMODE_UNCOUNTED = 0x10000;

// 0, or -EPERM when a seal forbids it. Of a file that cannot be sealed: 0.
int sealsAllowWrite(const inode*, loff_t at, u64 count);
int sealsAllowSize(const inode*, loff_t size);
int sealsAllowMapping(const inode*, u64 prot, u64& vm_flags);       // a shared one; F_SEAL_FUTURE_WRITE takes VM_MAYWRITE away
int zero_mapping_range(inode*, loff_t from, loff_t to);               // mm/filemap.cpp: whole pages in memory go
dentry* unlinkedName(const std::string& name, inode*);              // mm/shmem.cpp: of a file in memory, takes its reference

}  // namespace kernel
