// fs/binfmt_misc.c of v3.10: interpreters by magic number or file name; the search starts again with them.
#include "kernel_model/versions/v3_10/exec.hpp"
#include "loader/internal.hpp"
#include "loader/misc_entries.hpp"

namespace loader::v3_10 {

using namespace kernel;
using namespace kernel::v3_10;

namespace {

// What fails after the flags have been looked at leaves neither them nor the descriptor of flag O behind; descriptor 0 stays.
class Undo {
public:
    Undo(linux_binprm* bprm, int fd) : bprm_(bprm), fd_(fd) {}
    ~Undo() {
        if (done_) return;
        if (fd_ > 0) close_fd(static_cast<unsigned>(fd_));
        bprm_->interp_flags = 0;
        bprm_->interp_data = 0;
    }
    void keep() { done_ = true; }

private:
    linux_binprm* bprm_;
    int fd_;
    bool done_ = false;
};

// Flag O: the interpreter finds the file open.
void openBinary(linux_binprm* bprm, int fd) {
    fd_install(static_cast<unsigned>(fd), get_file(bprm->file));
    would_dump(bprm, bprm->file);
    bprm->interp_flags |= BINPRM_FLAGS_EXECFD;
    bprm->interp_data = static_cast<u32>(fd);
}

int spliceArguments(linux_binprm* bprm, const std::string& interpreter) {
    TRY_INT(copy_strings_kernel(1, {bprm->interp}, bprm));
    bprm->argc += 1;
    TRY_INT(copy_strings_kernel(1, {interpreter}, bprm));
    bprm->argc += 1;
    return bprm_change_interp(interpreter, bprm);
}

// Flag C: the program's rights are the file's, not the interpreter's.
int prepare(linux_binprm* bprm, const std::string& interpreter, u32 flags) {
    bprm->file = TRY(open_exec(interpreter));
    if (!(flags & MISC_CREDENTIALS)) return prepare_binprm(bprm);
    bprm->buf.fill(0);
    return kernel_read(bprm->file, 0, bprm->buf.data(), BUF_SIZE);
}

// simple_strtoul: what is too large for an int loses its upper bits.
bool parseOffset(std::string_view text, int& offset) {
    u64 value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        value = value * 10 + static_cast<u64>(c - '0');
    }
    offset = static_cast<int>(value);
    return true;
}

// A backslash escapes nothing but x: \\x41 is a backslash and an A.
std::string unescape(std::string_view text) {
    std::string bytes;
    for (u64 i = 0; i < text.size(); ++i) {
        char byte = text[i];
        if (byte == '\\' && hexByte(text.substr(i + 1), byte)) i += 3;
        bytes += byte;
    }
    return bytes;
}

}  // namespace

static TRACED(int, load_misc_binary, (linux_binprm*, bprm)) {
    if (!miscTable().enabled) return -ENOEXEC;
    const std::shared_ptr<MiscEntry> entry = check_file(bprm);
    if (!entry) return -ENOEXEC;
    const std::string interpreter = entry->interpreter.substr(0, BUF_SIZE - 1);
    if (!(entry->flags & MISC_PRESERVE_ARGV0)) TRY_INT(remove_arg_zero(bprm));
    const int fd = entry->flags & MISC_OPEN_BINARY ? get_unused_fd_flags(0) : -1;
    if (entry->flags & MISC_OPEN_BINARY) TRY_INT(fd);
    Undo undo(bprm, fd);
    if (fd >= 0) openBinary(bprm, fd);
    releaseFile(bprm);
    TRY_INT(spliceArguments(bprm, interpreter));
    TRY_INT(prepare(bprm, interpreter, entry->flags));
    const int result = search_binary_handler(bprm);
    if (result >= 0) undo.keep();
    return result;
}

static linux_binfmt misc_format = {"misc_format", load_misc_binary};
const MiscRules misc_rules{BUF_SIZE, false, 256, parseOffset, unescape};

TRACED(int, init_misc_binfmt) {
    createMiscTable(misc_rules);
    insert_binfmt(&misc_format);
    return 0;
}

}  // namespace loader::v3_10
