// A host directory or file as a file system (ours). --root: an overlay, the host below, every change in memory.
// --bind: read-only, or writing through. Content is read from the host page by page; open files of a writable bind are held.
#include "kernel_model/fs/hostfs.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/machine.hpp"

#include <algorithm>

namespace kernel {
namespace {

inode_operations* hostDirectory();
inode_operations* hostFile();
inode_operations* hostSymlink();
file_operations* hostDirectoryOperations();
file_operations* hostFileOperations();
file_operations* unopenable();

// Linux include/linux/kdev_t.h new_decode_dev.
dev_t decodeDevice(u32 d) { return MKDEV(d >> 8 & 0xfff, (d & 0xff) | (d >> 12 & 0xfff00)); }
// HostStat has none: as many as the size needs.
u64 blocksOf(const inode* node) { return (static_cast<u64>(node->i_size.get()) + 4095) / 4096 * 8; }

inode* newHostInode(HostFs* fs, const std::string& path, const HostStat& s) {
    const bool shared = S_ISREG(s.mode) && s.nlink > 1;
    if (shared) {
        if (const auto at = fs->linked.find(s.identity); at != fs->linked.end()) {
            nodeOf(at->second)->path = path;
            return igrab(at->second);
        }
    }
    inode_operations* op = hostFile();
    file_operations* fop = unopenable();
    if (S_ISDIR(s.mode)) op = hostDirectory(), fop = hostDirectoryOperations();
    else if (S_ISLNK(s.mode)) op = hostSymlink(), fop = nullptr;
    else if (S_ISREG(s.mode)) fop = hostFileOperations();
    inode* const node = newInode(s.mode, op, fop, fs->sb);
    node->i_uid = s.uid;
    node->i_gid = s.gid;
    node->i_size = static_cast<loff_t>(s.size);
    node->i_nlink = s.nlink;
    node->i_rdev = decodeDevice(s.rdev);
    node->i_atime = node->i_mtime = node->i_ctime = s.mtime_ns;
    node->i_private = std::make_shared<HostNode>(HostNode{fs, path, s.size, s.identity, {}, false, {}});
    if (shared) {
        nodeOf(node)->counted = true;
        fs->linked[s.identity] = node;
    }
    return node;
}

Result<dentry*> lookupOnHost(dentry* parent, const std::string& name) {
    HostNode* const directory = nodeOf(parent->d_inode);
    if (directory->whiteouts.contains(name) || directory->path.empty()) return nullptr;
    const std::string path = directory->path + "/" + name;
    HostStat s{};
    if (const int error = host().stat(path, s); error < 0) {
        if (error == -ENOENT) return nullptr;
        return Failure{error};
    }
    return dget(addChild(parent, name, newHostInode(directory->fs, path, s)));
}

int addFromHost(dentry* parent, const std::string& name, int created) {
    if (created < 0) return created;
    dentry* const d = TRY(lookupOnHost(parent, name));
    if (!d) return -EIO;
    if (current && current->cred) {     // the host's owner is whoever runs execscope
        d->d_inode->i_uid = current->cred->fsuid.get();
        d->d_inode->i_gid = current->cred->fsgid.get();
    }
    dput(d);
    parent->d_inode->i_mtime = parent->d_inode->i_ctime = currentTime();
    return 0;
}

void renameBelow(dentry* d, const std::string& path) {
    nodeOf(d->d_inode)->path = path;
    for (auto& [name, child] : d->d_subdirs) renameBelow(child, path + "/" + name);
}
// The name does not lead to the inode any more; another name of it may, when it is opened again.
void nameGone(const dentry* d, const std::string& path) {
    HostNode* const n = nodeOf(d->d_inode);
    if (n && n->path == path) n->path.clear();
}
int removed(const HostNode* directory) { return directory->fs->writable && directory->path.empty() ? -ENOENT : 0; }
// Of a file that has one: an inode with several names may remember another.
std::string pathOf(const dentry* d) {
    const HostNode* const parent = d->d_parent == d || d->covers ? nullptr : nodeOf(d->d_parent->d_inode);
    return parent && !parent->path.empty() ? parent->path + "/" + d->d_name : nodeOf(d->d_inode)->path;
}

int missing(const char* call) {
    unsupported("feature", call, "on a writable bind", task_pt_regs(current)->ip, "EPERM");
    return -EPERM;
}

// Memory directories made under --root have the operations of ramfs and a null i_private.
struct HostDirectory : inode_operations {
    Result<dentry*> lookup(inode*, dentry* parent, const std::string& name) override { return lookupOnHost(parent, name); }

