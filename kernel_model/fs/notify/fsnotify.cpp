// Linux fs/notify/fsnotify.c: which watches hear of an event. Callers ask fsnotify_watches first, so that nothing is paid without one.
#include "kernel_model/fs/notify/inotify.hpp"

namespace kernel {

u64 fsnotify_watches = 0;

namespace {

// The list may change meanwhile: a watch for one event goes with it.
void tell(const inode* node, u32 mask, const std::string& name, u32 cookie, bool unlinked = false) {
    if (!node->i_fsnotify_marks) return;
    const std::vector<fsnotify_mark*> marks = node->i_fsnotify_marks->list;
    for (const fsnotify_mark* mark : marks)
        if (!(unlinked && mark->mask & IN_EXCL_UNLINK)) inotify_handle_event(mark, mask, name, cookie);
}

u32 withKind(u32 mask, bool is_directory) { return is_directory ? mask | IN_ISDIR : mask; }

}  // namespace

void fsnotifyInode(u32 mask, inode* node) { tell(node, withKind(mask, S_ISDIR(node->i_mode)), "", 0); }

void fsnotifyFile(u32 mask, dentry* d) {
    mask = withKind(mask, S_ISDIR(d->d_inode->i_mode));
    if (d->d_parent != d) tell(d->d_parent->d_inode, mask, d->d_name, 0, d->unlinked);
    tell(d->d_inode, mask, "", 0);
}

void fsnotifyName(u32 mask, inode* directory, const std::string& name, bool is_directory, u32 cookie) {
    tell(directory, withKind(mask, is_directory), name, cookie);
}

void fsnotify_inoderemove(inode* node) {
    tell(node, IN_DELETE_SELF, "", 0);
    while (node->i_fsnotify_marks) fsnotify_destroy_mark(node->i_fsnotify_marks->list.front(), true);
}

void fsnotifyMove(inode* from, const std::string& old_name, inode* to, dentry* moved, inode* target) {
    static u32 last_cookie = 0;
    const bool is_directory = S_ISDIR(moved->d_inode->i_mode);
    ++last_cookie;
    fsnotifyName(IN_MOVED_FROM, from, old_name, is_directory, last_cookie);
    fsnotifyName(IN_MOVED_TO, to, moved->d_name, is_directory, last_cookie);
    if (target) fsnotifyInode(IN_ATTRIB, target);           // its number of links
    tell(moved->d_inode, IN_MOVE_SELF, "", 0);
}

}  // namespace kernel
