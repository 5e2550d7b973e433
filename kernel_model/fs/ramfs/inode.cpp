// A file system in memory (Linux fs/ramfs/inode.c, fs/libfs.c): directories are the dentry tree, files the page cache.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/fs/ramfs/space.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/mm/memfd.hpp"

#include <algorithm>
#include <string_view>

namespace kernel {
namespace {

void touch(inode* node) { node->i_mtime = node->i_ctime = currentTime(); }

struct RamDirectory : inode_operations {
    Result<dentry*> lookup(inode*, dentry*, const std::string&) override { return nullptr; }

    int create(inode* directory, dentry* parent, const std::string& name, umode_t mode) override {
        return add(directory, parent, name, newInode(mode, ramfsFile(), ramfsFileOperations(), directory->i_sb));
    }
    // Devices are in /dev only.
    int mknod(inode* directory, dentry* parent, const std::string& name, umode_t mode, dev_t) override {
        if (S_ISFIFO(mode)) return add(directory, parent, name, newFifo(mode, directory->i_sb));
        if (S_ISSOCK(mode)) return add(directory, parent, name, newInode(mode, nullptr, nullptr, directory->i_sb));
        return missing(Missing::devices);
    }
    int mkdir(inode* directory, dentry* parent, const std::string& name, umode_t mode) override {
        TRY_INT(add(directory, parent, name,
                    newInode(static_cast<umode_t>(S_IFDIR | mode), ramfsDirectory(), directoryOperations(), directory->i_sb)));
        ++directory->i_nlink;
        return 0;
    }
    int symlink(inode* directory, dentry* parent, const std::string& name, const std::string& target) override {
        return add(directory, parent, name, newSymlink(target, directory->i_sb));
    }
    int link(dentry* old, inode* directory, dentry* parent, const std::string& name) override {
        inode* const node = old->d_inode;
        TRY_INT(add(directory, parent, name, igrab(node)));
        ++node->i_nlink;
        node->i_ctime = currentTime();
        return 0;
    }
    int unlink(inode* directory, dentry* victim) override {
        --victim->d_inode->i_nlink;
        victim->d_inode->i_ctime = currentTime();
        touch(directory);
        giveName(victim);
        d_drop(victim);
        return 0;
    }
    int rmdir(inode* directory, dentry* victim) override {
        if (!victim->d_subdirs.empty()) return -ENOTEMPTY;
        victim->d_inode->i_nlink = 0;
        --directory->i_nlink;
        touch(directory);
        giveName(victim);
        d_drop(victim);
        return 0;
    }
    int rename(inode* from, dentry* what, inode* to, dentry* parent, const std::string& name) override {
        const bool directory = S_ISDIR(what->d_inode->i_mode);
        if (dentry* const old = d_lookup(parent, name)) {
            const DentryRef held(old);
            TRY_INT(directory ? to->i_op->rmdir(to, old) : to->i_op->unlink(to, old));
        }
        if (directory && from != to) {
            --from->i_nlink;
            ++to->i_nlink;
        }
        moveChild(what, parent, name);
        touch(from);
        touch(to);
        what->d_inode->i_ctime = currentTime();
        return 0;
    }

