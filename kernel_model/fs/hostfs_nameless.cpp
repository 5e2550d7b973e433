// What a file of a writable bind has that needs no name: O_TMPFILE, holes; and who owns a new one.
#include "kernel_model/fs/hostfs.hpp"
#include "kernel_model/fs/hostfs_nameless.hpp"

#include <algorithm>

namespace kernel {

// On the host, too, when execscope's user may give files away.
void ownOnHost(inode* directory, inode* made, umode_t mode, const std::string& path) {
    const auto [uid, gid] = std::pair{made->i_uid.get(), made->i_gid.get()};
    if (current && current->cred) {
        made->i_uid = current->cred->fsuid.get();
        made->i_gid = current->cred->fsgid.get();
    }
    made->i_mode |= mode & (S_ISUID | S_ISGID | S_ISVTX);
    inheritGroup(directory, made);
    if (made->i_uid == uid && made->i_gid == gid) return;
    const iattr owner{.ia_valid = ATTR_UID | ATTR_GID, .ia_uid = made->i_uid, .ia_gid = made->i_gid};
    const auto held = nodeOf(made)->held.reader();
    (void)(held ? hostFiles().setAttributesHeld(held->handle(), owner) : hostFiles().setAttributes(path, owner));
}

bool isWrittenThrough(const inode* node) { return (node->i_op == hostDirectory() || isHostFile(node)) && nodeOf(node)->fs->writable; }

bool isLinkable(const inode* node) { return isHostFile(node) && nodeOf(node)->linkable; }

Result<file*> temporaryOnHost(dentry* directory, u32 flags, umode_t mode) {
    inode* const parent = directory->d_inode;
    HostNode* const n = nodeOf(parent);
    if (n->names.empty()) return Failure{-ENOENT};
    const bool linkable = !(flags & O_EXCL);
    const int handle = hostFiles().temporary(n->path(), mode, linkable);
    if (handle < 0) return Failure{handle};
    HostStat s{};
    s.mode = static_cast<umode_t>(S_IFREG | (mode & 0777));
    s.uid = parent->i_uid;                  // until it is owned, below
    s.gid = ~gid_t{0};
    s.mtime_ns = currentTime();
    inode* const node = newHostInode(n->fs, "", s);
    const auto held = nodeOf(node)->held.adopt(handle);
    nodeOf(node)->linkable = linkable;
    ownOnHost(parent, node, mode, "");
    const DentryRef d(newDentry(directory, "#" + std::to_string(node->i_ino), node));
    d->unlinked = true;
    return dentry_open(d.get(), flags);
}

int linkTemporaryOnHost(inode* node, const std::string& path) {
    HostNode* const n = nodeOf(node);
    const auto held = n->held.reader();
    if (!held || !n->linkable) return -ESTALE;
    TRY_INT(hostFiles().linkHeld(held->handle(), path));
    HostStat s{};
    TRY_INT(host().stat(path, s));
    n->identity = s.identity;
    return 0;
}

int punchOnHost(inode* node, loff_t from, loff_t to) {
    const auto writer = nodeOf(node)->held.writer();
    if (!writer) return -EIO;
    TRY_INT(filemap_write_and_wait(&node->i_mapping));
    return hostFiles().punchHeld(writer->handle(), static_cast<u64>(from), static_cast<u64>(to - from));
}

}  // namespace kernel
