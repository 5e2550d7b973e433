// What the guest adds to the host's disk below writable paths (--bind ...:rw), and the bound of it (--disk).
#pragma once

#include "traces/types.hpp"

#include <sys/stat.h>

namespace emu {

class HostDisk {
public:
    explicit HostDisk(u64 limit = ~u64{0}) : limit_(limit) {}

    // Whether a write there takes no more than is left. What lies on the disk already may be written again.
    bool fits(int fd, u64 offset, u64 size) const {
        if (size <= left()) return true;
        struct ::stat s {};
        const bool there = ::fstat(fd, &s) == 0 && offset + size <= static_cast<u64>(s.st_size);
        return there && s.st_blocks * 512 >= s.st_size;     // no hole is filled
    }
    // Carries out what changes the file, counts what that took or gave back.
    template <class Change> auto counted(int fd, Change change) {
        const i64 before = bytesOf(fd);
        const auto result = change();
        account(bytesOf(fd) - before);
        return result;
    }
    bool hasRoom(u64 bytes) const { return bytes <= left(); }
    bool takeName() {
        if (left() < static_cast<u64>(NAME_BYTES)) return false;
        account(NAME_BYTES);
        return true;
    }
    void giveName() { account(-NAME_BYTES); }
    void account(i64 bytes) { used_ = bytes < 0 && used_ < static_cast<u64>(-bytes) ? 0 : used_ + static_cast<u64>(bytes); }

private:
    static constexpr i64 NAME_BYTES = 4096;         // that a name is taken to need
    static i64 bytesOf(int fd) {
        struct ::stat s {};
        return ::fstat(fd, &s) < 0 ? 0 : s.st_blocks * 512;
    }
    u64 left() const { return used_ < limit_ ? limit_ - used_ : 0; }

    u64 limit_, used_ = 0;
};

}  // namespace emu
