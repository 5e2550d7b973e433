// Names of sockets: in directories, abstract, and made up by the kernel (Linux net/unix/af_unix.c; unix(7), "Address format").
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/net/af_unix.hpp"

#include <algorithm>
#include <unordered_map>

namespace kernel {
namespace {

constexpr int PATH_OFFSET = offsetof(sockaddr_un, sun_path);
using AbstractName = std::pair<std::string, int>;           // and the type: each type has names of its own
auto& abstractNames() {
    static auto& names = *new std::map<AbstractName, unix_sock*>;
    return names;
}
auto& boundInodes() {                       // only looked up
    static auto& inodes = *new std::unordered_map<const inode*, unix_sock*>;
    return inodes;
}

std::string pathOf(const SocketAddress& a) {
    return {a.data.begin() + PATH_OFFSET, std::find(a.data.begin() + PATH_OFFSET, a.data.begin() + a.size, 0)};
}
AbstractName abstractOf(const SocketAddress& a, int type) {
    return {std::string(a.data.begin() + PATH_OFFSET, a.data.begin() + a.size), type};
}
bool isPath(const SocketAddress& a) { return a.data[PATH_OFFSET] != 0; }

Result<std::shared_ptr<unix_sock>> findInDirectory(const SocketAddress& address, int type) {
    const DentryRef d(TRY(path_lookup(pathOf(address), AT_FDCWD, true)));
    TRY_INT(inode_permission(d->d_inode, MAY_WRITE));
    if (!S_ISSOCK(d->d_inode->i_mode)) return Failure{-ECONNREFUSED};
    const auto at = boundInodes().find(d->d_inode);
    if (at == boundInodes().end()) return Failure{-ECONNREFUSED};
    if (at->second->sk_type != type) return Failure{-EPROTOTYPE};
    return shared(at->second);
}

// The new name, made as mknod(2) makes one, with the mode of the socket's own inode less the umask.
Result<dentry*> makeNode(const unix_sock* u, const std::string& path) {
    PathWalk walk;
    TRY_INT(walk.start(AT_FDCWD, path));
    TRY_INT(walk.toParent());
    if (walk.type != PathWalk::Last::name) return Failure{-EADDRINUSE};
    auto existing = walk.lookupLast();
    if (existing.ok()) {
        dput(*existing);
        return Failure{-EADDRINUSE};
    }
    if (existing.error() != -ENOENT || walk.trailing_slash) return Failure{existing.error()};
    TRY_INT(writeToDirectory(walk.at));
    const umode_t mode = u->sk_socket->path->d_inode->i_mode;
    inode* const directory = walk.at->d_inode;
    TRY_INT(directory->i_op->mknod(directory, walk.at, walk.last, static_cast<umode_t>(mode & ~currentUmask()), 0));
    return walk.lookupLast();
}

TRACED(int, unix_bind_bsd, (unix_sock*, u), (SocketAddress, address)) {
    const std::string path = pathOf(address);
    dentry* const made = TRY(makeNode(u, path));
    if (u->addr.size) {
        made->d_parent->d_inode->i_op->unlink(made->d_parent->d_inode, made);
        dput(made);
        return -EINVAL;
    }
    address.size = PATH_OFFSET + static_cast<int>(path.size()) + 1;
    std::fill(address.data.begin() + address.size - 1, address.data.end(), u8{0});
    u->addr = address;
    u->path = made;
    boundInodes()[made->d_inode] = u;
    return 0;
}

TRACED(int, unix_bind_abstract, (unix_sock*, u), (SocketAddress, address)) {
    if (u->addr.size) return -EINVAL;
    if (!abstractNames().try_emplace(abstractOf(address, u->sk_type), u).second) return -EADDRINUSE;
    u->addr = address;
    return 0;
}

}  // namespace

int unix_validate_addr(const SocketAddress& a) {
    return a.size <= PATH_OFFSET || a.size > static_cast<int>(sizeof(sockaddr_un)) || a.family() != AF_UNIX ? -EINVAL : 0;
}

// Five hexadecimal digits, counted from 1 (v6.1 draws the first one).
TRACED(int, unix_autobind, (unix_sock*, u)) {
    static u32 number = 0;
    if (u->addr.size) return 0;
    SocketAddress name;
    name.data[0] = AF_UNIX;
    name.size = PATH_OFFSET + 6;
    constexpr u32 NUMBERS = 0x100000;
    for (u32 tries = 0; tries < NUMBERS; ++tries) {
        number = (number + 1) % NUMBERS;
        for (u32 digit = 0; digit < 5; ++digit)
            name.data[PATH_OFFSET + 1 + digit] = static_cast<u8>("0123456789abcdef"[number >> (16 - 4 * digit) & 15]);
        if (unix_bind_abstract(u, name) == 0) return 0;
    }
    return -ENOSPC;
}

TRACED(Result<std::shared_ptr<unix_sock>>, unix_find_other, (const SocketAddress&, address), (int, type)) {
    if (isPath(address)) return findInDirectory(address, type);
    const auto at = abstractNames().find(abstractOf(address, type));
    if (at == abstractNames().end()) return Failure{-ECONNREFUSED};
    return shared(at->second);
}

void unix_remove_socket(unix_sock* u) {
    if (u->path) {
        boundInodes().erase(u->path->d_inode);
        dput(std::exchange(u->path, nullptr));
    } else if (u->addr.size && !isPath(u->addr)) {          // an accepted socket has its listener's address, not the name
        const auto at = abstractNames().find(abstractOf(u->addr, u->sk_type));
        if (at != abstractNames().end() && at->second == u) abstractNames().erase(at);
    }
}

int UnixOperations::bind(socket* sock, const SocketAddress& address) {
    if (address.size == PATH_OFFSET && address.family() == AF_UNIX) return unix_autobind(unix_sk(sock));
    TRY_INT(unix_validate_addr(address));
    return isPath(address) ? unix_bind_bsd(unix_sk(sock), address) : unix_bind_abstract(unix_sk(sock), address);
}

}  // namespace kernel
