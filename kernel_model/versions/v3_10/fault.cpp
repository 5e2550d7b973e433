// Linux v3.10 arch/x86/mm/fault.c: what a #PF means.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/mm/internal.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"

namespace kernel::v3_10 {
namespace {

// The kernel's own accesses to user memory (uaccess) end through the exception table instead of in a signal.
bool fixed_up = false;

// thread_info.sig_on_uaccess_error: whose accesses from inside the kernel end in a signal as well.
const task_struct* signalled = nullptr;

void forceFault(int signal, int code, u64 address, u64 error_code) {
    rememberPageFault(address, error_code);
    kernel_siginfo info;
    info.si_signo = signal;
    info.si_code = code;
    info.si_addr = address;
    force_sig_info(signal, info, current);
}

void noContext(u32 error_code, u64 address, int signal, int code) {
    fixed_up = true;
    if (signalled == current) forceFault(signal, code, address, error_code | cpu::PF_USER);
}

void badArea(u32 error_code, u64 address, int code) {
    if (!(error_code & cpu::PF_USER)) return noContext(error_code, address, SIGSEGV, code);
    if (error_code & cpu::PF_INSTRUCTION && (address & PAGE_MASK) == VSYSCALL_PAGE &&
        emulate_vsyscall(task_pt_regs(current), address))
        return;
    forceFault(SIGSEGV, code, address, error_code);
}

TRACED(void, bad_area_nosemaphore, (u32, error_code), (u64, address)) {
    badArea(error_code, address, SEGV_MAPERR_CODE);
}
TRACED(void, bad_area, (u32, error_code), (u64, address)) { badArea(error_code, address, SEGV_MAPERR_CODE); }
TRACED(void, bad_area_access_error, (u32, error_code), (u64, address)) {
    badArea(error_code, address, SEGV_ACCERR_CODE);
}

TRACED(int, access_error, (u32, error_code), (vm_area_struct*, vma)) {
    if (error_code & cpu::PF_WRITE) return !check("VM_WRITE", (vma->vm_flags & VM_WRITE) != 0, vma->vm_flags.get());
    if (error_code & cpu::PF_PRESENT) return !check("the page is not present", false, error_code);
    return !check("VM_READ, VM_WRITE or VM_EXEC", (vma->vm_flags & VM_ACCESS) != 0, vma->vm_flags.get());
}

TRACED(void, mm_fault_error, (u32, error_code), (u64, address), (int, fault)) {
    const bool user = error_code & cpu::PF_USER;
    if (fault & VM_FAULT_OOM) {
        if (user) pagefault_out_of_memory();
        else noContext(error_code, address, SIGSEGV, SEGV_MAPERR_CODE);
    } else if (!user) {
        noContext(error_code, address, SIGBUS, BUS_ADRERR_CODE);
    } else {
        forceFault(SIGBUS, BUS_ADRERR_CODE, address, error_code);
    }
}

// A user access far below rsp is no stack growth: 65536 + 32 words leave room for ENTER and red zones.
bool farBelowStack(u32 error_code, u64 address) {
    return error_code & cpu::PF_USER &&
           !check("address + 65536 + 256 >= rsp", address + 65536 + 256 >= task_pt_regs(current)->sp,
                  task_pt_regs(current)->sp);
}

TRACED(void, __do_page_fault, (u64, error_code), (u64, address)) {
    const u32 code = static_cast<u32>(error_code);
    mm_struct* mm = current->mm;
    if (address >= TASK_SIZE || mm == nullptr) return bad_area_nosemaphore(code, address);
    vm_area_struct* vma = v3_10::find_vma(mm, address);
    if (!check("a VMA ends above the address", vma != nullptr, address)) return bad_area(code, address);
    if (vma->vm_start > address) {
        if (!check("the address is in it or it grows down", (vma->vm_flags & VM_GROWSDOWN) != 0, vma->vm_start.get()))
            return bad_area(code, address);
        if (farBelowStack(code, address) || expand_stack(vma, address) != 0) return bad_area(code, address);
    }
    if (access_error(code, vma)) return bad_area_access_error(code, address);
    const int fault = faultIn(mm, vma, address, code & cpu::PF_WRITE ? FAULT_FLAG_WRITE : 0);
    if (fault & VM_FAULT_ERROR) mm_fault_error(code, address, fault);
}

}  // namespace

static TRACED(void, do_page_fault, (u64, address), (u32, error_code)) { __do_page_fault(error_code, address); }

SignalOnUserError::SignalOnUserError() { signalled = current; }
SignalOnUserError::~SignalOnUserError() { signalled = nullptr; }

bool pageFault(u64 address, u32 error_code) {
    fixed_up = false;
    do_page_fault(address, error_code);
    return !fixed_up;
}

}  // namespace kernel::v3_10
