// Linux mm/mmap.c, mm/util.c, the part that all versions share: the checks of a mapping, and the address space's
// limits. mmap(2), munmap(2), brk(2), mprotect(2).
#include "kernel_model/mm/flags.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/mm/memfd.hpp"

namespace kernel {

Result<u64> arch_get_unmapped_area(file*, u64 address, u64 length, pgoff_t, u64 flags);  // sys_x86_64.cpp
Result<u64> arch_get_unmapped_area_topdown(file*, u64 address, u64 length, pgoff_t, u64 flags);

// OVERCOMMIT_GUESS (__vm_enough_memory): only what could never fit is refused.
int security_vm_enough_memory_mm(u64 pages) {
    const u64 limit = version().mm.guess_by_total ? totalram_pages() : nr_free_pages();
    return check("enough memory", pages < limit, pages) ? 0 : -ENOMEM;
}

TRACED(Result<u64>, get_unmapped_area, (struct file*, file), (u64, addr), (u64, len), (pgoff_t, pgoff), (u64, flags)) {
    if (!check("len <= TASK_SIZE", len <= TASK_SIZE, len)) return Failure{-ENOMEM};
    const auto search = current->mm->mmap_legacy ? arch_get_unmapped_area : arch_get_unmapped_area_topdown;
    const u64 found = TRY(search(file, addr, len, pgoff, flags));
    if (!check("addr + len <= TASK_SIZE", found <= TASK_SIZE - len, found)) return Failure{-ENOMEM};
    if (!check("addr is page aligned", !(found & ~PAGE_MASK), found)) return Failure{-EINVAL};
    if (found < mmap_min_addr && !check("mmap_min_addr", capable(CAP_SYS_RAWIO), found)) return Failure{-EPERM};
    return found;
}

u64 calc_vm_prot_bits(u64 prot) {
    return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) | (prot & PROT_EXEC ? VM_EXEC : 0);
}
u64 round_hint_to_min(u64 hint) {
    hint &= PAGE_MASK;
    return hint != 0 && hint < mmap_min_addr ? PAGE_ALIGN(mmap_min_addr) : hint;
}

namespace {

// The checks of a mapping's type against the file's mode; adds VM_SHARED and the like.
int fileMappingFlags(const file* file, u64 prot, u64 flags, u64& vm_flags) {
    const u64 type = flags & MAP_TYPE;
    if (type != MAP_SHARED && type != MAP_PRIVATE) return -EINVAL;
    const bool writable = file->f_mode & FMODE_WRITE;
    if (type == MAP_SHARED) {
        if (prot & PROT_WRITE && !check("file open for writing", writable, file->f_mode)) return -EACCES;
        vm_flags |= VM_SHARED | VM_MAYSHARE;
        if (!writable) vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
    }
    if (!check("file open for reading", (file->f_mode & FMODE_READ) != 0, file->f_mode)) return -EACCES;
    if (!file->f_op || !file->f_op->canMmap()) return -ENODEV;
    return sealsAllowMapping(file->f_inode, prot, vm_flags);
}

}  // namespace

int mappingFlags(const file* file, u64 address, u64 prot, u64 flags, u64& vm_flags, pgoff_t& pgoff) {
    if (file) return fileMappingFlags(file, prot, flags, vm_flags);
    switch (flags & MAP_TYPE) {
        case MAP_SHARED:
            pgoff = 0;
            vm_flags |= VM_SHARED | VM_MAYSHARE;
            return 0;
        case MAP_PRIVATE:
            pgoff = address >> PAGE_SHIFT;
            return 0;
        default:
            return -EINVAL;
    }
}

bool withinLockLimit(const mm_struct* mm, u64 vm_flags, u64 length) {
    if (!(vm_flags & VM_LOCKED)) return true;
    const u64 locked = (length >> PAGE_SHIFT) + mm->locked_vm;
    return check("RLIMIT_MEMLOCK", locked <= rlimit_cur(RLIMIT_MEMLOCK) >> PAGE_SHIFT || capable(CAP_IPC_LOCK), locked);
}

u64 countPagesMapped(mm_struct* mm, u64 start, u64 end) {
    u64 pages = 0;
    for (const vm_area_struct* vma = find_vma_intersection(mm, start, end); vma && vma->vm_start < end;
         vma = vmaNext(vma))
        pages += (std::min(end, vma->vm_end.get()) - std::max(start, vma->vm_start.get())) >> PAGE_SHIFT;
    return pages;
}

