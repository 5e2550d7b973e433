// Files of --bind HOST:GUEST:rw, for those who know nothing else of the host's.
#pragma once

#include "kernel_model/fs/internal.hpp"

namespace kernel {

bool isWrittenThrough(const inode*);        // a regular file or a directory of a writable bind
bool isLinkable(const inode*);              // without a name, linkat(2) may give it one
Result<file*> temporaryOnHost(dentry* directory, u32 flags, umode_t mode);  // O_TMPFILE; the umask has been applied
int punchOnHost(inode*, loff_t from, loff_t to);                            // before the cached pages change; 0 or -errno

}  // namespace kernel
