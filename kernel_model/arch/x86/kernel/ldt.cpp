// arch/x86/kernel/ldt.c. There is no modify_ldt(2) yet, so no old table to copy.
#include "kernel_model/include/linux/binfmts.hpp"

namespace kernel {

TRACED(int, init_new_context, (task_struct*, tsk), (mm_struct*, mm)) { return 0; }

}  // namespace kernel
