// Numbers and lines of the files of /proc.
#include "kernel_model/fs/proc/internal.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace kernel {

Result<u64> parseNumber(const std::string& text, int base) {
    const bool digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
    char* end = nullptr;
    const u64 value = std::strtoull(text.c_str(), &end, base);
    const std::string_view rest = end;
    if (!digit || !(rest.empty() || rest == "\n")) return Failure{-EINVAL};
    return value;
}

std::string format(const char* text, ...) {
    va_list first, second;
    va_start(first, text);
    va_copy(second, first);
    const int length = std::vsnprintf(nullptr, 0, text, first);
    va_end(first);
    std::string result(static_cast<u64>(std::max(length, 0)) + 1, '\0');
    std::vsnprintf(result.data(), result.size(), text, second);
    va_end(second);
    result.pop_back();
    return result;
}

}  // namespace kernel
