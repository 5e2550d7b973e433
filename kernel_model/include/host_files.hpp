// Open files of --bind HOST:GUEST:rw (ours). The gateway of machine.hpp names files by path; a file that is open is reached by
// a handle, which stays with it when its name goes, or goes to another file.
#pragma once

#include "kernel_model/include/linux/types.hpp"

#include <span>
#include <string>

namespace kernel {

class HostFiles {
public:
    virtual ~HostFiles() = default;
    // For reading, or for both. A handle for the calls below, or -errno; -EROFS where the user allowed no writes.
    virtual int hold(const std::string& path, bool writable) = 0;
    virtual void letGo(int handle) = 0;
    virtual long preadHeld(int handle, u64 offset, std::span<u8> to) = 0;               // short only at end of file
    virtual long pwriteHeld(int handle, u64 offset, std::span<const u8> from) = 0;
    virtual int truncateHeld(int handle, u64 size) = 0;
};

}  // namespace kernel
