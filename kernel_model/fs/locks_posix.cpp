// Record locks (Linux fs/locks.c; fcntl(2), "Advisory record locking" and "Open file description locks").
#include "kernel_model/fs/locks.hpp"
#include "kernel_model/include/linux/uaccess.hpp"

#include <algorithm>
#include <limits>
#include <list>

namespace kernel {
namespace {

constexpr loff_t OFFSET_MAX = std::numeric_limits<loff_t>::max();
constexpr int FILE_LOCK_DEFERRED = 1, MAX_DEADLK_ITERATIONS = 10;

struct UserFlock { short l_type, l_whence; i64 l_start, l_len; int l_pid; };     // struct flock of the x86-64 ABI
static_assert(sizeof(UserFlock) == 32);

// Who sleeps for a lock, oldest first.
struct Waiter { const inode* node; const file_lock* request; };
std::list<Waiter>& waiters() {
    static auto& all = *new std::list<Waiter>;
    return all;
}
class Waiting {
public:
    explicit Waiting(const Waiter& w) : at_(waiters().insert(waiters().end(), w)) {}
    ~Waiting() { waiters().erase(at_); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

private:
    std::list<Waiter>::iterator at_;
};

bool overlap(const file_lock& a, const file_lock& b) { return a.start <= b.end && b.start <= a.end; }

const file_lock* conflict(const inode* node, const file_lock& request) {
    const auto& held = node->i_flctx->flc_posix;
    const auto found = std::ranges::find_if(held, [&](const file_lock& l) {
        return l.owner != request.owner && overlap(l, request) && (l.type == F_WRLCK || request.type == F_WRLCK);
    });
    return found == held.end() ? nullptr : &*found;
}

const file_lock* whatOwnerWaitsFor(const void* owner) {
    const auto w = std::ranges::find(waiters(), owner, [](const Waiter& each) { return each.request->owner; });
    return w == waiters().end() ? nullptr : conflict(w->node, *w->request);
}
// fcntl(2), EDEADLK: processes only, since open files wait for nothing.
bool posix_locks_deadlock(const file_lock& caller, const file_lock* block) {
    if (caller.ofd) return false;
    for (int i = 0; i <= MAX_DEADLK_ITERATIONS && (block = whatOwnerWaitsFor(block->owner)); ++i)
        if (block->owner == caller.owner) return true;
    return false;
}

// What is left of the owner's locks when request's bytes are taken out; true: something was.
bool cut(std::vector<file_lock>& own, const file_lock& request) {
    std::vector<file_lock> left;
    bool changed = false;
    for (const file_lock& l : own) {
        if (!overlap(l, request)) {
            left.push_back(l);
            continue;
        }
        changed = true;
        if (l.start < request.start) left.push_back(l), left.back().end = request.start - 1;
        if (l.end > request.end) left.push_back(l), left.back().start = request.end + 1;
    }
    own = std::move(left);
    return changed;
}

void mergeNeighbours(std::vector<file_lock>& own) {
    std::vector<file_lock> merged;
    for (const file_lock& l : own) {
        if (!merged.empty() && merged.back().type == l.type && merged.back().end + 1 == l.start) merged.back().end = l.end;
        else merged.push_back(l);
    }
    own = std::move(merged);
}

void apply(file_lock_context& locks, const file_lock& request) {
    auto& held = locks.flc_posix;
    const auto mine = [&](const file_lock& l) { return l.owner == request.owner; };
    const auto place = std::ranges::find_if(held, mine) - held.begin();
    std::vector<file_lock> own;
    std::ranges::copy_if(held, std::back_inserter(own), mine);
    std::erase_if(held, mine);
    const bool changed = cut(own, request);
    if (request.type != F_UNLCK) own.insert(std::ranges::upper_bound(own, request.start, {}, &file_lock::start), request);
    mergeNeighbours(own);
    held.insert(held.begin() + place, own.begin(), own.end());
    if (changed) wake_up(locks.posix_waiters);
}

int posix_lock_inode(inode* node, const file_lock& request, bool may_wait) {
    file_lock_context& locks = lockContext(node);
    const file_lock* const other = request.type == F_UNLCK ? nullptr : conflict(node, request);
    if (other && !may_wait) return -EAGAIN;
    if (other) return posix_locks_deadlock(request, other) ? -EDEADLK : FILE_LOCK_DEFERRED;
    apply(locks, request);
    return 0;
}

int do_lock_file_wait(inode* node, const file_lock& request, bool may_wait) {
    int result = posix_lock_inode(node, request, may_wait);
    if (result != FILE_LOCK_DEFERRED) return result;
    const Waiting waiting({node, &request});
    bool first = true;                      // asked just now: the next time after a wake-up
    TRY_INT(wait_event_interruptible(lockContext(node).posix_waiters, [&] {
        if (!std::exchange(first, false)) result = posix_lock_inode(node, request, may_wait);
        return result != FILE_LOCK_DEFERRED;
    }));
    return result;
}

Result<loff_t> startOf(const file* f, const UserFlock& l) {
    loff_t base = 0, start = 0;
    switch (l.l_whence) {
        case SEEK_SET: break;
        case SEEK_CUR: base = f->f_pos; break;
        case SEEK_END: base = f->f_inode->i_size; break;
        default: return Failure{-EINVAL};
    }
    if (__builtin_add_overflow(base, l.l_start, &start)) return Failure{l.l_start > 0 ? -EOVERFLOW : -EINVAL};
    if (start < 0) return Failure{-EINVAL};
    return start;
}

Result<file_lock> flock_to_posix_lock(const file* f, unsigned cmd, const UserFlock& l) {
    file_lock fl{current->files.get(), false, current->tgid, l.l_type, TRY(startOf(f, l)), OFFSET_MAX, nextLockNumber()};
    if (l.l_len > 0) {
        if (l.l_len - 1 > OFFSET_MAX - fl.start) return Failure{-EOVERFLOW};
        fl.end = fl.start + (l.l_len - 1);
    } else if (l.l_len < 0) {
        if (fl.start + l.l_len < 0) return Failure{-EINVAL};
        fl.end = fl.start - 1;
        fl.start += l.l_len;
    }
    if (l.l_type != F_RDLCK && l.l_type != F_WRLCK && l.l_type != F_UNLCK) return Failure{-EINVAL};
    if (cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW) {
        fl.owner = f;
        fl.ofd = true;
        fl.pid = -1;
    }
    return fl;
}

}  // namespace

const file_lock* firstWaiter(const inode* node, const file_lock& held) {
    const auto w =
        std::ranges::find_if(waiters(), [&](const Waiter& each) { return each.node == node && conflict(node, *each.request) == &held; });
    return w == waiters().end() ? nullptr : w->request;
}

void locks_remove_posix(file* f, const files_struct* owner) {
    if (!owner || !f->f_inode->i_flctx) return;
    file_lock_context& locks = *f->f_inode->i_flctx;
    if (std::erase_if(locks.flc_posix, [owner](const file_lock& l) { return l.owner == owner; })) wake_up(locks.posix_waiters);
}

TRACED(long, fcntl_setlk, (unsigned, fd), (file*, filp), (unsigned, cmd), (u64, flock)) {
    const UserFlock user = TRY(get_user(UserPtr<UserFlock>{flock}));
    file_lock request = TRY(flock_to_posix_lock(filp, cmd, user));
    if (request.type == F_RDLCK && !(filp->f_mode & FMODE_READ)) return -EBADF;
    if (request.type == F_WRLCK && !(filp->f_mode & FMODE_WRITE)) return -EBADF;
    if (request.ofd && user.l_pid != 0) return -EINVAL;
    const bool may_wait = cmd == F_SETLKW || cmd == F_OFD_SETLKW;
    TRY_INT(do_lock_file_wait(filp->f_inode, request, may_wait));
    if (request.type == F_UNLCK || request.ofd) return 0;
    if (const FileRef still(fd); still.get() == filp) return 0;
    request.type = F_UNLCK;                 // closed meanwhile by another thread
    posix_lock_inode(filp->f_inode, request, false);
    return -EBADF;
}

TRACED(long, fcntl_getlk, (file*, filp), (unsigned, cmd), (u64, flock)) {
    UserFlock user = TRY(get_user(UserPtr<UserFlock>{flock}));
    if (user.l_type != F_RDLCK && user.l_type != F_WRLCK) return -EINVAL;
    const file_lock request = TRY(flock_to_posix_lock(filp, cmd, user));
    if (request.ofd && user.l_pid != 0) return -EINVAL;
    lockContext(filp->f_inode);
    user.l_type = F_UNLCK;
    if (const file_lock* other = conflict(filp->f_inode, request)) {
        const i64 length = other->end == OFFSET_MAX ? 0 : other->end - other->start + 1;
        user = {other->type, SEEK_SET, other->start, length, other->pid};
    }
    return put_user(user, UserPtr<UserFlock>{flock});
}

}  // namespace kernel
