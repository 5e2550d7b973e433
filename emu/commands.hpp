// The commands of execscope, one file each in commands/. Each returns the exit status.
#pragma once

#include "emu/options.hpp"

namespace emu {

int runCommand(const Options&);
int traceCommand(const Options&);
int treeCommand(const Options&);
int elfCommand(const Options&);
int surveyCommand(const Options&);
int demoCommand(const Options&);
int exportCommand(const Options&);
int explainCommand(const Options&);
int diffCommand(const Options&);
int verifyCommand(const Options&);

}  // namespace emu
