// Linux fs/anon_inodes.c: files that are reached by their descriptor only.
#include "kernel_model/fs/internal.hpp"

namespace kernel {

Result<int> anon_inode_getfd(const char* name, file_operations* operations, std::shared_ptr<void> private_data, u32 flags) {
    static super_block* const file_system = newSuperBlock("anon_inodefs", "anon_inode:", 0x09041934);
    inode* const node = newInode(0600, nullptr, operations, file_system);
    const DentryRef d(newDentry(nullptr, std::string("anon_inode:") + name, node));
    const int fd = get_unused_fd_flags(flags);
    if (fd < 0) return Failure{fd};
    auto opened = dentry_open(d.get(), flags);
    if (!opened.ok()) {
        put_unused_fd(static_cast<unsigned>(fd));
        return Failure{opened.error()};
    }
    (*opened)->private_data = std::move(private_data);
    (*opened)->f_mode &= ~FMODE_LSEEK;
    fd_install(static_cast<unsigned>(fd), *opened);
    return fd;
}

}  // namespace kernel
