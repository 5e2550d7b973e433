// Linux kernel/kthread.c: kernel threads; and the stand-in addresses of their functions.
#include "kernel_model/kernel/kthread.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <deque>
#include <functional>
#include <vector>

namespace kernel {
namespace {

constexpr u64 KERNEL_TEXT = 0xffff'ffff'8100'0000, SPACING = 16;
std::vector<KernelThreadFunction>& functions() {
    static auto& all = *new std::vector<KernelThreadFunction>;
    return all;
}

}  // namespace

u64 kernelTextAddress(KernelThreadFunction fn) {
    auto& all = functions();
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i] == fn) return KERNEL_TEXT + i * SPACING;
    all.push_back(fn);
    return KERNEL_TEXT + (all.size() - 1) * SPACING;
}

KernelThreadFunction kernelFunctionAt(u64 address) {
    const u64 index = (address - KERNEL_TEXT) / SPACING;
    BUG_ON(index >= functions().size());
    return functions()[index];
}

traces::Value traceValue(KernelThreadFunction fn) {
    if (!fn) return traces::Value::null();
    if (fn.call == kthreadd) return traces::Value::text("kthreadd");
    if (fn.call == kernel_init) return traces::Value::text("kernel_init");
    return traces::Value::hex(kernelTextAddress(fn));
}

namespace {
task_struct* kthreadd_task = nullptr;
std::deque<std::function<void()>>& work() {
    static auto& all = *new std::deque<std::function<void()>>;
    return all;
}
}  // namespace

void queueKernelWork(std::function<void()> item) {
    work().push_back(std::move(item));
    if (kthreadd_task) wake_up_process(kthreadd_task);
}

// Sleeps until somebody wants a kernel thread; here, only work queues would, whose work it does.
TRACED(int, kthreadd, (ThreadArgument, unused)) {
    kthreadd_task = current;
    current->comm = "kthreadd";
    for (k_sigaction& action : current->sighand->action) action.sa_handler = HANDLER_IGN;   // ignore_signals()
    for (;;) {
        set_current_state(TASK_INTERRUPTIBLE);
        if (work().empty()) schedule();
        set_current_state(TASK_RUNNING);
        for (; !work().empty(); work().pop_front()) work().front()();
    }
}

}  // namespace kernel
