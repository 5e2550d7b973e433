// v3.10's memory management, and the small pieces that differ.
#include "kernel_model/mm/flags.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"

namespace kernel::v3_10 {
namespace {

// mm/madvise.c: MADV_FREE and later ones are EINVAL.
bool madvise_behavior_valid(int behavior) {
    switch (behavior) {
        case MADV_NORMAL:
        case MADV_RANDOM:
        case MADV_SEQUENTIAL:
        case MADV_WILLNEED:
        case MADV_DONTNEED:
        case MADV_REMOVE:
        case MADV_DONTFORK:
        case MADV_DOFORK:
        case MADV_MERGEABLE:
        case MADV_UNMERGEABLE:
        case MADV_HUGEPAGE:
        case MADV_NOHUGEPAGE:
        case MADV_DONTDUMP:
        case MADV_DODUMP:
            return true;
        default:
            return false;
    }
}

vm_area_struct* findAdvised(mm_struct* mm, u64 address, bool) { return kernel::find_vma(mm, address); }

Result<u64> acceptHint(mm_struct* mm, u64 address, u64 length, u64 end) {
    address = PAGE_ALIGN(address);
    const vm_area_struct* vma = kernel::find_vma(mm, address);
    if (end - length >= address && (vma == nullptr || address + length <= vma->vm_start)) return address;
    return Failure{-ENOMEM};
}

bool mmap_is_legacy() { return current->personality & ADDR_COMPAT_LAYOUT || rlimit_cur(RLIMIT_STACK) == RLIM_INFINITY; }

// Computed in 32 bits, so 0x3fffff pages come out as 0xfffff000 bytes.
u64 stack_maxrandom_size() {
    return current->flags & PF_RANDOMIZE && !(current->personality & ADDR_NO_RANDOMIZE) ? 0xffff'f000 : 0;
}

u64 stackGap() {
    constexpr u64 MAX_GAP = TASK_SIZE / 6 * 5;
    const u64 min_gap = 128 * 1024 * 1024 + stack_maxrandom_size();
    return std::clamp(rlimit_cur(RLIMIT_STACK), min_gap, MAX_GAP);
}

bool mayExpand(mm_struct* mm, u64, u64 pages) { return may_expand_vm(mm, pages) != 0; }

OrNull<vm_area_struct> vm_area_dup(const vm_area_struct* from) { return copyOfVma(from); }

}  // namespace

const MmVersion mmVersion{
    .page_fault = pageFault,
    .acceptHint = acceptHint,
    .stackGap = stackGap,
    .mmap_is_legacy = mmap_is_legacy,
    .faultIn = faultIn,
    .do_mmap = do_mmap_pgoff,
    .do_munmap = do_munmap,
    .vm_munmap = vm_munmap,
    .munmap = vm_munmap,
    .moveBreak = moveBreak,
    .may_expand_vm = mayExpand,
    .vm_stat_account = vm_stat_account,
    .expand_stack = expand_stack,
    .find_extend_vma = find_extend_vma,
    .exit_mmap = exit_mmap,
    .mprotect = mprotect,
    .mprotect_fixup = mprotect_fixup,
    .split_vma = split_vma,
    .vm_area_dup = vm_area_dup,
    .madvise_behavior_valid = madvise_behavior_valid,
    .findAdvised = findAdvised,
    .zap_page_range = zap_page_range,
    .mm_init_makes_context = false,
    .fillDuplicate = fillDuplicate,
    .lastUser = lastUser,
    .stack_guard_gap = 0,
    .exe_file_denies_writers = false,
    .show_vma_header_prefix = false,
    .special_mapping = "install_special_mapping",
    .vsyscall = true,
    .page_refcount = "_count",
    .mmap_pgoff = "sys_mmap_pgoff",
    .guess_by_total = false,
    .newer_mremap = false,
    .madvise_dontneed = "madvise_dontneed",
};

}  // namespace kernel::v3_10
