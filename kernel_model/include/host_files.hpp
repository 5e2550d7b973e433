// What only --bind HOST:GUEST:rw needs of the gateway (ours). A file that is open is reached by a handle, which stays with it when
// its name goes, or goes to another file. Errors are -errno; -EROFS where the user allowed no writes.
#pragma once

#include "kernel_model/include/linux/types.hpp"

#include <span>
#include <string>
#include <vector>

namespace kernel {

struct iattr;

class HostFiles {
public:
    virtual ~HostFiles() = default;
    // For reading, or for both. A handle for the calls below.
    virtual int hold(const std::string& path, bool writable) = 0;
    virtual void letGo(int handle) = 0;
    virtual long preadHeld(int handle, u64 offset, std::span<u8> to) = 0;               // short only at end of file
    virtual long pwriteHeld(int handle, u64 offset, std::span<const u8> from) = 0;
    virtual int truncateHeld(int handle, u64 size) = 0;
    // As far as the host lets its user change them. A file gets no set-id bits: the guest must not make a program that gives the
    // host's users more than they have.
    virtual int setAttributes(const std::string& path, const iattr&) = 0;
    virtual int setAttributesHeld(int handle, const iattr&) = 0;
    // Extended attributes (xattr(7)) of user.* alone: the others say what the host's users may do. handle: -1, or of the open file.
    virtual int listAttributes(const std::string& path, int handle, std::vector<std::string>& names) = 0;
    virtual int attribute(const std::string& path, int handle, const std::string& name, std::vector<u8>& value) = 0;
    virtual int setAttribute(const std::string& path, int handle, const std::string& name, std::span<const u8> value, int flags) = 0;
    virtual int removeAttribute(const std::string& path, int handle, const std::string& name) = 0;
    // A file without a name in the directory: a handle. mayBeLinked: linkHeld may give it one.
    virtual int temporary(const std::string& directory, umode_t mode, bool mayBeLinked) = 0;
    virtual int linkHeld(int handle, const std::string& to) = 0;
    virtual int punchHeld(int handle, u64 offset, u64 size) = 0;                        // a hole, within the file's size
    virtual int exchange(const std::string& one, const std::string& other) = 0;         // RENAME_EXCHANGE
    virtual int symlink(const std::string& target, const std::string& path) = 0;
    virtual int link(const std::string& from, const std::string& to) = 0;
};

}  // namespace kernel
