// What the command line said, for the commands that run a program.
#pragma once

#include "traces/types.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace emu {

struct Bind {
    std::string host, guest;
    bool writable = false;
};

struct WorldOptions {
    std::string profile;                        // kernel: v3.10, v6.1; the command's own unless --profile was given
    std::string cpu = "x86-64-v3";              // processor: LEVEL[+FEATURE]...
    std::string root;                           // host directory shown as /, or empty
    std::vector<Bind> binds;
    std::vector<std::string> environment;       // VAR=VALUE, added to the default three
    bool environment_from_host = false;
    std::string chdir;                          // guest path, or empty for the default
    std::string cwd;                            // the empty directory that it is otherwise: of a replayed run; empty: the host's
    std::string path_as;                        // the guest path of the program, or empty
    u32 uid = 0, gid = 0;
    u64 seed = 0;
    bool aslr = false;
    std::vector<std::string> inject;            // FUNCTION:error=ERRNO[:when=N]: kernel functions that fail
    std::string sched = "rr";                   // the order of runnable tasks: rr, random
    u64 max_instructions = 0;                   // 0: no limit
    u64 memory_mib = 4096;
    u64 disk_mib = 0;                           // 0: half of the memory, as tmpfs has it
    std::string timeout_text;                   // seconds of the host's time, as given; empty: none
    u64 timeout_ns = 0;
    std::string log = "warning";
    std::vector<std::string> program;           // PROGRAM and its arguments
    std::string program_file;                   // where PROGRAM lies, when its name does not say it: of a replayed run
    std::optional<std::vector<std::string>> whole_environment;      // instead of all others: of a replayed run
};

struct TraceOptions {
    std::string output;                         // file, "-" for standard output, or empty
    std::string categories;                     // of -e trace=
    std::string pids;                           // of -e pid=
    std::string window, full_from;              // of these options
    std::string replay;                         // the trace whose input comes again, or empty
    u64 steps = 0;                              // instructions that are recorded; 0: as it is
    bool checkpoints_always = false;            // at every entry to user mode
    bool verify_determinism = false;            // run twice, compare
};

struct TreeOptions {
    int depth = 0;                              // 0: all
};

struct ElfOptions {
    bool all = false;                           // every symbol, every check
};

struct SurveyOptions {
    bool json = false;
    bool strict = false;                        // stop at the first thing that is missing
};

struct ExportOptions {
    std::string format;
    std::string program;                        // lcov: the program's file; or empty
    std::vector<std::string> libraries;         // lcov: other files that are covered
    u64 pid = 0;                                // tenet: whose instructions; 0: the program's
};

struct ExplainOptions {
    bool markdown = false;
    std::string language = "en";                // of the fixed sentences: en, zh
};

struct Command;

struct Options {
    const Command* command = nullptr;
    std::set<std::string> given;                // the options on the command line: --uid
    WorldOptions world;
    std::vector<std::string> traces;            // trace files, instead of a program
    TraceOptions trace;
    TreeOptions tree;
    ElfOptions elf;
    SurveyOptions survey;
    ExportOptions exporting;
    ExplainOptions explain;
    bool stats = false;
    std::string report;                         // file, or empty
};

// Either options, or the status to exit with after help or an error has been printed.
struct Parsed {
    std::optional<Options> options;
    int status = 0;
};
Parsed parseCommandLine(int argc, char** argv);
int runCommandLine(const Options& options);     // the exit status of the command that they are for

// Exit status of our own failures (design.md §7): nothing a guest is likely to return.
constexpr int OWN_FAILURE = 125;
constexpr int TIMED_OUT = 124;                  // as of timeout(1)

}  // namespace emu
