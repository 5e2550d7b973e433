#include "kernel_model/fs/ramfs/space.hpp"

#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/machine.hpp"

#include <unordered_set>

namespace kernel {
namespace {

u64 pages_taken = 0;
std::unordered_set<const dentry*>& names() {    // for look-up only: its order shows nowhere
    static auto& all = *new std::unordered_set<const dentry*>;
    return all;
}
u64 mostPages() { return machine().boot.disk_bytes / PAGE_SIZE; }

}  // namespace

int takeSpace() {
    if (pages_taken >= mostPages()) return -ENOSPC;
    ++pages_taken;
    return 0;
}
void giveSpace() {
    BUG_ON(pages_taken == 0);
    --pages_taken;
}

int takeName(const dentry* d) {
    if (names().size() >= mostPages()) return -ENOSPC;
    names().insert(d);
    return 0;
}
void giveName(const dentry* d) { names().erase(d); }

bool spaceFor(u64 bytes) { return bytes / PAGE_SIZE <= mostPages() - pages_taken; }

MemorySpace memorySpace() { return {mostPages(), mostPages() - pages_taken, mostPages(), mostPages() - names().size()}; }

bool isMemoryFile(const inode* node) { return node->i_fop == ramfsFileOperations(); }

}  // namespace kernel
