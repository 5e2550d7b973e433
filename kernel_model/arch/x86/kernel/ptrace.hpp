// The register sets of a task that does not run in user mode (Linux arch/x86/kernel/ptrace.c, fpu/regset.c).
#pragma once

#include "kernel_model/include/linux/sched.hpp"

#include <array>
#include <vector>

namespace kernel {

struct user_regs_struct {                   // asm/user_64.h
    u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
    u64 fs_base, gs_base, ds, es, fs, gs;
};
static_assert(sizeof(user_regs_struct) == 216);

user_regs_struct genregs_get(const task_struct*);
std::array<u8, 512> xfpregs_get(const task_struct*);        // user_i387_struct, FXSAVE64's format
std::vector<u8> xstateregs_get(const task_struct*);         // XSAVE's standard format; empty: the processor has no XSAVE

}  // namespace kernel
