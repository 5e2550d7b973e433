#include "mm_world.hpp"

#include <catch2/catch.hpp>

using namespace kernel;

namespace {

struct FaultWorld : MmWorld {
    // signal * 100 + si_code of the signal that the last user fault left, 0: none
    int fault(u64 address, u32 error_code) {
        task.pending.list.clear();
        task.pending.signal = 0;
        signal.shared_pending.list.clear();
        signal.shared_pending.signal = 0;
        version().mm.page_fault(address, error_code | cpu::PF_USER);
        auto& list = task.pending.list.empty() ? signal.shared_pending.list : task.pending.list;
        if (list.empty()) return 0;
        CHECK(list.front().si_addr == address);
        return list.front().si_signo * 100 + list.front().si_code;
    }
};

}  // namespace

TEST_CASE_METHOD(FaultWorld, "anonymous memory: zero page for reads, a frame of its own for writes", "[mm]") {
    REQUIRE(map(0x100000, 0x3000) == 0x100000);
    CHECK(fault(0x100008, 0) == 0);
    CHECK(pte(0x100000) == (page_to_pfn(ZERO_PAGE()) << 12 | 0x8000'0000'0000'0225));
    CHECK(task.mm->rss_anon == 0);
    CHECK(fault(0x100008, cpu::PF_WRITE | cpu::PF_PRESENT) == 0);
    CHECK((pte(0x100000) & ~cpu::PTE_FRAME) == 0x8000'0000'0000'0067);
    CHECK(task.mm->rss_anon == 1);
    CHECK(fault(0x101000, cpu::PF_WRITE) == 0);
    CHECK(task.mm->rss_anon == 2);
    CHECK(task.min_flt == 3);
    CHECK(fault(0x101000, cpu::PF_INSTRUCTION | cpu::PF_PRESENT) == SIGSEGV * 100 + 2);
    CHECK(fault(0x103000, 0) == SIGSEGV * 100 + 1);
    CHECK(fault(0xffff'8000'0000'0000, 0) == SIGSEGV * 100 + 1);
    protect(0x100000, 0x1000, PROT_NONE);
    CHECK(fault(0x100000, 0) == SIGSEGV * 100 + 2);
    protect(0x100000, 0x1000, PROT_READ);
    CHECK(fault(0x100000, cpu::PF_WRITE | cpu::PF_PRESENT) == SIGSEGV * 100 + 2);
    CHECK(read(0x100000) == 0);
}

TEST_CASE_METHOD(FaultWorld, "the stack grows down to its limit and not for far accesses", "[mm]") {
    auto* vma = new vm_area_struct;
    vma->vm_mm = task.mm;
    vma->vm_start = STACK_TOP - 0x2000;
    vma->vm_end = STACK_TOP;
    vma->vm_flags = VM_STACK_FLAGS;
    REQUIRE(insert_vm_struct(task.mm, vma) == 0);
    task.mm->total_vm = 2;
    task.mm->stack_vm = 2;
    task.mm->start_stack = STACK_TOP - 8;
    task.regs.sp = STACK_TOP - 0x1000;
    CHECK(fault(STACK_TOP - 0x1008, cpu::PF_WRITE) == 0);  // the guard page is inside and moves down
    CHECK(vma->vm_start == STACK_TOP - 0x3000);
    CHECK(show_map_vma(vma) == "7fffffffd000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]\n");
    CHECK(fault(task.regs.sp - 65536 - 256, cpu::PF_WRITE) == 0);
    CHECK(fault(vma->vm_start - 65536 - 257 - 0x10000, cpu::PF_WRITE) == SIGSEGV * 100 + 1);
    task.regs.sp = STACK_TOP - (8 << 20);
    CHECK(fault(STACK_TOP - (8 << 20), cpu::PF_WRITE) == 0);  // the last page under RLIMIT_STACK
    CHECK(vma->vm_start == STACK_TOP - (8 << 20));
    CHECK(fault(STACK_TOP - (8 << 20) - 8, cpu::PF_WRITE) == SIGSEGV * 100 + 1);
    CHECK(task.mm->stack_vm == (8 << 20) / 4096);
}

TEST_CASE_METHOD(FaultWorld, "fork shares pages until one side writes", "[mm]") {
    REQUIRE(map(0x100000, 0x2000) == 0x100000);
    REQUIRE(write(0x100000, 1));
    REQUIRE(write(0x101000, 2));
    mm_struct* parent = task.mm;
    mm_struct* child = dup_mm(&task);
    REQUIRE(child != nullptr);
    CHECK(child->rss_anon == 2);
    CHECK(child->total_vm == parent->total_vm);
    CHECK((*pte_lookup(parent, 0x100000) & cpu::PTE_WRITE) == 0);
    CHECK((*pte_lookup(child, 0x100000) & cpu::PTE_WRITE) == 0);
    const u64 frame = cpu::frameOf(*pte_lookup(parent, 0x100000));
    CHECK(pfn_to_page(frame)->_mapcount == 2);
    CHECK(write(0x100000, 3));  // parent: a copy
    CHECK(cpu::frameOf(*pte_lookup(parent, 0x100000)) != frame);
    use(child);
    CHECK(read(0x100000) == 1);
    CHECK(write(0x100000, 4));  // child: sole owner by now
    CHECK(cpu::frameOf(*pte_lookup(child, 0x100000)) == frame);
    CHECK(read(0x101000) == 2);
    // A VMA whose anon_vma was cloned does not merge with a new neighbour; the parent's does.
    CHECK(map(0x102000, 0x1000) == 0x102000);
    CHECK(ranges() == "100000-102000:3 102000-103000:3 ");
    use(parent);
    mmput(child);
    CHECK(read(0x100000) == 3);
    CHECK(map(0x102000, 0x1000) == 0x102000);
    CHECK(ranges() == "100000-103000:3 ");
    mmput(parent);
    task.mm = nullptr;
    CHECK(nr_free_pages() == free_at_start);
}

TEST_CASE_METHOD(FaultWorld, "user copies stop where memory ends", "[mm]") {
    REQUIRE(map(0x100000, 0x2000) == 0x100000);
    REQUIRE(map(0x102000, 0x1000, PROT_READ) == 0x102000);
    std::vector<u8> bytes(0x4000, 'x');
    CHECK(copy_to_user(UserPtr<void>(0x101000), bytes.data(), 0x1800) == 0x800);
    CHECK(copy_from_user(bytes.data(), UserPtr<void>(0x101000), 0x3000) == 0x1000);
    CHECK(copy_to_user(UserPtr<void>(TASK_SIZE - 1), bytes.data(), 2) == 2);
    CHECK(copy_to_user(UserPtr<void>(~u64{0} - 1), bytes.data(), 8) == 8);
    CHECK(clear_user(UserPtr<void>(0x101ff0), 0x10) == 0);
    CHECK(strnlen_user(UserPtr<const char>{0x101000}, 0x10000) == 0xff1);
    CHECK(strnlen_user(UserPtr<const char>{0x101000}, 5) == 6);
    CHECK(strnlen_user(UserPtr<const char>{0x103000}, 5) == 0);
    std::string text;
    CHECK(strncpy_from_user(text, UserPtr<const char>{0x101fe0}, 100) == 16);
    CHECK(text == "xxxxxxxxxxxxxxxx");
    CHECK(strncpy_from_user(text, UserPtr<const char>{0x101fe0}, 4) == 4);
    CHECK(strncpy_from_user(text, UserPtr<const char>{0x103000}, 4) == -EFAULT);
}

TEST_CASE("free frames are handed out last in, first out", "[mm]") {
    MmWorld world;
    page* a = alloc_page();
    page* b = alloc_page();
    CHECK(page_to_pfn(b) == page_to_pfn(a) + 1);
    put_page(a);
    put_page(b);
    CHECK(alloc_page() == b);
    CHECK(alloc_page() == a);
}
