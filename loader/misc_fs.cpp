// fs/binfmt_misc.c: the files of /proc/sys/fs/binfmt_misc.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/version/exec.hpp"
#include "loader/misc_entries.hpp"

#include <algorithm>
#include <cstring>

namespace loader {

using namespace kernel;

namespace {

constexpr u64 BINFMTFS_MAGIC = 0x42494e4d;

enum class Command { nothing, disable, enable, remove, unknown };
Command parseCommand(std::string_view text) {
    if (text.empty()) return Command::nothing;
    if (text.size() > 3) return Command::unknown;
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text == "0") return Command::disable;
    if (text == "1") return Command::enable;
    return text == "-1" ? Command::remove : Command::unknown;
}

void removeEntry(const std::shared_ptr<MiscEntry>& entry) {
    auto& entries = miscTable().entries;
    const auto at = std::ranges::find(entries, entry);
    if (at == entries.end()) return;
    entries.erase(at);
    const DentryRef gone(dget(std::exchange(entry->dentry, nullptr)));
    gone->d_inode->i_nlink = 0;
    d_drop(gone.get());
}

// Who has an entry's file open reads and writes it as before when the entry has been removed.
const std::shared_ptr<MiscEntry>& entryOf(const file* f) { return *static_cast<std::shared_ptr<MiscEntry>*>(f->f_inode->i_private.get()); }

struct MiscFile : file_operations {
    int fsync(file*) override { return -EINVAL; }
};

// A file whose text is made when it is read and whose writes are commands.
struct CommandFile : MiscFile {
    virtual std::string show(const file*) = 0;
    virtual void obey(const file*, Command) = 0;
    long read(file* f, std::span<u8> to, loff_t& pos) override {
        const std::string text = show(f);
        const u64 at = std::min<u64>(static_cast<u64>(std::max<loff_t>(pos, 0)), text.size());
        const u64 n = std::min<u64>(to.size(), text.size() - at);
        std::memcpy(to.data(), text.data() + at, n);
        pos += static_cast<loff_t>(n);
        return static_cast<long>(n);
    }
    long write(file* f, std::span<const u8> from, loff_t&) override {
        const Command command = parseCommand(std::string(from.begin(), from.end()));
        if (command == Command::unknown) return -EINVAL;
        if (command != Command::nothing) obey(f, command);
        return static_cast<long>(from.size());
    }
};

struct StatusFile : CommandFile {
    std::string show(const file*) override { return miscTable().enabled ? "enabled\n" : "disabled\n"; }
    void obey(const file*, Command command) override {
        if (command != Command::remove) miscTable().enabled = command == Command::enable;
        else
            while (!miscTable().entries.empty()) removeEntry(std::shared_ptr(miscTable().entries.front()));
    }
};

struct EntryFile : CommandFile {
    std::string show(const file* f) override { return describeEntry(*entryOf(f)); }
    void obey(const file* f, Command command) override {
        if (command == Command::remove) removeEntry(std::shared_ptr(entryOf(f)));
        else entryOf(f)->enabled = command == Command::enable;
    }
};

super_block* misc_sb = nullptr;
dentry* misc_root = nullptr;

dentry* addFile(const std::string& name, umode_t permissions, file_operations* operations) {
    return addChild(misc_root, name, newInode(static_cast<umode_t>(S_IFREG | permissions), ramfsFile(), operations, misc_sb));
}

int addEntry(const std::shared_ptr<MiscEntry>& entry) {
    static EntryFile operations;
    if (entry->name.size() > NAME_MAX) return -ENAMETOOLONG;
    if (misc_root->d_subdirs.contains(entry->name)) return -EEXIST;
    entry->dentry = addFile(entry->name, 0644, &operations);
    inode* const node = entry->dentry->d_inode;
    node->i_uid = 0;
    node->i_gid = 0;
    node->i_private = std::make_shared<std::shared_ptr<MiscEntry>>(entry);
    miscTable().entries.push_front(entry);
    return 0;
}

struct RegisterFile : MiscFile {
    long write(file*, std::span<const u8> from, loff_t&) override {
        const auto entry = TRY(parseMiscEntry(std::string(from.begin(), from.end()), miscTable().rules));
        if (entry->flags & MISC_OPEN_FILE) entry->interp_file = TRY(version().exec.open_exec(entry->interpreter));
        TRY_INT(addEntry(entry));
        return static_cast<long>(from.size());
    }
    loff_t llseek(file* f, loff_t, int) override { return f->f_pos; }
};

struct MiscDirectory : inode_operations {
    Result<dentry*> lookup(inode*, dentry*, const std::string&) override { return nullptr; }
};

struct MiscDirectoryOperations : file_operations {
    long read(file*, std::span<u8>, loff_t&) override { return -EISDIR; }
    int readdir(file*, std::vector<DirectoryEntry>& all) override {
        constexpr u8 DIRECTORY = 4, REGULAR = 8;
        const u64 own = misc_root->d_inode->i_ino;
        all = {{".", own, DIRECTORY}, {"..", misc_root->covers ? misc_root->covers->d_parent->d_inode->i_ino : own, DIRECTORY}};
        const auto add = [&](const std::string& name) {
            all.push_back({name, misc_root->d_subdirs.at(name)->d_inode->i_ino, REGULAR});
        };
        for (const auto& entry : miscTable().entries) add(entry->name);
        add("register");
        add("status");
        return 0;
    }
};

}  // namespace

void createMiscTable(const MiscRules& rules) {
    static MiscDirectory directory;
    static MiscDirectoryOperations operations;
    static StatusFile status;
    static RegisterFile enter;
    miscTable() = {};
    miscTable().rules = rules;
    misc_sb = newSuperBlock("binfmt_misc", "binfmt_misc", BINFMTFS_MAGIC);
    misc_root = newDentry(nullptr, "", newInode(S_IFDIR | 0755, &directory, &operations, misc_sb));
    misc_sb->s_root = misc_root;
    addFile("status", 0644, &status);
    addFile("register", 0200, &enter);
    mountInProc("sys/fs/binfmt_misc", misc_root);
}

}  // namespace loader
