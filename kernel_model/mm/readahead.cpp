// Linux mm/readahead.c: pages of a file that are read before they are asked for, all at once.
#include "kernel_model/mm/internal.hpp"

#include <algorithm>
#include <vector>

namespace kernel {
namespace {

// One after another, none of them there yet. Errors are met again by whoever asks for the page.
void readPages(address_space* mapping, pgoff_t first, pgoff_t end) {
    std::vector<page*> pages;
    std::vector<std::span<u8>> contents;
    while (first + pages.size() < end) {
        page* const p = alloc_zeroed_page();
        if (!p) break;
        pages.push_back(p);
        contents.emplace_back(page_address(p), PAGE_SIZE);
    }
    const int error = mapping->host->i_fop->readpages(mapping->host, first, contents);
    for (page* p : pages) {
        if (error) put_page(p);
        else addToPageCache(mapping, first++, p);
    }
}

}  // namespace

void page_cache_ra_unbounded(address_space* mapping, pgoff_t first, pgoff_t nr_to_read) {
    const pgoff_t size = (static_cast<u64>(mapping->host->i_size.get()) + PAGE_SIZE - 1) / PAGE_SIZE;
    const pgoff_t end = std::min(first + nr_to_read, size);
    const auto& tree = mapping->page_tree;
    while (first < end) {
        if (tree.contains(first)) {
            ++first;
            continue;
        }
        const auto next = tree.lower_bound(first);
        const pgoff_t until = next == tree.end() ? end : std::min(end, next->first);
        readPages(mapping, first, until);
        first = until;
    }
}

}  // namespace kernel
