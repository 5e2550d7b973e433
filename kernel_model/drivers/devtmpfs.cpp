// The nodes of /dev (Linux drivers/base/devtmpfs.c), declared once each.
#include "kernel_model/drivers/devices.hpp"
#include "kernel_model/fs/internal.hpp"

namespace kernel {
namespace {

struct Node { const char* name; umode_t mode; u32 major, minor; };
constexpr Node nodes[] = {
    {"null", S_IFCHR | 0666, 1, 3},    {"zero", S_IFCHR | 0666, 1, 5},    {"full", S_IFCHR | 0666, 1, 7},
    {"random", S_IFCHR | 0666, 1, 8},  {"urandom", S_IFCHR | 0666, 1, 9}, {"tty", S_IFCHR | 0666, 5, 0},
    {"console", S_IFCHR | 0600, 5, 1}, {"ptmx", S_IFCHR | 0666, 5, 2},
};
struct Link { const char *name, *target; };
constexpr Link links[] = {{"fd", "/proc/self/fd"}, {"stdin", "fd/0"}, {"stdout", "fd/1"}, {"stderr", "fd/2"}};

}  // namespace

void fillDev(dentry* dev) {
    super_block* const sb = dev->d_inode->i_sb;
    for (const Node& n : nodes) {
        inode* const node = newInode(n.mode, nullptr, n.major == 1 ? memoryDevice(n.minor) : ttyDevice(n.minor), sb);
        node->i_rdev = MKDEV(n.major, n.minor);
        addChild(dev, n.name, node);
    }
    for (const Link& l : links) addChild(dev, l.name, newSymlink(l.target, sb));
    inode* const pts = newInode(S_IFDIR | 0755, ramfsDirectory(), directoryOperations(), sb);
    mountDevpts(addChild(dev, "pts", pts));
}

}  // namespace kernel
