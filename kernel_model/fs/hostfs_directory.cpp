// Directories of the host, and what changes their names: in memory, or on the host.
#include "kernel_model/fs/hostfs.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>

namespace kernel {
namespace {

int removed(const HostNode* directory) { return directory->fs->writable && directory->names.empty() ? -ENOENT : 0; }

std::string pathBelow(const inode* directory, const std::string& name) { return nodeOf(directory)->path() + "/" + name; }

void touch(inode* directory) { directory->i_mtime = directory->i_ctime = currentTime(); }

// made: 0 or -errno, of what the host was asked to make under that name.
int addFromHost(int made, inode* directory, dentry* parent, const std::string& name, umode_t mode) {
    if (made < 0) return made;
    dentry* const d = TRY(lookupOnHost(parent, name));
    if (!d) return -EIO;
    ownOnHost(directory, d->d_inode, mode, pathBelow(directory, name));
    dput(d);
    touch(directory);
    return 0;
}

int create(inode* directory, dentry* parent, const std::string& name, umode_t mode) {
    TRY_INT(removed(nodeOf(directory)));
    return addFromHost(host().create(pathBelow(directory, name), mode), directory, parent, name, mode);
}

// to: where d lies now. Without recursion: a guest nests directories as deep as it likes.
void renamed(const dentry* top, const std::string& from, const std::string& to) {
    struct Step { const dentry* what; std::string below; };
    for (std::vector<Step> steps{{top, ""}}; !steps.empty();) {
        const Step step = std::move(steps.back());
        steps.pop_back();
        HostNode* const n = nodeOf(step.what->d_inode);
        n->nameGone(from + step.below);
        n->named(to + step.below);
        for (const auto& [name, child] : step.what->d_subdirs) steps.push_back({child, step.below + "/" + name});
    }
}

Result<bool> isEmpty(const dentry* directory) {
    if (!directory->d_subdirs.empty()) return false;
    const HostNode* const n = nodeOf(directory->d_inode);
    if (!n) return true;
    std::vector<std::string> names;
    TRY_INT(host().list(n->path(), names));
    return std::all_of(names.begin(), names.end(), [n](const auto& name) { return n->whiteouts.contains(name); });
}

int removeName(inode* directory, const dentry* victim) {
    HostNode* const n = nodeOf(directory);
    if (!n->fs->writable) {
        n->whiteouts.insert(victim->d_name);
        return 0;
    }
    TRY_INT(removed(n));
    const std::string path = pathBelow(directory, victim->d_name);
    TRY_INT(host().remove(path));
    nodeOf(victim->d_inode)->nameGone(path);
    return 0;
}

// The name is another file's now.
void replaced(dentry* old, const std::string& path) {
    inode* const node = old->d_inode;
    nodeOf(node)->nameGone(path);
    node->i_nlink = S_ISDIR(node->i_mode) ? 0 : node->i_nlink - 1;
    node->i_ctime = currentTime();
    d_drop(old);
}

int renameOnHost(inode* from, dentry* what, inode* to, dentry* parent, const std::string& name) {
    TRY_INT(removed(nodeOf(from)));
    TRY_INT(removed(nodeOf(to)));
    const std::string old_path = pathBelow(from, what->d_name), path = pathBelow(to, name);
    TRY_INT(host().rename(old_path, path));
    const bool directory = S_ISDIR(what->d_inode->i_mode);
    if (const DentryRef old(d_lookup(parent, name)); old.get()) {
        replaced(old.get(), path);
        if (directory) --to->i_nlink;
    }
    if (directory && from != to) {
        --from->i_nlink;
        ++to->i_nlink;
    }
    moveChild(what, parent, name);
    renamed(what, old_path, path);
    touch(from);
    touch(to);
    what->d_inode->i_ctime = currentTime();
    return 0;
}

// Memory directories made under --root have the operations of ramfs and a null i_private.
struct HostDirectory : inode_operations {
    Result<dentry*> lookup(inode*, dentry* parent, const std::string& name) override { return lookupOnHost(parent, name); }

