// fs/binfmt_misc.c: the files of /proc/sys/fs/binfmt_misc.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/fs/proc/internal.hpp"
#include "loader/misc_entries.hpp"

#include <cstring>

namespace loader {

using namespace kernel;

namespace {

constexpr u64 BINFMTFS_MAGIC = 0x42494e4d;

enum class Command { disable, enable, remove, unknown };
Command parseCommand(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text == "0") return Command::disable;
    if (text == "1") return Command::enable;
    return text == "-1" ? Command::remove : Command::unknown;
}

// A file whose text is made when it is read and whose writes are commands.
struct MiscFile : file_operations {
    virtual std::string show(const std::string&) { return {}; }
    virtual int command(const std::string& name, std::string_view text) = 0;
    long read(file* f, std::span<u8> to, loff_t& pos) override {
        const std::string text = show(f->f_path->d_name);
        const u64 at = std::min<u64>(static_cast<u64>(std::max<loff_t>(pos, 0)), text.size());
        const u64 n = std::min<u64>(to.size(), text.size() - at);
        std::memcpy(to.data(), text.data() + at, n);
        pos += static_cast<loff_t>(n);
        return static_cast<long>(n);
    }
    long write(file* f, std::span<const u8> from, loff_t&) override {
        const std::string text(from.begin(), from.end());
        const int error = command(f->f_path->d_name, text);
        return error < 0 ? error : static_cast<long>(from.size());
    }
};

struct StatusFile : MiscFile {
    std::string show(const std::string&) override { return miscTable().enabled ? "enabled\n" : "disabled\n"; }
    int command(const std::string&, std::string_view text) override {
        switch (parseCommand(text)) {
            case Command::disable: miscTable().enabled = false; return 0;
            case Command::enable: miscTable().enabled = true; return 0;
            case Command::remove:
                while (!miscTable().entries.empty()) removeMiscEntry(std::string(miscTable().entries.front()->name));
                return 0;
            case Command::unknown: break;
        }
        return -EINVAL;
    }
};

struct RegisterFile : MiscFile {
    int command(const std::string&, std::string_view text) override { return registerMiscEntry(text); }
};

MiscEntry* entryNamed(const std::string& name) {
    for (const auto& entry : miscTable().entries)
        if (entry->name == name) return entry.get();
    return nullptr;
}

struct EntryFile : MiscFile {
    std::string show(const std::string& name) override {
        const MiscEntry* entry = entryNamed(name);
        return entry ? describeEntry(*entry) : std::string();
    }
    int command(const std::string& name, std::string_view text) override {
        MiscEntry* entry = entryNamed(name);
        if (!entry) return -ENOENT;
        switch (parseCommand(text)) {
            case Command::disable: entry->enabled = false; return 0;
            case Command::enable: entry->enabled = true; return 0;
            case Command::remove: removeMiscEntry(name); return 0;
            case Command::unknown: break;
        }
        return -EINVAL;
    }
};

super_block* misc_sb = nullptr;
dentry* misc_root = nullptr;

file_operations* operationsOf(const std::string& name) {
    static StatusFile status;
    static RegisterFile enter;
    static EntryFile entry;
    if (name == "status") return &status;
    if (name == "register") return &enter;
    return entryNamed(name) ? &entry : nullptr;
}

struct MiscDirectory : inode_operations {
    bool uncached() const override { return true; }
    Result<dentry*> lookup(inode*, dentry* parent, const std::string& name) override {
        file_operations* operations = operationsOf(name);
        if (!operations) return nullptr;
        const umode_t mode = name == "register" ? 0200 : 0644;
        return newDentry(parent, name, newInode(static_cast<umode_t>(S_IFREG | mode), ramfsFile(), operations, misc_sb));
    }
    int create(inode*, dentry*, const std::string&, umode_t) override { return -EACCES; }
};

struct MiscDirectoryOperations : file_operations {
    long read(file*, std::span<u8>, loff_t&) override { return -EISDIR; }
    int readdir(file* f, std::vector<DirectoryEntry>& all) override {
        constexpr u8 DIRECTORY = 4, REGULAR = 8;
        const u64 own = f->f_inode->i_ino;
        all = {{".", own, DIRECTORY}, {"..", own, DIRECTORY}, {"register", own + 1, REGULAR}, {"status", own + 2, REGULAR}};
        u64 number = own + 3;
        for (const auto& entry : miscTable().entries) all.push_back({entry->name, number++, REGULAR});
        return 0;
    }
};

}  // namespace

void createMiscTable(const MiscRules& rules) {
    static MiscDirectory directory;
    static MiscDirectoryOperations operations;
    miscTable() = {};
    miscTable().rules = rules;
    misc_sb = newSuperBlock("binfmt_misc", "binfmt_misc", BINFMTFS_MAGIC);
    misc_root = newDentry(nullptr, "", newInode(S_IFDIR | 0755, &directory, &operations, misc_sb));
    misc_sb->s_root = misc_root;
    mountInProc("sys/fs/binfmt_misc", misc_root);
}

}  // namespace loader