    int create(inode* directory, dentry* parent, const std::string& name, umode_t mode) override {
        HostNode* const n = nodeOf(directory);
        if (!n->fs->writable) return ramfsDirectory()->create(directory, parent, name, mode);
        TRY_INT(removed(n));
        return addFromHost(parent, name, host().create(n->path + "/" + name, mode));
    }
    int mknod(inode* directory, dentry* parent, const std::string& name, umode_t mode, dev_t dev) override {
        if (nodeOf(directory)->fs->writable) return missing("mknod");
        return ramfsDirectory()->mknod(directory, parent, name, mode, dev);
    }
    int mkdir(inode* directory, dentry* parent, const std::string& name, umode_t mode) override {
        HostNode* const n = nodeOf(directory);
        if (!n->fs->writable) return ramfsDirectory()->mkdir(directory, parent, name, mode);
        TRY_INT(removed(n));
        ++directory->i_nlink;
        return addFromHost(parent, name, host().create(n->path + "/" + name, static_cast<umode_t>(S_IFDIR | mode)));
    }
    int symlink(inode* directory, dentry* parent, const std::string& name, const std::string& target) override {
        if (nodeOf(directory)->fs->writable) return missing("symlink");
        return ramfsDirectory()->symlink(directory, parent, name, target);
    }
    int link(dentry* old, inode* directory, dentry* parent, const std::string& name) override {
        if (nodeOf(directory)->fs->writable) return missing("link");
        return ramfsDirectory()->link(old, directory, parent, name);
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
        HostNode* const n = nodeOf(from);
        const std::string old_name = what->d_name;
        if (n->fs->writable) {
            TRY_INT(removed(n));
            TRY_INT(removed(nodeOf(to)));
            const std::string target = nodeOf(to)->path + "/" + name;
            TRY_INT(host().rename(n->path + "/" + old_name, target));
            if (dentry* const old = d_lookup(parent, name)) {
                nameGone(old, target);
                d_drop(old);
                dput(old);
            }
            moveChild(what, parent, name);
            renameBelow(what, target);
            return 0;
        }
        TRY_INT(ramfsDirectory()->rename(from, what, to, parent, name));
        n->whiteouts.insert(old_name);
        return 0;
    }

