// Refusing what a system call lacks (ours): declared in kernel_model/arch/x86/syscalls/missing.tbl.
#pragma once

#include "traces/types.hpp"

#include <string>

namespace kernel {

enum class Missing : u8 {
#define MISSING(identifier, calls, what, error) identifier,
#include "kernel_model/arch/x86/syscalls/missing.tbl"
#undef MISSING
};

int missing(Missing, const std::string& detail = "");       // says it aloud; the -errno for the guest

}  // namespace kernel
