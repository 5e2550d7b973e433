// The time structures of the x86-64 ABI.
#pragma once

#include "kernel_model/include/linux/types.hpp"

namespace kernel {

constexpr u64 NSEC_PER_SEC = 1'000'000'000;
struct timespec { i64 tv_sec = 0, tv_nsec = 0; };
struct timeval { i64 tv_sec = 0, tv_usec = 0; };
struct itimerspec { timespec it_interval, it_value; };
struct itimerval { timeval it_interval, it_value; };

constexpr timespec ns_to_timespec(u64 ns) { return {static_cast<i64>(ns / NSEC_PER_SEC), static_cast<i64>(ns % NSEC_PER_SEC)}; }
constexpr timeval ns_to_timeval(u64 ns) { return {static_cast<i64>(ns / NSEC_PER_SEC), static_cast<i64>(ns % NSEC_PER_SEC / 1000)}; }
constexpr bool timespec_valid(const timespec& t) {
    return t.tv_sec >= 0 && t.tv_nsec >= 0 && t.tv_nsec < static_cast<i64>(NSEC_PER_SEC);
}
// Saturates far behind any time that is reached.
constexpr u64 timespec_to_ns(const timespec& t) {
    constexpr i64 most = i64{1} << 33;
    return static_cast<u64>(t.tv_sec < most ? t.tv_sec : most) * NSEC_PER_SEC + static_cast<u64>(t.tv_nsec);
}
bool clockTime(int clock, u64& ns);         // posix-timers.cpp: false: no such clock

}  // namespace kernel
