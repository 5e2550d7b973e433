// What is mounted where (Linux fs/proc_namespace.c; proc(5)).
#include "kernel_model/fs/proc/internal.hpp"

#include <algorithm>

namespace kernel {
namespace {

bool isMounted(const super_block* sb) { return sb->s_root && (sb->s_root == rootDentry() || sb->s_root->covers); }
const char* access(const super_block* sb) { return sb->read_only ? "ro" : "rw"; }

// The mount whose tree the mount point lies in.
int parentOf(const super_block* sb) {
    constexpr int before_the_root = 1;
    return sb->s_root->covers ? mountId(sb->s_root->covers->d_inode->i_sb) : before_the_root;
}

}  // namespace

int mountId(const super_block* sb) {
    constexpr int first = 20;               // those before are the kernel's own
    const auto& all = superBlocks();
    return first + static_cast<int>(std::ranges::find(all, sb) - all.begin());
}

Result<std::string> showMounts(task_struct*) {
    std::string s;
    for (const super_block* sb : superBlocks())
        if (isMounted(sb)) s += sb->s_id + " " + d_path(sb->s_root) + " " + sb->s_type + " " + access(sb) + ",relatime 0 0\n";
    return s;
}

Result<std::string> showMountinfo(task_struct*) {
    std::string s;
    for (const super_block* sb : superBlocks()) {
        if (!isMounted(sb)) continue;
        s += format("%d %d %u:%u / %s %s,relatime - %s %s %s\n", mountId(sb), parentOf(sb), MAJOR(sb->s_dev), MINOR(sb->s_dev),
                    d_path(sb->s_root).c_str(), access(sb), sb->s_type, sb->s_id.c_str(), access(sb));
    }
    return s;
}

}  // namespace kernel
