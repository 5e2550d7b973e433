// fs/binfmt_misc.c of v6.1: interpreters by magic number or file name; exec_binprm goes on with them.
#include "kernel_model/versions/v6_1/exec.hpp"
#include "loader/internal.hpp"
#include "loader/misc_entries.hpp"

#include <charconv>

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
    file* const clone = TRY(dentry_open(entry.interp_file->f_path, entry.interp_file->f_flags));
    deny_write_access(clone);
    return clone;
}

// kstrtoint(text, 10): one sign, one newline.
bool parseOffset(std::string_view text, int& offset) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
    return error == std::errc() && end == text.data() + text.size() && offset >= 0;
}

// string_unescape(UNESCAPE_HEX): a backslash takes the next character with it, so that \\x41 stands for itself.
std::string unescape(std::string_view text) {
    std::string bytes;
    for (u64 i = 0; i < text.size(); ++i) {
        char byte = text[i];
        if (byte == '\\' && i + 1 < text.size()) {
            if (hexByte(text.substr(i + 1), byte)) i += 3;
            else bytes += byte, byte = text[++i];
        }
        bytes += byte;
    }
    return bytes;
}

}  // namespace

static TRACED(int, load_misc_binary, (linux_binprm*, bprm)) {
    if (!miscTable().enabled) return -ENOEXEC;
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
const MiscRules misc_rules{kernel::BINPRM_BUF_SIZE, true, 1920, parseOffset, unescape};

TRACED(int, init_misc_binfmt) {
    createMiscTable(misc_rules);
    insert_binfmt(&misc_format);
    return 0;
}

}  // namespace loader::v6_1
