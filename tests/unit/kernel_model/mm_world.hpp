// A machine with one task and an empty address space: enough for mm/ without booting.
#pragma once

#include "kernel_model/mm/flags.hpp"
#include "kernel_model/mm/internal.hpp"

#include <cstring>
#include <memory>

namespace kernel {

long sys_brk(UserPtr<void>);
long sys_mmap(UserPtr<void>, size_t, MemoryProtection, MappingFlags, int, u64);
long sys_munmap(UserPtr<void>, size_t);
long sys_mprotect(UserPtr<void>, size_t, MemoryProtection);
long sys_mremap(UserPtr<void>, size_t, size_t, RemapFlags, UserPtr<void>);
long sys_madvise(UserPtr<void>, size_t, Advice);
long sys_mincore(UserPtr<void>, size_t, UserPtr<unsigned char>);
long sys_msync(UserPtr<void>, size_t, int);
long sys_mlock(UserPtr<void>, size_t);

struct MmWorld {
    static constexpr u64 base = 0x7fff'f7ff'f000;  // mmap_base with 8 MiB of stack and no randomisation
    static constexpr u64 rw = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

    cpu::PhysicalMemory memory{64 << 20};
    cpu::Cpu processor{memory};
    signal_struct signal;
    sighand_struct sighand;
    kernel::cred cred;
    task_struct task;
    task_struct* before = current_task;
    u64 free_at_start = 0;

    MmWorld() {
        machine().memory = &memory;
        machine().cpu = &processor;
        page_alloc_init(memory);
        for (rlimit& limit : signal.rlim) limit = {RLIM_INFINITY, RLIM_INFINITY};
        signal.rlim[RLIMIT_STACK] = {8 << 20, RLIM_INFINITY};
        signal.rlim[RLIMIT_MEMLOCK] = {65536, 65536};
        task.signal = &signal;
        task.sighand = &sighand;
        task.cred = &cred;
        task.real_cred = &cred;
        task.group_leader = &task;
        task.thread_group.assign(1, &task);
        task.pid = 1;
        task.tgid = 1;
        current_task = &task;
        free_at_start = nr_free_pages();
        use(mm_alloc());
        arch_pick_mmap_layout(task.mm);
    }
    ~MmWorld() {
        if (task.mm) mmput(task.mm);
        task.mm = nullptr;
        task.active_mm = nullptr;
        task.thread_group.clear();
        task.signal = nullptr;
        task.sighand = nullptr;
        task.cred = nullptr;
        task.real_cred = nullptr;
        current_task = before;
        machine().cpu = nullptr;
        machine().memory = nullptr;
    }

    void use(mm_struct* mm) {
        task.mm = mm;
        task.active_mm = mm;
        processor.loadCr3(mm->pgd);
    }
    long map(u64 address, u64 size, u64 prot = rw, u64 flags = anonymous, int fd = -1, u64 offset = 0) {
        return sys_mmap(UserPtr<void>(address), size, MemoryProtection{prot}, MappingFlags{flags}, fd, offset);
    }
    long protect(u64 address, u64 size, u64 prot) {
        return sys_mprotect(UserPtr<void>(address), size, MemoryProtection{prot});
    }
    long advise(u64 address, u64 size, u64 advice) { return sys_madvise(UserPtr<void>(address), size, Advice{advice}); }
    bool write(u64 address, u8 value) { return copy_to_user(UserPtr<void>(address), &value, 1) == 0; }
    int read(u64 address) {
        u8 value = 0;
        return copy_from_user(&value, UserPtr<void>(address), 1) == 0 ? value : -1;
    }
    std::string ranges() {
        std::string all;
        char text[64];
        for (const auto& [start, vma] : task.mm->mm_rb) {
            std::snprintf(text, sizeof text, "%llx-%llx:%llx ", static_cast<unsigned long long>(start),
                          static_cast<unsigned long long>(vma->vm_end.get()),
                          static_cast<unsigned long long>(vma->vm_flags & VM_ACCESS));
            all += text;
        }
        return all;
    }
    u64 pte(u64 address) {
        const u64* entry = pte_lookup(task.mm, address);
        return entry ? *entry : 0;
    }
};

}  // namespace kernel
