// Ours: do the counts of the frames agree with who refers to them? For the end of a run, when only init and kthreadd
// are left.
#include "kernel_model/mm/internal.hpp"
#include "traces/registry.hpp"

#include <set>
#include <string_view>

namespace kernel {
namespace {

struct Found {
    std::vector<int> references, maps;  // by frame
    std::set<u64> special;
};

// The tables of this level and below, and what their entries map.
void countTables(Found& found, const u64* table, unsigned level) {
    const unsigned entries = level == 3 ? 256 : 512;  // the upper half of the top table is the kernel's
    for (unsigned i = 0; i < entries; ++i) {
        const u64 entry = table[i];
        if (level > 0 ? !(entry & cpu::PTE_PRESENT) : !pte_present(entry)) continue;
        const page* p = level > 0 ? pfn_to_page(cpu::frameOf(entry)) : vm_normal_page(entry);
        if (p == nullptr) continue;
        ++found.references[page_to_pfn(p)];
        if (level > 0) countTables(found, tableOf(entry), level - 1);
        else ++found.maps[page_to_pfn(p)];
    }
}

void countMm(Found& found, const mm_struct* mm) {
    if (mm->pgd == 0) return;
    ++found.references[mm->pgd >> PAGE_SHIFT];
    countTables(found, tableOf(mm->pgd), 3);
    for (const auto& [start, vma] : mm->mm_rb)
        for (const page* p : vma->special_pages) found.special.insert(page_to_pfn(p));
}

void countObjects(Found& found) {
    for (const Object* object : traces::liveObjects()) {
        const std::string_view type = object->objectType();
        if (type == "mm_struct") countMm(found, static_cast<const mm_struct*>(object));
        if (type != "inode") continue;
        for (const auto& [index, p] : static_cast<const inode*>(object)->i_mapping.page_tree)
            ++found.references[page_to_pfn(p)];
    }
    for (const u64 frame : found.special) ++found.references[frame];
    ++found.references[page_to_pfn(ZERO_PAGE())];
}

std::string counts(const char* what, u64 frame, int has, int should) {
    return "frame " + std::to_string(frame) + " counts " + std::to_string(has) + " " + what + ", has " +
           std::to_string(should);
}

}  // namespace

std::vector<std::string> frameLeftovers() {
    Found found{std::vector<int>(totalram_pages()), std::vector<int>(totalram_pages()), {}};
    countObjects(found);
    std::vector<std::string> wrong;
    constexpr std::size_t enough = 10;
    for (u64 frame = 1; frame < usedFrames() && wrong.size() < enough; ++frame) {
        const page* p = pfn_to_page(frame);
        if (p->_count != found.references[frame])
            wrong.push_back(counts("references", frame, p->_count, found.references[frame]));
        if (p->_mapcount != found.maps[frame])
            wrong.push_back(counts("entries", frame, p->_mapcount, found.maps[frame]));
    }
    return wrong;
}

}  // namespace kernel
