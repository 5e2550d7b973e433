// The kernel versions that can be modelled. A function whose shape or name differs between them lives in versions/v3_10
// and versions/v6_1, in a namespace of that name; shared steps reach it through the record of the version that was booted
// and never ask which one it is. Values that differ stand in the same records (spec/profiles.md §3).
#pragma once

#include "traces/types.hpp"

#include <span>
#include <string_view>

namespace kernel {

struct ProcessVersion;      // version/process.hpp: fork, exit, wait, scheduling
struct MmVersion;           // version/mm.hpp: faults, mappings
struct SignalVersion;       // version/signal.hpp: sending and delivering
struct ExecVersion;         // version/exec.hpp: execve, and what the binary formats ask

struct Version {
    std::string_view profile;           // --profile, "v3.10"
    const char* release;                // utsname.release, "3.10.0"
    const char* utsVersion;             // utsname.version
    u64 lastSyscall;                    // highest number of its syscall_64.tbl
    bool (*isUnassigned)(u64 number);   // has a number but no function
    const char* syscallPrefix;          // how the trace names the function of a call: "sys_", "__x64_sys_"
    const ProcessVersion& process;
    const MmVersion& mm;
    const SignalVersion& signal;
    const ExecVersion& exec;
};

const Version& version();                               // of the present machine; v3.10 before one was chosen
void setVersion(const Version&);                        // before start_kernel
std::span<const Version* const> versions();             // oldest first
const Version* findVersion(std::string_view profile);   // null: not modelled

}  // namespace kernel
