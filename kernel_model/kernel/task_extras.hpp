// What few tasks ever set, kept beside task_struct (ours): threads and children inherit it, execve(2) leaves it.
#pragma once

#include "kernel_model/include/linux/types.hpp"

namespace kernel {

struct task_struct;

struct TaskExtras {
    int ioprio = -1;                        // ioprio_set(2); -1: never set
    int mempolicy = 0;                      // set_mempolicy(2): mode and mode flags
    bool on_node_0 = false;                 // its nodes: the only one, or none
};

const TaskExtras& extrasOf(const task_struct*);
void setExtras(const task_struct*, const TaskExtras&);
void inheritExtras(const task_struct* from, const task_struct* to);
void dropExtras(const task_struct*);

}  // namespace kernel
