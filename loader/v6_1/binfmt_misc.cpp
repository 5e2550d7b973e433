// fs/binfmt_misc.c of v6.1: interpreters by magic number or file name; exec_binprm goes on with them.
#include "kernel_model/versions/v6_1/exec.hpp"
#include "loader/internal.hpp"
#include "loader/misc_entries.hpp"

namespace loader::v6_1 {

using namespace kernel;
using namespace kernel::v6_1;

namespace {

int pushArgument(linux_binprm* bprm, const std::string& argument) {
    TRY_INT(copy_string_kernel(argument, bprm));
    bprm->argc += 1;
    return 0;
}

// interpreter, path of the file, old argv[1...]; with flag P the old argv[0] stays before them.
int spliceArguments(linux_binprm* bprm, const MiscEntry& entry) {
    if (entry.flags & MISC_PRESERVE_ARGV0) bprm->interp_flags |= BINPRM_FLAGS_PRESERVE_ARGV0;
    else TRY_INT(remove_arg_zero(bprm));
    if (entry.flags & MISC_OPEN_BINARY) bprm->have_execfd = true;
    TRY_INT(pushArgument(bprm, bprm->interp));
    TRY_INT(pushArgument(bprm, entry.interpreter));
    return bprm_change_interp(entry.interpreter, bprm);
}

// Flag F: the file that was opened when the entry was registered, whatever has its name now.
Result<file*> openInterpreter(const MiscEntry& entry) {
    if (!(entry.flags & MISC_OPEN_FILE)) return open_exec(entry.interpreter);
    TRY_INT(deny_write_access(entry.interp_file));
    return get_file(entry.interp_file);
}

}  // namespace

static TRACED(int, load_misc_binary, (linux_binprm*, bprm)) {
    const std::shared_ptr<MiscEntry> entry = check_file(bprm);
    if (!entry) return -ENOEXEC;
    const bool reachable = !(bprm->interp_flags & BINPRM_FLAGS_PATH_INACCESSIBLE);
    if (!check("the interpreter can open the file", reachable, bprm->interp.get())) return -ENOENT;
    TRY_INT(spliceArguments(bprm, *entry));
    bprm->interpreter = TRY(openInterpreter(*entry));
    if (entry->flags & MISC_CREDENTIALS) bprm->execfd_creds = true;
    return 0;
}

static linux_binfmt misc_format = {"misc_format", load_misc_binary};

TRACED(int, init_misc_binfmt) {
    createMiscTable({kernel::BINPRM_BUF_SIZE, true});
    insert_binfmt(&misc_format);
    return 0;
}

}  // namespace loader::v6_1
