// Which numbers Linux knows, beyond those that are in the table.
#pragma once

#include "traces/types.hpp"

#include <string>
#include <vector>

namespace kernel {

bool inProfile(u64 number);                 // the present version has it and does something
const char* syscallSince(u64 number);       // the version of Linux that brought it: "4.11"; "3.10" for all that were there before
std::string missingOfSyscall(u64 number);   // empty: nothing, or it is not in the table at all
std::string missingOfCall(const std::string& call);         // by missing.tbl

// How far each call of the present version goes, by number.
struct SyscallCoverage {
    enum class Extent : u8 { full, partial, absent, none };     // none: Linux itself has the number, but answers ENOSYS
    u64 number;
    const char* name;
    const char* since;
    Extent extent;
    std::string missing;                    // of partial
};
std::vector<SyscallCoverage> syscallCoverage();
SyscallCoverage coverageOf(u64 number);     // of one that has a name

}  // namespace kernel
