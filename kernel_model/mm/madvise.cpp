// Linux mm/madvise.c, mm/mincore.c, mm/msync.c. madvise(2), mincore(2), msync(2).
#include "kernel_model/mm/flags.hpp"
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/mm/memfd.hpp"

namespace kernel {
namespace {

// Linux include/uapi/asm-generic/mman-common.h; which of them a version knows is madvise_behavior_valid's matter.
constexpr int ADVICE_FREE = 8, ADVICE_WIPEONFORK = 18, ADVICE_KEEPONFORK = 19, ADVICE_POPULATE_READ = 22,
              ADVICE_POPULATE_WRITE = 23, ADVICE_DONTNEED_LOCKED = 24, ADVICE_COLLAPSE = 25;

u64 advisedFlags(u64 flags, int behavior) {
    switch (behavior) {
        case MADV_NORMAL:
            return flags & ~(VM_RAND_READ | VM_SEQ_READ);
        case MADV_SEQUENTIAL:
            return (flags & ~VM_RAND_READ) | VM_SEQ_READ;
        case MADV_RANDOM:
            return (flags & ~VM_SEQ_READ) | VM_RAND_READ;
        case MADV_DONTFORK:
            return flags | VM_DONTCOPY;
        case MADV_DOFORK:
            return flags & ~VM_DONTCOPY;
        case ADVICE_WIPEONFORK:
            return flags | VM_WIPEONFORK;
        case ADVICE_KEEPONFORK:
            return flags & ~VM_WIPEONFORK;
        case MADV_DONTDUMP:
            return flags | VM_DONTDUMP;
        case MADV_DODUMP:
            return flags & ~VM_DONTDUMP;
        default:
            return flags;  // huge pages and merging are not modelled: nothing to advise
    }
}

TRACED_AS(long, madvise_dontneed, version().mm.madvise_dontneed, (vm_area_struct*, vma), (u64, start), (u64, end),
          (int, behavior)) {
    constexpr u64 VM_PFNMAP = 0x400;
    if (vma->vm_flags & (behavior == MADV_DONTNEED ? VM_LOCKED | VM_PFNMAP : VM_PFNMAP)) return -EINVAL;
    version().mm.zap_page_range(vma, start, end - start);
    return 0;
}

// MADV_REMOVE makes a hole in the file behind a shared writable mapping.
long madvise_remove(vm_area_struct* vma, u64 start, u64 end) {
    if (vma->vm_flags & VM_LOCKED || !vma->vm_file) return -EINVAL;
    if ((vma->vm_flags & (VM_SHARED | VM_WRITE)) != (VM_SHARED | VM_WRITE)) return -EACCES;
    inode* const node = vma->vm_file->f_inode;
    const auto offset = static_cast<loff_t>(start - vma->vm_start + (vma->vm_pgoff << PAGE_SHIFT));
    TRY_INT(sealsAllowWrite(node, offset, 0));
    return zero_mapping_range(node, offset, std::min(offset + static_cast<loff_t>(end - start), node->i_size.get()));
}

// madvise(2): EINVAL where the access is not allowed, EFAULT where it would give SIGBUS.
long madvise_populate(const vm_area_struct* vma, u64 start, u64 end, bool write) {
    if (!(vma->vm_flags & (write ? VM_WRITE : VM_ACCESS))) return -EINVAL;
    for (u64 at = start; at < end; at += PAGE_SIZE) {
        const Result<page*> got = get_user_page(vma->vm_mm, at, write);
        if (!got.ok()) return got.error();
        put_page(got.value());
    }
    return 0;
}

bool anonymousOnly(const vm_area_struct* vma) { return !vma->vm_file && !vma->vm_ops && !(vma->vm_flags & VM_SHARED); }

long madvise_vma(vm_area_struct* vma, vm_area_struct** prev, u64 start, u64 end, int behavior) {
    *prev = vma;
    if (behavior == MADV_REMOVE) return madvise_remove(vma, start, end);
    if (behavior == MADV_WILLNEED) return 0;
    if (behavior == ADVICE_COLLAPSE) return -EINVAL;        // no area can have huge pages
    if (behavior == MADV_DONTNEED || behavior == ADVICE_DONTNEED_LOCKED)
        return madvise_dontneed(vma, start, end, behavior);
    if (behavior == ADVICE_POPULATE_READ || behavior == ADVICE_POPULATE_WRITE)
        return madvise_populate(vma, start, end, behavior == ADVICE_POPULATE_WRITE);
    if ((behavior == ADVICE_FREE || behavior == ADVICE_WIPEONFORK) && !anonymousOnly(vma)) return -EINVAL;
    if (behavior == MADV_DODUMP && vma->vm_flags & (VM_SPECIAL | VM_IO)) return -EINVAL;
    const u64 flags = advisedFlags(vma->vm_flags, behavior);
    if (flags == vma->vm_flags) return 0;
    *prev = start > vma->vm_start ? vma : vmaPrevious(vma);
    return changeFlags(&vma, prev, start, end, flags);
}

}  // namespace

SYSCALL_DEFINE(3, madvise, (UserPtr<void>, addr), (size_t, len_in), (Advice, behavior)) {
    u64 start = addr.address;
    if (!version().mm.madvise_behavior_valid(behavior) || start & ~PAGE_MASK) return -EINVAL;
    const u64 len = PAGE_ALIGN(len_in), end = start + len;
    if ((len_in && !len) || end < start) return -EINVAL;
    if (end == start) return 0;
    long unmapped = 0;
    vm_area_struct* vma = version().mm.findAdvised(current->mm, start, true);
    while (start < end) {
        if (vma == nullptr) return -ENOMEM;
        if (start < vma->vm_start) {
            unmapped = -ENOMEM;
            start = vma->vm_start;
            if (start >= end) break;
        }
        const u64 stop = std::min(end, vma->vm_end.get());
        vm_area_struct* prev = nullptr;
        if (const long error = madvise_vma(vma, &prev, start, stop, behavior)) return error;
        start = stop;
        if (start < end) vma = version().mm.findAdvised(current->mm, start, false);
    }
    return unmapped;
}

namespace {

bool inCore(mm_struct* mm, const vm_area_struct* vma, u64 address) {
    const u64* pte = pte_lookup(mm, address);
    if (pte && *pte) return true;
    return vma->vm_file && vma->vm_file->f_inode->i_mapping.page_tree.contains(linear_page_index(vma, address));
}

}  // namespace

SYSCALL_DEFINE(3, mincore, (UserPtr<void>, start), (size_t, len), (UserPtr<unsigned char>, vec)) {
    mm_struct* mm = current->mm;
    if (start.address & ~PAGE_MASK) return -EINVAL;
    if (len > TASK_SIZE || start.address > TASK_SIZE - len) return -ENOMEM;
    u64 pages = len / PAGE_SIZE + (len % PAGE_SIZE != 0);
    if (vec.address > TASK_SIZE || pages > TASK_SIZE - vec.address) return -EFAULT;
    for (u64 at = start.address, to = vec.address; pages != 0;) {
        u8 chunk[PAGE_SIZE];
        u64 count = 0;
        for (; count < std::min(pages, PAGE_SIZE); ++count, at += PAGE_SIZE) {
            const vm_area_struct* vma = find_vma(mm, at);
            if (vma == nullptr || at < vma->vm_start) break;
            chunk[count] = inCore(mm, vma, at);
        }
        if (count == 0) return -ENOMEM;
        if (copy_to_user(UserPtr<void>(to), chunk, count) != 0) return -EFAULT;
        pages -= count;
        to += count;
    }
    return 0;
}

// What shared mappings changed goes to files of writable binds; other files are memory.
SYSCALL_DEFINE(3, msync, (UserPtr<void>, addr), (size_t, len), (int, flags)) {
    u64 start = addr.address;
    if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || start & ~PAGE_MASK || (flags & MS_ASYNC && flags & MS_SYNC))
        return -EINVAL;
    const u64 end = start + PAGE_ALIGN(len);
    if (end < start) return -ENOMEM;
    long unmapped = 0;
    while (start < end) {
        const vm_area_struct* vma = find_vma(current->mm, start);
        if (vma == nullptr) return -ENOMEM;
        if (start < vma->vm_start) {
            unmapped = -ENOMEM;
            start = vma->vm_start;
            if (start >= end) break;
        }
        if (flags & MS_INVALIDATE && vma->vm_flags & VM_LOCKED) return -EBUSY;
        const u64 stop = vma->vm_end;
        if (flags & MS_SYNC && vma->vm_file && vma->vm_flags & VM_SHARED)
            TRY_INT(vma->vm_file->f_op->fsync(vma->vm_file));
        start = stop;
    }
    return unmapped;
}

}  // namespace kernel
