// Path walk and permission (Linux fs/namei.c; path_resolution(7)).
#include "kernel_model/fs/internal.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr int MAX_LINKS = 40;               // path_resolution(7)

}  // namespace

TRACED(Result<std::string>, getname, (UserPtr<const char>, filename)) {
    std::string path;
    const i64 length = strncpy_from_user(path, filename, PATH_MAX);
    if (length < 0) return Failure{static_cast<int>(length)};
    if (length == 0) return Failure{-ENOENT};
    if (length >= PATH_MAX) return Failure{-ENAMETOOLONG};
    return path;
}

Result<std::string> getnameOrEmpty(UserPtr<const char> filename) {
    const Result<char> first = get_user(filename);
    if (first.ok() && first.value() == '\0') return std::string();
    return getname(filename);
}

bool privilegedFiles(Capability needed) { return !current || !current->cred || capable(needed); }

bool inGroup(gid_t group) {
    const cred* c = current->cred;
    return c->fsgid == group || std::find(c->groups.begin(), c->groups.end(), group) != c->groups.end();
}

// path_resolution(7), "Permissions"; nobody executes a file without any x bit.
static bool overrides(umode_t mode, int mask) {
    if ((S_ISDIR(mode) ? !(mask & MAY_WRITE) : mask == MAY_READ) && privilegedFiles(CAP_DAC_READ_SEARCH)) return true;
    return (S_ISDIR(mode) || !(mask & MAY_EXEC) || mode & 0111) && privilegedFiles(CAP_DAC_OVERRIDE);
}
int inode_permission(inode* node, int mask) {
    const umode_t mode = node->i_mode;
    if ((mask & MAY_WRITE) && node->i_sb->read_only && (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode))) return -EROFS;
    mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
    int shift = 0;
    if (current && current->cred && current->cred->fsuid == node->i_uid.get()) shift = 6;
    else if (current && current->cred && inGroup(node->i_gid)) shift = 3;
    return (mode >> shift & mask) == mask || overrides(mode, mask) ? 0 : -EACCES;
}

Result<dentry*> lookupChild(dentry* directory, const std::string& name) {
    if (name.size() > NAME_MAX) return Failure{-ENAMETOOLONG};
    inode* const node = directory->d_inode;
    dentry* child = node->i_op->uncached() ? nullptr : d_lookup(directory, name);
    if (!child) child = TRY(node->i_op->lookup(node, directory, name));
    if (!child) return Failure{-ENOENT};
    while (child->mounted) {
        dentry* const root = dget(child->mounted);
        dput(child);
        child = root;
    }
    return child;
}

int PathWalk::start(int dirfd, const std::string& path) {
    rest_ = path;       // empty: the starting point itself; system calls without AT_EMPTY_PATH refuse it in getname
    const bool absolute = path.starts_with('/');
    if (absolute && (resolve_ & RESOLVE_BENEATH)) return -EXDEV;
    if (absolute && !(resolve_ & RESOLVE_IN_ROOT)) {
        at = dget(currentRoot());
        return 0;
    }
    if (dirfd == AT_FDCWD) {
        at = dget(currentDirectory());
    } else {
        const FileRef f(static_cast<unsigned>(dirfd), FileRef::Kind::raw);
        if (!f) return -EBADF;
        if (!path.empty() && !S_ISDIR(f->f_inode->i_mode)) return -ENOTDIR;
        at = dget(f->f_path);
    }
    if (resolve_ & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) scope_ = dget(at);
    return 0;
}

int PathWalk::enter() const {
    if (!S_ISDIR(at->d_inode->i_mode)) return -ENOTDIR;
    return inode_permission(at->d_inode, MAY_EXEC);
}

int PathWalk::up() {
    dentry* d = at;
    if (d == top() && (resolve_ & RESOLVE_BENEATH)) return -EXDEV;
    while (d != top() && d->d_parent == d && d->covers) {
        TRY_INT(crossed());
        d = d->covers;
    }
    if (d != top()) d = d->d_parent;
    while (d->mounted && d != top()) {
        TRY_INT(crossed());
        d = d->mounted;
    }
    move(dget(d));
    return 0;
}

