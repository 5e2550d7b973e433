// The page cache (Linux mm/filemap.c, mm/truncate.c): a file's content is its pages, filled by readpage on first use.
#include "kernel_model/fs/hostfs.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/fs/ramfs/space.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/mm/all_mms.hpp"
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/mm/memfd.hpp"
#include "kernel_model/mm/vmscan.hpp"

#include <algorithm>
#include <cstring>

namespace kernel {
namespace {

constexpr loff_t MAX_FILESIZE = 0x7fff'ffff'ffff'ffff;
constexpr u32 PG_SPACE = 1u << 31;          // page::flags: it was taken by takeSpace

// Those with pages that may be dropped, by inode number: the order is the same in every run.
std::map<u64, address_space*>& reclaimable() {
    static auto& all = *new std::map<u64, address_space*>;
    return all;
}

void contentChanged(page* p) {
    if (machine().cpu) processor().frameChanged(page_to_pfn(p));
}

Result<page*> pageAt(address_space* mapping, pgoff_t index) {
    if (const auto at = mapping->page_tree.find(index); at != mapping->page_tree.end()) {
        get_page(at->second);
        return at->second;
    }
    inode* const host = mapping->host;
    const bool takes_space = isMemoryFile(host);
    if (takes_space) TRY_INT(takeSpace());
    page* const p = alloc_zeroed_page();
    if (!p && takes_space) giveSpace();
    if (!p) return Failure{-ENOMEM};
    if (const int error = host->i_fop->readpage(host, index, {page_address(p), PAGE_SIZE}); error < 0) {
        put_page(p);
        if (takes_space) giveSpace();
        return Failure{error};
    }
    if (takes_space) p->flags |= PG_SPACE;
    addToPageCache(mapping, index, p);
    get_page(p);
    return p;
}

}  // namespace

void addToPageCache(address_space* mapping, pgoff_t index, page* p) {
    contentChanged(p);
    p->mapping = mapping;
    p->index = index;
    p->flags |= PG_uptodate;
    mapping->page_tree[index] = p;
    if (isHostFile(mapping->host)) reclaimable().emplace(mapping->host->i_ino, mapping);
    if (traces::tracer().on(traces::Kind::page_fill)) {
        auto from = traces::Value::object();
        from.with("file", traces::Value::text(d_path(mapping->host->i_alias)))
            .with("offset", traces::Value::hex(index * PAGE_SIZE));
        tracePageFill(p, "file", std::move(from));
    }
}

namespace {

// Reading one takes no page (mm/shmem.c: the zero page).
bool isHole(const inode* node, pgoff_t index) { return isMemoryFile(node) && !node->i_mapping.page_tree.contains(index); }

// A page of a file of --root is the guest's from its first change on; one of a writable bind has been written through.
int markDirty(const inode* node, page* p) {
    if (node->i_fop->writesBack(node)) return 0;
    if (!(p->flags & PG_SPACE)) TRY_INT(takeSpace());
    p->flags |= PG_dirty | PG_SPACE;
    return 0;
}

void forget(page* p) {
    if (p->flags & PG_SPACE) giveSpace();
    p->flags &= ~PG_SPACE;
    p->mapping = nullptr;
    put_page(p);
}

}  // namespace

Result<page*> read_mapping_page(address_space* mapping, pgoff_t index) {
    const u64 size = static_cast<u64>(mapping->host->i_size.get());
    if (index >= (size + PAGE_SIZE - 1) / PAGE_SIZE) return Failure{-EFAULT};
    return pageAt(mapping, index);
}

TRACED(long, generic_file_read, (file*, filp), (std::span<u8>, to), (loff_t&, pos)) {
    inode* const node = filp->f_inode;
    u64 done = 0;
    while (done < to.size() && pos < node->i_size) {
        const u64 offset = static_cast<u64>(pos) % PAGE_SIZE;
        if (isHole(node, static_cast<u64>(pos) / PAGE_SIZE)) {
            const u64 n = std::min({to.size() - done, PAGE_SIZE - offset, static_cast<u64>(node->i_size - pos)});
            std::memset(to.data() + done, 0, n);
            done += n;
            pos += static_cast<loff_t>(n);
            continue;
        }
        auto p = read_mapping_page(&node->i_mapping, static_cast<u64>(pos) / PAGE_SIZE);
        if (!p.ok()) return done ? static_cast<long>(done) : p.error();
        const u64 left = static_cast<u64>(std::max<loff_t>(node->i_size - pos, 0));  // reading may have found the end
        const u64 n = std::min({to.size() - done, PAGE_SIZE - offset, left});
        std::memcpy(to.data() + done, page_address(*p) + offset, n);
        put_page(*p);
        done += n;
        pos += static_cast<loff_t>(n);
    }
    return static_cast<long>(done);
}

TRACED(long, generic_file_write, (file*, filp), (std::span<const u8>, from), (loff_t&, pos)) {
    inode* const node = filp->f_inode;
    if (filp->f_flags & O_APPEND) pos = node->i_size;
    if (from.empty()) return 0;
    if (pos > MAX_FILESIZE - static_cast<loff_t>(from.size())) return -EFBIG;
    TRY_INT(file_remove_privs(node));
    u64 done = 0;
    while (done < from.size()) {
        const u64 offset = static_cast<u64>(pos) % PAGE_SIZE;
        const u64 n = std::min(from.size() - done, PAGE_SIZE - offset);
        if (const int sealed = sealsAllowWrite(node, pos, n)) return done ? static_cast<long>(done) : sealed;
        auto p = pageAt(&node->i_mapping, static_cast<u64>(pos) / PAGE_SIZE);
        if (!p.ok()) return done ? static_cast<long>(done) : (p.error() == -ENOMEM ? -ENOSPC : p.error());
        if (const int error = markDirty(node, *p); error < 0) {
            put_page(*p);
            return done ? static_cast<long>(done) : error;
        }
        std::memcpy(page_address(*p) + offset, from.data() + done, n);
        contentChanged(*p);
        tracePageWrite(*p, offset, n);
        put_page(*p);
        done += n;
        pos += static_cast<loff_t>(n);
        if (pos > node->i_size) node->i_size = pos;
    }
    node->i_mtime = node->i_ctime = currentTime();
    return static_cast<long>(done);
}

void truncate_setsize(inode* node, loff_t size) {
    auto& tree = node->i_mapping.page_tree;
    if (size < node->i_size) {
        const u64 kept = (static_cast<u64>(size) + PAGE_SIZE - 1) / PAGE_SIZE;
        unmap_mapping_range(&node->i_mapping, kept);
        for (auto at = tree.lower_bound(kept); at != tree.end(); at = tree.erase(at)) forget(at->second);
        const u64 offset = static_cast<u64>(size) % PAGE_SIZE;
        if (const auto at = tree.find(static_cast<u64>(size) / PAGE_SIZE); offset && at != tree.end()) {
            std::memset(page_address(at->second) + offset, 0, PAGE_SIZE - offset);
            contentChanged(at->second);
            tracePageWrite(at->second, offset, PAGE_SIZE - offset);
        }
    }
    node->i_size = size;
    node->i_mtime = node->i_ctime = currentTime();
}

namespace {

bool isMapped(const address_space* mapping) {
    return std::ranges::any_of(allMms(), [mapping](const mm_struct* mm) {
        return std::ranges::any_of(mm->mm_rb, [mapping](const auto& entry) {
            return entry.second->vm_file && &entry.second->vm_file->f_inode->i_mapping == mapping;
        });
    });
}

// A page of fallocate(2)'s hole, or the part of it from `begin` to `end`. One that somebody may have mapped stays.
int zeroPart(inode* node, pgoff_t index, u64 begin, u64 end, bool mapped) {
    auto& tree = node->i_mapping.page_tree;
    if (const auto at = tree.find(index); at != tree.end() && end - begin == PAGE_SIZE && isMemoryFile(node) && !mapped) {
        forget(at->second);
        tree.erase(at);
        return 0;
    }
    if (!tree.contains(index) && !node->i_fop->resident(node, index)) return 0;     // zero as it is
    page* const p = TRY(pageAt(&node->i_mapping, index));
    const int error = markDirty(node, p);
    if (!error) {
        std::memset(page_address(p) + begin, 0, end - begin);
        contentChanged(p);
        tracePageWrite(p, begin, end - begin);
    }
    put_page(p);
    return error;
}

}  // namespace

int zero_mapping_range(inode* node, loff_t from, loff_t to) {
    const bool mapped = isMapped(&node->i_mapping);
    const auto& tree = node->i_mapping.page_tree;
    for (auto at = static_cast<u64>(from); from < to && at < static_cast<u64>(to);) {
        if (const pgoff_t index = at / PAGE_SIZE; !tree.contains(index) && !node->i_fop->resident(node, index)) {
            const auto next = tree.lower_bound(index);      // nor is what lies between resident
            if (next == tree.end()) break;
            at = next->first * PAGE_SIZE;
            continue;
        }
        const u64 end = std::min<u64>(static_cast<u64>(to), (at / PAGE_SIZE + 1) * PAGE_SIZE);
        TRY_INT(zeroPart(node, at / PAGE_SIZE, at % PAGE_SIZE, (end - 1) % PAGE_SIZE + 1, mapped));
        at = end;
    }
    node->i_mtime = node->i_ctime = currentTime();
    return 0;
}

namespace {

// Which pages were written to through mappings is known to the entries that map them (page_mkclean).
void collectDirty(mm_struct* mm, const address_space* mapping) {
    for (const auto& [start, vma] : mm->mm_rb) {
        if (!(vma->vm_flags & VM_SHARED) || !vma->vm_file || &vma->vm_file->f_inode->i_mapping != mapping) continue;
        forEachEntry(mm, start, vma->vm_end, [mm](u64 address, u64* entry) {
            if (!(*entry & cpu::PTE_DIRTY)) return;
            if (page* p = vm_normal_page(*entry)) p->flags |= PG_dirty;
            set_pte_at(mm, address, entry, *entry & ~cpu::PTE_DIRTY);
        });
    }
}

}  // namespace

int filemap_write_and_wait(address_space* mapping) {
    inode* const host = mapping->host;
    if (!host->i_fop->writesBack(host)) return 0;
    for (mm_struct* mm : allMms()) collectDirty(mm, mapping);
    int error = 0;
    for (auto& [index, p] : mapping->page_tree) {
        if (!(p->flags & PG_dirty)) continue;
        p->flags &= ~PG_dirty;
        host->i_mtime = host->i_ctime = currentTime();
        if (const int failed = host->i_fop->writepage(host, index, {page_address(p), PAGE_SIZE})) error = failed;
    }
    return error;
}

void writeBackMappings() {
    for (const mm_struct* mm : allMms()) {
        for (const auto& [start, vma] : mm->mm_rb)
            if (vma->vm_file && vma->vm_flags & VM_SHARED) filemap_write_and_wait(&vma->vm_file->f_inode->i_mapping);
    }
}

void truncate_inode_pages(address_space* mapping) {
    for (auto& [index, p] : mapping->page_tree) forget(p);
    mapping->page_tree.clear();
    if (mapping->host) reclaimable().erase(mapping->host->i_ino);
}

bool shrink_page_cache() {
    const auto drop = [](const auto& entry) {
        page* const p = entry.second;
        if (p->_count > 1 || p->flags & (PG_dirty | PG_SPACE)) return false;
        forget(p);
        return true;
    };
    std::size_t dropped = 0;
    for (auto& [number, mapping] : reclaimable()) dropped += std::erase_if(mapping->page_tree, drop);
    return dropped > 0;
}

}  // namespace kernel
