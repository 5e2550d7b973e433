#include "mm_world.hpp"

#include <catch2/catch.hpp>

using namespace kernel;

TEST_CASE_METHOD(MmWorld, "mappings go top-down below mmap_base", "[mm]") {
    CHECK(task.mm->mmap_base == base);
    CHECK(map(0, 0x1000) == static_cast<long>(base - 0x1000));
    CHECK(map(0, 0x2000, PROT_READ) == static_cast<long>(base - 0x3000));
    CHECK(map(0, 0x1000, PROT_READ) == static_cast<long>(base - 0x4000));
    CHECK(ranges() == "7ffff7ffb000-7ffff7ffe000:1 7ffff7ffe000-7ffff7fff000:3 ");
    sys_munmap(UserPtr<void>(base - 0x3000), 0x1000);
    CHECK(map(0, 0x1000) == static_cast<long>(base - 0x3000));  // the highest gap that fits
    CHECK(map(0x10000, 0x1000) == 0x10000);                     // a free hint is taken
    CHECK(map(0x10000, 0x1000) == static_cast<long>(base - 0x5000));
    CHECK(map(0x1234, 0x1000) ==
          static_cast<long>(base - 0x6000));  // a hint is raised to mmap_min_addr, which is taken
}

TEST_CASE_METHOD(MmWorld, "the errors of mmap come in Linux's order", "[mm]") {
    CHECK(map(0, 0) == -EINVAL);
    CHECK(map(0, 0x1000, rw, anonymous, -1, 1) == -EINVAL);
    CHECK(map(0, ~u64{0}) == -ENOMEM);
    CHECK(map(0, u64{1} << 47) == -ENOMEM);
    CHECK(map(0, 0x1000, rw, MAP_ANONYMOUS) == -EINVAL);
    CHECK(map(0x1001, 0x1000, rw, anonymous | MAP_FIXED) == -EINVAL);
    CHECK(map(TASK_SIZE, 0x1000, rw, anonymous | MAP_FIXED) == -ENOMEM);
    CHECK(map(0, 1 << 30) == -ENOMEM);  // more than there is, and it would count
    CHECK(map(0, 1 << 30, PROT_NONE) > 0);
    CHECK(map(0, 1 << 30, rw, anonymous | MAP_NORESERVE) > 0);
    signal.rlim[RLIMIT_AS].rlim_cur = task.mm->total_vm << PAGE_SHIFT;
    CHECK(map(0, 0x1000) == -ENOMEM);
}

TEST_CASE_METHOD(MmWorld, "VMAs split and merge", "[mm]") {
    CHECK(map(0x100000, 0x5000) == 0x100000);
    CHECK(protect(0x102000, 0x1000, PROT_READ) == 0);
    CHECK(ranges() == "100000-102000:3 102000-103000:1 103000-105000:3 ");
    CHECK(protect(0x101000, 0x1000, PROT_READ) == 0);  // moves a border
    CHECK(ranges() == "100000-101000:3 101000-103000:1 103000-105000:3 ");
    CHECK(protect(0x101000, 0x2000, PROT_READ | PROT_WRITE) == 0);
    CHECK(ranges() == "100000-105000:3 ");
    CHECK(sys_munmap(UserPtr<void>(0x102000), 0x1000) == 0);
    CHECK(ranges() == "100000-102000:3 103000-105000:3 ");
    CHECK(task.mm->map_count == 2);
    CHECK(task.mm->total_vm == 4);
    CHECK(map(0x102000, 0x1000, rw, anonymous | MAP_FIXED) == 0x102000);
    CHECK(ranges() == "100000-105000:3 ");
    CHECK(sys_munmap(UserPtr<void>(0x1), 1) == -EINVAL);
    CHECK(protect(0x100000, 0x6000, PROT_READ) == -ENOMEM);
    CHECK(ranges() == "100000-105000:1 ");
    CHECK(map(0x101000, 0x2000, PROT_EXEC, anonymous | MAP_FIXED) == 0x101000);
    CHECK(ranges() == "100000-101000:1 101000-103000:4 103000-105000:1 ");
}

