// How processes of the guest end, for those who report it (ours).
#pragma once

#include "kernel_model/include/linux/signal.hpp"
#include "kernel_model/include/stop.hpp"

namespace kernel {

// Called on the stack of the process's thread that ends it, once per process, while its memory and registers are still there.
class EndListener {
public:
    virtual ~EndListener() = default;
    virtual void killed(const kernel_siginfo&) = 0;     // current's process, by that signal
    virtual void exits(int code) = 0;                   // current's process, by exit_group(2)
};
extern EndListener* end_listener;                       // null: nobody

void announceKill(const kernel_siginfo&);               // as get_signal took it off the queue
void announceExit(int code);

}  // namespace kernel
