// The binary formats. A new one is its own file and one line in formats.cpp.
#pragma once

namespace loader {

// Hands the formats' initcalls to the kernel, in Linux's order. Call before start_kernel().
void installFormats();

}  // namespace loader
