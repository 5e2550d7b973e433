// Structures of the ABI of x86-64 Linux as strace(1) 6.1 writes them.
#pragma once

#include "emu/export/strace_arguments.hpp"

namespace emu {

u64 straceWord(std::string_view bytes, std::size_t at, std::size_t size);   // little-endian; 0 past the end
std::string stracePointer(u64 address);                                     // NULL when 0
std::string straceHex(u64 value);                                           // 0 when 0
std::string straceId(u64 id);                                               // uid_t or gid_t; -1: none
std::string straceCapability(u64 number);                                   // CAP_CHOWN
std::optional<std::string> straceTextAt(const StraceCall& call, u64 address, u64 most);   // up to its NUL byte or so long; nothing: not all of it is there
std::string straceTicks(u64 ticks);                                         // of a clock_t, and how long that is
std::string straceDirectory(u64 descriptor);                                // AT_FDCWD
std::string straceSignal(int number);                                       // SIGCHLD, SIGRTMIN, SIGRT_1

// What a letter of strace_arguments.cpp stands for: 0 when it is no structure.
//   s sigset_t   A kernel's struct sigaction   n struct timespec   U struct timeval   I struct itimerval   y stack_t   l struct rlimit64
//   N struct itimerspec
std::size_t straceStructSize(char letter);
std::string straceStruct(char letter, std::string_view bytes);

// Calls whose arguments depend on each other, and whose result says more; nothing: it is none of these.
std::optional<StraceText> straceSpecial(const StraceCall& call, bool ended);
std::optional<StraceText> straceSocketCall(const StraceCall& call, bool ended);
std::optional<StraceText> straceWaitingCall(const StraceCall& call);
std::optional<StraceText> straceFileCall(const StraceCall& call, bool ended);
std::optional<StraceText> straceIoctl(const StraceCall& call, bool ended);
std::optional<StraceText> straceIpcCall(const StraceCall& call, bool ended);
std::optional<StraceText> straceProcessCall(const StraceCall& call, bool ended);
std::optional<StraceText> straceTimeCall(const StraceCall& call, bool ended);
std::string straceTimeNote(const StraceCall& call);
std::string straceWaitingNote(const StraceCall& call);
StraceText stracePrctl(const StraceCall& call, bool ended);
std::string stracePrctlResult(const StraceCall& call);                       // whole; empty: the number says it
StraceText stracePtrace(const StraceCall& call);
std::string straceProcessResult(const StraceCall& call);                     // whole; empty: the number says it
std::string straceDate(u64 seconds, const std::string& fraction = "");       // in UTC; the fraction with its point; empty: no such date
std::string stracePointed(const StraceCall& call, std::size_t argument, bool written);
std::string straceOpenFlags(u64 flags);
std::string straceVectorWritten(const StraceCall& call);                    // readv's
std::string straceVectorRead(const StraceCall& call, std::size_t argument, bool contents);    // as many as the next argument says
std::string straceStringRead(const StraceCall& call, u64 address);
std::string stracePagesInCore(const StraceCall& call);                      // mincore's
std::string straceUsage(std::string_view bytes);                            // struct rusage
std::string straceSignalInfo(std::string_view bytes);                       // siginfo_t
std::string straceSignalInfo(std::string_view bytes, bool whole);           // false: no more of it is known than number and code
std::string straceProcessors(const StraceCall& call, u64 address, u64 size, bool after);   // of a mask that was read, or written
std::string straceWholeStruct(const StraceCall& call, u64 address);         // what uname, sysinfo and statfs write
std::string straceAddress(std::string_view bytes);                          // struct sockaddr; empty: of a family that is not known
std::string stracePolled(std::string_view bytes, bool answer);              // array of struct pollfd: what is asked for, or came
std::string straceMode(u64 mode);                                           // st_mode
std::string straceOctal(u64 bits);                                          // permissions
std::string straceResultNote(const StraceCall& call);                       // behind the result: poll's

}  // namespace emu