    int create(inode* directory, dentry* parent, const std::string& name, umode_t mode) override {
        if (!inPlace(directory)) return ramfsDirectory()->create(directory, parent, name, mode);
        return kernel::create(directory, parent, name, mode);
    }
    int mknod(inode* directory, dentry* parent, const std::string& name, umode_t mode, dev_t dev) override {
        const bool device = !S_ISFIFO(mode) && !S_ISSOCK(mode);     // aloud
        if (device || !inPlace(directory)) return ramfsDirectory()->mknod(directory, parent, name, mode, dev);
        return kernel::create(directory, parent, name, mode);
    }
    int mkdir(inode* directory, dentry* parent, const std::string& name, umode_t mode) override {
        if (!inPlace(directory)) return ramfsDirectory()->mkdir(directory, parent, name, mode);
        TRY_INT(kernel::create(directory, parent, name, static_cast<umode_t>(S_IFDIR | mode)));
        ++directory->i_nlink;
        return 0;
    }
    int symlink(inode* directory, dentry* parent, const std::string& name, const std::string& target) override {
        if (!inPlace(directory)) return ramfsDirectory()->symlink(directory, parent, name, target);
        TRY_INT(removed(nodeOf(directory)));
        return addFromHost(hostFiles().symlink(target, pathBelow(directory, name)), directory, parent, name, 0);
    }
    int link(dentry* old, inode* directory, dentry* parent, const std::string& name) override {
        if (!inPlace(directory)) return ramfsDirectory()->link(old, directory, parent, name);
        TRY_INT(removed(nodeOf(directory)));
        inode* const node = old->d_inode;
        const std::string path = pathBelow(directory, name);
        if (nodeOf(node)->names.empty()) TRY_INT(linkTemporaryOnHost(node, path));
        else TRY_INT(hostFiles().link(nodeOf(node)->path(), path));
        addChild(parent, name, igrab(node));
        nodeOf(node)->named(path);
        hasSeveralNames(node);
        ++node->i_nlink;
        node->i_ctime = currentTime();
        touch(directory);
        return 0;
    }
    int unlink(inode* directory, dentry* victim) override {
        TRY_INT(removeName(directory, victim));
        return ramfsDirectory()->unlink(directory, victim);
    }
    int rmdir(inode* directory, dentry* victim) override {
        if (!TRY(isEmpty(victim))) return -ENOTEMPTY;
        TRY_INT(removeName(directory, victim));
        return ramfsDirectory()->rmdir(directory, victim);
    }
    int rename(inode* from, dentry* what, inode* to, dentry* parent, const std::string& name) override {
        if (inPlace(from)) return renameOnHost(from, what, to, parent, name);
        const std::string old_name = what->d_name;
        TRY_INT(ramfsDirectory()->rename(from, what, to, parent, name));
        nodeOf(from)->whiteouts.insert(old_name);
        return 0;
    }
    int exchange(inode* from, dentry* what, inode* to, dentry* other) override {
        TRY_INT(removed(nodeOf(from)));
        TRY_INT(removed(nodeOf(to)));
        const std::string one = pathBelow(from, what->d_name), another = pathBelow(to, other->d_name);
        TRY_INT(hostFiles().exchange(one, another));
        renamed(what, one, another);
        renamed(other, another, one);
        return ramfsDirectory()->exchange(from, what, to, other);
    }
    int setattr(inode* node, const iattr& attr) override { return setattrOnHost(node, attr); }
    void getattr(inode* node, kstat& k) override { getattrOfHost(node, k); }

private:
    static bool inPlace(const inode* directory) { return nodeOf(directory)->fs->writable; }
};

struct HostDirectoryOperations : file_operations {
    long read(file*, std::span<u8>, loff_t&) override { return -EISDIR; }
    // Every name is looked up, so that inode numbers follow the sorted order.
    int readdir(file* f, std::vector<DirectoryEntry>& all) override {
        dentry* const d = f->f_path;
        const HostNode* const n = nodeOf(d->d_inode);
        std::vector<std::string> names;
        if (!removed(n)) TRY_INT(host().list(n->path(), names));
        std::sort(names.begin(), names.end());
        for (const std::string& name : names) {
            if (d->d_subdirs.contains(name)) continue;
            if (auto child = lookupOnHost(d, name); child.ok()) dput(*child);
        }
        return directoryOperations()->readdir(f, all);
    }
};

}  // namespace

inode_operations* hostDirectory() {
    static HostDirectory operations;
    return &operations;
}
file_operations* hostDirectoryOperations() {
    static HostDirectoryOperations operations;
    return &operations;
}

}  // namespace kernel
