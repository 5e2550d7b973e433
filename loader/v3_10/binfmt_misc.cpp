// fs/binfmt_misc.c of v3.10: interpreters by magic number or file name; the search starts again with them.
#include "kernel_model/versions/v3_10/exec.hpp"
#include "loader/internal.hpp"
#include "loader/misc_entries.hpp"

namespace loader::v3_10 {

using namespace kernel;
using namespace kernel::v3_10;

namespace {

// Flag O: the interpreter finds the file open; closed again when exec fails.
class OpenBinary {
public:
    ~OpenBinary() {
        if (fd_ < 0 || done_) return;
        close_fd(static_cast<unsigned>(fd_));
        bprm_->interp_flags = 0;
        bprm_->interp_data = 0;
    }
    int install(linux_binprm* bprm) {
        const int fd = get_unused_fd_flags(0);
        TRY_INT(fd);
        bprm_ = bprm;
        fd_ = fd;
        fd_install(static_cast<unsigned>(fd), get_file(bprm->file));
        would_dump(bprm, bprm->file);
        bprm->interp_flags |= BINPRM_FLAGS_EXECFD;
        bprm->interp_data = static_cast<u32>(fd);
        return 0;
    }
    void keep() { done_ = true; }

private:
    linux_binprm* bprm_ = nullptr;
    int fd_ = -1;
    bool done_ = false;
};

int spliceArguments(linux_binprm* bprm, const MiscEntry& entry) {
    TRY_INT(copy_strings_kernel(1, {bprm->interp}, bprm));
    bprm->argc += 1;
    TRY_INT(copy_strings_kernel(1, {entry.interpreter}, bprm));
    bprm->argc += 1;
    return bprm_change_interp(entry.interpreter, bprm);
}

// Flag C: the program's rights are the file's, not the interpreter's.
int prepare(linux_binprm* bprm, const MiscEntry& entry) {
    bprm->file = TRY(open_exec(entry.interpreter));
    if (!(entry.flags & MISC_CREDENTIALS)) return prepare_binprm(bprm);
    bprm->buf.fill(0);
    return kernel_read(bprm->file, 0, bprm->buf.data(), BUF_SIZE);
}

}  // namespace

static TRACED(int, load_misc_binary, (linux_binprm*, bprm)) {
    const std::shared_ptr<MiscEntry> entry = check_file(bprm);
    if (!entry) return -ENOEXEC;
    if (!(entry->flags & MISC_PRESERVE_ARGV0)) TRY_INT(remove_arg_zero(bprm));
    OpenBinary binary;
    if (entry->flags & MISC_OPEN_BINARY) TRY_INT(binary.install(bprm));
    releaseFile(bprm);
    TRY_INT(spliceArguments(bprm, *entry));
    TRY_INT(prepare(bprm, *entry));
    const int result = search_binary_handler(bprm);
    if (result >= 0) binary.keep();
    return result;
}

static linux_binfmt misc_format = {"misc_format", load_misc_binary};

TRACED(int, init_misc_binfmt) {
    createMiscTable({BUF_SIZE, false});
    insert_binfmt(&misc_format);
    return 0;
}

}  // namespace loader::v3_10
