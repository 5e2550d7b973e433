// A kernel with files and one task, for the tests of fs/: no CPU, a host gateway in memory.
#pragma once

#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/host_files.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/machine.hpp"
#include "traces/registry.hpp"

#include <catch2/catch.hpp>

namespace fs_test {

using namespace kernel;

// Paths are the keys: "/tree", "/tree/bin"; directories have no content.
class FakeHost : public HostGateway, public HostFiles {
public:
    struct Entry { umode_t mode; std::string content; };
    std::map<std::string, Entry> files{{"/tree", {S_IFDIR | 0755, ""}},
                                       {"/tree/etc", {S_IFDIR | 0755, ""}},
                                       {"/tree/etc/name", {S_IFREG | 0644, "guest\n"}},
                                       {"/tree/link", {S_IFLNK | 0777, "/etc/name"}},
                                       {"/tree/big", {S_IFREG | 0755, std::string(10000, 'b')}}};
    std::string output;

    int stat(const std::string& path, HostStat& s) override {
        const auto at = files.find(path);
        if (at == files.end()) return -ENOENT;
        s = {at->second.mode, 0, 0, at->second.content.size(), 1, 5, 0, 0};
        return 0;
    }
    int list(const std::string& directory, std::vector<std::string>& names) override {
        for (const auto& [path, entry] : files)
            if (path.starts_with(directory + "/") && path.find('/', directory.size() + 1) == std::string::npos)
                names.push_back(path.substr(directory.size() + 1));
        return 0;
    }
    int readlink(const std::string& path, std::string& target) override {
        target = files.at(path).content;
        return 0;
    }
    long pread(const std::string& path, u64 offset, std::span<u8> to) override {
        const std::string part = files.at(path).content.substr(offset, to.size());
        std::copy(part.begin(), part.end(), to.begin());
        return static_cast<long>(part.size());
    }
    long pwrite(const std::string& path, u64 offset, std::span<const u8> from) override {
        std::string& content = files.at(path).content;
        content.resize(std::max(content.size(), offset + from.size()));
        std::copy(from.begin(), from.end(), content.begin() + static_cast<long>(offset));
        return static_cast<long>(from.size());
    }
    int create(const std::string& path, umode_t mode) override {
        files[path] = {mode, ""};
        return 0;
    }
    int truncate(const std::string& path, u64 size) override {
        files.at(path).content.resize(size);
        return 0;
    }
    int remove(const std::string& path) override {
        lose(path);
        files.erase(path);
        return 0;
    }
    int rename(const std::string& from, const std::string& to) override {
        lose(to);
        files[to] = files.at(from);
        files.erase(from);
        for (auto& [handle, file] : held)
            if (file.path == from) file.path = to;
        return 0;
    }
    // What is open: by its path, or, when that is gone, on its own.
    struct Held { std::string path; bool writable; Entry lost; };
    std::map<int, Held> held;
    int last_handle = 100;
    int hold(const std::string& path, bool writable) override {
        if (!files.contains(path)) return -ENOENT;
        held[++last_handle] = {path, writable, {}};
        return last_handle;
    }
    void letGo(int handle) override { held.erase(handle); }
    Entry& entryOf(int handle) {
        Held& file = held.at(handle);
        return file.path.empty() ? file.lost : files.at(file.path);
    }
    void lose(const std::string& path) {
        for (auto& [handle, file] : held)
            if (file.path == path) file = {"", file.writable, files.at(path)};
    }
    long preadHeld(int handle, u64 offset, std::span<u8> to) override {
        const std::string& content = entryOf(handle).content;
        const std::string part = offset < content.size() ? content.substr(offset, to.size()) : "";
        std::copy(part.begin(), part.end(), to.begin());
        return static_cast<long>(part.size());
    }
    long pwriteHeld(int handle, u64 offset, std::span<const u8> from) override {
        if (!held.at(handle).writable) return -EBADF;
        std::string& content = entryOf(handle).content;
        content.resize(std::max(content.size(), offset + from.size()));
        std::copy(from.begin(), from.end(), content.begin() + static_cast<long>(offset));
        return static_cast<long>(from.size());
    }
    int truncateHeld(int handle, u64 size) override {
        if (!held.at(handle).writable) return -EBADF;
        entryOf(handle).content.resize(size);
        return 0;
    }
    int setAttributes(const std::string& path, const iattr& attr) override { return change(files.at(path), attr); }
    int setAttributesHeld(int handle, const iattr& attr) override { return change(entryOf(handle), attr); }
    static int change(Entry& entry, const iattr& attr) {
        if (attr.ia_valid & ATTR_MODE) entry.mode = static_cast<umode_t>((entry.mode & S_IFMT) | attr.ia_mode);
        return 0;
    }
    int listAttributes(const std::string&, int, std::vector<std::string>&) override { return -EOPNOTSUPP; }
    int attribute(const std::string&, int, const std::string&, std::vector<u8>&) override { return -EOPNOTSUPP; }
    int setAttribute(const std::string&, int, const std::string&, std::span<const u8>, int) override { return -EOPNOTSUPP; }
    int removeAttribute(const std::string&, int, const std::string&) override { return -EOPNOTSUPP; }
    int temporary(const std::string&, umode_t, bool) override { return -EOPNOTSUPP; }
    int linkHeld(int, const std::string&) override { return -ENOENT; }
    int punchHeld(int, u64, u64) override { return -EOPNOTSUPP; }
    int exchange(const std::string&, const std::string&) override { return -EINVAL; }
    int symlink(const std::string& target, const std::string& path) override {
        files[path] = {S_IFLNK | 0777, target};
        return 0;
    }
    int link(const std::string& from, const std::string& to) override {
        files[to] = files.at(from);
        return 0;
    }
    long readStream(int, std::span<u8>) override { return 0; }
    long writeStream(int, std::span<const u8> from) override {
        output.append(from.begin(), from.end());
        return static_cast<long>(from.size());
    }
    bool isTerminal(int) override { return false; }
};

class World {
public:
    World() : memory_(u64{4} << 20) {
        machine().memory = &memory_;
        page_alloc_init(memory_);
        machine().cpu = nullptr;
        machine().host = &host;
        saved_ = current_task;
        task_.signal = new signal_struct;
        task_.signal->rlim[RLIMIT_NOFILE] = {1024, 4096};
        task_.signal->rlim[RLIMIT_FSIZE] = {RLIM_INFINITY, RLIM_INFINITY};
        task_.cred = new cred;
        task_.fs = new fs_struct;
        task_.files = new files_struct;
        current_task = &task_;
    }
    ~World() {
        exit_files(&task_);
        exit_fs(&task_);
        forgetPages();
        delete task_.cred.get();
        delete task_.signal.get();
        current_task = saved_;
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    void becomeUser(uid_t uid) { task_.cred->fsuid = uid, task_.cred->fsgid = uid; }
    FakeHost host;

private:
    // The mounts outlive this world; their pages are frames of its memory.
    static void forgetPages() {
        for (const traces::Object* object : traces::liveObjects())
            if (object->objectType() == std::string_view("inode"))
                truncate_inode_pages(const_cast<address_space*>(&static_cast<const inode*>(object)->i_mapping));
    }

    cpu::PhysicalMemory memory_;
    task_struct task_;
    task_struct* saved_;
};

// An errno, or 0; the file is closed.
inline int tryOpen(const std::string& path, u32 flags, umode_t mode = 0644) {
    const u32 access = flags & O_ACCMODE;
    auto f = do_filp_open(AT_FDCWD, path, flags, mode,
                          (access == O_RDONLY ? MAY_READ :
                           access == O_WRONLY ? MAY_WRITE :
                                                MAY_READ | MAY_WRITE));
    if (!f.ok()) return f.error();
    fput(*f);
    return 0;
}
inline file* mustOpen(const std::string& path, u32 flags, umode_t mode = 0644) {
    auto f = do_filp_open(AT_FDCWD, path, flags, mode, 0);
    REQUIRE(f.ok());
    return *f;
}
inline std::string readAll(file* f, loff_t pos = 0) {
    std::string all;
    std::array<u8, 1000> part;
    for (long n; (n = vfs_read(f, part, pos)) > 0;) all.append(part.begin(), part.begin() + n);
    return all;
}
inline std::string contentOf(const std::string& path) {
    file* const f = mustOpen(path, O_RDONLY);
    const std::string text = readAll(f);
    fput(f);
    return text;
}
inline long put(file* f, const std::string& text, loff_t pos = 0) {
    return vfs_write(f, {reinterpret_cast<const u8*>(text.data()), text.size()}, pos);
}
inline void create(const std::string& path, const std::string& text, umode_t mode = 0644) {
    file* const f = mustOpen(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
    REQUIRE(put(f, text) == static_cast<long>(text.size()));
    fput(f);
}
inline int lookupError(const std::string& path, bool follow = true) {
    auto d = path_lookup(path, AT_FDCWD, follow);
    if (!d.ok()) return d.error();
    dput(*d);
    return 0;
}
inline std::string realName(const std::string& path) {
    auto d = path_lookup(path, AT_FDCWD, true);
    REQUIRE(d.ok());
    const std::string name = d_path(*d);
    dput(*d);
    return name;
}
inline inode* directoryOf(const std::string& path) {
    auto d = path_lookup(path, AT_FDCWD, true);
    REQUIRE(d.ok());
    inode* const node = (*d)->d_inode;
    dput(*d);
    return node;
}

}  // namespace fs_test
