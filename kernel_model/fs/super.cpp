// The guest's tree, put together before boot (ours; Linux: fs/super.c, init/do_mounts.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/machine.hpp"

#include <algorithm>
#include <string_view>

namespace kernel {
namespace {

dentry* root = nullptr;
dentry* dev_root = nullptr;

dentry* directoryIn(dentry* parent, const std::string& name, umode_t permissions) {
    if (const auto at = parent->d_subdirs.find(name); at != parent->d_subdirs.end()) return at->second;
    super_block* const sb = parent->d_inode->i_sb;
    ++parent->d_inode->i_nlink;
    return addChild(parent, name, newInode(static_cast<umode_t>(S_IFDIR | permissions), ramfsDirectory(), directoryOperations(), sb));
}

inode* newRoot(super_block* sb, umode_t permissions) {
    return newInode(static_cast<umode_t>(S_IFDIR | permissions), ramfsDirectory(), directoryOperations(), sb);
}

void setRoot(super_block* sb, inode* node) {
    root = newDentry(nullptr, "", node);
    sb->s_root = root;
}

// Files whose first content lies in the executable that holds us (init, the demo): read in place, page by page.
struct EmbeddedFile : file_operations {
    using Bytes = std::span<const u8>;
    static Bytes& bytesOf(inode* node) { return *static_cast<Bytes*>(node->i_private.get()); }

