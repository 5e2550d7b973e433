// Linux arch/x86/mm/mmap.c: the layout of an address space (spec/exec-semantics.md §6.9).
#include "kernel_model/mm/internal.hpp"

namespace kernel {
namespace {

constexpr u64 MAX_GAP = TASK_SIZE / 6 * 5;

bool mmap_is_legacy() { return current->personality & ADDR_COMPAT_LAYOUT || rlimit_cur(RLIMIT_STACK) == RLIM_INFINITY; }

// v3.10 computes in 32 bits, so 0x3fffff pages come out as 0xfffff000 bytes.
u64 stack_maxrandom_size() {
    return current->flags & PF_RANDOMIZE && !(current->personality & ADDR_NO_RANDOMIZE) ? 0xffff'f000 : 0;
}

u64 mmap_rnd() { return current->flags & PF_RANDOMIZE ? (randomU64("mmap_rnd") & 0xfff'ffff) << PAGE_SHIFT : 0; }

u64 mmap_base() {
    const u64 min_gap = 128 * 1024 * 1024 + stack_maxrandom_size();
    const u64 gap = std::clamp(rlimit_cur(RLIMIT_STACK), min_gap, MAX_GAP);
    return PAGE_ALIGN(TASK_SIZE - gap - mmap_rnd());
}

}  // namespace

TRACED(void, arch_pick_mmap_layout, (mm_struct*, mm)) {
    const bool legacy = mmap_is_legacy();
    mm->mmap_base = legacy ? TASK_UNMAPPED_BASE + mmap_rnd() : mmap_base();
    mm->mmap_legacy = legacy;
}

}  // namespace kernel
