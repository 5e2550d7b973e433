// Linux kernel/user.c: what is counted per user.
#include "kernel_model/include/linux/sched.hpp"

#include <map>

namespace kernel {

int& processesOfUser(uid_t uid) {
    static auto& counts = *new std::map<uid_t, int>;
    return counts[uid];
}

}  // namespace kernel
