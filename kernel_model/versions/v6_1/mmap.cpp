// Linux v6.1 mm/mmap.c, first part: mapping.
#include "kernel_model/mm/flags.hpp"
#include "kernel_model/versions/v6_1/mm.hpp"
#include "kernel_model/versions/v6_1/pkeys.hpp"

namespace kernel::v6_1 {
namespace {

bool isData(u64 flags) { return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE; }

u64 calc_vm_flag_bits(u64 flags) {
    return (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) | (flags & MAP_LOCKED ? VM_LOCKED : 0);
}

// MAP_SHARED_VALIDATE refuses flags that it does not know, MAP_SHARED ignores them (mmap(2)).
constexpr u64 LEGACY_MAP_MASK = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE |
                                MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |
                                MAP_HUGETLB | MAP_32BIT | u64{0x1f} << 26;

int checkType(const file* file, u64& flags) {
    if (file == nullptr || (flags & MAP_TYPE) != MAP_SHARED_VALIDATE) return 0;
    if (!check("MAP_SHARED_VALIDATE: flags known", !(flags & ~(LEGACY_MAP_MASK | MAP_TYPE)), flags)) return -EOPNOTSUPP;
    flags = (flags & ~u64{MAP_TYPE}) | MAP_SHARED;
    return 0;
}

// A regular file ends at 2^63 - 1 bytes (MAX_LFS_FILESIZE); what else can be mapped, at the end of the offsets.
bool file_mmap_ok(const file* file, pgoff_t pgoff, u64 len) {
    const bool limited = (file->f_inode->i_mode & S_IFMT) == S_IFREG;
    const u64 largest = limited ? ~u64{0} >> 1 : ~u64{0};
    return len <= largest && pgoff <= (largest - len) >> PAGE_SHIFT;
}

TRACED(bool, can_vma_merge_before, (vm_area_struct*, vma), (u64, vm_flags), (u32, anon_vma), (pgoff_t, pages),
       (struct file*, file), (pgoff_t, pgoff)) {
    return canMergeBefore(vma, {vm_flags, anon_vma, file, pgoff, pages});
}

TRACED(bool, can_vma_merge_after, (vm_area_struct*, vma), (u64, vm_flags), (u32, anon_vma), (struct file*, file),
       (pgoff_t, pgoff)) {
    return canMergeAfter(vma, {vm_flags, anon_vma, file, pgoff, 0});
}

TRACED(int, vma_expand, (vm_area_struct*, vma), (u64, start), (u64, end), (pgoff_t, pgoff), (vm_area_struct*, next)) {
    if (next && next != vma) {
        inheritAnonVma(vma, next);
        unlinkVma(next);
        remove_vma(next);
    }
    setRange(vma, start, end, pgoff);
    return 0;
}

// The new area becomes part of a neighbour: of the one before it where that is possible, and of both where they fit.
vm_area_struct* joinNeighbour(mm_struct* mm, file* file, u64 addr, u64 end, u64 vm_flags, pgoff_t pgoff) {
    if (vm_flags & VM_SPECIAL || (file == nullptr && vm_flags & VM_SHARED)) return nullptr;
    vm_area_struct* prev = vmaBefore(mm, addr);
    vm_area_struct* next = prev ? vmaNext(prev) : find_vma_intersection(mm, addr, ~u64{0});
    const pgoff_t pages = (end - addr) >> PAGE_SHIFT;
    const bool before = next && next->vm_start == end && can_vma_merge_before(next, vm_flags, 0, pages, file, pgoff);
    if (prev && prev->vm_end == addr && can_vma_merge_after(prev, vm_flags, before ? next->anon_vma : 0, file, pgoff)) {
        const u64 stop = before ? next->vm_end.get() : end;
        return vma_expand(prev, prev->vm_start, stop, prev->vm_pgoff, before ? next : nullptr) == 0 ? prev : nullptr;
    }
    if (!before) return nullptr;
    return vma_expand(next, addr, next->vm_end, pgoff, next) == 0 ? next : nullptr;
}

TRACED(Result<u64>, __mmap_region, (struct file*, file), (u64, addr), (u64, len), (u64, vm_flags), (pgoff_t, pgoff)) {
    mm_struct* mm = current->mm;
    const u64 pages = len >> PAGE_SHIFT;
    if (!may_expand_vm(mm, vm_flags, pages) &&
        !may_expand_vm(mm, vm_flags, pages - countPagesMapped(mm, addr, addr + len)))
        return Failure{-ENOMEM};
    if (do_mas_munmap(mm, addr, len) != 0) return Failure{-ENOMEM};
    if ((vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE) {  // accountable_mapping
        TRY_INT(security_vm_enough_memory_mm(pages));
        vm_flags |= VM_ACCOUNT;
    }
    if (!joinNeighbour(mm, file, addr, addr + len, vm_flags, pgoff)) {
        vm_area_struct* vma = vm_area_alloc(mm);
        if (!vma) return Failure{-ENOMEM};
        vma->vm_start = addr;
        vma->vm_end = addr + len;
        vma->vm_flags = vm_flags;
        vma->vm_pgoff = pgoff;
        if (const int error = attachFile(vma, file)) {
            delete vma;
            return Failure{error};
        }
        linkVma(mm, vma);
    }
    vm_stat_account(mm, vm_flags, static_cast<i64>(pages));
    if (vm_flags & VM_LOCKED) mm->locked_vm += pages;
    return addr;
}

TRACED(Result<u64>, mmap_region, (struct file*, file), (u64, addr), (u64, len), (u64, vm_flags), (pgoff_t, pgoff)) {
    return __mmap_region(file, addr, len, vm_flags, pgoff);
}

}  // namespace

TRACED(OrNull<vm_area_struct>, vm_area_alloc, (mm_struct*, mm)) {
    auto* vma = new vm_area_struct;
    vma->vm_mm = mm;
    return vma;
}

TRACED(vm_area_struct*, find_vma, (mm_struct*, mm), (u64, addr)) { return kernel::find_vma(mm, addr); }

void vm_stat_account(mm_struct* mm, u64 flags, i64 pages) {
    const u64 count = static_cast<u64>(pages);
    mm->total_vm += count;
    if ((flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC) mm->exec_vm += count;
    else if (flags & VM_GROWSDOWN) mm->stack_vm += count;
    else if (isData(flags)) mm->data_vm += count;
}

// RLIMIT_DATA counts private writable mappings, too (getrlimit(2), since Linux 4.7).
TRACED(bool, may_expand_vm, (mm_struct*, mm), (u64, flags), (u64, npages)) {
    const u64 limit = rlimit_cur(RLIMIT_AS) >> PAGE_SHIFT;
    if (!check("total_vm + npages <= RLIMIT_AS", npages <= limit && mm->total_vm <= limit - npages,
               mm->total_vm + npages))
        return false;
    const u64 data = rlimit_cur(RLIMIT_DATA) >> PAGE_SHIFT;
    return !isData(flags) || check("data_vm + npages <= RLIMIT_DATA", npages <= data && mm->data_vm <= data - npages,
                                   mm->data_vm + npages);
}

TRACED(Result<u64>, do_mmap, (struct file*, file), (u64, addr), (u64, len), (u64, prot), (u64, flags),
       (pgoff_t, pgoff)) {
    mm_struct* mm = current->mm;
    if (!check("len != 0", len != 0, len)) return Failure{-EINVAL};
    if (prot & PROT_READ && current->personality & READ_IMPLIES_EXEC) prot |= PROT_EXEC;
    if (flags & MAP_FIXED_NOREPLACE) flags |= MAP_FIXED;
    if (!(flags & MAP_FIXED)) addr = round_hint_to_min(addr);
    len = PAGE_ALIGN(len);
    if (!check("PAGE_ALIGN(len) does not overflow", len != 0, len)) return Failure{-ENOMEM};
    if (!check("offset does not overflow", pgoff + (len >> PAGE_SHIFT) >= pgoff, pgoff)) return Failure{-EOVERFLOW};
    if (!check("map_count <= sysctl_max_map_count", mm->map_count <= sysctl_max_map_count, mm->map_count.get()))
        return Failure{-ENOMEM};
    addr = TRY(get_unmapped_area(file, addr, len, pgoff, flags));
    if (flags & MAP_FIXED_NOREPLACE &&
        !check("MAP_FIXED_NOREPLACE: nothing is mapped there", !find_vma_intersection(mm, addr, addr + len), addr))
        return Failure{-EEXIST};
    const u64 key = pkeyBits(prot == PROT_EXEC ? execute_only_pkey(mm) : 0);
    u64 vm_flags =
        calc_vm_prot_bits(prot) | key | calc_vm_flag_bits(flags) | mm->def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
    if (flags & MAP_LOCKED && !capable(CAP_IPC_LOCK) && rlimit_cur(RLIMIT_MEMLOCK) == 0) return Failure{-EPERM};
    if (!withinLockLimit(mm, vm_flags, len)) return Failure{-EAGAIN};
    if (file && !check("the file can be that long", file_mmap_ok(file, pgoff, len), pgoff)) return Failure{-EOVERFLOW};
    TRY_INT(checkType(file, flags));
    TRY_INT(mappingFlags(file, addr, prot, flags, vm_flags, pgoff));
    if (vm_flags & VM_GROWSDOWN && (file || vm_flags & VM_SHARED)) return Failure{-EINVAL};
    if (flags & MAP_NORESERVE) vm_flags |= VM_NORESERVE;
    const u64 mapped = TRY(mmap_region(file, addr, len, vm_flags, pgoff));
    if (vm_flags & VM_LOCKED || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE) mm_populate(mm, mapped, len);
    return mapped;
}

}  // namespace kernel::v6_1
