// A task's kernel stack, and switching between two of them. Ours: Linux does it in switch_to and copy_thread.
#pragma once

#include <cstddef>

namespace kernel {

class Fiber {
public:
    Fiber() = default;                      // the stack that the caller is on (pid 0)
    explicit Fiber(void (*entry)());        // a stack of its own; entry runs at the first switch and never returns
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    // Leaves `from` here and goes on where `to` was left; returns when something switches back to `from`.
    static void switchTo(Fiber& from, Fiber& to, bool from_ends);

private:
    static void arrived();

    void* stack_pointer_ = nullptr;
    char* stack_ = nullptr;                 // lowest usable byte
    const void* bottom_ = nullptr;          // AddressSanitizer's view of the stack
    std::size_t size_ = 0;
    void* fake_stack_ = nullptr;
};

}  // namespace kernel