    int exchange(inode* from, dentry* what, inode* to, dentry* other) override {
        const int moved = S_ISDIR(what->d_inode->i_mode), came = S_ISDIR(other->d_inode->i_mode);
        if (from != to && moved != came) {
            from->i_nlink += static_cast<u32>(came - moved);
            to->i_nlink += static_cast<u32>(moved - came);
        }
        exchangeChildren(what, other);
        touch(from);
        touch(to);
        what->d_inode->i_ctime = other->d_inode->i_ctime = currentTime();
        return 0;
    }

private:
    static int add(inode* directory, dentry* parent, const std::string& name, inode* node) {
        if (node->i_count == 1) inheritGroup(directory, node);
        dentry* const d = addChild(parent, name, node);
        if (const int error = takeName(d); error < 0) {
            d_drop(d);
            return error;
        }
        touch(directory);
        return 0;
    }
};

struct RamFile : inode_operations {
    int setsize(inode* node, loff_t size) override {
        TRY_INT(sealsAllowSize(node, size));
        truncate_setsize(node, size);
        return 0;
    }
};

struct RamSymlink : inode_operations {
    Result<std::string> readlink(dentry* d) override { return *std::static_pointer_cast<std::string>(d->d_inode->i_private); }
};

struct RamFileOperations : file_operations {
    long read(file* f, std::span<u8> to, loff_t& pos) override { return generic_file_read(f, to, pos); }
    long write(file* f, std::span<const u8> from, loff_t& pos) override { return generic_file_write(f, from, pos); }
    bool canMmap() const override { return true; }
    int readpage(inode*, pgoff_t, std::span<u8>) override { return 0; }
    // lseek(2), SEEK_DATA and SEEK_HOLE: what was never written is a hole.
    loff_t llseek(file* f, loff_t offset, int whence) override {
        const loff_t size = f->f_inode->i_size;
        constexpr int data = 3, hole = 4;
        if (whence != data && whence != hole) return file_operations::llseek(f, offset, whence);
        if (offset < 0 || offset >= size) return -ENXIO;
        const auto& pages = f->f_inode->i_mapping.page_tree;
        u64 index = static_cast<u64>(offset) / PAGE_SIZE;
        if (whence == data) {
            const auto next = pages.lower_bound(index);
            if (next == pages.end() || next->first * PAGE_SIZE >= static_cast<u64>(size)) return -ENXIO;
            index = next->first;
        } else {
            while (pages.contains(index)) ++index;
        }
        return f->f_pos = std::clamp(static_cast<loff_t>(index * PAGE_SIZE), offset, size);
    }
};

u8 typeOf(const inode* node) { return static_cast<u8>((node->i_mode & S_IFMT) >> 12); }

struct DirectoryOperations : file_operations {
    long read(file*, std::span<u8>, loff_t&) override { return -EISDIR; }
    int readdir(file* f, std::vector<DirectoryEntry>& all) override {
        const dentry* d = f->f_path;
        all.push_back({".", d->d_inode->i_ino, DT_DIR_});
        all.push_back({"..", d->d_parent->d_inode->i_ino, DT_DIR_});
        for (const auto& [name, child] : d->d_subdirs) all.push_back({name, child->d_inode->i_ino, typeOf(child->d_inode)});
        return 0;
    }
    static constexpr u8 DT_DIR_ = 4;
};

}  // namespace

// A set-group-id directory hands its group on (inode(7)).
void inheritGroup(const inode* directory, inode* child) {
    if (!(directory->i_mode & S_ISGID)) return;
    child->i_gid = directory->i_gid.get();
    if (S_ISDIR(child->i_mode)) child->i_mode |= S_ISGID;
}

inode_operations* ramfsDirectory() {
    static RamDirectory operations;
    return &operations;
}
inode_operations* ramfsFile() {
    static RamFile operations;
    return &operations;
}
inode_operations* ramfsSymlink() {
    static RamSymlink operations;
    return &operations;
}
file_operations* ramfsFileOperations() {
    static RamFileOperations operations;
    return &operations;
}
file_operations* directoryOperations() {
    static DirectoryOperations operations;
    return &operations;
}

bool holdsMemoryFiles(const inode* directory) {
    return directory->i_op == ramfsDirectory() || std::string_view(directory->i_sb->s_type) == overlayName;
}

inode* newSymlink(const std::string& target, super_block* sb) {
    inode* const node = newInode(S_IFLNK | 0777, ramfsSymlink(), nullptr, sb);
    node->i_private = std::make_shared<std::string>(target);
    node->i_size = static_cast<loff_t>(target.size());
    return node;
}

}  // namespace kernel
