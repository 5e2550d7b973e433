// Linux v3.10 mm/mmap.c, first part: mapping.
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"

namespace kernel::v3_10 {

void vm_stat_account(mm_struct* mm, u64 flags, const file* file, i64 pages) {
    const u64 count = static_cast<u64>(pages);
    mm->total_vm += count;
    if (file) {
        mm->shared_vm += count;
        if ((flags & (VM_EXEC | VM_WRITE)) == VM_EXEC) mm->exec_vm += count;
    } else if (flags & VM_GROWSDOWN) {
        mm->stack_vm += count;
    }
}

TRACED(int, may_expand_vm, (mm_struct*, mm), (u64, npages)) {
    const u64 limit = rlimit_cur(RLIMIT_AS) >> PAGE_SHIFT;
    return check("total_vm + npages <= RLIMIT_AS", npages <= limit && mm->total_vm <= limit - npages,
                 mm->total_vm + npages);
}

namespace {

u64 calc_vm_flag_bits(u64 flags) {
    return (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) | (flags & MAP_DENYWRITE ? VM_DENYWRITE : 0) |
           (flags & MAP_LOCKED ? VM_LOCKED : 0);
}

}  // namespace

TRACED(Result<u64>, do_mmap_pgoff, (struct file*, file), (u64, addr), (u64, len), (u64, prot), (u64, flags),
       (pgoff_t, pgoff)) {
    mm_struct* mm = current->mm;
    if (prot & PROT_READ && current->personality & READ_IMPLIES_EXEC) prot |= PROT_EXEC;
    if (!check("len != 0", len != 0, len)) return Failure{-EINVAL};
    if (!(flags & MAP_FIXED)) addr = round_hint_to_min(addr);
    len = PAGE_ALIGN(len);
    if (!check("PAGE_ALIGN(len) does not overflow", len != 0, len)) return Failure{-ENOMEM};
    if (!check("offset does not overflow", pgoff + (len >> PAGE_SHIFT) >= pgoff, pgoff)) return Failure{-EOVERFLOW};
    if (!check("map_count <= sysctl_max_map_count", mm->map_count <= sysctl_max_map_count, mm->map_count.get()))
        return Failure{-ENOMEM};
    addr = TRY(get_unmapped_area(file, addr, len, pgoff, flags));
    u64 vm_flags =
        calc_vm_prot_bits(prot) | calc_vm_flag_bits(flags) | mm->def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
    if (flags & MAP_LOCKED && !capable(CAP_IPC_LOCK) && rlimit_cur(RLIMIT_MEMLOCK) == 0) return Failure{-EPERM};
    if (!withinLockLimit(mm, vm_flags, len)) return Failure{-EAGAIN};
    TRY_INT(mappingFlags(file, addr, prot, flags, vm_flags, pgoff));
    if (flags & MAP_NORESERVE) vm_flags |= VM_NORESERVE;
    const u64 mapped = TRY(mmap_region(file, addr, len, vm_flags, pgoff));
    if (vm_flags & VM_LOCKED || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE) mm_populate(mm, mapped, len);
    return mapped;
}

TRACED(Result<u64>, mmap_region, (struct file*, file), (u64, addr), (u64, len), (u64, vm_flags), (pgoff_t, pgoff)) {
    mm_struct* mm = current->mm;
    if (!may_expand_vm(mm, len >> PAGE_SHIFT) &&
        !may_expand_vm(mm, (len >> PAGE_SHIFT) - countPagesMapped(mm, addr, addr + len)))
        return Failure{-ENOMEM};
    if (kernel::find_vma_intersection(mm, addr, addr + len) && do_munmap(mm, addr, len) != 0) return Failure{-ENOMEM};
    if ((vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE) {  // accountable_mapping
        TRY_INT(security_vm_enough_memory_mm(len >> PAGE_SHIFT));
        vm_flags |= VM_ACCOUNT;
    }
    vm_area_struct* vma = nullptr;
    if (file || !(vm_flags & VM_SHARED))
        vma = vma_merge(mm, vmaBefore(mm, addr), addr, addr + len, vm_flags, 0, file, pgoff);
    if (vma == nullptr) {
        vma = new vm_area_struct;
        vma->vm_mm = mm;
        vma->vm_start = addr;
        vma->vm_end = addr + len;
        vma->vm_flags = vm_flags;
        vma->vm_pgoff = pgoff;
        if (const int error = attachFile(vma, file)) {
            delete vma;
            return Failure{error};
        }
        vma_link(mm, vma);
    }
    vm_stat_account(mm, vm_flags, vma->vm_file, static_cast<i64>(len >> PAGE_SHIFT));
    if (vm_flags & VM_LOCKED) mm->locked_vm += len >> PAGE_SHIFT;
    return addr;
}

}  // namespace kernel::v3_10
