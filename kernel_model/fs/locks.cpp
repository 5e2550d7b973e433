// Linux fs/locks.c: flock(2). A lock belongs to an open file description and ends with it. Record locks: locks_posix.cpp.
#include "kernel_model/fs/locks.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/version/process.hpp"

#include <algorithm>
#include <sys/file.h>

namespace kernel {
namespace {

bool conflicts(const file_lock_context& locks, const file* f, unsigned type) {
    return std::ranges::any_of(locks.flc_flock, [=](const WholeLock& l) { return l.owner != f && (l.type == LOCK_EX || type == LOCK_EX) && !((l.type | type) & LOCK_MAND); });
}
void drop(file_lock_context& locks, const file* f) {
    if (std::erase_if(locks.flc_flock, [f](const WholeLock& l) { return l.owner == f; })) wake_up(locks.flock_waiters);
}

// A lock is converted by giving it up first: another may come between (flock(2), NOTES).
long flock_lock_inode_wait(file* f, unsigned type, bool may_wait) {
    file_lock_context& locks = lockContext(f->f_inode);
    const bool same = std::ranges::any_of(locks.flc_flock, [=](const WholeLock& l) { return l.owner == f && l.type == type; });
    if (same) return 0;
    drop(locks, f);
    if (type == LOCK_UN) return 0;
    if (!may_wait && conflicts(locks, f, type)) return -EAGAIN;
    TRY_INT(wait_event_interruptible(locks.flock_waiters, [&] { return !conflicts(locks, f, type); }));
    drop(locks, f);                         // of another thread, which waited too
    locks.flc_flock.push_back({f, type, current->tgid, nextLockNumber()});
    return 0;
}

std::list<const file_lock_context*>& contexts() {
    static auto& all = *new std::list<const file_lock_context*>;
    return all;
}

}  // namespace

file_lock_context::file_lock_context(const inode* node) : file(node) { contexts().push_front(this); }
file_lock_context::~file_lock_context() { contexts().remove(this); }
u64 nextLockNumber() {
    static u64 last = 0;
    return ++last;
}
const std::list<const file_lock_context*>& lockContexts() { return contexts(); }

file_lock_context& lockContext(inode* node) {
    if (!node->i_flctx) node->i_flctx = std::make_shared<file_lock_context>(node);
    return *node->i_flctx;
}

void locks_remove_flock(file* f) {
    if (!f->f_inode->i_flctx) return;
    file_lock_context& locks = *f->f_inode->i_flctx;
    drop(locks, f);
    if (std::erase_if(locks.flc_posix, [f](const file_lock& l) { return l.owner == f; })) wake_up(locks.posix_waiters);
}

// What v3.10 does: a LOCK_MAND lock is told in /proc/locks and keeps nobody out.
static long flockAsOfOld(unsigned fd, unsigned cmd) {
    const FileRef f(fd);
    if (!f) return -EBADF;
    const unsigned type = cmd & LOCK_MAND ? cmd & (LOCK_MAND | LOCK_RW) : cmd & ~unsigned{LOCK_NB};
    if (type != LOCK_UN && !(cmd & LOCK_MAND) && !(f->f_mode & (FMODE_READ | FMODE_WRITE))) return -EBADF;
    if (!(cmd & LOCK_MAND) && type != LOCK_SH && type != LOCK_EX && type != LOCK_UN) return -EINVAL;
    return flock_lock_inode_wait(f.get(), type, !(cmd & LOCK_NB));
}

SYSCALL_DEFINE(2, flock, (unsigned, fd), (unsigned, cmd)) {
    if (!version().process.flockChecksCommand) return flockAsOfOld(fd, cmd);
    if (cmd & LOCK_MAND) return 0;
    const unsigned type = cmd & ~unsigned{LOCK_NB};
    if (type != LOCK_SH && type != LOCK_EX && type != LOCK_UN) return -EINVAL;
    const FileRef f(fd);
    if (!f) return -EBADF;
    if (type != LOCK_UN && !(f->f_mode & (FMODE_READ | FMODE_WRITE))) return -EBADF;
    return flock_lock_inode_wait(f.get(), type, !(cmd & LOCK_NB));
}

}  // namespace kernel
