// The table of binfmt_misc: which files belong to which interpreter (Documentation/admin-guide/binfmt-misc.rst).
#pragma once

#include "kernel_model/include/linux/binfmts.hpp"

#include <list>
#include <memory>
#include <string>

namespace loader {

constexpr u32 MISC_PRESERVE_ARGV0 = 1, MISC_OPEN_BINARY = 2, MISC_CREDENTIALS = 4, MISC_OPEN_FILE = 8;     // P O C F

struct MiscEntry {
    std::string name;
    bool enabled = true;
    bool by_extension = false;
    int offset = 0;             // of the magic in the file
    std::string magic;          // or the extension, without its dot
    std::string mask;           // of the magic; empty: all bits count
    std::string interpreter;
    u32 flags = 0;
    kernel::file* interp_file = nullptr;        // F: opened when it was registered; closed with the entry
    kernel::dentry* dentry = nullptr;           // its file while it is registered
    MiscEntry() = default;
    MiscEntry(const MiscEntry&) = delete;
    MiscEntry& operator=(const MiscEntry&) = delete;
    ~MiscEntry();
};

// What differs between the versions.
struct MiscRules {
    u64 header_bytes;           // that the magic has to lie in
    bool open_file;             // flag F
    u64 longest_line;           // bytes
    bool (*parse_offset)(std::string_view, int& offset);    // never called for an empty field
    std::string (*unescape)(std::string_view);              // a field whose \x have two digits
};
bool hexByte(std::string_view text, char& byte);            // "x41" and what follows
namespace v3_10 {
extern const MiscRules misc_rules;
}
namespace v6_1 {
extern const MiscRules misc_rules;
}

// ":name:type:offset:magic:mask:interpreter:flags", any delimiter; EINVAL.
kernel::Result<std::shared_ptr<MiscEntry>> parseMiscEntry(std::string_view line, const MiscRules&);
bool matchesEntry(const MiscEntry&, const kernel::linux_binprm*);
std::string describeEntry(const MiscEntry&);            // what its file shows

struct MiscTable {
    bool enabled = true;
    MiscRules rules{};
    std::list<std::shared_ptr<MiscEntry>> entries;      // the newest first
};
MiscTable& miscTable();
using MiscHandler = std::shared_ptr<MiscEntry>;
MiscHandler check_file(kernel::linux_binprm*);          // the entry of a file, or null

// loader/misc_fs.cpp: an empty table, and its files under /proc/sys/fs/binfmt_misc.
void createMiscTable(const MiscRules&);

}  // namespace loader
