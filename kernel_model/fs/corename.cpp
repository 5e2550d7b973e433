// Linux fs/coredump.c format_corename: the name of a core file (core(5), "Naming of core dump files").
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/coredump.hpp"
#include "kernel_model/include/version/exec.hpp"

#include <algorithm>
#include <string_view>

namespace kernel {

std::string core_pattern = "core";
bool core_uses_pid = false;

namespace {

// A name that someone else chose must not lead into another directory.
std::string escaped(std::string text) {
    if (version().exec.corename_hides_dots && (text.empty() || text == "." || text == ".."))
        text = "!" + text.substr(std::min<std::size_t>(1, text.size()));
    std::ranges::replace(text, '/', '!');
    return text;
}

std::string executablePath() {
    const file* exe = current->mm->exe_file;
    return exe ? d_path(exe->f_path) : current->comm.get() + " (path unknown)";
}
std::string lastComponent(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string specified(char specifier, const coredump_params* cprm) {
    const cred* cred = current->cred;
    switch (specifier) {
        case 'p': case 'P': return std::to_string(current->tgid.get());     // there is one pid namespace
        case 'i': case 'I': return std::to_string(current->pid.get());
        case 'u': return std::to_string(cred->uid.get());
        case 'g': return std::to_string(cred->gid.get());
        case 'd': return std::to_string(get_dumpable(current->mm));
        case 's': return std::to_string(cprm->siginfo->si_signo);
        case 't': return std::to_string(ktime_get_real() / 1'000'000'000);
        case 'h': return escaped(machine().boot.hostname);
        case 'e': return escaped(current->comm);
        case 'f': return escaped(lastComponent(executablePath()));
        case 'E': return escaped(executablePath());
        case 'c': return std::to_string(cprm->limit);
        case 'C': return "0";               // the only processor
        default: return "";
    }
}

}  // namespace

// An unknown specifier is dropped, and so is a single % at the end.
static TRACED(std::string, format_corename, (const coredump_params*, cprm)) {
    const std::string_view known = version().exec.corename_specifiers;
    std::string name;
    bool has_pid = false;
    for (std::size_t i = 0; i < core_pattern.size(); ++i) {
        const char c = core_pattern[i];
        if (c != '%') {
            name += c;
            continue;
        }
        if (++i == core_pattern.size()) break;
        const char specifier = core_pattern[i];
        if (specifier == '%') name += '%';
        else if (known.find(specifier) != known.npos) name += specified(specifier, cprm);
        has_pid = has_pid || specifier == 'p';
    }
    if (!has_pid && core_uses_pid && !core_pattern.starts_with('|')) name += "." + std::to_string(current->tgid.get());
    return name;
}

Corename formatCorename(const coredump_params* cprm) { return {core_pattern.starts_with('|'), format_corename(cprm)}; }

}  // namespace kernel
