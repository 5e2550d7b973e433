// Linux mm/mremap.c. mremap(2).
#include "kernel_model/mm/flags.hpp"
#include "kernel_model/mm/internal.hpp"

namespace kernel {

TRACED(u64, move_page_tables, (vm_area_struct*, vma), (u64, old_addr), (vm_area_struct*, new_vma), (u64, new_addr),
       (u64, len)) {
    mm_struct* mm = vma->vm_mm;
    u64 moved = len;
    forEachEntry(mm, old_addr, old_addr + len, [&](u64 address, u64* entry) {
        if (moved != len) return;
        const u64 target = address - old_addr + new_addr;
        u64* slot = pte_alloc(mm, target);
        if (slot == nullptr) {
            moved = address - old_addr;
            return;
        }
        const u64 pte = *entry;
        setEntry(mm, address, entry, 0);
        setEntry(mm, target, slot, pte);
    });
    flush_tlb_range(mm, old_addr, old_addr + len);
    return moved;
}

namespace {

vm_area_struct* vma_lookup(mm_struct* mm, u64 addr) {
    vm_area_struct* vma = find_vma(mm, addr);
    return vma && vma->vm_start <= addr ? vma : nullptr;
}

Result<vm_area_struct*> vma_to_resize(u64 addr, u64 old_len, u64 new_len, u64 flags) {
    mm_struct* mm = current->mm;
    vm_area_struct* vma = vma_lookup(mm, addr);
    if (vma == nullptr) return Failure{-EFAULT};
    if (version().mm.newer_mremap && old_len == 0 && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE))) return Failure{-EINVAL};
    if (flags & MREMAP_DONTUNMAP && vma->vm_flags & VM_DONTEXPAND) return Failure{-EINVAL};
    if (old_len > vma->vm_end - addr) return Failure{-EFAULT};
    const u64 grow = (new_len - old_len) >> PAGE_SHIFT;
    if (new_len > old_len) {
        if (vma->vm_flags & VM_DONTEXPAND) return Failure{-EFAULT};
        const pgoff_t pgoff = linear_page_index(vma, addr);
        if (pgoff + (new_len >> PAGE_SHIFT) < pgoff) return Failure{-EINVAL};
    }
    if (vma->vm_flags & VM_LOCKED && mm->locked_vm + grow > rlimit_cur(RLIMIT_MEMLOCK) >> PAGE_SHIFT &&
        !capable(CAP_IPC_LOCK))
        return Failure{-EAGAIN};
    if (!version().mm.may_expand_vm(mm, vma->vm_flags, grow)) return Failure{-ENOMEM};
    if (vma->vm_flags & VM_ACCOUNT && security_vm_enough_memory_mm(grow) != 0) return Failure{-EFAULT};
    return vma;
}

// copy_vma: the VMA at the new place, merged into a neighbour where that is possible.
vm_area_struct* copy_vma(vm_area_struct* vma, u64 addr, u64 len, pgoff_t pgoff) {
    mm_struct* mm = vma->vm_mm;
    if (!vma->vm_file && !vma->anon_vma) pgoff = addr >> PAGE_SHIFT;
    if (vm_area_struct* merged =
            vma_merge(mm, vmaBefore(mm, addr), addr, addr + len, vma->vm_flags, vma->anon_vma, vma->vm_file, pgoff))
        return merged;
    vm_area_struct* copy = version().mm.vm_area_dup(vma);
    if (!copy) return nullptr;
    copy->vm_start = addr;
    copy->vm_end = addr + len;
    copy->vm_pgoff = pgoff;
    vma_link(mm, copy);
    return copy;
}

// MREMAP_DONTUNMAP: the old area stays, without pages and not locked (mremap(2)).
void leaveEmpty(vm_area_struct* vma, u64 old_addr, u64 old_len) {
    vma->vm_flags &= ~VM_LOCKED;
    if (vma->vm_start != old_addr || vma->vm_end != old_addr + old_len) return;
    vma->anon_vma = 0;
    vma->anon_vma_chain = 0;
}

TRACED(Result<u64>, move_vma, (vm_area_struct*, vma), (u64, old_addr), (u64, old_len), (u64, new_len),
       (u64, new_addr), (RemapFlags, remap)) {
    mm_struct* mm = vma->vm_mm;
    if (mm->map_count >= sysctl_max_map_count - 3) return Failure{-ENOMEM};
    const u64 flags = vma->vm_flags;
    const bool stays = remap & MREMAP_DONTUNMAP;
    if (stays && flags & VM_ACCOUNT && security_vm_enough_memory_mm(new_len >> PAGE_SHIFT) != 0) return Failure{-ENOMEM};
    vm_area_struct* target = copy_vma(vma, new_addr, new_len, linear_page_index(vma, old_addr));
    if (!target) return Failure{-ENOMEM};
    vma = find_vma(mm, old_addr);  // merging may have made it part of another
    version().mm.vm_stat_account(mm, flags, target->vm_file, static_cast<i64>(new_len >> PAGE_SHIFT));
    if (flags & VM_LOCKED && !stays) mm->locked_vm += new_len >> PAGE_SHIFT;
    const u64 moved = move_page_tables(vma, old_addr, target, new_addr, old_len);
    if (moved < old_len) {  // out of memory: back, and the new place is the one to unmap
        move_page_tables(target, new_addr, vma, old_addr, moved);
        version().mm.do_munmap(mm, new_addr, new_len);
        return Failure{-ENOMEM};
    }
    if (stays) {
        if (target != vma) leaveEmpty(vma, old_addr, old_len);
        return new_addr;
    }
    version().mm.do_munmap(mm, old_addr, old_len);
    if (flags & VM_LOCKED) mm_populate(mm, new_addr + old_len, new_len - old_len);
    return new_addr;
}

