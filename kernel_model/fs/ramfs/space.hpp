// What the file systems in memory hold together, and may hold: BootParameters::disk_bytes (tmpfs(5): size=, and nr_inodes= with as
// many as size has pages). Under --root these are the files that the guest made or changed.
#pragma once

#include "kernel_model/include/linux/fs.hpp"

namespace kernel {

int takeSpace();                            // one page: 0 or -ENOSPC
void giveSpace();
int takeName(const dentry*);                // -ENOSPC; a name that is taken is given back once, and any other never
void giveName(const dentry*);
bool spaceFor(u64 bytes);                   // fallocate(2)

struct MemorySpace { u64 pages, free_pages, names, free_names; };
MemorySpace memorySpace();

// Whether every page of the file is of that space (else: the changed ones of --root).
bool isMemoryFile(const inode*);

}  // namespace kernel
