// One interpreted x86-64 processor in user mode: registers, TLB, decoded blocks. The kernel is not executed but modelled,
// so run() leaves whenever the program would enter it.
#pragma once

#include "cpu/features.hpp"
#include "cpu/paging.hpp"
#include "cpu/state.hpp"
#include "cpu/trap.hpp"

#include <memory>
#include <span>
#include <string>

namespace cpu {

// One executed instruction of an instrumented run; delivered when its effects are complete.
struct InstructionRecord {
    u64 address;
    std::span<const u8> bytes;
    const Registers* before;
    const Registers* after;             // flags settled in both
    struct MemoryWrite { u64 address; u8 size; u64 before[4], after[4]; };   // up to 32 bytes, low bytes first
    std::span<const MemoryWrite> writes;
    u32 changed;                        // bit i: gpr[i] is another; and those below
    u32* note;                          // for the observer, 0 at first: of this op, whose bytes stay the same. Null: there is none
    static constexpr u32 RIP = 1u << 16, RFLAGS = 1u << 17, OTHERS = 1u << 18;      // RIP: it goes on elsewhere than behind it
};
class InstructionObserver {
public:
    virtual ~InstructionObserver() = default;
    virtual void instruction(const InstructionRecord&) = 0;
    // An instruction that a fault stopped, with what it had done until then: mostly nothing, but some elements of a repeated string
    // instruction or a gather (SDM Vol. 2, REP; VGATHER). It is not counted, and rip is still at it.
    virtual void interrupted(const InstructionRecord&) {}
    // Asked before instruction(), while the host's MXCSR is the program's: no floating point here. True: that was all.
    virtual bool quick(const InstructionRecord&) { return false; }
};

class Cpu {
public:
    explicit Cpu(PhysicalMemory& memory);
    ~Cpu();

    Registers& registers() noexcept;        // complete and settled whenever run() is not on the stack

    // Executes until a trap, or until instructions() == until. Exact: a preempted program stops between two
    // instructions; a faulting instruction has no effect and is not counted.
    Trap run(u64 until);
    u64 instructions() const noexcept { return *instructionCounter(); }
    const u64* instructionCounter() const noexcept;    // stable address, up to date whenever run() is not on the stack

    // MOV CR3: translations of the old address space are dropped (unless it is the same one).
    void loadCr3(u64 cr3);
    u64 cr3() const noexcept;
    void invalidatePage(u64 address);       // INVLPG, after the kernel changed one entry
    void flushTlb();

    // The kernel wrote to, reused or freed this frame behind the program's back: decoded code from it is dropped.
    void frameChanged(u64 pfn);
    bool frameHasCode(u64 pfn) const noexcept;

    // Host pointer to a user byte if the present tables allow the access, else null; valid up to the end of its page
    // and until the tables change. A write drops decoded code of the frame. The kernel's fast path to user memory.
    u8* userByte(u64 address, Access access);

    // Null: plain blocks. Otherwise blocks report each instruction; decided when a block is built, so plain runs pay nothing.
    void observeInstructions(InstructionObserver* observer);

    // Instructions and CPUID of that processor (v3 unless told); what the host must have for it: missingOnHost().
    void setModel(const ProcessorModel& model);
    const ProcessorModel& model() const noexcept;
    void setFsgsbase(bool enabled);         // CR4.FSGSBASE: a kernel without it makes RDFSBASE and its like #UD

    // CR4.PKE and with it PKRU in XCR0; nothing on a processor without "pku". A kernel without them: RDPKRU is #UD.
    void setProtectionKeys(bool enabled);

    void setEager(bool eager);              // build all code as if it had run much already; for tests
    void setSeed(u64 seed);                 // RDRAND, RDSEED
    static std::string disassemble(std::span<const u8> bytes, u64 address);   // Intel syntax, one line

private:
    struct Impl;
    struct Free {
        void operator()(Impl* impl) const;
    };
    std::unique_ptr<Impl, Free> impl_;      // beside the guest's memory, where there is room
};

}  // namespace cpu