int attachFile(vm_area_struct* vma, struct file* file) {
    if (vma->vm_flags & VM_GROWSDOWN && (file || vma->vm_flags & VM_SHARED)) return -EINVAL;
    if (file == nullptr) return vma->vm_flags & VM_SHARED ? shmem_zero_setup(vma) : 0;
    if (vma->vm_flags & VM_DENYWRITE) {  // the VMA itself denies from vma_link on
        TRY_INT(deny_write_access(file));
        allow_write_access(file);
    }
    vma->vm_file = get_file(file);
    return 0;
}

TRACED(int, acct_stack_growth, (vm_area_struct*, vma), (u64, size), (u64, grow)) {
    mm_struct* mm = vma->vm_mm;
    if (!version().mm.may_expand_vm(mm, vma->vm_flags, grow)) return -ENOMEM;
    if (!check("size <= RLIMIT_STACK", size <= rlimit_cur(RLIMIT_STACK), size)) return -ENOMEM;
    if (!withinLockLimit(mm, vma->vm_flags, grow << PAGE_SHIFT)) return -ENOMEM;
    TRY_INT(security_vm_enough_memory_mm(grow));
    if (vma->vm_flags & VM_LOCKED) mm->locked_vm += grow;
    version().mm.vm_stat_account(mm, vma->vm_flags, vma->vm_file, static_cast<i64>(grow));
    return 0;
}

SYSCALL_DEFINE(2, munmap, (UserPtr<void>, addr), (size_t, len)) { return version().mm.munmap(addr.address, len); }

// brk(2), C library/kernel differences: the result is always the break.
SYSCALL_DEFINE(1, brk, (UserPtr<void>, brk)) {
    mm_struct* mm = current->mm;
    if (version().mm.moveBreak(mm, brk.address)) mm->brk = brk.address;
    return static_cast<long>(mm->brk);
}

SYSCALL_DEFINE(3, mprotect, (UserPtr<void>, addr), (size_t, len), (MemoryProtection, protection)) {
    return version().mm.mprotect(addr.address, len, protection);
}

// mm/util.c.
TRACED(Result<u64>, vm_mmap_pgoff, (struct file*, file), (u64, addr), (u64, len), (u64, prot), (u64, flag),
       (pgoff_t, pgoff)) {
    return version().mm.do_mmap(file, addr, len, prot, flag, pgoff);
}

TRACED(Result<u64>, vm_mmap, (struct file*, file), (u64, addr), (u64, len), (u64, prot), (u64, flag), (u64, offset)) {
    if (!check("offset + len does not overflow", offset + PAGE_ALIGN(len) >= offset, offset)) return Failure{-EINVAL};
    if (!check("offset is page aligned", !(offset & ~PAGE_MASK), offset)) return Failure{-EINVAL};
    return vm_mmap_pgoff(file, addr, len, prot, flag, offset >> PAGE_SHIFT);
}

TRACED_AS(long, sys_mmap_pgoff, version().mm.mmap_pgoff, (u64, addr), (u64, len), (u64, prot), (u64, flags), (u64, fd),
          (u64, pgoff)) {
    file* mapped = nullptr;
    if (!(flags & MAP_ANONYMOUS)) {
        mapped = fget(static_cast<unsigned>(fd));
        if (mapped == nullptr) return -EBADF;
        if (flags & MAP_HUGETLB) {
            fput(mapped);
            return -EINVAL;
        }
    } else if (flags & MAP_HUGETLB) {
        return missing(Missing::huge_pages);        // as on a system that has none
    }
    flags &= ~u64{MAP_EXECUTABLE | MAP_DENYWRITE};
    const Result<u64> result = vm_mmap_pgoff(mapped, addr, len, prot, flags, pgoff);
    if (mapped) fput(mapped);
    return result.ok() ? static_cast<long>(result.value()) : result.error();
}

static traces::Value traceValue(const vm_operations_struct* ops) { return traces::Value::boolean(ops != nullptr); }
static traces::Value traceValue(const std::vector<page*>& pages) {
    traces::Value value = traces::Value::list({});
    for (const page* p : pages) value.items.push_back(traceValue(p));
    return value;
}

TRACED_AS(int, install_special_mapping, version().mm.special_mapping, (mm_struct*, mm), (u64, addr), (u64, len), (u64, vm_flags),
       (std::vector<page*>, pages), (const vm_operations_struct*, ops)) {
    auto* vma = new vm_area_struct;
    vma->vm_mm = mm;
    vma->vm_start = addr;
    vma->vm_end = addr + len;
    vma->vm_flags = vm_flags | mm->def_flags | VM_DONTEXPAND;
    vma->vm_ops = ops;
    vma->special_pages = std::move(pages);
    if (const int error = insert_vm_struct(mm, vma)) {
        delete vma;
        return error;
    }
    version().mm.vm_stat_account(mm, vma->vm_flags, nullptr, static_cast<i64>(len >> PAGE_SHIFT));
    return 0;
}

}  // namespace kernel
