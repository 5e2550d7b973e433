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
    u64 offset = 0;             // of the magic in the file
    std::string magic;          // or the extension, without its dot
    std::string mask;           // of the magic; empty: all bits count
    std::string interpreter;
    u32 flags = 0;
    kernel::file* interp_file = nullptr;        // F: opened when it was registered
};

// What differs between the versions.
struct MiscRules {
    u64 header_bytes;           // that the magic has to lie in
    bool open_file;             // flag F
};

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
int registerMiscEntry(std::string_view line);           // EINVAL, EEXIST, what open_exec says
void removeMiscEntry(const std::string& name);

// loader/misc_fs.cpp: an empty table, and its files under /proc/sys/fs/binfmt_misc.
void createMiscTable(const MiscRules&);

}  // namespace loader
