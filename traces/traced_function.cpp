#include "traces/traced_function.hpp"

// The linker's names for the ends of the section; null in a program without traced functions.
extern "C" {
[[gnu::weak]] extern const traces::TracedFunction* const __start_traced_functions[];
[[gnu::weak]] extern const traces::TracedFunction* const __stop_traced_functions[];
}

namespace traces {

std::span<const TracedFunction* const> tracedFunctions() {
    return {__start_traced_functions, static_cast<std::size_t>(__stop_traced_functions - __start_traced_functions)};
}

}  // namespace traces
