// Structures of the ABI of x86-64 Linux as strace(1) 6.1 writes them.
#pragma once

#include "emu/export/strace_arguments.hpp"

namespace emu {

u64 straceWord(std::string_view bytes, std::size_t at, std::size_t size);   // little-endian; 0 past the end
std::string stracePointer(u64 address);                                     // NULL when 0
std::string straceSignal(int number);                                       // SIGCHLD, SIGRTMIN, SIGRT_1

// What a letter of strace_arguments.cpp stands for: 0 when it is no structure.
//   s sigset_t   A kernel's struct sigaction   n struct timespec   U struct timeval   I struct itimerval   y stack_t   l struct rlimit64
std::size_t straceStructSize(char letter);
std::string straceStruct(char letter, std::string_view bytes);

// Calls whose arguments depend on each other, and whose result says more; nothing: it is none of these.
std::optional<StraceText> straceSpecial(const StraceCall& call, bool ended);
std::string straceResultNote(const StraceCall& call);                       // behind the result: poll's

}  // namespace emu
