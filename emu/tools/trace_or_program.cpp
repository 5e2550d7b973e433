#include "emu/tools/trace_or_program.hpp"

#include "traces/compact.hpp"
#include "traces/plain_bytes.hpp"

#include <cerrno>
#include <fstream>
#include <sys/stat.h>

namespace emu {

namespace {

std::string beginning(const std::string& path) {
    struct ::stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
    std::ifstream in(path, std::ios::binary);
    std::string begin(64, '\0');
    in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    begin.resize(static_cast<std::size_t>(in.gcount()));
    return begin;
}

// binfmt_elf and binfmt_script; no other format is loaded.
bool beginsProgram(const std::string& begin) { return begin.starts_with("\177ELF") || begin.starts_with("#!"); }

}  // namespace

bool isTrace(const std::string& path) {
    if (path == "-") return true;
    const std::string begin = beginning(path);
    if (beginsProgram(begin)) return false;
    if (path.ends_with(".jsonl") || path.ends_with(".trace") || path.ends_with(".zst")) return true;
    return begin.starts_with('{') || begin.find("\"kind\":\"") != std::string::npos || traces::looksCompressed(begin) ||
           begin.starts_with(traces::compactMagic.substr(0, 8)) || begin.find(traces::compactMagic.substr(8)) != std::string::npos;
}

std::string endOfOperand(const Outcome& outcome, const WorldOptions& options) {
    const bool refused = outcome.ending == Ending::exec_failed && (outcome.number == EACCES || outcome.number == ENOEXEC);
    if (!refused || options.program.size() != 1 || !options.inject.empty()) return outcome.message;
    const std::string path = hostProgram(options);
    struct ::stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || beginsProgram(beginning(path))) return outcome.message;
    return options.program[0] + " is neither a trace (" + (status.st_size ? "its first line is no header" : "it is empty") +
           ") nor a program ('execscope trace -o FILE PROGRAM' makes a trace): " + outcome.message;
}

}  // namespace emu