    void getattr(inode* node, kstat& k) override { k.blocks = blocksOf(node); }

private:
    static Result<bool> isEmpty(const dentry* directory) {
        if (!directory->d_subdirs.empty()) return false;
        const HostNode* const n = nodeOf(directory->d_inode);
        if (!n) return true;
        std::vector<std::string> names;
        TRY_INT(host().list(n->path, names));
        return std::all_of(names.begin(), names.end(), [n](const auto& name) { return n->whiteouts.contains(name); });
    }
    static int removeName(inode* directory, const dentry* victim) {
        HostNode* const n = nodeOf(directory);
        if (!n->fs->writable) {
            n->whiteouts.insert(victim->d_name);
            return 0;
        }
        const std::string path = n->path + "/" + victim->d_name;
        TRY_INT(removed(n));
        TRY_INT(host().remove(path));
        nameGone(victim, path);
        return 0;
    }
};

int truncateOnHost(HostNode* n, u64 size) {
    if (const auto writer = n->held.writer()) return hostFiles().truncateHeld(writer->handle(), size);
    return n->path.empty() ? -ESTALE : host().truncate(n->path, size);
}

struct HostFile : inode_operations {
    int setsize(inode* node, loff_t size) override {
        HostNode* const n = nodeOf(node);
        if (n->fs->writable) TRY_INT(truncateOnHost(n, static_cast<u64>(size)));
        n->host_size = std::min(n->host_size, static_cast<u64>(size));
        truncate_setsize(node, size);
        return 0;
    }
    void getattr(inode* node, kstat& k) override { k.blocks = blocksOf(node); }
};

struct HostSymlink : inode_operations {
    Result<std::string> readlink(dentry* d) override {
        std::string target;
        if (const int error = host().readlink(nodeOf(d->d_inode)->path, target); error < 0) return Failure{error};
        return target;
    }
};

struct HostFileOperations : file_operations {
    int open(inode* node, file* f) override {
        HostNode* const n = nodeOf(node);
        if (!n->fs->writable) return 0;
        if (!f->f_path->unlinked) n->path = pathOf(f->f_path);     // else opened through /proc/PID/fd
        return n->held.open(f, n->path);
    }
    long read(file* f, std::span<u8> to, loff_t& pos) override { return generic_file_read(f, to, pos); }
    long write(file* f, std::span<const u8> from, loff_t& pos) override {
        HostNode* const n = nodeOf(f->f_inode);
        if (!n->fs->writable) return generic_file_write(f, from, pos);
        if (f->f_flags & O_APPEND) pos = f->f_inode->i_size;
        const auto held = std::static_pointer_cast<HeldFile>(f->private_data);
        const long put = hostFiles().pwriteHeld(held->handle(), static_cast<u64>(pos), from);
        if (put <= 0) return put;
        return generic_file_write(f, from.first(static_cast<u64>(put)), pos);
    }
    bool canMmap() const override { return true; }
    bool inMemory(const inode* node) const override { return nodeOf(node)->fs->overlay; }
    bool resident(const inode* node, pgoff_t index) const override {
        return inMemory(node) && index * PAGE_SIZE < nodeOf(node)->host_size;
    }
    bool writesBack(const inode* node) const override { return nodeOf(node)->fs->writable; }
    int writepage(inode* node, pgoff_t index, std::span<const u8> page) override {
        const u64 offset = index * PAGE_SIZE, size = static_cast<u64>(node->i_size.get());
        if (offset >= size) return 0;
        const std::span<const u8> bytes = page.first(std::min<u64>(page.size(), size - offset));
        const auto writer = nodeOf(node)->held.writer();
        const long put = writer ? hostFiles().pwriteHeld(writer->handle(), offset, bytes) : -EIO;
        return put < 0 ? static_cast<int>(put) : static_cast<u64>(put) < bytes.size() ? -EIO : 0;
    }
    int fsync(file* f) override { return filemap_write_and_wait(&f->f_inode->i_mapping); }
    int readpage(inode* node, pgoff_t index, std::span<u8> page) override {
        HostNode* const n = nodeOf(node);
        const u64 offset = index * PAGE_SIZE;
        if (offset >= n->host_size) return 0;
        const u64 size = std::min<u64>(page.size(), n->host_size - offset);
        const auto reader = n->held.reader();
        const long got = reader ? hostFiles().preadHeld(reader->handle(), offset, page.first(size)) : host().pread(n->path, offset, page.first(size));
        if (got < 0) return -EIO;
        if (static_cast<u64>(got) < size) {      // shorter than it said, as files of /sys are, or cut meanwhile
            n->host_size = offset + static_cast<u64>(got);
            node->i_size = static_cast<loff_t>(n->host_size);
        }
        return 0;
    }
};

struct HostDirectoryOperations : file_operations {
    long read(file*, std::span<u8>, loff_t&) override { return -EISDIR; }
    // Every name is looked up, so that inode numbers follow the sorted order.
    int readdir(file* f, std::vector<DirectoryEntry>& all) override {
        dentry* const d = f->f_path;
        std::vector<std::string> names;
        if (!removed(nodeOf(d->d_inode))) TRY_INT(host().list(nodeOf(d->d_inode)->path, names));
        std::sort(names.begin(), names.end());
        for (const std::string& name : names) {
            if (d->d_subdirs.contains(name)) continue;
            if (auto child = lookupOnHost(d, name); child.ok()) dput(*child);
        }
        return directoryOperations()->readdir(f, all);
    }
};

// Devices, sockets and FIFOs of the host: they show, and that is all.
struct Unopenable : file_operations {
    int open(inode*, file*) override { return -ENXIO; }
};

template <class T, class Base>
Base* single() {
    static T operations;
    return &operations;
}
inode_operations* hostDirectory() { return single<HostDirectory, inode_operations>(); }
inode_operations* hostFile() { return single<HostFile, inode_operations>(); }
inode_operations* hostSymlink() { return single<HostSymlink, inode_operations>(); }
file_operations* hostDirectoryOperations() { return single<HostDirectoryOperations, file_operations>(); }
file_operations* hostFileOperations() { return single<HostFileOperations, file_operations>(); }
file_operations* unopenable() { return single<Unopenable, file_operations>(); }

}  // namespace

inode* hostRoot(const std::string& host_path, bool overlay, bool writable, super_block* sb, int* error) {
    HostStat s{};
    *error = host().stat(host_path, s);
    if (*error < 0) return nullptr;
    auto* const fs = new HostFs{sb, overlay, writable, {}};         // lives as long as the machine
    return newHostInode(fs, host_path, s);
}

}  // namespace kernel
