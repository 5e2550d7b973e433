// Diagnostics on standard error, one line each, "execscope: ...". Levels by --log.
#pragma once

#include <string>

namespace emu {

void setLogLevel(const std::string& level);     // error, warning, info, debug, off
void say(const std::string& message);           // error: why the run is not what was asked for
void warn(const std::string& message);          // something the user should know
void inform(const std::string& message);

}  // namespace emu
