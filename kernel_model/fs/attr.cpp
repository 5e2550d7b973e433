// Changing the attributes of files (Linux fs/attr.c).
#include "kernel_model/fs/internal.hpp"

namespace kernel {

umode_t withoutSetId(umode_t mode) {
    if (S_ISDIR(mode)) return mode;
    const int lost = S_ISUID | (mode & S_IXGRP ? S_ISGID : 0);
    return static_cast<umode_t>(mode & ~lost);
}

int setattr_copy(inode* node, const iattr& attr) {
    const auto set = [&attr](u32 what) { return (attr.ia_valid & what) != 0; };
    const i64 now = currentTime();
    if (set(ATTR_UID)) node->i_uid = attr.ia_uid;
    if (set(ATTR_GID)) node->i_gid = attr.ia_gid;
    if (set(ATTR_ATIME)) node->i_atime = set(ATTR_ATIME_SET) ? attr.ia_atime : now;
    if (set(ATTR_MTIME)) node->i_mtime = set(ATTR_MTIME_SET) ? attr.ia_mtime : now;
    if (set(ATTR_MODE)) node->i_mode = static_cast<umode_t>((node->i_mode & S_IFMT) | attr.ia_mode);
    node->i_ctime = now;
    return 0;
}

int notify_change(inode* node, const iattr& attr) { return node->i_op ? node->i_op->setattr(node, attr) : setattr_copy(node, attr); }

// Linux fs/inode.c: who writes to a file takes its set-id bits away.
int file_remove_privs(inode* node) {
    const umode_t mode = withoutSetId(node->i_mode);
    if (mode == node->i_mode || privilegedFiles(CAP_FSETID)) return 0;
    return notify_change(node, {.ia_valid = ATTR_MODE, .ia_mode = static_cast<umode_t>(mode & 07777)});
}

}  // namespace kernel
