// Linux fs/locks.c: flock(2). A lock belongs to an open file description and ends with it.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>
#include <sys/file.h>

namespace kernel {
namespace {

struct Lock { const file* owner; unsigned type; };
struct Locks {
    std::vector<Lock> held;
    wait_queue_head_t waiters;
};
// By inode; nobody walks through it.
std::map<const inode*, Locks>& table() {
    static auto& all = *new std::map<const inode*, Locks>;
    return all;
}

bool conflicts(const Locks& locks, const file* f, unsigned type) {
    return std::ranges::any_of(locks.held, [=](const Lock& l) { return l.owner != f && (l.type == LOCK_EX || type == LOCK_EX); });
}
bool drop(Locks& locks, const file* f) {
    const bool had = std::erase_if(locks.held, [f](const Lock& l) { return l.owner == f; });
    if (had) wake_up(locks.waiters);
    return had;
}
void forget(const inode* node) {
    const auto found = table().find(node);
    if (found != table().end() && found->second.held.empty() && found->second.waiters.task_list.empty()) table().erase(found);
}

// A lock is converted by giving it up first: another may come between (flock(2), NOTES).
long flock_lock_inode_wait(file* f, unsigned type, bool may_wait) {
    Locks& locks = table()[f->f_inode];
    const bool same = std::ranges::any_of(locks.held, [=](const Lock& l) { return l.owner == f && l.type == type; });
    if (same) return 0;
    drop(locks, f);
    if (type == LOCK_UN) return 0;
    if (!may_wait && conflicts(locks, f, type)) return -EAGAIN;
    TRY_INT(wait_event_interruptible(locks.waiters, [&] { return !conflicts(locks, f, type); }));
    drop(locks, f);                         // of another thread, which waited too
    locks.held.push_back({f, type});
    return 0;
}

}  // namespace

void locks_remove_flock(file* f) {
    const auto found = table().find(f->f_inode);
    if (found == table().end()) return;
    drop(found->second, f);
    forget(f->f_inode);
}

SYSCALL_DEFINE(2, flock, (unsigned, fd), (unsigned, cmd)) {
    const FileRef f(fd);
    if (!f) return -EBADF;
    const unsigned type = cmd & ~unsigned{LOCK_NB};
    if (type != LOCK_SH && type != LOCK_EX && type != LOCK_UN) return -EINVAL;
    if (type != LOCK_UN && !(f->f_mode & (FMODE_READ | FMODE_WRITE))) return -EBADF;
    const long result = flock_lock_inode_wait(f.get(), type, !(cmd & LOCK_NB));
    forget(f->f_inode);
    return result;
}

}  // namespace kernel
