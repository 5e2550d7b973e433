// Linux arch/x86/kernel/vsyscall_64.c, vsyscall_emu_64.S: three calls at fixed addresses, readable, trapped when
// executed.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"

#include <cstring>

namespace kernel {
namespace {

constexpr u64 VSYSCALL_START = 0xffff'ffff'ff60'0000;
constexpr u64 PAGE_KERNEL_VVAR = 0x8000'0000'0000'0165;  // present, user, accessed, dirty, global, no execution
constexpr u64 calls[] = {96, 201, 309};                  // gettimeofday, time, getcpu; 1024 bytes apart
constexpr u64 CALL_SPACING = 1024;

// mov $number, %rax; syscall; ret, which programs may read but not run.
void writeStub(u8* at, u64 number) {
    const u8 stub[] = {0x48, 0xc7, 0xc0, static_cast<u8>(number), static_cast<u8>(number >> 8), 0, 0, 0x0f, 0x05, 0xc3};
    std::memcpy(at, stub, sizeof stub);
}

// Which call lies at the address, or -EINVAL.
int addr_to_vsyscall_nr(u64 address) {
    if ((address & ~u64{0xc00}) != VSYSCALL_START) return -EINVAL;
    const u64 nr = (address & 0xc00) / CALL_SPACING;
    return nr < std::size(calls) ? static_cast<int>(nr) : -EINVAL;
}

}  // namespace

u64 map_vsyscall(cpu::PhysicalMemory& memory, u64 first_frame) {
    u8* page = memory.frame(first_frame);
    std::memset(page, 0xcc, PAGE_SIZE);
    for (u64 i = 0; i < std::size(calls); ++i) writeStub(page + i * CALL_SPACING, calls[i]);
    u64 entry = pfn_pte(first_frame, PAGE_KERNEL_VVAR);
    for (unsigned level = 0; level < 3; ++level) {
        u8* table = memory.frame(first_frame + 1 + level);
        std::memset(table, 0, PAGE_SIZE);
        std::memcpy(table + 8 * cpu::pageTableIndex(VSYSCALL_START, level), &entry, sizeof entry);
        entry = pfn_pte(first_frame + 1 + level, PTE_TABLE);
    }
    return entry;
}

// A pointer into the kernel's half: the signal of a write to a page that is not there.
static TRACED(bool, write_ok_or_segv, (u64, ptr), (u64, size)) {
    if (check("the pointer is below TASK_SIZE", ptr <= TASK_SIZE - size, ptr)) return true;
    current->thread.error_code = cpu::PF_USER | cpu::PF_WRITE;
    current->thread.cr2 = ptr;
    current->thread.trap_nr = cpu::VECTOR_PF;
    kernel_siginfo info;
    info.si_signo = SIGSEGV;
    info.si_code = SEGV_MAPERR_CODE;
    info.si_addr = ptr;
    force_sig_info(SIGSEGV, info, current);
    return false;
}

static bool pointersAreUsers(int nr, const pt_regs& regs) {
    constexpr u64 sizes[][2] = {{16, 8}, {8, 0}, {4, 4}};   // timeval and timezone, time_t, unsigned twice
    const auto [first, second] = sizes[nr];
    return write_ok_or_segv(regs.di, first) && (!second || write_ok_or_segv(regs.si, second));
}

// A bad pointer ends in the signal of a page fault, as it would if the code of the page ran; the program then runs it again.
static long callVsyscall(int nr, pt_regs* regs) {
    if (!pointersAreUsers(nr, *regs)) return -EFAULT;
    regs->orig_ax = calls[nr];
    regs->ax = static_cast<u64>(-ENOSYS);
    const v3_10::SignalOnUserError signals;
    return syscallByNumber(calls[nr])->handler({regs->di, regs->si, 0, 0, 0, 0});
}

// false: the address means nothing to it.
TRACED(bool, emulate_vsyscall, (pt_regs*, regs), (u64, address)) {
    const int nr = addr_to_vsyscall_nr(address);
    const bool aligned = check("a vsyscall is there", nr >= 0, address);
    const Result<u64> caller = aligned ? get_user(UserPtr<u64>{regs->sp}) : Result<u64>(Failure{-EFAULT});
    if (!caller.ok()) {
        force_sig(SIGSEGV, current);
        return true;
    }
    const long result = callVsyscall(nr, regs);
    if (result == -EFAULT) return true;
    regs->ax = static_cast<u64>(result);
    regs->ip = caller.value();
    regs->sp += 8;
    return true;
}

}  // namespace kernel
