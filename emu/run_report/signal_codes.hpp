// Names of si_code (sigaction(2)).
#pragma once

#include <string>

namespace emu {

std::string signalName(int signal);                     // "SIGSEGV", "SIGRTMIN+3"
std::string signalCodeName(int signal, int code);       // "SEGV_MAPERR", "SI_TKILL"; empty: no such code
bool signalHasAddress(int signal, int code);            // a fault: si_addr
bool signalHasSender(int code);                         // another process: si_pid and si_uid

}  // namespace emu
