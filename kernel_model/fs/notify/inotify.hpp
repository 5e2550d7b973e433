// Watches of inotify(7): what hangs on a watched inode (Linux include/linux/fsnotify_backend.h).
#pragma once

#include "kernel_model/fs/internal.hpp"

#include <algorithm>
#include <deque>

namespace kernel {

struct inotify_event_info {
    int wd;
    u32 mask, cookie;
    std::string name;
    bool operator==(const inotify_event_info&) const = default;
};
struct fsnotify_group;
struct fsnotify_mark {                      // one watch; holds a reference to its inode
    fsnotify_group* group;
    inode* node;
    int wd;
    u32 mask;
};
struct fsnotify_marks { std::vector<fsnotify_mark*> list; };
struct fsnotify_group {                     // one inotify descriptor
    std::map<int, std::unique_ptr<fsnotify_mark>> marks;        // by watch descriptor
    std::deque<inotify_event_info> events;
    wait_queue_head_t wait;
    int last_wd = 0;
    uid_t user = 0;
};
inline traces::Value traceValue(const fsnotify_group*) { return traces::Value::null(); }       // known by its descriptor
constexpr u32 IN_IGNORED = 0x8000, IN_Q_OVERFLOW = 0x4000, IN_ISDIR = 0x40000000, IN_EXCL_UNLINK = 0x04000000, IN_ONESHOT = 0x80000000;

void inotify_handle_event(const fsnotify_mark*, u32 mask, const std::string& name, u32 cookie);
void fsnotify_destroy_mark(fsnotify_mark*, bool tell);      // tell: IN_IGNORED

}  // namespace kernel
