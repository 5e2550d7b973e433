// fs/binfmt_misc.c: interpreters by magic number or file name. Its table is empty until /proc/sys/fs/binfmt_misc exists,
// so no file is ever its own; docs/fidelity.md says so.
#include "kernel_model/include/linux/binfmts.hpp"
#include "loader/internal.hpp"

namespace loader {

using namespace kernel;

static TRACED(bool, check_file, (linux_binprm*, bprm)) { return check("an entry of binfmt_misc matches", false, 0); }

static TRACED(int, load_misc_binary, (linux_binprm*, bprm)) {
    if (!check_file(bprm)) return -ENOEXEC;
    return 0;
}

static linux_binfmt misc_format = {"misc_format", load_misc_binary};

TRACED(int, init_misc_binfmt) {
    insert_binfmt(&misc_format);
    return 0;
}

}  // namespace loader
