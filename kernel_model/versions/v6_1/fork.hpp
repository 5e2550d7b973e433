// Between the files of v6.1's fork.
#pragma once

#include "kernel_model/versions/v6_1/process.hpp"

namespace kernel::v6_1 {

Result<task_struct*> copy_process(kernel_clone_args*);
Result<pid*> alloc_pid(const kernel_clone_args*);       // EAGAIN: no number is free; EINVAL, EPERM, EEXIST: of set_tid

}  // namespace kernel::v6_1
