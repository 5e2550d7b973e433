// The fixed sentences of explain, in every language it speaks. Names of Linux's and values stay as they are.
#pragma once

#include "traces/types.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace emu {

enum class Language : u8 { en, zh };
std::optional<Language> languageOf(std::string_view name);

enum class Phrase : u8 {
    boot, registers, fork, duplicates, copyOf, areas, protectedPages, exec, collects, asks, yes, no, failedCheck, execFails,
    pointOfNoReturn, newMemory, anonymous, fromOffset, stackWords, endOf, startThread, entryRegisters, runs, counts, callsOfProgram, more, unsupported,
    others, forks, execs, exits, killed, end, exitsZombie, killedZombie, waited, machineStops,
    bprmFilename, bprmInterp, bprmFile, bprmCred, bprmMm, bprmP, bprmArgc, bprmEnvc, bprmExec,
};

// {1} is the first argument; {1s} an s unless it is 1, for plurals.
std::string phrase(Language language, Phrase what, std::initializer_list<std::string> arguments = {});

}  // namespace emu
