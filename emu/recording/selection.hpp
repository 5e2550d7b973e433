// What of a run is recorded: -e, --window, --full-from, --steps.
#pragma once

#include "emu/options.hpp"
#include "traces/event.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace emu {

// Where a window begins: one of the four.
struct Break {
    std::string text;                       // as it was given, with its option
    std::string function;                   // of the kernel: when it is entered
    std::string symbol;                     // of the program: before its first instruction
    std::optional<u64> address;             // of an instruction, in whichever process
    std::optional<u64> instruction;         // the trace's clock
};

struct TraceSelection {
    u64 chosen = 0;                         // kinds of events outside of the window
    std::set<std::string, std::less<>> functions, syscalls;     // of kinds that are not chosen, these are recorded
    std::set<std::string, std::less<>> no_functions, no_syscalls;   // of kinds that are chosen, these are not
    std::set<i64> pids;                     // empty: all
    std::optional<Break> begin;             // of the window; none: with the run
    u64 inside = 0;                         // kinds that the window adds
    u64 steps = 0;                          // instructions that the window lasts; 0: it does not end
    std::vector<std::string> described;     // for the header

    u64 whole() const;                      // kinds of which no event is missing (before a `truncated`)
    bool limited() const { return steps && !begin; }        // `inside` ends after `steps` instructions of the run
    u64 partly() const;                     // kinds of which some events are there
    bool admits(const traces::Event& event, u64 kinds) const;   // `kinds`: those that are on
    u64 narrowed() const;                   // kinds of which some events are left out by name
    u64 listened() const;                   // kinds of which some event may be asked for outside of the window
};

constexpr u64 DEFAULT_STEPS = 20'000;      // a hello of glibc's, linked statically, has 15,600

// Throws std::runtime_error when an option names what there is not. The kernel's version must have been chosen.
TraceSelection selectionFrom(const TraceOptions& options);

// The names of the system calls of a class, %file and so on (strace(1)); empty: no such class. And all classes, for messages.
std::string_view syscallsOfClass(std::string_view name);
std::string syscallClasses();

}  // namespace emu
