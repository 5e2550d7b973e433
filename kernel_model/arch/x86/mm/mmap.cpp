// Linux arch/x86/mm/mmap.c: the layout of an address space (spec/exec-semantics.md §6.9).
#include "kernel_model/mm/internal.hpp"

namespace kernel {
namespace {

u64 mmap_rnd() { return current->flags & PF_RANDOMIZE ? (randomU64("mmap_rnd") & 0xfff'ffff) << PAGE_SHIFT : 0; }

}  // namespace

TRACED(void, arch_pick_mmap_layout, (mm_struct*, mm)) {
    const bool legacy = version().mm.mmap_is_legacy();
    mm->mmap_base = legacy ? TASK_UNMAPPED_BASE + mmap_rnd() : PAGE_ALIGN(TASK_SIZE - version().mm.stackGap() - mmap_rnd());
    mm->mmap_legacy = legacy;
}

}  // namespace kernel
