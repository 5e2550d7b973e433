// Linux arch/x86/mm/fault.c: the kernel's own accesses to user memory.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/mm/internal.hpp"

namespace kernel {

void rememberPageFault(u64 address, u64 error_code) {
    current->thread.trap_nr = cpu::VECTOR_PF;
    current->thread.error_code = error_code | (address >= TASK_SIZE ? cpu::PF_PRESENT : 0);
    current->thread.cr2 = address;
}

bool fault_in_user_byte(u64 address, bool write) {
    const u64* pte = address < TASK_SIZE && current->mm ? pte_lookup(current->mm, address) : nullptr;
    const bool present = pte && *pte & cpu::PTE_PRESENT;
    const cpu::Access access = write ? cpu::Access::write : cpu::Access::read;
    const bool locked = present && cpu::deniedByKey(processor().registers().pkru, *pte >> cpu::PTE_KEY_SHIFT & 15, access);
    return version().mm.page_fault(address, (present ? cpu::PF_PRESENT : 0) | (write ? cpu::PF_WRITE : 0) |
                                                (locked ? cpu::PF_PROTECTION_KEY : 0));
}

}  // namespace kernel
