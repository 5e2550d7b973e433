// What is known of every traced function, and which of them can be made to fail.
#pragma once

#include "traces/types.hpp"

#include <concepts>
#include <span>
#include <string_view>

namespace traces {

struct TracedFunction {
    std::string_view (*label)();    // its name in traces
    const char* file;               // where it is defined, from the repository's root
    bool fallible;                  // its result can be an error
};

std::span<const TracedFunction* const> tracedFunctions();   // in no particular order

// How a result says that the function failed: an int or long is -errno; a class has `failure(-errno)`, a static member.
template <class T>
struct Fallible {
    static constexpr bool possible = false;
};
template <class T>
    requires std::same_as<T, int> || std::same_as<T, long>
struct Fallible<T> {
    static constexpr bool possible = true;
    static T failure(int error) { return -error; }
};
template <class T>
    requires requires { { T::failure(-1) } -> std::same_as<T>; }
struct Fallible<T> {
    static constexpr bool possible = true;
    static T failure(int error) { return T::failure(-error); }
};

// Decides which calls fail instead of being carried out.
class Injector {
public:
    virtual ~Injector() = default;
    // Asked at each call of a fallible function: the errno (positive) that it ends with, or 0.
    virtual int error(std::string_view function) = 0;
};

}  // namespace traces
