// A host directory or file as a file system (ours). --root: an overlay, the host below, every change in memory.
// --bind: read-only, or writing through. Content is read from the host page by page; open files of a writable bind are held.
#include "kernel_model/fs/hostfs.hpp"

#include <algorithm>

namespace kernel {
namespace {

inode_operations* hostFile();
inode_operations* hostSymlink();
file_operations* hostFileOperations();
file_operations* unopenable();

// Linux include/linux/kdev_t.h new_decode_dev.
dev_t decodeDevice(u32 d) { return MKDEV(d >> 8 & 0xfff, (d & 0xff) | (d >> 12 & 0xfff00)); }

}  // namespace

inode* newHostInode(HostFs* fs, const std::string& path, const HostStat& s) {
    const bool shared = S_ISREG(s.mode) && s.nlink > 1;
    if (shared) {
        if (const auto at = fs->linked.find(s.identity); at != fs->linked.end()) {
            nodeOf(at->second)->named(path);
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
    node->i_private =
        std::make_shared<HostNode>(HostNode{fs, path.empty() ? std::vector<std::string>{} : std::vector{path}, s.size, s.identity});
    if (shared) hasSeveralNames(node);
    if (S_ISFIFO(s.mode) && fs->writable) becomeFifo(node);
    return node;
}

namespace {

int truncateOnHost(HostNode* n, u64 size) {
    if (const auto writer = n->held.writer()) return hostFiles().truncateHeld(writer->handle(), size);
    return n->names.empty() ? -ESTALE : host().truncate(n->path(), size);
}

struct HostFile : inode_operations {
    int setsize(inode* node, loff_t size) override {
        HostNode* const n = nodeOf(node);
        if (n->fs->writable) TRY_INT(truncateOnHost(n, static_cast<u64>(size)));
        n->host_size = std::min(n->host_size, static_cast<u64>(size));
        truncate_setsize(node, size);
        return 0;
    }
    int setattr(inode* node, const iattr& attr) override { return setattrOnHost(node, attr); }
    void getattr(inode* node, kstat& k) override { getattrOfHost(node, k); }
};

struct HostSymlink : inode_operations {
    Result<std::string> readlink(dentry* d) override {
        std::string target;
        if (const int error = host().readlink(nodeOf(d->d_inode)->path(), target); error < 0) return Failure{error};
        return target;
    }
    int setattr(inode* node, const iattr& attr) override { return setattrOnHost(node, attr); }
};

struct HostFileOperations : file_operations {
    int open(inode* node, file* f) override {
        HostNode* const n = nodeOf(node);
        return n->fs->writable ? n->held.open(f, n->path()) : 0;
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
        const long got =
            reader ? hostFiles().preadHeld(reader->handle(), offset, page.first(size)) : host().pread(n->path(), offset, page.first(size));
        return have(node, offset, size, got);
    }
    int readpages(inode* node, pgoff_t first, std::span<const std::span<u8>> pages) override {
        const HostNode* const n = nodeOf(node);
        const u64 offset = first * PAGE_SIZE;
        if (n->held.reader() || offset >= n->host_size) return file_operations::readpages(node, first, pages);
        std::vector<std::span<u8>> to(pages.begin(),
                                      pages.begin() + static_cast<long>(std::min<u64>(pages.size(), pagesOf(n->host_size - offset))));
        const u64 size = std::min(to.size() * PAGE_SIZE, n->host_size - offset);
        to.back() = to.back().first(size - (to.size() - 1) * PAGE_SIZE);
        return have(node, offset, size, host().preadv(n->path(), offset, to));
    }

private:
    static u64 pagesOf(u64 bytes) { return (bytes + PAGE_SIZE - 1) / PAGE_SIZE; }
    // Of `size` bytes that should be there, `got` were, or it is an error.
    static int have(inode* node, u64 offset, u64 size, long got) {
        if (got < 0) return -EIO;
        if (static_cast<u64>(got) < size) {      // shorter than it said, as files of /sys are, or cut meanwhile
            nodeOf(node)->host_size = offset + static_cast<u64>(got);
            node->i_size = static_cast<loff_t>(nodeOf(node)->host_size);
        }
        return 0;
    }
};

// Devices and sockets of the host: they show, and that is all; so do FIFOs where the guest may not write. In a writable bind, a FIFO
// joins processes of the guest.
struct Unopenable : file_operations {
    int open(inode*, file*) override { return -ENXIO; }
};

template <class T, class Base>
Base* single() {
    static T operations;
    return &operations;
}
inode_operations* hostFile() { return single<HostFile, inode_operations>(); }
inode_operations* hostSymlink() { return single<HostSymlink, inode_operations>(); }
file_operations* hostFileOperations() { return single<HostFileOperations, file_operations>(); }
file_operations* unopenable() { return single<Unopenable, file_operations>(); }

}  // namespace

long HostGateway::preadv(const std::string& path, u64 offset, std::span<const std::span<u8>> to) {
    long done = 0;
    for (const std::span<u8> part : to) {
        const long n = pread(path, offset + static_cast<u64>(done), part);
        if (n < 0) return done ? done : n;
        done += n;
        if (static_cast<u64>(n) < part.size()) break;
    }
    return done;
}

Result<dentry*> lookupOnHost(dentry* parent, const std::string& name) {
    HostNode* const directory = nodeOf(parent->d_inode);
    if (directory->whiteouts.contains(name) || directory->names.empty()) return nullptr;
    const std::string path = directory->path() + "/" + name;
    HostStat s{};
    if (const int error = host().stat(path, s); error < 0) {
        if (error == -ENOENT) return nullptr;
        return Failure{error};
    }
    return dget(addChild(parent, name, newHostInode(directory->fs, path, s)));
}

bool isHostFile(const inode* node) { return node->i_fop == hostFileOperations(); }

void hasSeveralNames(inode* node) {
    nodeOf(node)->counted = true;
    nodeOf(node)->fs->linked[nodeOf(node)->identity] = node;
}

// HostStat has no blocks: as many as the size needs.
void getattrOfHost(const inode* node, kstat& k) { k.blocks = (static_cast<u64>(node->i_size.get()) + 4095) / 4096 * 8; }

// Of a file without a name and not open, nobody on the host sees a change.
int setattrOnHost(inode* node, const iattr& attr) {
    const HostNode* const n = nodeOf(node);
    if (n->fs->writable) {
        if (const auto held = n->held.reader()) TRY_INT(hostFiles().setAttributesHeld(held->handle(), attr));
        else if (!n->names.empty()) TRY_INT(hostFiles().setAttributes(n->path(), attr));
        else if (node->i_nlink > 0u) return -ESTALE;
    }
    return setattr_copy(node, attr);
}

inode* hostRoot(const std::string& host_path, bool overlay, bool writable, super_block* sb, int* error) {
    HostStat s{};
    *error = host().stat(host_path, s);
    if (*error < 0) return nullptr;
    auto* const fs = new HostFs{sb, overlay, writable, {}};         // lives as long as the machine
    return newHostInode(fs, host_path, s);
}

}  // namespace kernel
