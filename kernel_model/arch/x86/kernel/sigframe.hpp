// The frame of a signal handler on the user stack (Linux arch/x86/include/asm/sigframe.h, uapi asm/sigcontext.h, ucontext.h)
// and the steps around it that both versions share: signal.cpp.
#pragma once

#include "kernel_model/arch/x86/kernel/entry.hpp"
#include "kernel_model/include/linux/signal.hpp"

namespace kernel {

struct sigcontext {
    u64 r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags;
    u16 cs, gs, fs, ss;                     // ss: pad in v3.10
    u64 err, trapno, oldmask, cr2, fpstate, reserved[8];
};
struct ucontext {
    u64 uc_flags, uc_link;
    struct { u64 ss_sp; int ss_flags, pad; u64 ss_size; } uc_stack;
    sigcontext uc_mcontext;
    kernel_sigset uc_sigmask;
};
struct rt_sigframe {
    u64 pretcode;
    ucontext uc;
    kernel_siginfo info;
};
static_assert(sizeof(sigcontext) == 256 && sizeof(ucontext) == 304 && sizeof(rt_sigframe) == 440);
constexpr u64 SA_RESTORER_FLAG = 0x04000000, RED_ZONE = 128, FRAME_UC = 8, FRAME_STACK = FRAME_UC + 16,
              FRAME_CONTEXT = FRAME_UC + 40, FRAME_INFO = FRAME_UC + sizeof(ucontext), FRAME_MASK = FRAME_INFO - 8;

bool __on_sig_stack(u64 sp);                // within the alternate stack
bool on_sig_stack(u64 sp);                  // and it does not disarm itself
u64 placeFpuState(u64 sp);                  // below sp, aligned to 64 (fpu__alloc_mathframe)
u64 placeFrame(u64 sp);                     // 8 below a multiple of 16, as after a call
sigcontext contextOf(const pt_regs*, u64 fpstate);
kernel_sigset sigmask_to_save();
// Writes the frame and sets the registers for the handler; -EFAULT.
int writeFrame(u64 frame, const rt_sigframe&, const ksignal*, pt_regs*);
void enterHandler(u64 frame, const ksignal*, pt_regs*);
void restartCall(pt_regs*);
void restartOrInterrupt(const ksignal*, pt_regs*);      // a call that a handler interrupts (signal(7))
void restartWithoutHandler(pt_regs*);
void blockForHandler(const ksignal*);
void restoreSavedMask();
Result<sigcontext> readContext(u64 address);            // sigreturn(2): everything but ss and the FPU
void restoreRegisters(const sigcontext&, pt_regs*);
int checkSelectors(const pt_regs*);         // -EFAULT where IRET would fault

}  // namespace kernel
