// A pipe, for pipe.cpp and splice.cpp (Linux include/linux/pipe_fs_i.h).
#pragma once

#include "kernel_model/fs/internal.hpp"

#include <algorithm>
#include <deque>

namespace kernel {

struct pipe_inode_info {
    std::deque<u8> buffer;
    u64 size = 65536;                       // bytes that fit: F_SETPIPE_SZ
    int readers = 0, writers = 0;
    u64 reads_opened = 0, writes_opened = 0;    // ends opened so far: one that came and went was there
    bool named = false;
    wait_queue_head_t wait;

    u64 room() const { return size - buffer.size(); }
    u64 append(std::span<const u8> from) {      // how many bytes fitted
        const u64 n = std::min(from.size(), room());
        buffer.insert(buffer.end(), from.begin(), from.begin() + static_cast<long>(n));
        return n;
    }
    void putBack(std::span<const u8> from) { buffer.insert(buffer.begin(), from.begin(), from.end()); }    // what was taken last
    void take(u64 n) { buffer.erase(buffer.begin(), buffer.begin() + static_cast<long>(n)); }
};

inline pipe_inode_info* pipeOf(const file* f) { return static_cast<pipe_inode_info*>(f->private_data.get()); }
inline pipe_inode_info* get_pipe_info(const file* f) {     // null: it is none
    return f->f_op == fifoOperations() && f->private_data ? pipeOf(f) : nullptr;
}

}  // namespace kernel
