#include "loader/formats.hpp"

#include "kernel_model/include/linux/binfmts.hpp"
#include "loader/internal.hpp"

namespace loader {

// Linux's order: within core_initcall that of fs/Makefile, then subsys_initcall (the vDSO), then device_initcall. misc goes
// to the head of the list, so the formats end as misc, script, elf, compat_elf, aout.
void installFormats() {
    kernel::setBinfmtInitcalls({init_misc_binfmt, init_script_binfmt, init_elf_binfmt, init_compat_elf_binfmt,
                                kernel::init_vdso, init_aout_binfmt});
}

}  // namespace loader
