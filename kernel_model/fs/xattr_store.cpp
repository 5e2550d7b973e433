#include "kernel_model/fs/xattr.hpp"

#include "kernel_model/fs/hostfs.hpp"
#include "kernel_model/fs/hostfs_nameless.hpp"
#include "kernel_model/fs/ramfs/space.hpp"

#include <string_view>

namespace kernel {
namespace {

using Store = std::map<std::string, std::vector<u8>>;
constexpr u64 IN_BLOCK = 4000;              // bytes of a file's attributes that a block of an ext4 holds
constexpr u64 OF_ENTRY = 32;                // that an attribute takes beside its name and its value

u64 bytesOf(const std::string& name, u64 value) { return name.size() + value + OF_ENTRY; }
u64 bytesOf(const Store& store) {
    u64 sum = 0;
    for (const auto& [name, value] : store) sum += bytesOf(name, value.size());
    return sum;
}
u64 pagesFor(u64 bytes) { return (bytes + PAGE_SIZE - 1) / PAGE_SIZE; }

void giveAll(const Store* store) {
    for (u64 pages = pagesFor(bytesOf(*store)); pages > 0; --pages) giveSpace();
    delete store;
}

int takePages(u64 before, u64 after) {
    for (u64 have = before; have < after; ++have) {
        if (const int error = takeSpace(); error < 0) {
            for (; have > before; --have) giveSpace();
            return error;
        }
    }
    for (u64 have = before; have > after; --have) giveSpace();
    return 0;
}

// The last known name on the host, and the handle when the file is open.
struct OnHost {
    explicit OnHost(const inode* node) : path(nodeOf(node)->path()), held(nodeOf(node)->held.reader()) {}
    int handle() const { return held ? held->handle() : -1; }
    bool reachable() const { return held || !path.empty(); }
    std::string path;
    std::shared_ptr<HeldFile> held;
};

}  // namespace

int attribute(const inode* node, const std::string& name, std::vector<u8>& value) {
    if (isWrittenThrough(node)) {
        const OnHost file(node);
        return file.reachable() ? hostFiles().attribute(file.path, file.handle(), name, value) : -ESTALE;
    }
    if (!node->i_xattrs || !node->i_xattrs->contains(name)) return -ENODATA;
    value = node->i_xattrs->at(name);
    return 0;
}

int setAttribute(inode* node, const std::string& name, std::span<const u8> value, int flags) {
    if (isWrittenThrough(node)) {
        const OnHost file(node);
        return file.reachable() ? hostFiles().setAttribute(file.path, file.handle(), name, value, flags) : -ESTALE;
    }
    const bool there = node->i_xattrs && node->i_xattrs->contains(name);
    if (there && flags & XATTR_CREATE) return -EEXIST;
    if (!there && flags & XATTR_REPLACE) return -ENODATA;
    const u64 before = node->i_xattrs ? bytesOf(*node->i_xattrs) : 0;
    const u64 after = before - (there ? bytesOf(name, node->i_xattrs->at(name).size()) : 0) + bytesOf(name, value.size());
    if (node->i_sb->s_type == std::string_view(overlayName) && after > IN_BLOCK) return -ENOSPC;
    TRY_INT(takePages(pagesFor(before), pagesFor(after)));
    if (!node->i_xattrs) node->i_xattrs = std::shared_ptr<Store>(new Store, giveAll);
    (*node->i_xattrs)[name] = std::vector<u8>(value.begin(), value.end());
    return 0;
}

int removeAttribute(inode* node, const std::string& name) {
    if (isWrittenThrough(node)) {
        const OnHost file(node);
        return file.reachable() ? hostFiles().removeAttribute(file.path, file.handle(), name) : -ESTALE;
    }
    if (!node->i_xattrs || !node->i_xattrs->contains(name)) return -ENODATA;
    const u64 before = pagesFor(bytesOf(*node->i_xattrs));
    node->i_xattrs->erase(name);
    return takePages(before, pagesFor(bytesOf(*node->i_xattrs)));
}

int attributeNames(const inode* node, std::vector<std::string>& names) {
    if (isWrittenThrough(node)) {
        const OnHost file(node);
        return file.reachable() ? hostFiles().listAttributes(file.path, file.handle(), names) : 0;
    }
    if (node->i_xattrs)
        for (const auto& [name, value] : *node->i_xattrs) names.push_back(name);
    return 0;
}

}  // namespace kernel
