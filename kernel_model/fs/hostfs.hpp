// What the files of hostfs share: what they keep of the host's files, and of those that are open on a writable bind.
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
    std::shared_ptr<HeldFile> adopt(int handle);        // of a file opened for both; somebody must keep it
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
    std::vector<std::string> names;         // its known paths on the host, the one used last at the end
    u64 host_size;                          // bytes of the host file that still show
    u64 identity;
    std::set<std::string> whiteouts{};      // names deleted in memory
    bool counted = false;                   // in HostFs::linked
    HeldFiles held{};                       // writable: those that are open
    bool linkable = false;                  // of O_TMPFILE: linkat(2) may give it a name
    ~HostNode() { if (counted) fs->linked.erase(identity); }

    std::string path() const { return names.empty() ? "" : names.back(); }      // empty: no name is left
    void named(const std::string& path) {
        nameGone(path);
        names.push_back(path);
    }
    void nameGone(const std::string& path) { std::erase(names, path); }
};

inline HostNode* nodeOf(const inode* node) { return static_cast<HostNode*>(node->i_private.get()); }
inline HostGateway& host() { return *machine().host; }

Result<dentry*> lookupOnHost(dentry* parent, const std::string& name);
bool isHostFile(const inode*);              // whose content can be read again, but for pages that were changed
void hasSeveralNames(inode*);               // another name of it will be the same inode
void getattrOfHost(const inode*, kstat&);
int setattrOnHost(inode*, const iattr&);
int linkTemporaryOnHost(inode*, const std::string& path);  // the first name of an O_TMPFILE file; ESTALE
inode* newHostInode(HostFs*, const std::string& path, const HostStat&);     // path: empty for a file without a name
void ownOnHost(inode* directory, inode* made, umode_t mode, const std::string& path);   // the guest's user owns what it makes
inode_operations* hostDirectory();
file_operations* hostDirectoryOperations();

}  // namespace kernel
