// What hostfs.cpp keeps of the host's files, and of those that are open on a writable bind.
#pragma once

#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/host_files.hpp"
#include "kernel_model/include/machine.hpp"

namespace kernel {

HostFiles& hostFiles();                     // the machine's gateway

// One open host file. Every guest file that is open on it keeps it.
class HeldFile {
public:
    explicit HeldFile(int handle) : handle_(handle) {}
    ~HeldFile() { hostFiles().letGo(handle_); }
    HeldFile(const HeldFile&) = delete;
    HeldFile& operator=(const HeldFile&) = delete;

    int handle() const { return handle_; }

private:
    int handle_;
};

// The open files of one inode.
class HeldFiles {
public:
    int open(file*, const std::string& path);           // 0 or -errno
    std::shared_ptr<HeldFile> reader() const;           // null: none is open
    std::shared_ptr<HeldFile> writer() const { return writer_.lock(); }

private:
    std::weak_ptr<HeldFile> reader_, writer_;
};

struct HostFs {
    super_block* sb;
    bool overlay;
    bool writable;                          // changes go to the host
    std::map<u64, inode*> linked;           // files with several names, by HostStat::identity
};

struct HostNode {
    HostFs* fs;
    std::string path;                       // on the host; empty: that name is gone
    u64 host_size;                          // bytes of the host file that still show
    u64 identity;
    std::set<std::string> whiteouts;        // names deleted in memory
    bool counted = false;
    HeldFiles held{};                       // writable: those that are open
    ~HostNode() { if (counted) fs->linked.erase(identity); }
};

inline HostNode* nodeOf(const inode* node) { return static_cast<HostNode*>(node->i_private.get()); }
inline HostGateway& host() { return *machine().host; }

}  // namespace kernel
