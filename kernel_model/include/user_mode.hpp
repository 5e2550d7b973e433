// Where user mode begins and ends (ours): what wants to see the machine between two stays in the kernel.
#pragma once

namespace kernel {

class UserModeWatcher {
public:
    virtual ~UserModeWatcher() = default;
    virtual void entering() = 0;        // current's registers are in the processor; nothing of the kernel is half done for it
    virtual void left() = 0;            // nothing has been done yet about why
};
extern UserModeWatcher* userModeWatcher;    // null: nobody

}  // namespace kernel
