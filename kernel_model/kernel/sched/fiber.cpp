#include "kernel_model/kernel/sched/fiber.hpp"

#include "traces/sanitizer.hpp"

#include <cstdint>
#include <new>
#include <sys/mman.h>
#include <vector>

#if EXECSCOPE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif

// System V psABI §3.2.1: rbx, rbp, r12 to r15, the MXCSR and x87 control words belong to the caller.
asm(R"(
.text
.p2align 4
.type execscope_switch_stack, @function
execscope_switch_stack:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size execscope_switch_stack, . - execscope_switch_stack
)");

namespace kernel {
namespace {

extern "C" void execscope_switch_stack(void** save, void* load) asm("execscope_switch_stack");

#if EXECSCOPE_ASAN
constexpr std::size_t STACK_BYTES = 1 << 20;
#else
constexpr std::size_t STACK_BYTES = 256 << 10;
#endif
constexpr std::size_t GUARD_BYTES = 4096;

std::vector<char*>& freeStacks() {
    static std::vector<char*>& stacks = *new std::vector<char*>;    // outlives tasks with static storage
    return stacks;
}

char* takeStack() {
    if (!freeStacks().empty()) {
        char* stack = freeStacks().back();
        freeStacks().pop_back();
        return stack;
    }
    void* area = mmap(nullptr, STACK_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (area == MAP_FAILED) throw std::bad_alloc();
    if (mprotect(area, GUARD_BYTES, PROT_NONE)) throw std::bad_alloc();
    char* stack = static_cast<char*>(area) + GUARD_BYTES;
#if EXECSCOPE_ASAN
    __lsan_register_root_region(stack, STACK_BYTES);
#endif
    return stack;
}

Fiber* leaving = nullptr;       // the fiber that the last switch left
Fiber* arriving = nullptr;

}  // namespace

Fiber::Fiber(void (*entry)()) : stack_(takeStack()), bottom_(stack_), size_(STACK_BYTES) {
    struct Frame {
        std::uint32_t mxcsr = 0x1f80;
        std::uint16_t control = 0x37f, pad = 0;
        void* r15 = nullptr;
        void* r14 = nullptr;
        void* r13 = nullptr;
        void* r12 = nullptr;
        void* rbx = nullptr;
        void* rbp = nullptr;
        void (*start)() = nullptr;
        void* no_caller = nullptr;          // ends a debugger's backtrace; rsp is 8 below a multiple of 16 at entry
    };
    static_assert(sizeof(Frame) == 72);
    char* top = stack_ + STACK_BYTES - sizeof(Frame);       // so that no_caller lies 8 below the top
    auto* frame = new (top) Frame;
    static void (*entry_of_all)() = nullptr;
    entry_of_all = entry;
    frame->start = [] {
        arrived();
        entry_of_all();
    };
    stack_pointer_ = frame;
}

Fiber::~Fiber() {
    if (!stack_) return;
#if EXECSCOPE_ASAN
    __asan_unpoison_memory_region(stack_, STACK_BYTES);
#endif
    freeStacks().push_back(stack_);
}

void Fiber::arrived() {
#if EXECSCOPE_ASAN
    __sanitizer_finish_switch_fiber(arriving->fake_stack_, &leaving->bottom_, &leaving->size_);
#endif
}

void Fiber::switchTo(Fiber& from, Fiber& to, [[maybe_unused]] bool from_ends) {
    leaving = &from;
    arriving = &to;
#if EXECSCOPE_ASAN
    __sanitizer_start_switch_fiber(from_ends ? nullptr : &from.fake_stack_, to.bottom_, to.size_);
#endif
    execscope_switch_stack(&from.stack_pointer_, to.stack_pointer_);
    arrived();
}

}  // namespace kernel
