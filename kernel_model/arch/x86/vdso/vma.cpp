// arch/x86/vdso/vma.c, v3.10: one mapping, [vdso].
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"

#include <cstring>

namespace kernel {

namespace {

constexpr u8 image[] = {
#include "kernel_model/arch/x86/vdso/vdso.inc"
};
static_assert(sizeof image <= PAGE_SIZE);
constexpr u64 vdso_size = PAGE_SIZE;
constexpr u64 PMD_SIZE = u64{1} << 21, PMD_MASK = ~(PMD_SIZE - 1), PTRS_PER_PTE = 512;

std::vector<page*> vdso_pages;

const char* vdsoName(const vm_area_struct*) { return "[vdso]"; }
constexpr vm_operations_struct special_mapping_vmops{vdsoName, true};

}  // namespace

TRACED(int, init_vdso) {
    page* page = alloc_zeroed_page();
    if (!page) return -ENOMEM;
    std::memcpy(page_address(page), image, sizeof image);
    tracePageFill(page, "kernel", traces::Value::text("[vdso]"));
    vdso_pages = {page};
    return 0;
}

// A random page between the stack and the end of its 2 MiB region; random even for a program without randomisation.
static TRACED(u64, vdso_addr, (u64, start), (u64, len)) {
    u64 end = (start + PMD_SIZE - 1) & PMD_MASK;
    if (end >= TASK_SIZE) end = TASK_SIZE;
    end -= len;
    const u64 offset = randomU64("vdso_addr") % PTRS_PER_PTE;
    const u64 addr = start + (offset << PAGE_SHIFT);
    return PAGE_ALIGN(addr >= end ? end : addr);
}

TRACED(int, arch_setup_additional_pages, (linux_binprm*, bprm), (bool, uses_interp)) {
    mm_struct* mm = current->mm;
    const u64 wanted = vdso_addr(mm->start_stack, vdso_size);
    const u64 addr = TRY(get_unmapped_area(nullptr, wanted, vdso_size, 0, 0));
    mm->vdso = addr;
    const u64 flags = VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
    const int error = install_special_mapping(mm, addr, vdso_size, flags, vdso_pages, &special_mapping_vmops);
    if (error) mm->vdso = 0;
    return error;
}

}  // namespace kernel
