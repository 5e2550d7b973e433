// What is called one thing in Linux 3.10 and another in 6.1, and is still the same step.
#pragma once

#include <string_view>

namespace emu {

std::string_view sameFunction(std::string_view name) noexcept;      // the name in 6.1, system calls without their prefix
std::string_view sameRule(std::string_view rule) noexcept;          // of a check

}  // namespace emu
