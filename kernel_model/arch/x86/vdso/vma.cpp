// arch/x86/vdso/vma.c of v3.10, arch/x86/entry/vdso/vma.c of v6.1: an image for each, mapped in the version's way.
#include "kernel_model/include/version/mm.hpp"
#include "kernel_model/versions/v3_10/exec.hpp"
#include "kernel_model/versions/v6_1/exec.hpp"

#include <cstring>
#include <span>

namespace kernel {

namespace {

constexpr u8 image_3_10[] = {
#include "kernel_model/arch/x86/vdso/vdso-3.10.inc"
};
constexpr u8 image_6_1[] = {
#include "kernel_model/arch/x86/vdso/vdso-6.1.inc"
};
static_assert(sizeof image_3_10 <= PAGE_SIZE && sizeof image_6_1 <= PAGE_SIZE);
constexpr u64 vdso_size = PAGE_SIZE;
constexpr u64 vdso_flags = VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
constexpr u64 PMD_SIZE = u64{1} << 21, PMD_MASK = ~(PMD_SIZE - 1), PTRS_PER_PTE = 512;

std::vector<page*> vdso_pages;

const char* vdsoName(const vm_area_struct*) { return "[vdso]"; }
constexpr vm_operations_struct special_mapping_vmops{vdsoName, true};

}  // namespace

// The image, and as many empty pages behind it as the version needs.
static int createPages(std::span<const u8> image, int empty) {
    page* first = alloc_zeroed_page();
    if (!first) return -ENOMEM;
    std::memcpy(page_address(first), image.data(), image.size());
    tracePageFill(first, "kernel", traces::Value::text("[vdso]"));
    vdso_pages = {first};
    for (; empty > 0; --empty) {
        page* page = alloc_zeroed_page();
        if (!page) return -ENOMEM;
        vdso_pages.push_back(page);
    }
    return 0;
}

namespace v3_10 {

TRACED(int, init_vdso) { return createPages(image_3_10, 0); }

// A random page between the stack and the end of its 2 MiB region; random even for a program without randomisation.
static TRACED(u64, vdso_addr, (u64, start), (u64, len)) {
    u64 end = (start + PMD_SIZE - 1) & PMD_MASK;
    if (end >= TASK_SIZE) end = TASK_SIZE;
    end -= len;
    const u64 offset = randomU64("vdso_addr") % PTRS_PER_PTE;
    const u64 addr = start + (offset << PAGE_SHIFT);
    return PAGE_ALIGN(addr >= end ? end : addr);
}

// One mapping, [vdso].
TRACED(int, arch_setup_additional_pages, (linux_binprm*, bprm), (bool, uses_interp)) {
    mm_struct* mm = current->mm;
    const u64 wanted = vdso_addr(mm->start_stack, vdso_size);
    const u64 addr = TRY(get_unmapped_area(nullptr, wanted, vdso_size, 0, 0));
    mm->vdso = addr;
    const int error = install_special_mapping(mm, addr, vdso_size, vdso_flags, vdso_pages, &special_mapping_vmops);
    if (error) mm->vdso = 0;
    return error;
}

}  // namespace v3_10

namespace v6_1 {

constexpr u64 image_size = 2 * PAGE_SIZE, vvar_size = 4 * PAGE_SIZE;
constexpr u64 VM_PFNMAP = 0x400;

TRACED(int, init_vdso_image_64) { return createPages(image_6_1, 2); }

static const char* vvarName(const vm_area_struct*) { return "[vvar]"; }
static constexpr vm_operations_struct vvar_vmops{vvarName, true};

// A random page above the stack in its last 2 MiB region, when there is room; random even for a program without randomisation.
static TRACED(u64, vdso_addr, (u64, start), (unsigned, len)) {
    start = PAGE_ALIGN(start);
    u64 end = (start + len + PMD_SIZE - 1) & PMD_MASK;
    if (end >= TASK_SIZE) end = TASK_SIZE;
    end -= len;
    if (end <= start) return start;
    const u64 pages = ((end - start) >> PAGE_SHIFT) + 1;
    return start + ((randomU64("vdso_addr") % pages) << PAGE_SHIFT);
}

// [vvar] lies below [vdso]; our functions do not read it.
static TRACED(int, map_vdso, (u64, addr)) {
    mm_struct* mm = current->mm;
    addr = TRY(get_unmapped_area(nullptr, addr, vvar_size + image_size, 0, 0));
    const u64 text_start = addr + vvar_size;
    TRY_INT(install_special_mapping(mm, text_start, image_size, vdso_flags, {vdso_pages[0], vdso_pages[1]}, &special_mapping_vmops));
    const u64 flags = VM_READ | VM_MAYREAD | VM_IO | VM_DONTDUMP | VM_PFNMAP;
    if (const int error = install_special_mapping(mm, addr, vvar_size, flags, {vdso_pages[2]}, &vvar_vmops); error < 0) {
        version().mm.do_munmap(mm, text_start, image_size);
        return error;
    }
    mm->vdso = text_start;
    return 0;
}

static TRACED(int, map_vdso_randomized) { return map_vdso(vdso_addr(current->mm->start_stack, vvar_size + image_size)); }

TRACED(int, arch_setup_additional_pages, (linux_binprm*, bprm), (bool, uses_interp)) { return map_vdso_randomized(); }

}  // namespace v6_1

}  // namespace kernel
