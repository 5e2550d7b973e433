// fs/binfmt_script.c of v6.1: names the interpreter; exec_binprm goes on with it.
#include "kernel_model/versions/v6_1/exec.hpp"
#include "loader/internal.hpp"
#include "loader/script_line.hpp"

namespace loader::v6_1 {

using namespace kernel;
using namespace kernel::v6_1;

static int pushArgument(linux_binprm* bprm, const std::string& argument) {
    TRY_INT(copy_string_kernel(argument, bprm));
    bprm->argc += 1;
    return 0;
}

// interpreter, [argument], path of the script, old argv[1...]: pushed from the last to the first.
static int spliceArguments(linux_binprm* bprm, const ScriptLine& line) {
    TRY_INT(remove_arg_zero(bprm));
    TRY_INT(pushArgument(bprm, bprm->interp));
    if (line.argument) TRY_INT(pushArgument(bprm, *line.argument));
    TRY_INT(pushArgument(bprm, line.interpreter));
    return bprm_change_interp(line.interpreter, bprm);
}

static TRACED(int, load_script, (linux_binprm*, bprm)) {
    const std::string magic(bprm->buf.begin(), bprm->buf.begin() + 2);
    if (!check("file begins with #!", magic == "#!", magic)) return -ENOEXEC;
    const std::optional<ScriptLine> line = parseScriptLineStrictly(bprm->buf);
    if (!check("the line names an interpreter", line.has_value(), line ? line->interpreter : "")) return -ENOEXEC;
    Local<std::string> i_name("i_name"), i_arg("i_arg");
    i_name = line->interpreter;
    i_arg = line->argument.value_or("");
    const bool reachable = !(bprm->interp_flags & BINPRM_FLAGS_PATH_INACCESSIBLE);
    if (!check("the interpreter can open the script", reachable, bprm->interp.get())) return -ENOENT;
    TRY_INT(spliceArguments(bprm, *line));
    bprm->interpreter = TRY(open_exec(line->interpreter));
    return 0;
}

static linux_binfmt script_format = {"script_format", load_script};

TRACED(int, init_script_binfmt) {
    register_binfmt(&script_format);
    return 0;
}

}  // namespace loader::v6_1
