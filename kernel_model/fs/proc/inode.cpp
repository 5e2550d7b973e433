// Files, directories and links of /proc (Linux fs/proc/inode.c, generic.c, base.c, fd.c).
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/process.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

namespace kernel {
namespace {

super_block* proc_sb = nullptr;
std::string mounted_path;               // below /proc
dentry* mounted_root = nullptr;

ProcNode& nodeOf(const inode* node) { return *static_cast<ProcNode*>(node->i_private.get()); }

inode_operations* procDirectory();
inode_operations* procLink();
inode_operations* procRegular();
file_operations* procFileOperations();
file_operations* procDirectoryOperations();

Result<task_struct*> taskOf(const ProcNode& n) {
    if (n.pid == 0) return nullptr;
    task_struct* const t = find_task_by_vpid(n.pid);
    if (!t) return Failure{-ESRCH};
    return t;
}
std::span<const ProcEntry> tableOf(const ProcNode& n) { return n.pid ? procTaskEntries() : procRootEntries(); }
bool exists(const ProcEntry& e) { return !e.newer || version().process.newerProc; }

// Numbers are a function of the name: nodes come and go.
u64 inodeNumber(const ProcNode& n) {
    u64 hash = 0x811c9dc5;                  // FNV-1a
    for (const char c : n.path) hash = (hash ^ static_cast<u8>(c)) * 0x01000193 & 0xffff'ffff;
    if (n.pid == 0 && n.path.empty()) return 1;
    return u64{0x1000'0000} + (static_cast<u64>(n.pid) << 16) + (hash & 0xffff);
}

task_struct* taskOrNull(const ProcNode& n) { return n.pid ? find_task_by_vpid(n.pid) : nullptr; }

int checkAccess(const ProcNode& n, ProcMoment moment) {
    if (!n.entry || n.entry->access == ProcAccess::everyone) return 0;
    return checkProcAccess(n.entry->access, TRY(taskOf(n)), moment);
}

}  // namespace

inode* procInode(const ProcNode& n, umode_t mode) {
    inode_operations* op = procRegular();
    file_operations* fop = procFileOperations();
    if (S_ISDIR(mode)) op = procDirectory(), fop = procDirectoryOperations();
    else if (S_ISLNK(mode)) op = procLink(), fop = nullptr;
    auto* const node = new inode;
    node->i_ino = inodeNumber(n);
    node->i_mode = mode;
    node->i_sb = proc_sb;
    node->i_dev = proc_sb->s_dev;
    node->i_nlink = S_ISDIR(mode) ? 2 : 1;
    node->i_atime = node->i_mtime = node->i_ctime = currentTime();
    node->i_op = op;
    node->i_fop = fop;
    const ProcOwner owner = procOwner(taskOrNull(n), mode);
    node->i_uid = owner.uid;
    node->i_gid = owner.gid;
    node->i_private = std::make_shared<ProcNode>(n);
    return node;
}

bool isNumber(const std::string& s) {
    return !s.empty() && s.size() < 10 && s.front() != '0' && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

namespace {

inode* lookupName(const ProcNode& directory, const std::string& name) {
    if (directory.pid && (directory.path == "fd" || directory.path == "fdinfo")) return lookupFd(directory, name);
    if (directory.pid && directory.path == "task") return lookupThread(directory, name);
    if (!directory.pid && directory.path.empty() && isNumber(name)) {
        task_struct* const t = find_task_by_vpid(std::stoi(name));
        return t ? procInode({t->pid, "", nullptr}, S_IFDIR | 0555) : nullptr;
    }
    const std::string path = directory.below(name);
    for (const ProcEntry& e : tableOf(directory)) {
        const std::string_view entry = e.name;
        if (!exists(e)) continue;
        if (entry == path)
            return procInode(directory.child(name, &e), e.older_mode && !version().process.newerProc ? e.older_mode : e.mode);
        if (entry.size() > path.size() && entry.starts_with(path) && entry[path.size()] == '/')
            return procInode(directory.child(name), S_IFDIR | 0555);
    }
    if (!directory.pid && mounted_path.starts_with(path + "/")) return procInode(directory.child(name), S_IFDIR | 0555);
    if (directory.pid && (path == "fd" || path == "fdinfo")) return lookupFdDirectory(directory, name);
    if (directory.pid && path == "task" && !directory.thread) return procInode(directory.child(name), S_IFDIR | 0555);
    return nullptr;
}

// Directories of /proc come and go, so what is mounted is found by its path and takes its place in the tree when it is met.
Result<dentry*> mountedAt(dentry* parent, const std::string& name) {
    if (mounted_root->d_parent == mounted_root) {
        mounted_root->d_parent = dget(parent);
        mounted_root->d_name = name;
    }
    return dget(mounted_root);
}

struct ProcDirectory : inode_operations {
    bool uncached() const override { return true; }
    Result<dentry*> lookup(inode* directory, dentry* parent, const std::string& name) override {
        const ProcNode& at = nodeOf(directory);
        if (!at.pid && mounted_root && at.below(name) == mounted_path) return mountedAt(parent, name);
        inode* const node = lookupName(at, name);
        if (!node) return nullptr;
        return newDentry(parent, name, node);
    }
    int create(inode*, dentry*, const std::string&, umode_t) override { return -EACCES; }
    void getattr(inode* node, kstat& k) override {
        const ProcOwner owner = procOwner(taskOrNull(nodeOf(node)), node->i_mode);
        k.uid = owner.uid;
        k.gid = owner.gid;
    }
};

struct ProcLink : inode_operations {
    Result<std::string> readlink(dentry* d) override {
        const ProcNode& n = nodeOf(d->d_inode);
        task_struct* const t = TRY(taskOf(n));
        if (!mayFollow(t)) return Failure{-EACCES};
        if (n.entry) return n.entry->show(t);
        const file* const f = descriptorOf(t, n.fd);
        if (!f) return Failure{-ENOENT};
        return d_path(f->f_path);
    }
    Result<dentry*> followLink(dentry* d) override {
        const ProcNode& n = nodeOf(d->d_inode);
        task_struct* const t = TRY(taskOf(n));
        if (!mayFollow(t)) return Failure{-EACCES};
        if (n.entry) return n.entry->follow ? n.entry->follow(t) : Result<dentry*>(nullptr);
        const file* const f = descriptorOf(t, n.fd);
        if (!f) return Failure{-ENOENT};
        return dget(f->f_path);
    }
    void getattr(inode*, kstat& k) override { k.size = 64; }
};

// O_TRUNC is no error, and nothing else.
struct ProcRegular : inode_operations {
    int setsize(inode*, loff_t) override { return 0; }
};

// What a write gives the file to store. A setting of v6.1 takes a number at position 0 only, and a line from there on
// (sysctl_writes_strict); none: the write has no effect.
Result<std::optional<std::string>> writtenText(const ProcNode& n, task_struct* t, std::span<const u8> from, loff_t pos) {
    std::string text(from.begin(), from.end());
    if (pos <= 0 || n.pid || !n.path.starts_with("sys/") || !version().process.newerProc) return std::optional(text);
    std::string before = TRY(n.entry->show(t));
    if (before.ends_with('\n')) before.pop_back();
    const bool line = n.path == "sys/kernel/core_pattern" || n.path == "sys/kernel/hostname";
    if (!line || static_cast<u64>(pos) > before.size()) return std::optional<std::string>();
    return std::optional(before.substr(0, static_cast<u64>(pos)) + text);
}

struct ProcFile : file_operations {
    int open(inode* node, file*) override { return checkAccess(nodeOf(node), ProcMoment::open); }
    long read(file* f, std::span<u8> to, loff_t& pos) override {
        if (pos < 0) return -EINVAL;
        if (pos == 0 || !f->private_data) {
            const ProcNode& n = nodeOf(f->f_inode);
            task_struct* const t = TRY(taskOf(n));
            TRY_INT(checkAccess(n, ProcMoment::read));
            f->private_data = std::make_shared<std::string>(TRY(n.entry ? n.entry->show(t) : showFdinfo(t, n.fd)));
        }
        const std::string& text = *static_cast<std::string*>(f->private_data.get());
        const u64 at = std::min<u64>(static_cast<u64>(pos), text.size());
        const u64 n = std::min(to.size(), text.size() - at);
        std::memcpy(to.data(), text.data() + at, n);
        pos += static_cast<loff_t>(n);
        return static_cast<long>(n);
    }
    long write(file* f, std::span<const u8> from, loff_t& pos) override {
        const ProcNode& n = nodeOf(f->f_inode);
        if (!n.entry || !n.entry->store) return -EIO;
        task_struct* const t = TRY(taskOf(n));
        if (const auto text = TRY(writtenText(n, t, from, pos))) TRY_INT(n.entry->store(t, *text));
        pos += static_cast<loff_t>(from.size());
        return static_cast<long>(from.size());
    }
};

struct ProcDirectoryOperations : file_operations {
    long read(file*, std::span<u8>, loff_t&) override { return -EISDIR; }
    int readdir(file* f, std::vector<DirectoryEntry>& all) override {
        const ProcNode n = nodeOf(f->f_inode);
        all.push_back({".", f->f_inode->i_ino, 4});
        all.push_back({"..", f->f_path->d_parent->d_inode->i_ino, 4});
        for (const std::string& name : namesIn(n)) {
            inode* const node = lookupName(n, name);
            if (!node) continue;
            all.push_back({name, node->i_ino, static_cast<u8>((node->i_mode & S_IFMT) >> 12)});
            iput(node);
        }
        return 0;
    }

private:
    static std::vector<std::string> namesIn(const ProcNode& n) {
        std::vector<std::string> names;
        if (n.pid && n.path == "task") return threadNames(n);
        if (n.pid && (n.path == "fd" || n.path == "fdinfo")) return descriptorNames(n);
        const std::string prefix = n.path.empty() ? "" : n.path + "/";
        for (const ProcEntry& e : tableOf(n)) {
            std::string name = e.name;
            if (!exists(e) || !name.starts_with(prefix)) continue;
            name = name.substr(prefix.size());
            name = name.substr(0, name.find('/'));
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
        if (!n.pid && mounted_path.starts_with(prefix) && !n.path.empty()) {
            const std::string name = mounted_path.substr(prefix.size(), mounted_path.find('/', prefix.size()) - prefix.size());
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
        if (n.pid && n.path.empty()) names.insert(names.end(), {"fd", "fdinfo"});
        if (n.pid && n.path.empty() && !n.thread) names.push_back("task");
        if (!n.pid && n.path.empty())
            for (const task_struct* task : all_tasks())
                if (task->pid != 0) names.push_back(std::to_string(task->pid));
        return names;
    }
};

inode_operations* procDirectory() {
    static ProcDirectory operations;
    return &operations;
}
inode_operations* procRegular() {
    static ProcRegular operations;
    return &operations;
}
inode_operations* procLink() {
    static ProcLink operations;
    return &operations;
}
file_operations* procFileOperations() {
    static ProcFile operations;
    return &operations;
}
file_operations* procDirectoryOperations() {
    static ProcDirectoryOperations operations;
    return &operations;
}

}  // namespace

void mountInProc(const std::string& path, dentry* root) {
    mounted_path = path;
    mounted_root = root;
}

void mountProc(dentry* where) {
    proc_sb = newSuperBlock("proc", "proc", 0x9fa0);
    mountOn(where, proc_sb, procInode({0, "", nullptr}, S_IFDIR | 0555));
}

}  // namespace kernel
