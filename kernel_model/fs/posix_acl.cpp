// Access control lists (Linux fs/posix_acl.c; acl(5)): those that say no more than a mode does, which is what cp(1) and install(1) set.
#include "kernel_model/fs/hostfs_nameless.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/fs/xattr.hpp"
#include "kernel_model/include/linux/missing.hpp"

#include <cstring>
#include <string_view>

namespace kernel {
namespace {

constexpr const char *ACCESS = "system.posix_acl_access", *DEFAULT = "system.posix_acl_default";
constexpr u32 VERSION = 2;
enum : u16 { ACL_USER_OBJ = 1, ACL_GROUP_OBJ = 4, ACL_OTHER = 0x20 };
struct Entry { u16 tag, perm; u32 id; };

bool hasLists(const inode* node) {
    const super_block* const sb = node->i_sb;
    return !S_ISLNK(node->i_mode) && (sb->s_type == std::string_view(overlayName) || sb->s_magic == TMPFS_MAGIC || isWrittenThrough(node));
}

// The permissions that the list stands for; ENODATA: it has no entries.
Result<umode_t> posix_acl_equiv_mode(std::span<const u8> value) {
    static constexpr u16 tags[] = {ACL_USER_OBJ, ACL_GROUP_OBJ, ACL_OTHER};
    u32 version = 0;
    if (value.empty()) return Failure{-ENODATA};
    if (value.size() < sizeof version) return Failure{-EINVAL};
    std::memcpy(&version, value.data(), sizeof version);
    const std::span<const u8> rest = value.subspan(sizeof version);
    if (version != VERSION) return Failure{-EOPNOTSUPP};
    if (rest.size() % sizeof(Entry)) return Failure{-EINVAL};
    if (rest.empty()) return Failure{-ENODATA};
    u32 mode = 0;
    if (rest.size() < std::size(tags) * sizeof(Entry)) return Failure{-EINVAL};
    if (rest.size() != std::size(tags) * sizeof(Entry)) return Failure{missing(Missing::access_lists)};
    for (u64 i = 0; i < std::size(tags); ++i) {
        Entry entry;
        std::memcpy(&entry, rest.data() + i * sizeof entry, sizeof entry);
        if (entry.tag != tags[i] || entry.perm > 7) return Failure{-EINVAL};
        mode = mode << 3 | entry.perm;
    }
    return static_cast<umode_t>(mode);
}

}  // namespace

bool isAccessList(const std::string& name) { return name == ACCESS || name == DEFAULT; }

int getAccessList(const inode* node) { return hasLists(node) ? -ENODATA : -EOPNOTSUPP; }

int set_posix_acl(inode* node, const std::string& name, std::span<const u8> value) {
    if (!hasLists(node)) return -EOPNOTSUPP;
    const Result<umode_t> mode = posix_acl_equiv_mode(value);
    if (!mode.ok() && mode.error() != -ENODATA) return mode.error();
    if (name == DEFAULT && !S_ISDIR(node->i_mode)) return mode.ok() ? -EACCES : 0;
    if (current->cred->fsuid != node->i_uid.get() && !privilegedFiles(CAP_FOWNER)) return -EPERM;
    if (!mode.ok()) return 0;               // there was none to take away
    if (name == DEFAULT) return missing(Missing::access_lists);
    umode_t kept = node->i_mode & 07000;
    if (!inGroup(node->i_gid) && !privilegedFiles(CAP_FSETID)) kept &= static_cast<umode_t>(~S_ISGID);
    return notify_change(node, {.ia_valid = ATTR_MODE, .ia_mode = static_cast<umode_t>(kept | mode.value())});
}

}  // namespace kernel
