// Linux arch/x86/kernel/vsyscall_64.c, vsyscall_emu_64.S: three calls at fixed addresses, readable, trapped when
// executed.
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/mm/internal.hpp"

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

TRACED(bool, emulate_vsyscall, (pt_regs*, regs), (u64, address)) {
    const int nr = addr_to_vsyscall_nr(address);
    if (!check("a vsyscall is there", nr >= 0, address)) return false;
    const Result<u64> caller = get_user(UserPtr<u64>{regs->sp});
    const SyscallDefinition* definition = syscallByNumber(calls[nr]);
    if (!caller.ok() || definition == nullptr) return false;
    const long result = definition->handler({regs->di, regs->si, 0, 0, 0, 0});
    if (result == -EFAULT) return false;
    regs->ax = static_cast<u64>(result);
    regs->ip = caller.value();
    regs->sp += 8;
    return true;
}

}  // namespace kernel
