#include "emu/run_report/signal_codes.hpp"

#include <csignal>
#include <cstring>
#include <span>

namespace emu {

namespace {

constexpr int FIRST_RT = 32, SI_KERNEL_CODE = 0x80;

// By code, from 1.
std::span<const char* const> codesOf(int signal) {
    static constexpr const char* segv[] = {"SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR"};
    static constexpr const char* bus[] = {"BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"};
    static constexpr const char* ill[] = {"ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP",
                                          "ILL_PRVOPC", "ILL_PRVREG", "ILL_COPROC", "ILL_BADSTK"};
    static constexpr const char* fpe[] = {"FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF",
                                          "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV", "FPE_FLTSUB"};
    static constexpr const char* trap[] = {"TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT"};
    static constexpr const char* child[] = {"CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"};
    switch (signal) {
        case SIGSEGV: return segv;
        case SIGBUS: return bus;
        case SIGILL: return ill;
        case SIGFPE: return fpe;
        case SIGTRAP: return trap;
        case SIGCHLD: return child;
        default: return {};
    }
}

}  // namespace

std::string signalName(int signal) {
    if (const char* name = sigabbrev_np(signal)) return std::string("SIG") + name;
    return signal == FIRST_RT ? "SIGRTMIN" : "SIGRTMIN+" + std::to_string(signal - FIRST_RT);
}

std::string signalCodeName(int signal, int code) {
    switch (code) {
        case 0: return "SI_USER";
        case SI_KERNEL_CODE: return "SI_KERNEL";
        case -1: return "SI_QUEUE";
        case -2: return "SI_TIMER";
        case -3: return "SI_MESGQ";
        case -4: return "SI_ASYNCIO";
        case -5: return "SI_SIGIO";
        case -6: return "SI_TKILL";
        case -7: return "SI_DETHREAD";
        case -60: return "SI_ASYNCNL";
        default: break;
    }
    const auto codes = codesOf(signal);
    return code > 0 && static_cast<std::size_t>(code) <= codes.size() ? codes[static_cast<std::size_t>(code) - 1] : "";
}

bool signalHasAddress(int signal, int code) {
    return code > 0 && code != SI_KERNEL_CODE && signal != SIGCHLD && !codesOf(signal).empty();
}

bool signalHasSender(int code) { return code == 0 || code == -1 || code == -6; }

}  // namespace emu
