// Names of files (Linux fs/dcache.c). A directory holds a reference on each cached child, a child one on its parent.
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/fs/internal.hpp"

namespace kernel {

dentry* dget(dentry* d) {
    if (d) ++d->d_count;
    return d;
}

void dput(dentry* d) {
    while (d) {
        BUG_ON(d->d_count <= 0);
        if (--d->d_count > 0) return;
        dentry* parent = d->d_parent == d ? nullptr : d->d_parent;
        if (d->d_inode) {
            if (d->unlinked && d->d_inode->i_fsnotify_marks && d->d_inode->i_nlink == 0) fsnotify_inoderemove(d->d_inode);
            if (d->d_inode->i_alias == d) d->d_inode->i_alias = nullptr;
            iput(d->d_inode);
        }
        delete d;
        d = parent;
    }
}

dentry* d_lookup(dentry* directory, const std::string& name) {
    const auto at = directory->d_subdirs.find(name);
    return at == directory->d_subdirs.end() ? nullptr : dget(at->second);
}

void d_drop(dentry* d) {
    const auto at = d->d_parent->d_subdirs.find(d->d_name);
    if (at == d->d_parent->d_subdirs.end() || at->second != d) return;
    d->d_parent->d_subdirs.erase(at);
    d->unlinked = true;
    dput(d);
}

dentry* newDentry(dentry* parent, const std::string& name, inode* node) {
    auto* d = new dentry;
    d->d_name = name;
    d->d_inode = node;
    d->d_parent = parent ? dget(parent) : d;
    if (node && !node->i_alias) node->i_alias = d;
    return d;
}

dentry* addChild(dentry* parent, const std::string& name, inode* node) {
    dentry* d = newDentry(parent, name, node);
    parent->d_subdirs[name] = d;
    return d;
}

void moveChild(dentry* what, dentry* parent, const std::string& name) {
    dentry* const old = what->d_parent;
    old->d_subdirs.erase(what->d_name);
    what->d_parent = dget(parent);
    what->d_name = name;
    parent->d_subdirs[name] = what;
    dput(old);
}

void exchangeChildren(dentry* a, dentry* b) {
    std::swap(a->d_parent->d_subdirs.at(a->d_name), b->d_parent->d_subdirs.at(b->d_name));
    std::swap(a->d_parent, b->d_parent);
    std::swap(a->d_name, b->d_name);
}

dentry* currentRoot() { return current && current->fs && current->fs->root ? current->fs->root : rootDentry(); }
dentry* currentDirectory() { return current && current->fs && current->fs->pwd ? current->fs->pwd : rootDentry(); }

std::string pathFrom(const dentry* d, const dentry* root, bool& reached) {
    std::string path;
    while (d != root) {
        if (d->d_parent == d) {
            if (!d->covers) break;
            d = d->covers;
            continue;
        }
        path.insert(0, "/" + d->d_name);
        d = d->d_parent;
    }
    reached = d == root;
    return path.empty() ? "/" : path;
}

std::string d_path(const dentry* d) {
    if (!d) return "";
    if (d->d_parent == d && !d->covers && d != rootDentry() && !d->d_name.empty()) return d->d_name;   // pipe:[1]
    bool reached = false;
    std::string path = pathFrom(d, currentRoot(), reached);
    if (d->unlinked) path += " (deleted)";
    return path;
}

// getcwd(2). Linux: the length including the NUL.
SYSCALL_DEFINE(2, getcwd, (Bytes<char>, buf), (u64, size)) {
    dentry* const pwd = currentDirectory();
    if (pwd->unlinked) return -ENOENT;
    bool reached = false;
    std::string path = pathFrom(pwd, currentRoot(), reached);
    if (!reached) path = "(unreachable)" + path;
    if (path.size() + 1 > PATH_MAX) return -ENAMETOOLONG;
    if (path.size() + 1 > size) return -ERANGE;
    if (copy_to_user(UserPtr<void>(buf.address), path.c_str(), path.size() + 1)) return -EFAULT;
    return static_cast<long>(path.size() + 1);
}

}  // namespace kernel