int PathWalk::toTop() {
    if (resolve_ & RESOLVE_BENEATH) return -EXDEV;
    if (top()->d_inode->i_sb != at->d_inode->i_sb) TRY_INT(crossed());
    move(dget(top()));
    return 0;
}

int PathWalk::jump(dentry* to) {
    const bool leaves = resolve_ & RESOLVE_NO_XDEV && to->d_inode->i_sb != at->d_inode->i_sb;
    const int error = resolve_ & RESOLVE_NO_MAGICLINKS ? -ELOOP : leaves || scope_ ? -EXDEV : 0;
    if (error) dput(to);
    else move(to);
    return error;
}

int PathWalk::follow(dentry* link) {
    const DentryRef held(link);
    if (++links_ > MAX_LINKS || resolve_ & RESOLVE_NO_SYMLINKS) return -ELOOP;
    inode_operations* const op = link->d_inode->i_op;
    if (dentry* target = TRY(op->followLink(link))) return jump(target);
    const std::string text = TRY(op->readlink(link));
    if (text.empty()) return -ENOENT;
    if (text.front() == '/') TRY_INT(toTop());
    rest_ = rest_.empty() ? text : text + "/" + rest_;
    return 0;
}

int PathWalk::step(const std::string& name) {
    TRY_INT(enter());
    if (name == ".") return 0;
    if (name == "..") return up();
    dentry* const child = TRY(lookupNext(name));
    if (S_ISLNK(child->d_inode->i_mode)) return follow(child);
    move(child);
    return 0;
}

int PathWalk::toParent() {
    for (;;) {
        rest_.erase(0, rest_.find_first_not_of('/'));
        if (rest_.empty()) {
            type = Last::root;
            return 0;
        }
        const auto end = std::min(rest_.find('/'), rest_.size());
        const std::string name = rest_.substr(0, end);
        const bool slash = end < rest_.size();
        rest_.erase(0, std::min(rest_.find_first_not_of('/', end), rest_.size()));
        if (!rest_.empty()) {
            TRY_INT(step(name));
            continue;
        }
        last = name;
        trailing_slash |= slash;
        type = name == "." ? Last::dot : name == ".." ? Last::dotdot : Last::name;
        return enter();
    }
}

Result<dentry*> PathWalk::lookupNext(const std::string& name) {
    dentry* const child = TRY(lookupChild(at, name));
    if (!(resolve_ & RESOLVE_NO_XDEV) || !child->covers) return child;
    dput(child);
    return Failure{-EXDEV};
}
Result<dentry*> PathWalk::lookupLast() { return lookupNext(last); }

int PathWalk::toEnd(bool follow_last) {
    for (;;) {
        TRY_INT(toParent());
        if (type == Last::dotdot) TRY_INT(up());
        if (type != Last::name) break;
        dentry* const child = TRY(lookupLast());
        if (!S_ISLNK(child->d_inode->i_mode) || !(follow_last || trailing_slash)) {
            move(child);
            break;
        }
        TRY_INT(follow(child));
    }
    return trailing_slash && !S_ISDIR(at->d_inode->i_mode) ? -ENOTDIR : 0;
}

Result<dentry*> path_lookup(const std::string& path, int dirfd, bool follow) {
    PathWalk walk;
    TRY_INT(walk.start(dirfd, path));
    TRY_INT(walk.toEnd(follow));
    return walk.take();
}

Result<dentry*> path_lookup_at(int dirfd, UserPtr<const char> name, int flags) {
    if (flags & AT_EMPTY_PATH) {
        const auto first = get_user(name);
        if (first.ok() && first.value() == 0) {
            if (dirfd == AT_FDCWD) return dget(currentDirectory());
            const FileRef f(static_cast<unsigned>(dirfd), FileRef::Kind::raw);
            if (!f) return Failure{-EBADF};
            return dget(f->f_path);
        }
    }
    const std::string path = TRY(getname(name));
    return path_lookup(path, dirfd, !(flags & AT_SYMLINK_NOFOLLOW));
}

int writeToDirectory(dentry* directory) {
    if (directory->unlinked) return -ENOENT;
    return inode_permission(directory->d_inode, MAY_WRITE | MAY_EXEC);
}

}  // namespace kernel
