// Linux v6.1 mm/filemap.c, mm/shmem.c, mm/mmap.c: where the pages of a mapping come from.
#include "kernel_model/versions/v6_1/mm.hpp"

namespace kernel::v6_1 {
namespace {

constexpr pgoff_t READ_AHEAD_PAGES = 32;  // 128 KiB: VM_READAHEAD_PAGES

int answered(vm_fault* vmf, const FileFault& fault) {
    vmf->page = fault.mapped;
    return fault.result & VM_FAULT_ERROR ? fault.result : fault.result | VM_FAULT_LOCKED;
}

pgoff_t pagesOf(const inode* host) { return (static_cast<u64>(host->i_size.get()) + PAGE_SIZE - 1) >> PAGE_SHIFT; }

// do_sync_mmap_readahead: what lies around a page that has to be read is read with it.
void readAround(address_space* mapping, pgoff_t pgoff) {
    const pgoff_t start = pgoff > READ_AHEAD_PAGES / 2 ? pgoff - READ_AHEAD_PAGES / 2 : 0;
    if (nr_free_pages() >= 2 * READ_AHEAD_PAGES) page_cache_ra_unbounded(mapping, start, READ_AHEAD_PAGES);
}

TRACED(int, filemap_fault, (vm_fault*, vmf)) {
    inode* const host = vmf->vma->vm_file->f_inode;
    const bool absent = vmf->pgoff < pagesOf(host) && !host->i_mapping.page_tree.contains(vmf->pgoff);
    if (absent && !(vmf->vma->vm_flags & VM_RAND_READ)) readAround(&host->i_mapping, vmf->pgoff);
    FileFault fault = faultInFilePage(vmf->vma, vmf->pgoff);
    if (absent && fault.mapped != nullptr) fault.result |= VM_FAULT_MAJOR;
    return answered(vmf, fault);
}

// Memory behind the file: nothing is ever read from a device.
TRACED(int, shmem_fault, (vm_fault*, vmf)) {
    FileFault fault = faultInFilePage(vmf->vma, vmf->pgoff);
    fault.result &= ~VM_FAULT_MAJOR;
    return answered(vmf, fault);
}

TRACED(int, special_mapping_fault, (vm_fault*, vmf)) {
    const FileFault fault = faultInSpecialPage(vmf->vma, vmf->pgoff);
    vmf->page = fault.mapped;
    return fault.result;
}

// In the page cache, or in the memory behind the file; with a reference.
page* residentPage(inode* host, pgoff_t index) {
    const auto at = host->i_mapping.page_tree.find(index);
    if (at != host->i_mapping.page_tree.end()) {
        get_page(at->second);
        return at->second;
    }
    if (index >= pagesOf(host) || !host->i_fop->resident(host, index)) return nullptr;
    const Result<page*> found = read_mapping_page(&host->i_mapping, index);
    return found.ok() ? found.value() : nullptr;
}

}  // namespace

int do_fault_of(vm_fault* vmf) {
    if (vmf->vma->vm_file == nullptr) return special_mapping_fault(vmf);
    return vmf->vma->vm_file->f_op->inMemory(vmf->vma->vm_file->f_inode) ? shmem_fault(vmf) : filemap_fault(vmf);
}

// Maps what is there of [start, end] and not mapped yet.
TRACED(int, filemap_map_pages, (vm_fault*, vmf), (pgoff_t, start_pgoff), (pgoff_t, end_pgoff)) {
    const vm_area_struct* vma = vmf->vma;
    inode* host = vma->vm_file->f_inode;
    int result = 0;
    for (pgoff_t at = start_pgoff; at <= end_pgoff && at < pagesOf(host); ++at) {
        const u64 address = vma->vm_start + ((at - vma->vm_pgoff) << PAGE_SHIFT);
        if (const u64* slot = pte_lookup(vma->vm_mm, address); slot == nullptr || *slot != 0) continue;
        page* found = residentPage(host, at);
        if (found == nullptr) continue;
        do_set_pte(vmf, found, address);
        if (address == vmf->address) result = VM_FAULT_NOPAGE;
    }
    return result;
}

}  // namespace kernel::v6_1
