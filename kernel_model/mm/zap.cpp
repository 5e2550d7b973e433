// Linux mm/memory.c: clearing page-table entries, at unmap and when a file is cut.
#include "kernel_model/mm/all_mms.hpp"
#include "kernel_model/mm/internal.hpp"

#include <algorithm>

namespace kernel {
namespace {

void zap_pte(mm_struct* mm, u64 address, u64* entry) {
    const u64 pte = *entry;
    setEntry(mm, address, entry, 0);
    page* mapped = vm_normal_page(pte);
    if (mapped == nullptr) return;
    if (isAnon(mapped)) {
        --mm->rss_anon;
    } else {
        if (pte & cpu::PTE_DIRTY) mapped->flags |= PG_dirty;
        --mm->rss_file;
    }
    page_remove_rmap(mapped);
    put_page(mapped);
}

}  // namespace

u64 zapRange(mm_struct* mm, u64 start, u64 end) {
    u64 entries = 0;
    forEachEntry(mm, start, end, [&](u64 address, u64* entry) {
        zap_pte(mm, address, entry);
        ++entries;
    });
    return entries;
}

// The leader may have ended before the others (mm/oom_kill.c).
task_struct* find_lock_task_mm(const task_struct* leader) {
    for (task_struct* thread : leader->thread_group)
        if (thread->mm) return thread;
    return nullptr;
}

std::vector<mm_struct*> allMms() {
    std::vector<mm_struct*> found;
    for (const task_struct* leader : all_tasks()) {
        const task_struct* user = find_lock_task_mm(leader);
        if (user && std::find(found.begin(), found.end(), user->mm) == found.end()) found.push_back(user->mm);
    }
    return found;
}

// A file was cut: nobody maps its pages from `first` on any more, private copies included (truncate_pagecache).
void unmap_mapping_range(const address_space* mapping, pgoff_t first) {
    for (const mm_struct* mm : allMms()) {
        for (const auto& [start, vma] : mm->mm_rb) {
            if (!vma->vm_file || &vma->vm_file->f_inode->i_mapping != mapping) continue;
            const u64 kept = first > vma->vm_pgoff ? first - vma->vm_pgoff : 0;
            if (kept < vma_pages(vma))
                version().mm.zap_page_range(vma, start + (kept << PAGE_SHIFT),
                                            vma->vm_end - start - (kept << PAGE_SHIFT));
        }
    }
}

}  // namespace kernel
