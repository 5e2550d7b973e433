// Linux mm/memfd.c: memfd_create(2) and F_ADD_SEALS (fcntl(2), "File Sealing").
#include "kernel_model/mm/memfd.hpp"
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/mm/all_mms.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr unsigned HUGE_MASK = 0x3fu << 26;              // MFD_HUGE_*
constexpr u64 MEMFD_CREATE = 319;           // as old as seals
constexpr u32 SEAL_SEAL = 1, SEAL_SHRINK = 2, SEAL_GROW = 4, SEAL_WRITE = 8, SEAL_FUTURE_WRITE = 0x10, ALL_SEALS = 0x1f;
constexpr i64 MFD_NAME_MAX_LEN = NAME_MAX - 6;          // beside "memfd:"

u32* sealsOf(const inode* node) {
    shmem_inode_info* const info = SHMEM_I(node);
    return info && info->sealable ? &info->seals : nullptr;
}
// What lies on a tmpfs by name is sealed against seals (fcntl(2), "File Sealing").
u32 sealsByName(const inode* node) {
    return node->i_fop == ramfsFileOperations() && node->i_sb->s_magic == TMPFS_MAGIC && inProfile(MEMFD_CREATE) ? SEAL_SEAL : 0;
}
u32 sealed(const inode* node) {
    const u32* const seals = sealsOf(node);
    return seals ? *seals : 0;
}

bool mappedWritable(const inode* node) {
    return std::ranges::any_of(allMms(), [node](const mm_struct* mm) {
        return std::ranges::any_of(mm->mm_rb, [node](const auto& entry) {
            const vm_area_struct* const vma = entry.second;
            return vma->vm_file && vma->vm_file->f_inode == node && vma->vm_flags & VM_SHARED && vma->vm_flags & VM_MAYWRITE;
        });
    });
}

TRACED(int, memfd_add_seals, (file*, filp), (u32, seals)) {
    if (!(filp->f_mode & FMODE_WRITE)) return -EPERM;
    if (seals & ~ALL_SEALS) return -EINVAL;
    u32* const held = sealsOf(filp->f_inode);
    if (!held) return sealsByName(filp->f_inode) ? -EPERM : -EINVAL;
    if (!check("F_SEAL_SEAL is not set", !(*held & SEAL_SEAL), *held)) return -EPERM;
    if (seals & SEAL_WRITE && !(*held & SEAL_WRITE) && mappedWritable(filp->f_inode)) return -EBUSY;
    *held |= seals;
    return 0;
}

}  // namespace

shmem_inode_info* SHMEM_I(const inode* node) {
    return S_ISREG(node->i_mode) && node->i_fop == ramfsFileOperations() ? static_cast<shmem_inode_info*>(node->i_private.get()) : nullptr;
}

int memfd_fcntl(file* f, unsigned cmd, u64 argument) {
    if (cmd == F_ADD_SEALS) return argument >> 32 ? -EINVAL : memfd_add_seals(f, static_cast<u32>(argument));
    const u32* const seals = sealsOf(f->f_inode);
    const u32 shown = sealsByName(f->f_inode);
    return seals ? static_cast<int>(*seals) : shown ? static_cast<int>(shown) : -EINVAL;
}

int sealsAllowWrite(const inode* node, loff_t at, u64 count) {
    const u32 seals = sealed(node);
    const bool grows = at + static_cast<loff_t>(count) > node->i_size;
    return seals & (SEAL_WRITE | SEAL_FUTURE_WRITE) || (grows && seals & SEAL_GROW) ? -EPERM : 0;
}
int sealsAllowSize(const inode* node, loff_t size) {
    const u32 forbidding = size < node->i_size ? SEAL_SHRINK : size > node->i_size ? SEAL_GROW : 0;
    return sealed(node) & forbidding ? -EPERM : 0;
}
int sealsAllowMapping(const inode* node, u64 prot, u64& vm_flags) {
    const u32 seals = sealed(node);
    if (!(vm_flags & VM_SHARED) || !(seals & (SEAL_WRITE | SEAL_FUTURE_WRITE))) return 0;
    if (seals & SEAL_WRITE || prot & PROT_WRITE) return -EPERM;
    vm_flags &= ~VM_MAYWRITE;
    return 0;
}

SYSCALL_DEFINE(2, memfd_create, (UserPtr<const char>, uname), (unsigned, flags)) {
    static super_block* const tmpfs = newSuperBlock("tmpfs", "tmpfs", TMPFS_MAGIC);
    if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | (flags & MFD_HUGETLB ? MFD_HUGETLB | HUGE_MASK : 0))) return -EINVAL;
    const i64 length = strnlen_user(uname, MFD_NAME_MAX_LEN + 1);
    if (length <= 0) return -EFAULT;
    if (length > MFD_NAME_MAX_LEN + 1) return -EINVAL;
    std::string name;
    if (strncpy_from_user(name, uname, static_cast<u64>(length)) < 0) return -EFAULT;
    if (flags & MFD_HUGETLB) return missing(Missing::huge_memory);
    const int fd = get_unused_fd_flags(flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
    if (fd < 0) return fd;
    inode* const memory = newInode(S_IFREG | 0777, ramfsFile(), ramfsFileOperations(), tmpfs);
    memory->i_nlink = 0;
    memory->i_private = std::make_shared<shmem_inode_info>(true, flags & MFD_ALLOW_SEALING ? 0 : SEAL_SEAL);
    const DentryRef d(unlinkedName("memfd:" + name, memory));
    file* const f = TRY(newFile(dget(d.get()), O_RDWR | 0100000 /*O_LARGEFILE*/, memory->i_fop));
    f->f_mode |= FMODE_UNCOUNTED;
    fd_install(static_cast<unsigned>(fd), f);
    return fd;
}

}  // namespace kernel