u64 mapFlags(const vm_area_struct* vma) { return vma->vm_flags & VM_MAYSHARE ? MAP_SHARED : 0; }

TRACED(Result<u64>, mremap_to, (u64, addr), (u64, old_len), (u64, new_addr), (u64, new_len), (RemapFlags, flags)) {
    mm_struct* mm = current->mm;
    if (new_addr & ~PAGE_MASK || new_len > TASK_SIZE || new_addr > TASK_SIZE - new_len) return Failure{-EINVAL};
    if (new_addr <= addr && new_addr + new_len > addr) return Failure{-EINVAL};
    if (addr <= new_addr && addr + old_len > new_addr) return Failure{-EINVAL};
    if (flags & MREMAP_FIXED) TRY_INT(version().mm.do_munmap(mm, new_addr, new_len));
    if (old_len >= new_len) {
        const int error = version().mm.do_munmap(mm, addr + new_len, old_len - new_len);
        if (error && old_len != new_len) return Failure{error};
        old_len = new_len;
    }
    vm_area_struct* vma = TRY(vma_to_resize(addr, old_len, new_len, flags));
    if (flags & MREMAP_DONTUNMAP && !version().mm.may_expand_vm(mm, vma->vm_flags, old_len >> PAGE_SHIFT)) return Failure{-ENOMEM};
    const u64 fixed = flags & MREMAP_FIXED ? MAP_FIXED : 0;
    const u64 place = TRY(get_unmapped_area(vma->vm_file, new_addr, new_len, linear_page_index(vma, addr), fixed | mapFlags(vma)));
    return move_vma(vma, addr, old_len, new_len, flags & MREMAP_FIXED ? new_addr : place, flags);
}

bool vma_expandable(vm_area_struct* vma, u64 delta) {
    const u64 end = vma->vm_end + delta;
    const vm_area_struct* next = vmaNext(vma);
    if (end < vma->vm_end || (next && next->vm_start < end)) return false;
    return get_unmapped_area(nullptr, vma->vm_start, end - vma->vm_start, 0, MAP_FIXED).ok();
}

Result<u64> resize(u64 addr, u64 old_len, u64 new_len, bool may_move) {
    mm_struct* mm = current->mm;
    if (old_len >= new_len) {
        const int error = version().mm.do_munmap(mm, addr + new_len, old_len - new_len);
        if (error && old_len != new_len) return Failure{error};
        return addr;
    }
    vm_area_struct* vma = TRY(vma_to_resize(addr, old_len, new_len, 0));
    if (old_len == vma->vm_end - addr && vma_expandable(vma, new_len - old_len)) {
        const u64 pages = (new_len - old_len) >> PAGE_SHIFT;
        vma_adjust(vma, vma->vm_start, addr + new_len, vma->vm_pgoff);
        version().mm.vm_stat_account(mm, vma->vm_flags, vma->vm_file, static_cast<i64>(pages));
        if (vma->vm_flags & VM_LOCKED) {
            mm->locked_vm += pages;
            mm_populate(mm, addr + old_len, new_len - old_len);
        }
        return addr;
    }
    if (!may_move) return Failure{-ENOMEM};
    const u64 place = TRY(get_unmapped_area(vma->vm_file, 0, new_len, linear_page_index(vma, addr), mapFlags(vma)));
    return move_vma(vma, addr, old_len, new_len, place, {});
}

}  // namespace

SYSCALL_DEFINE(5, mremap, (UserPtr<void>, addr), (size_t, old_len), (size_t, new_len), (RemapFlags, flags),
               (UserPtr<void>, new_addr)) {
    const bool newer = version().mm.newer_mremap;
    const u64 known = MREMAP_FIXED | MREMAP_MAYMOVE | (newer ? MREMAP_DONTUNMAP : 0);
    if (flags & ~known || addr.address & ~PAGE_MASK) return -EINVAL;
    if (flags & MREMAP_DONTUNMAP && (!(flags & MREMAP_MAYMOVE) || old_len != new_len)) return -EINVAL;
    old_len = PAGE_ALIGN(old_len);
    new_len = PAGE_ALIGN(new_len);
    if (new_len == 0 || (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE))) return -EINVAL;
    if (newer && !vma_lookup(current->mm, addr.address)) return -EFAULT;
    const bool elsewhere = flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);
    const Result<u64> result = elsewhere ? mremap_to(addr.address, old_len, new_addr.address, new_len, flags)
                                         : resize(addr.address, old_len, new_len, flags & MREMAP_MAYMOVE);
    return result.ok() ? static_cast<long>(result.value()) : result.error();
}

}  // namespace kernel
