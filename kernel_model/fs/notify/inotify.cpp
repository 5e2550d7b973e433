// Linux fs/notify/inotify: inotify(7).
#include "kernel_model/fs/notify/inotify.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <cstring>

namespace kernel {
namespace {

constexpr u32 ALL_EVENTS = 0xfff, IN_UNMOUNT = 0x2000, IN_ONLYDIR = 0x01000000, IN_DONT_FOLLOW = 0x02000000, IN_MASK_CREATE = 0x10000000,
              IN_MASK_ADD = 0x20000000;
constexpr u32 ALL_INOTIFY_BITS = ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK |
                                 IN_MASK_CREATE | IN_MASK_ADD | IN_ISDIR | IN_ONESHOT;
// /proc/sys/fs/inotify
constexpr u64 max_queued_events = 16384, max_user_instances = 128, max_user_watches = 65536;

struct EventHeader { int wd; u32 mask, cookie, len; };      // struct inotify_event
u64 nameBytes(const inotify_event_info& e) { return e.name.empty() ? 0 : (e.name.size() / sizeof(EventHeader) + 1) * sizeof(EventHeader); }
u64 bytesOf(const inotify_event_info& e) { return sizeof(EventHeader) + nameBytes(e); }

std::map<uid_t, u64>& instances() {
    static auto& all = *new std::map<uid_t, u64>;
    return all;
}
fsnotify_group* groupOf(const file* f) { return static_cast<fsnotify_group*>(f->private_data.get()); }

void queue(fsnotify_group* group, inotify_event_info event) {
    if (!group->events.empty() && group->events.back() == event) return;
    if (group->events.size() > max_queued_events) return;
    if (group->events.size() == max_queued_events) event = {-1, IN_Q_OVERFLOW, 0, ""};
    group->events.push_back(std::move(event));
    wake_up(group->wait);
}

u64 copyEvent(const inotify_event_info& e, std::span<u8> to) {
    const EventHeader header{e.wd, e.mask, e.cookie, static_cast<u32>(nameBytes(e))};
    std::memcpy(to.data(), &header, sizeof header);
    std::memset(to.data() + sizeof header, 0, header.len);
    std::memcpy(to.data() + sizeof header, e.name.data(), e.name.size());
    return bytesOf(e);
}

TRACED(long, inotify_read, (file*, filp), (std::span<u8>, to)) {
    fsnotify_group* const group = groupOf(filp);
    if (group->events.empty() && filp->f_flags & O_NONBLOCK) return -EAGAIN;
    TRY_INT(wait_event_interruptible(group->wait, [group] { return !group->events.empty(); }));
    u64 done = 0;
    while (!group->events.empty() && bytesOf(group->events.front()) <= to.size() - done) {
        done += copyEvent(group->events.front(), to.subspan(done));
        group->events.pop_front();
    }
    return done ? static_cast<long>(done) : -EINVAL;
}

struct InotifyOperations : file_operations {
    long read(file* f, std::span<u8> to, loff_t&) override { return inotify_read(f, to); }
    bool hasFasync(const file*) const override { return true; }
    bool shortReads() const override { return true; }
    loff_t llseek(file*, loff_t, int) override { return -ESPIPE; }
    u32 poll(file* f) override { return groupOf(f)->events.empty() ? 0 : 0x41; }        // POLLIN | POLLRDNORM
    wait_queue_head_t* pollQueue(file* f) override { return &groupOf(f)->wait; }
    long ioctl(file* f, unsigned command, u64 argument) override {
        if (command != 0x541b) return -ENOTTY;              // FIONREAD
        u64 bytes = 0;
        for (const inotify_event_info& e : groupOf(f)->events) bytes += bytesOf(e);
        return put_user(static_cast<int>(bytes), UserPtr<int>{argument});
    }
    void release(file* f) override {
        fsnotify_group* const group = groupOf(f);
        while (!group->marks.empty()) fsnotify_destroy_mark(group->marks.begin()->second.get(), false);
        --instances()[group->user];
    }
};
InotifyOperations* inotifyOperations() {
    static InotifyOperations operations;
    return &operations;
}

fsnotify_mark* markOn(const inode* node, const fsnotify_group* group) {
    if (!node->i_fsnotify_marks) return nullptr;
    const auto& list = node->i_fsnotify_marks->list;
    const auto found = std::ranges::find(list, group, &fsnotify_mark::group);
    return found == list.end() ? nullptr : *found;
}

int inotify_new_watch(fsnotify_group* group, inode* node, u32 mask) {
    if (group->marks.size() >= max_user_watches) return -ENOSPC;
    const int wd = ++group->last_wd;
    auto mark = std::make_unique<fsnotify_mark>(group, igrab(node), wd, mask);
    if (!node->i_fsnotify_marks) node->i_fsnotify_marks = std::make_shared<fsnotify_marks>();
    node->i_fsnotify_marks->list.push_back(mark.get());
    group->marks[wd] = std::move(mark);
    ++fsnotify_watches;
    return wd;
}

TRACED(int, inotify_update_watch, (fsnotify_group*, group), (inode*, node), (u32, arg)) {
    const u32 mask = arg & (ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);
    fsnotify_mark* const mark = markOn(node, group);
    if (!mark) return inotify_new_watch(group, node, mask);
    if (arg & IN_MASK_CREATE) return -EEXIST;
    mark->mask = arg & IN_MASK_ADD ? mark->mask | mask : mask;
    return mark->wd;
}

}  // namespace

void inotify_handle_event(const fsnotify_mark* mark, u32 mask, const std::string& name, u32 cookie) {
    if (!(mask & mark->mask & ALL_EVENTS)) return;
    queue(mark->group, {mark->wd, mask, cookie, name});
    if (mark->mask & IN_ONESHOT) fsnotify_destroy_mark(const_cast<fsnotify_mark*>(mark), true);
}

void fsnotify_destroy_mark(fsnotify_mark* mark, bool tell) {
    fsnotify_group* const group = mark->group;
    inode* const node = mark->node;
    const int wd = mark->wd;
    auto& list = node->i_fsnotify_marks->list;
    std::erase(list, mark);
    if (list.empty()) node->i_fsnotify_marks.reset();
    group->marks.erase(wd);
    --fsnotify_watches;
    iput(node);
    if (tell) queue(group, {wd, IN_IGNORED, 0, ""});
}

SYSCALL_DEFINE(1, inotify_init1, (int, flags)) {
    if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
    const uid_t user = current->cred->uid;
    if (instances()[user] >= max_user_instances) return -EMFILE;
    auto group = std::make_shared<fsnotify_group>();
    group->user = user;
    const int fd = TRY(anon_inode_getfd("inotify", inotifyOperations(), group, O_RDONLY | static_cast<u32>(flags)));
    ++instances()[user];
    return fd;
}
SYSCALL_DEFINE(0, inotify_init) { return sys_inotify_init1(0); }

SYSCALL_DEFINE(3, inotify_add_watch, (int, fd), (UserPtr<const char>, pathname), (u32, mask)) {
    if (mask & ~ALL_INOTIFY_BITS || !mask) return -EINVAL;
    const FileRef f(static_cast<unsigned>(fd));
    if (!f) return -EBADF;
    if ((mask & IN_MASK_ADD && mask & IN_MASK_CREATE) || f->f_op != inotifyOperations()) return -EINVAL;
    const DentryRef d(TRY(path_lookup_at(AT_FDCWD, pathname, mask & IN_DONT_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0)));
    if (mask & IN_ONLYDIR && !S_ISDIR(d->d_inode->i_mode)) return -ENOTDIR;
    TRY_INT(inode_permission(d->d_inode, MAY_READ));
    return inotify_update_watch(groupOf(f.get()), d->d_inode, mask);
}
SYSCALL_DEFINE(2, inotify_rm_watch, (int, fd), (int, wd)) {
    const FileRef f(static_cast<unsigned>(fd));
    if (!f) return -EBADF;
    if (f->f_op != inotifyOperations()) return -EINVAL;
    const auto found = groupOf(f.get())->marks.find(wd);
    if (found == groupOf(f.get())->marks.end()) return -EINVAL;
    fsnotify_destroy_mark(found->second.get(), true);
    return 0;
}

}  // namespace kernel
