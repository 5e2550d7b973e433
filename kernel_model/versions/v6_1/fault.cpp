// Linux v6.1 arch/x86/mm/fault.c: what a #PF means. lock_mm_and_find_vma came with 6.1.37 and lies in mm/memory.c.
#include "kernel_model/include/linux/signal.hpp"
#include "kernel_model/versions/v6_1/mm.hpp"
#include "kernel_model/versions/v6_1/pkeys.hpp"

namespace kernel::v6_1 {
namespace {

// The kernel's own accesses to user memory (uaccess) end through the exception table instead of in a signal.
bool fixed_up = false;

TRACED(void, kernelmode_fixup_or_oops, (u64, error_code), (u64, address)) { fixed_up = true; }

bool userMode(u64 error_code) { return error_code & cpu::PF_USER; }

TRACED(bool, unhandled_signal, (task_struct*, tsk), (int, sig)) {
    const u64 handler = tsk->sighand->action[static_cast<unsigned>(sig) - 1].sa_handler;
    return tsk->pid == 1 || handler == 0 || handler == 1;
}

TRACED(void, print_vma_addr, (u64, ip)) { static_cast<void>(v6_1::find_vma(current->mm, ip)); }

// The line in the kernel log; it is not modelled, only where its address came from is looked up.
TRACED(void, show_signal_msg, (u64, error_code), (u64, address), (task_struct*, tsk)) {
    if (unhandled_signal(tsk, SIGSEGV)) print_vma_addr(task_pt_regs(tsk)->ip);
}

TRACED(void, __bad_area_nosemaphore, (u64, error_code), (u64, address), (u32, pkey), (int, si_code)) {
    if (!userMode(error_code)) return kernelmode_fixup_or_oops(error_code, address);
    if (address >= TASK_SIZE) error_code |= cpu::PF_PRESENT;    // sanitize_error_code: what is mapped there is secret
    show_signal_msg(error_code, address, current);
    rememberPageFault(address, error_code);
    if (si_code == SEGV_PKUERR_CODE) force_sig_pkuerr(address, pkey);
    else force_sig_fault(SIGSEGV, si_code, address);
}

TRACED(void, bad_area_nosemaphore, (u64, error_code), (u64, address)) {
    __bad_area_nosemaphore(error_code, address, 0, SEGV_MAPERR_CODE);
}

TRACED(void, __bad_area, (u64, error_code), (u64, address), (u32, pkey), (int, si_code)) {
    __bad_area_nosemaphore(error_code, address, pkey, si_code);
}

bool permittedByKey(u64 error_code, const vm_area_struct* vma) {
    return arch_vma_access_permitted(vma, error_code & cpu::PF_WRITE, error_code & cpu::PF_INSTRUCTION);
}
bool bad_area_access_from_pkeys(u64 error_code, const vm_area_struct* vma) {
    return hasProtectionKeys() && (error_code & cpu::PF_PROTECTION_KEY || !permittedByKey(error_code, vma));
}

TRACED(void, bad_area_access_error, (u64, error_code), (u64, address), (vm_area_struct*, vma)) {
    const bool by_key = bad_area_access_from_pkeys(error_code, vma);
    __bad_area(error_code, address, by_key ? static_cast<u32>(vma_pkey(vma)) : 0, by_key ? SEGV_PKUERR_CODE : SEGV_ACCERR_CODE);
}

TRACED(void, do_sigbus, (u64, error_code), (u64, address), (int, fault)) {
    if (!userMode(error_code)) return kernelmode_fixup_or_oops(error_code, address);
    rememberPageFault(address, error_code);
    force_sig_fault(SIGBUS, BUS_ADRERR_CODE, address);
}

TRACED(bool, access_error, (u64, error_code), (vm_area_struct*, vma)) {
    // No page is put in only for its key to be refused.
    if (error_code & cpu::PF_PROTECTION_KEY || !permittedByKey(error_code, vma))
        return !check("PKRU allows the access", false, error_code);
    if (error_code & cpu::PF_WRITE) return !check("VM_WRITE", (vma->vm_flags & VM_WRITE) != 0, vma->vm_flags.get());
    if (error_code & cpu::PF_PRESENT) return !check("the page is not present", false, error_code);
    return !check("VM_READ, VM_WRITE or VM_EXEC", (vma->vm_flags & VM_ACCESS) != 0, vma->vm_flags.get());
}

// The VMA of the address, grown downwards when it is a stack. The write lock that growing needs cannot be had without
// letting go of the read lock, so the VMA is looked up a second time.
TRACED(vm_area_struct*, lock_mm_and_find_vma, (mm_struct*, mm), (u64, addr)) {
    vm_area_struct* vma = v6_1::find_vma(mm, addr);
    if (vma && vma->vm_start <= addr) return vma;
    const bool grows = vma && vma->vm_flags & VM_GROWSDOWN;
    if (!check("a VMA at the address, or above it one that grows down", grows, addr)) return nullptr;
    vma = v6_1::find_vma(mm, addr);
    return expand_stack_locked(vma, addr) == 0 ? vma : nullptr;
}

TRACED(void, do_user_addr_fault, (u64, error_code), (u64, address)) {
    mm_struct* mm = current->mm;
    vm_area_struct* vma = lock_mm_and_find_vma(mm, address);
    if (vma == nullptr) return bad_area_nosemaphore(error_code, address);
    if (access_error(error_code, vma)) return bad_area_access_error(error_code, address, vma);
    const u32 flags =
        (error_code & cpu::PF_WRITE ? FAULT_FLAG_WRITE : 0) | (userMode(error_code) ? FAULT_FLAG_USER : 0);
    const int fault = handle_mm_fault(vma, address, flags);
    if (!(fault & VM_FAULT_ERROR)) return;
    if (!(fault & VM_FAULT_OOM)) return do_sigbus(error_code, address, fault);
    if (!userMode(error_code)) return kernelmode_fixup_or_oops(error_code, address);
    pagefault_out_of_memory();
}

TRACED(void, do_kern_addr_fault, (u64, error_code), (u64, address)) { bad_area_nosemaphore(error_code, address); }

// do_user_addr_fault ends in a jump to bad_area_nosemaphore when no fault may be handled, which the capture therefore shows in
// its place.
bool faulthandlerDisabled() { return current->mm == nullptr || current->pagefault_disabled; }

TRACED(void, handle_page_fault, (u64, error_code), (u64, address)) {
    if (address >= TASK_SIZE) do_kern_addr_fault(error_code, address);
    else if (faulthandlerDisabled()) bad_area_nosemaphore(error_code, address);
    else do_user_addr_fault(error_code, address);
}

TRACED(void, exc_page_fault, (u64, error_code), (u64, address)) { handle_page_fault(error_code, address); }

}  // namespace

bool pageFault(u64 address, u32 error_code) {
    fixed_up = false;
    exc_page_fault(error_code, address);
    return !fixed_up;
}

}  // namespace kernel::v6_1