    long read(file* f, std::span<u8> to, loff_t& pos) override { return generic_file_read(f, to, pos); }
    long write(file* f, std::span<const u8> from, loff_t& pos) override { return generic_file_write(f, from, pos); }
    bool canMmap() const override { return true; }
    int readpage(inode* node, pgoff_t index, std::span<u8> page) override {
        const Bytes all = bytesOf(node);
        const u64 offset = index * PAGE_SIZE;
        if (offset >= all.size()) return 0;
        std::ranges::copy(all.subspan(offset, std::min(page.size(), all.size() - offset)), page.begin());
        return 0;
    }
};
struct EmbeddedInode : inode_operations {
    int setsize(inode* node, loff_t size) override {
        auto& bytes = EmbeddedFile::bytesOf(node);
        bytes = bytes.first(std::min(bytes.size(), static_cast<u64>(size)));
        truncate_setsize(node, size);
        return 0;
    }
};

inode* embeddedInode(std::span<const u8> content, umode_t mode, super_block* sb) {
    static EmbeddedFile file;
    static EmbeddedInode operations;
    inode* const node = newInode(static_cast<umode_t>(S_IFREG | mode), &operations, &file, sb);
    node->i_private = std::make_shared<EmbeddedFile::Bytes>(content);
    node->i_size = static_cast<loff_t>(content.size());
    return node;
}

// devtmpfs exists in both worlds; where the tree has no /dev it can be reached by the kernel only.
void makeDev() {
    super_block* const sb = newSuperBlock("devtmpfs", "devtmpfs", TMPFS_MAGIC);
    dev_root = newDentry(nullptr, "", newRoot(sb, 0755));
    sb->s_root = dev_root;
    fillDev(dev_root);
    dentry* const host = directoryIn(dev_root, "host", 0755);
    static const char* const streams[] = {"stdin", "stdout", "stderr"};
    for (u32 i = 0; i < 3; ++i) {
        const bool terminal = machine().host && machine().host->isTerminal(static_cast<int>(i));
        const auto mode = static_cast<umode_t>(terminal ? S_IFCHR | 0620 : S_IFIFO | 0600);
        inode* const node = newInode(mode, nullptr, hostStreamOperations(), sb);
        node->i_rdev = terminal ? MKDEV(4, 64) : 0;                 // ttyS0
        node->i_private = std::make_shared<int>(static_cast<int>(i));
        addChild(host, streams[i], node);
    }
    if (!machine().boot.init_image.empty()) addChild(host, "init", embeddedInode(machine().boot.init_image, 0755, sb));
    super_block* const tmpfs = newSuperBlock("tmpfs", "tmpfs", TMPFS_MAGIC);
    inode* const shm = newRoot(tmpfs, 01777);
    mountOn(directoryIn(dev_root, "shm", 0755), tmpfs, shm);
}

void mountDev(dentry* where) {
    where->mounted = dev_root;
    dev_root->covers = dget(where);
}

// What libraries ask of /sys: which processors there are, and that huge pages are off.
void mountSys(dentry* where) {
    struct Row { const char *path, *text; };
    static constexpr Row rows[] = {
        {"devices/system/cpu/online", "0\n"}, {"devices/system/cpu/possible", "0\n"}, {"devices/system/cpu/present", "0\n"},
        {"devices/system/cpu/offline", "\n"}, {"devices/system/cpu/kernel_max", "0\n"},
        {"devices/system/cpu/cpu0/topology/core_id", "0\n"}, {"devices/system/cpu/cpu0/topology/physical_package_id", "0\n"},
        {"devices/system/cpu/cpu0/topology/thread_siblings", "1\n"}, {"devices/system/cpu/cpu0/topology/thread_siblings_list", "0\n"},
        {"kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n"}, {"kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n"}};
    super_block* const sb = newSuperBlock("sysfs", "sysfs", 0x62656572);
    sb->read_only = true;
    dentry* const top = mountOn(where, sb, newRoot(sb, 0555));
    for (const char* name : {"block", "bus", "class", "dev", "devices", "firmware", "fs", "kernel", "module", "power"})
        directoryIn(top, name, 0755);
    for (const Row& row : rows) {
        dentry* at = top;
        const std::string path = row.path;
        u64 begin = 0;
        for (u64 slash = path.find('/'); slash != std::string::npos; begin = slash + 1, slash = path.find('/', begin))
            at = directoryIn(at, path.substr(begin, slash - begin), 0755);
        const std::string_view text = row.text;
        addChild(at, path.substr(begin), embeddedInode({reinterpret_cast<const u8*>(text.data()), text.size()}, 0444, sb));
    }
}

dentry* existingDirectory(const std::string& path) {
    auto found = path_lookup(path, AT_FDCWD, true);
    if (!found.ok()) return nullptr;
    const DentryRef d(*found);
    return S_ISDIR(d->d_inode->i_mode) ? d.get() : nullptr;
}

}  // namespace

dentry* rootDentry() { return root; }

void mountMemoryRoot() {
    auto* const sb = newSuperBlock("rootfs", "rootfs", 0x858458f6);
    setRoot(sb, newRoot(sb, 0755));
    makeDev();
    mountDev(directoryIn(root, "dev", 0755));
    mountProc(directoryIn(root, "proc", 0555));
    mountSys(directoryIn(root, "sys", 0555));
    dentry* const tmp = directoryIn(root, "tmp", 0755);
    tmp->d_inode->i_mode = S_IFDIR | 01777;
}

void mountHostRoot(const std::string& host_directory) {
    auto* const sb = newSuperBlock(overlayName, "/dev/root", EXT4_SUPER_MAGIC);
    int error = 0;
    inode* const node = hostRoot(host_directory, true, false, sb, &error);
    if (!node) {
        setRoot(sb, newRoot(sb, 0755));
    } else {
        setRoot(sb, node);
    }
    makeDev();
    if (dentry* const dev = existingDirectory("/dev")) mountDev(dev);
    if (dentry* const proc = existingDirectory("/proc")) mountProc(proc);
    if (dentry* const sys = existingDirectory("/sys")) mountSys(sys);
}

Result<dentry*> makePath(const std::string& directory) {
    dentry* at = root;
    for (u64 begin = 0; begin < directory.size();) {
        const u64 end = std::min(directory.find('/', begin), directory.size());
        const std::string name = directory.substr(begin, end - begin);
        begin = end + 1;
        if (name.empty() || name == ".") continue;
        if (name == "..") return Failure{-EINVAL};
        auto next = lookupChild(at, name);
        if (next.ok() && S_ISLNK((*next)->d_inode->i_mode)) {
            dput(*next);
            next = path_lookup(directory.substr(0, end), AT_FDCWD, true);
        }
        if (next.ok()) {
            at = *next;
            dput(at);                       // held by the tree
        } else if (next.error() == -ENOENT) {
            at = directoryIn(at, name, 0755);
        } else {
            return Failure{next.error()};
        }
        if (!S_ISDIR(at->d_inode->i_mode)) return Failure{-ENOTDIR};
    }
    return at;
}

int bindHost(const std::string& host, const std::string& guest, bool writable) {
    const auto slash = guest.find_last_not_of('/');
    const std::string path = slash == std::string::npos ? "/" : guest.substr(0, slash + 1);
    auto* const sb = newSuperBlock("execscope-bind", path, EXT4_SUPER_MAGIC);
    sb->read_only = !writable;
    int error = 0;
    inode* const node = hostRoot(host, false, writable, sb, &error);
    if (!node) return error;
    dentry* where = nullptr;
    if (S_ISDIR(node->i_mode)) {
        where = TRY(makePath(path));
    } else {
        const auto cut = path.rfind('/');
        dentry* const parent = TRY(makePath(path.substr(0, cut)));
        const std::string name = path.substr(cut + 1);
        if (auto old = lookupChild(parent, name); old.ok()) {
            where = *old;
            dput(where);
        } else {
            where = addChild(parent, name, newInode(S_IFREG | 0644, ramfsFile(), ramfsFileOperations(), parent->d_inode->i_sb));
        }
    }
    mountOn(where, sb, node);
    return 0;
}

int addMemoryFile(const std::string& path, std::span<const u8> content, umode_t mode) {
    const auto cut = path.rfind('/');
    if (cut == std::string::npos || cut + 1 == path.size()) return -EINVAL;
    dentry* const parent = TRY(makePath(path.substr(0, cut)));
    const std::string name = path.substr(cut + 1);
    if (parent->d_subdirs.contains(name)) return -EEXIST;
    addChild(parent, name, embeddedInode(content, mode, parent->d_inode->i_sb));
    return 0;
}

file* openInit() {
    const auto host = dev_root->d_subdirs.find("host");
    const auto init = host->second->d_subdirs.find("init");
    if (init == host->second->d_subdirs.end()) return nullptr;
    auto f = dentry_open(init->second, O_RDONLY | FMODE_EXEC);
    return f.ok() ? *f : nullptr;
}

file* openHostStream(int stream) {
    static const char* const names[] = {"stdin", "stdout", "stderr"};
    if (stream < 0 || stream > 2) return nullptr;
    dentry* const node = dev_root->d_subdirs.at("host")->d_subdirs.at(names[stream]);
    const u32 mode = S_ISCHR(node->d_inode->i_mode) ? O_RDWR : stream == 0 ? O_RDONLY : O_WRONLY;
    auto f = dentry_open(node, mode);
    return f.ok() ? *f : nullptr;
}

}  // namespace kernel
