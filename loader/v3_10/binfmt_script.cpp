// fs/binfmt_script.c, v3.10: the interpreter takes the script's place and the search starts again.
#include "kernel_model/versions/v3_10/exec.hpp"
#include "loader/internal.hpp"
#include "loader/script_line.hpp"

namespace loader::v3_10 {

using namespace kernel;
using namespace kernel::v3_10;

// interpreter, [argument], path of the script, old argv[1...]: pushed from the last to the first.
static int spliceArguments(linux_binprm* bprm, const ScriptLine& line) {
    TRY_INT(remove_arg_zero(bprm));
    TRY_INT(copy_strings_kernel(1, {bprm->interp}, bprm));
    bprm->argc += 1;
    if (line.argument) {
        TRY_INT(copy_strings_kernel(1, {*line.argument}, bprm));
        bprm->argc += 1;
    }
    TRY_INT(copy_strings_kernel(1, {line.interpreter}, bprm));
    bprm->argc += 1;
    return bprm_change_interp(line.interpreter, bprm);
}

static int openInterpreter(linux_binprm* bprm, const std::string& path) {
    bprm->file = TRY(open_exec(path));
    return 0;
}

static TRACED(int, load_script, (linux_binprm*, bprm)) {
    const std::string magic(bprm->buf.begin(), bprm->buf.begin() + 2);
    if (!check("file begins with #!", magic == "#!", magic)) return -ENOEXEC;
    releaseFile(bprm);
    const std::optional<ScriptLine> line = parseScriptLine(std::span(bprm->buf).first(BUF_SIZE));
    if (!check("the line names an interpreter", line.has_value(), line ? line->interpreter : "")) return -ENOEXEC;
    Local<std::string> i_name("i_name"), i_arg("i_arg");
    i_name = line->interpreter;
    i_arg = line->argument.value_or("");
    TRY_INT(spliceArguments(bprm, *line));
    TRY_INT(openInterpreter(bprm, line->interpreter));
    TRY_INT(prepare_binprm(bprm));
    return search_binary_handler(bprm);
}

static linux_binfmt script_format = {"script_format", load_script};

TRACED(int, init_script_binfmt) {
    register_binfmt(&script_format);
    return 0;
}

}  // namespace loader::v3_10
