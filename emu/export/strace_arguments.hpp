// Arguments and results of system calls as strace(1) 6.1 writes them, from what a trace records.
#pragma once

#include "traces/event.hpp"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace emu {

// A call under way: its registers, its arguments as the trace shows them, what the kernel wrote for it so far.
struct StraceCall {
    std::string name;
    u64 number = 0;
    std::array<u64, 6> raw{};
    std::vector<std::string> shown;
    std::map<u64, std::string> written;     // address: bytes
    std::string before;                     // of the size that an address is to have, when the call began
    std::string interrupted;                // by what restart_syscall goes on: the name of the call before
    u64 stack = 0;                          // rsp, when the trace tells it
    u64 kept = 0;                           // bytes in `written`
    traces::Value result;
    std::string error;                      // ENOENT; empty: it worked

    std::function<std::string(u64 address, u64 size)> memory;   // what is there now; may be absent
    void takeWrite(const traces::Event& write);                 // a user_write of its task
    void takeResult(const traces::Event& exit);
    std::string bytes(u64 address, std::size_t size) const;     // what was written there; empty: not all of it
    std::string read(u64 address, u64 size) const { return memory && address ? memory(address, size) : std::string(); }
    std::string integer(std::size_t argument) const { return std::to_string(static_cast<int>(raw[argument])); }     // an int
    bool worked(bool ended) const { return ended && error.empty(); }
};

struct StraceText {
    std::vector<std::string> before;        // known when the call begins
    std::vector<std::string> after;         // known when it ends
};
StraceCall straceCall(const traces::Event& enter);
StraceText straceArguments(const StraceCall& call, bool ended);
std::string straceBeginning(const StraceCall& call, const StraceText& text);   // `read(3, `
std::string straceRest(const StraceCall& call, const StraceText& text);        // what of the arguments comes when it has ended, without `)`
std::string straceResult(const StraceCall& call);

constexpr std::size_t straceShown = 32;          // bytes of a buffer
std::string straceString(std::string_view bytes, bool hexadecimal = false, std::size_t most = straceShown);   // quoted
// Strings and buffers of bytes that a page fault of the call itself has brought in: the trace shows their addresses. Whether there is one
// that is still not there; `changed` when another one is now.
bool readLateStrings(StraceCall& call, bool& changed);

struct StraceFlag {
    u64 value;
    const char* name;
};
// `unknown`: what stands in a comment behind a value without names, as AT_???; not when `zero` is empty, for then others stand before it.
std::string straceFlags(std::span<const StraceFlag> names, u64 value, const char* zero, const char* unknown = "");
std::string straceName(std::span<const StraceFlag> names, u64 value, const char* unknown = "");
std::string straceUnknown(u64 value, const char* name);                         // 0x99 /* NAME */
std::optional<std::string> straceNamed(const StraceCall& call,
                                       std::size_t argument);    // of flags and numbers that have names; nothing: this is none
std::string straceScheduler(u64 policy);
enum class StraceSet : u8 { open, mmap, clone, wait, at, random, descriptor, mode, action, poll, epoll, stack, lockAll, timer, epollMake, socket, none };
std::string straceFlags(StraceSet set, u64 value, const char* zero);
enum class StraceEnum : u8 { resource, arch, fcntl, seek, mask, clock, itimer, epoll, family, socket };
std::string straceName(StraceEnum set, u64 value);

}  // namespace emu