TEST_CASE_METHOD(MmWorld, "the heap grows, shrinks and is refused", "[mm]") {
    task.mm->start_brk = 0x600000;
    task.mm->brk = 0x600000;
    auto brk = [](u64 to) { return sys_brk(UserPtr<void>(to)); };
    CHECK(brk(0) == 0x600000);
    CHECK(brk(0x602001) == 0x602001);
    CHECK(ranges() == "600000-603000:3 ");
    CHECK(brk(0x608000) == 0x608000);
    CHECK(ranges() == "600000-608000:3 ");
    CHECK(write(0x607000, 7));
    CHECK(brk(0x601000) == 0x601000);
    CHECK(read(0x607000) == -1);
    CHECK(brk(0x608000) == 0x608000);
    CHECK(read(0x607000) == 0);
    CHECK(brk(0x7000'0000'0000) == 0x608000);
    CHECK(map(0x60a000, 0x1000) == 0x60a000);
    CHECK(brk(0x60a000) == 0x608000);  // no free page left in between
    CHECK(brk(0x609000) == 0x609000);
    signal.rlim[RLIMIT_DATA].rlim_cur = 0x9000;
    CHECK(brk(0x609001) == 0x609000);
    CHECK(show_map_vma(find_vma(task.mm, 0x600000)) ==
          "00600000-00609000 rw-p 00000000 00:00 0                                  [heap]\n");
    CHECK(show_map_vma(find_vma(task.mm, 0x60a000)) == "0060a000-0060b000 rw-p 00000000 00:00 0 \n");
}

TEST_CASE_METHOD(MmWorld, "mremap grows in place, moves and shrinks", "[mm]") {
    CHECK(map(0x100000, 0x2000) == 0x100000);
    REQUIRE(write(0x101000, 5));
    auto remap = [](u64 at, u64 from, u64 to, u64 flags, u64 place = 0) {
        return sys_mremap(UserPtr<void>(at), from, to, RemapFlags{flags}, UserPtr<void>(place));
    };
    CHECK(remap(0x100000, 0x2000, 0x4000, 0) == 0x100000);
    CHECK(ranges() == "100000-104000:3 ");
    CHECK(map(0x104000, 0x1000, PROT_READ) == 0x104000);
    CHECK(remap(0x100000, 0x4000, 0x8000, 0) == -ENOMEM);
    const long moved = remap(0x100000, 0x4000, 0x8000, MREMAP_MAYMOVE);
    CHECK(moved == static_cast<long>(base - 0x8000));
    CHECK(read(static_cast<u64>(moved) + 0x1000) == 5);
    CHECK(read(static_cast<u64>(moved) + 0x7000) == 0);
    CHECK(read(0x101000) == -1);
    CHECK(remap(static_cast<u64>(moved), 0x8000, 0x2000, 0) == moved);
    CHECK(remap(static_cast<u64>(moved), 0x2000, 0x2000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x200000) == 0x200000);
    CHECK(read(0x201000) == 5);
    CHECK(remap(0x300000, 0x1000, 0x2000, MREMAP_MAYMOVE) == -EFAULT);
    CHECK(remap(0x200001, 0x1000, 0x2000, MREMAP_MAYMOVE) == -EINVAL);
    CHECK(task.mm->total_vm == 3);
}

TEST_CASE_METHOD(MmWorld, "advice, residency, locking", "[mm]") {
    CHECK(map(0x100000, 0x4000) == 0x100000);
    REQUIRE(write(0x101000, 5));
    CHECK(map(0x200000, 0x1000) == 0x200000);
    CHECK(sys_mincore(UserPtr<void>(0x100000), 0x4000, UserPtr<unsigned char>{0x200000}) == 0);
    CHECK(read(0x200000) == 0);
    CHECK(read(0x200001) == 1);
    CHECK(sys_mincore(UserPtr<void>(0x100000), 0x5000, UserPtr<unsigned char>{0x200000}) == -ENOMEM);
    CHECK(advise(0x100000, 0x4000, MADV_DONTNEED) == 0);
    CHECK(read(0x101000) == 0);
    CHECK(advise(0x100000, 0x4000, MADV_SEQUENTIAL) == 0);
    CHECK(advise(0x100000, 0x4000, 8) == -EINVAL);  // MADV_FREE is newer
    CHECK(advise(0x100000, 0x5000, MADV_DONTNEED) == -ENOMEM);
    CHECK(sys_msync(UserPtr<void>(0x100000), 0x4000, MS_SYNC) == 0);
    CHECK(sys_msync(UserPtr<void>(0x100000), 0x4000, MS_SYNC | MS_ASYNC) == -EINVAL);
    CHECK(sys_mlock(UserPtr<void>(0x101000), 0x1000) == 0);
    CHECK(task.mm->locked_vm == 1);
    CHECK(task.mm->map_count == 4);
}
