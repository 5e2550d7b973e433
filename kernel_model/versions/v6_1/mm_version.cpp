// v6.1's memory management, and the small pieces that differ.
#include "kernel_model/mm/flags.hpp"
#include "kernel_model/versions/v6_1/mm.hpp"

namespace kernel::v6_1 {
namespace {

// mm/madvise.c: what this configuration knows. The advice about huge pages and merging is taken and has no effect.
bool madvise_behavior_valid(int behavior) {
    constexpr int collapse = 25;
    if (behavior >= MADV_NORMAL && behavior <= MADV_DONTNEED) return true;
    return behavior == MADV_FREE || (behavior >= MADV_REMOVE && behavior <= MADV_DOFORK) ||
           (behavior >= MADV_MERGEABLE && behavior <= MADV_DODUMP) ||
           (behavior >= MADV_WIPEONFORK && behavior <= collapse);
}

TRACED(vm_area_struct*, find_vma_prev, (mm_struct*, mm), (u64, addr)) { return kernel::find_vma(mm, addr); }

vm_area_struct* findAdvised(mm_struct* mm, u64 address, bool first) {
    return first ? find_vma_prev(mm, address) : v6_1::find_vma(mm, address);
}

Result<u64> acceptHint(mm_struct* mm, u64 address, u64 length, u64 end) {
    address &= PAGE_MASK;
    if (end - length < address) return Failure{-ENOMEM};
    const vm_area_struct* vma = v6_1::find_vma(mm, address);
    if (vma && address + length > vm_start_gap(vma)) return Failure{-ENOMEM};
    return address;
}

bool mmap_is_legacy() { return current->personality & ADDR_COMPAT_LAYOUT; }

u64 stack_maxrandom_size() {
    return current->flags & PF_RANDOMIZE && !(current->personality & ADDR_NO_RANDOMIZE) ? u64{0x3fffff} << PAGE_SHIFT
                                                                                        : 0;
}

// arch/x86/mm/mmap.c mmap_base.
u64 stackGap() {
    constexpr u64 SIZE_128M = 128 * 1024 * 1024, MAX_GAP = TASK_SIZE / 6 * 5;
    u64 gap = rlimit_cur(RLIMIT_STACK);
    const u64 pad = stack_maxrandom_size() + version().mm.stack_guard_gap;
    if (gap + pad > gap) gap += pad;
    return std::clamp(gap, SIZE_128M, MAX_GAP);
}

void statAccount(mm_struct* mm, u64 flags, const file*, i64 pages) { vm_stat_account(mm, flags, pages); }

}  // namespace

const MmVersion mmVersion{
    .page_fault = pageFault,
    .acceptHint = acceptHint,
    .stackGap = stackGap,
    .mmap_is_legacy = mmap_is_legacy,
    .faultIn = faultIn,
    .do_mmap = do_mmap,
    .do_munmap = do_mas_munmap,
    .vm_munmap = vm_munmap,
    .munmap = __vm_munmap,
    .moveBreak = moveBreak,
    .may_expand_vm = may_expand_vm,
    .vm_stat_account = statAccount,
    .expand_stack = expand_stack_locked,
    .find_extend_vma = find_extend_vma_locked,
    .exit_mmap = exit_mmap,
    .mprotect = [](u64 start, u64 length, u64 prot) { return do_mprotect_pkey(start, length, prot, -1); },
    .mprotect_fixup = mprotect_fixup,
    .split_vma = split_vma,
    .vm_area_dup = vm_area_dup,
    .madvise_behavior_valid = madvise_behavior_valid,
    .findAdvised = findAdvised,
    .zap_page_range = zap_page_range_single,
    .mm_init_makes_context = true,
    .fillDuplicate = fillDuplicate,
    .lastUser = lastUser,
    .stack_guard_gap = 256 * PAGE_SIZE,
    .exe_file_denies_writers = true,
    .show_vma_header_prefix = true,
    .special_mapping = "_install_special_mapping",
    .vsyscall = false,
    .page_refcount = "_refcount",
    .mmap_pgoff = "ksys_mmap_pgoff",
    .guess_by_total = true,
    .newer_mremap = true,
    .madvise_dontneed = "madvise_dontneed_free",
};

}  // namespace kernel::v6_1
