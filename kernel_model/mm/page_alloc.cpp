// Linux mm/page_alloc.c: frames. The ladder of zones and orders is not modelled: one list of free frames.
#include "kernel_model/include/injection.hpp"
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/mm/vmscan.hpp"

#include <cstdlib>
#include <cstring>

namespace kernel {
namespace {

// Frames from `fresh` on were never used: they are zero, and so are their struct pages (the host gives zeroed memory
// when they are first touched, so that a large machine costs nothing to start). Frame 0 is never handed out.
struct FrameList {
    page* mem_map = nullptr;
    u64 frames = 0, fresh = 0, freed = 0;
    u64 head = 0;  // frame freed last, linked through page::index; 0: none
    page* zero_page = nullptr;
    u64 vsyscall_entry = 0;
};
FrameList list;

page* takeFrame(bool& is_zero) {
    page* taken = nullptr;
    is_zero = false;
    if (allocPageFails()) return nullptr;
    if (list.head == 0 && list.fresh == list.frames && !shrink_page_cache()) return nullptr;
    if (list.head != 0) {
        taken = list.mem_map + list.head;
        list.head = taken->index;
        --list.freed;
    } else {
        taken = list.mem_map + list.fresh++;
        is_zero = true;
    }
    *taken = page{};
    taken->_count = 1;
    return taken;
}

}  // namespace

void page_alloc_init(cpu::PhysicalMemory& memory) {
    std::free(list.mem_map);
    list = FrameList{};
    list.frames = memory.frames();
    list.mem_map = static_cast<page*>(std::calloc(list.frames, sizeof(page)));
    if (list.mem_map == nullptr) panic("no host memory for the page map");
    list.fresh = 1;
    list.frames -= VSYSCALL_FRAMES;  // the highest: every address space has them from its first moment on
    list.vsyscall_entry = map_vsyscall(memory, list.frames);
    for (u64 i = 0; i < VSYSCALL_FRAMES; ++i) list.mem_map[list.frames + i]._count = 1;     // never freed
    list.zero_page = alloc_zeroed_page();
    list.zero_page->flags = PG_zero | PG_uptodate;
}

page* alloc_page() {
    bool is_zero;
    return takeFrame(is_zero);
}

page* alloc_zeroed_page() {
    bool is_zero;
    page* taken = takeFrame(is_zero);
    if (taken && !is_zero) std::memset(page_address(taken), 0, PAGE_SIZE);
    return taken;
}

void get_page(page* p) {
    ++p->_count;
    if (traces::tracer().on(traces::Kind::set)) [[unlikely]]
        tracePageCount(p, version().mm.page_refcount, p->_count - 1, p->_count);
}

void put_page(page* p) {
    BUG_ON(p->_count <= 0);
    --p->_count;
    if (traces::tracer().on(traces::Kind::set)) [[unlikely]]
        tracePageCount(p, version().mm.page_refcount, p->_count + 1, p->_count);
    if (p->_count > 0) return;
    const u64 pfn = page_to_pfn(p);
    if (machine().cpu && processor().frameHasCode(pfn)) processor().frameChanged(pfn);
    p->flags = 0;
    p->mapping = nullptr;
    p->index = list.head;
    list.head = pfn;
    ++list.freed;
}

u64 vsyscallEntry() { return list.vsyscall_entry; }

u64 page_to_pfn(const page* p) { return static_cast<u64>(p - list.mem_map); }
page* pfn_to_page(u64 pfn) {
    BUG_ON(pfn >= list.frames + VSYSCALL_FRAMES);
    return list.mem_map + pfn;
}
u8* page_address(const page* p) { return machine().memory->frame(page_to_pfn(p)); }
page* ZERO_PAGE() { return list.zero_page; }
u64 usedFrames() { return list.fresh; }
u64 totalram_pages() { return list.frames; }
u64 nr_free_pages() { return list.frames - list.fresh + list.freed; }

traces::Value traceValue(const page* p) { return p ? traces::Value::hex(page_to_pfn(p)) : traces::Value::null(); }

}  // namespace kernel
