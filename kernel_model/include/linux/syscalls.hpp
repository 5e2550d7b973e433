// SYSCALL_DEFINE: one definition gives the handler, its name, its argument names and types, and how they are shown.
#pragma once

#include "kernel_model/include/linux/types.hpp"

#include <array>
#include <string>

namespace kernel {

struct SyscallArgument {
    const char* type;
    const char* name;
    std::string (*render)(u64 raw);     // as strace shows it on entry: 3, "hello", 0x7ffe..., NULL
};
struct SyscallDefinition {
    const char* name;                   // "write"
    int argument_count;
    std::array<SyscallArgument, 6> arguments;
    long (*handler)(const std::array<u64, 6>&);
};

// Rendering by type; overload renderArgument for a new type (a strong type for flags, say).
template <class T> struct ArgumentTag {};
std::string renderInteger(i64);
std::string renderUnsigned(u64);
std::string renderPointer(u64);
std::string renderUserString(u64);      // reads guest memory without faulting pages in; at most 32 bytes, then ...
template <class T> std::string renderArgument(ArgumentTag<T>, u64 raw) {
    if constexpr (std::is_same_v<T, UserPtr<const char>>) return renderUserString(raw);
    else if constexpr (!std::is_arithmetic_v<T>) return renderPointer(raw);
    else if constexpr (std::is_signed_v<T>) return renderInteger(static_cast<T>(raw));
    else return renderUnsigned(static_cast<T>(raw));
}
template <class T> T argumentFrom(u64 raw) {
    if constexpr (std::is_arithmetic_v<T>) return static_cast<T>(raw);
    else return T{raw};
}
template <class T> std::string renderAs(u64 raw) { return renderArgument(ArgumentTag<T>{}, raw); }
// A buffer that is bytes, not a path: shown as an address.
template <class T> struct Bytes { u64 address; operator UserPtr<T>() const { return {address}; } };
template <class T> traces::Value traceValue(Bytes<T> b) { return traces::Value::hex(b.address); }

std::string errnoName(int error);                       // "ENOENT", and Linux's own such as ERESTARTSYS; arch/x86/kernel/entry_64.cpp
const SyscallDefinition* syscallByNumber(u64 number);   // arch/x86/syscalls/syscall_64.cpp; null: not there, or newer than the version
const SyscallDefinition* syscallOfAnyVersion(u64 number);                  // null: not there
std::string_view syscallFunction(const char* name);     // the version's function of that call: sys_write, __x64_sys_write
const char* syscallNameOfLinux(u64 number);             // every number of v3.10 and v6.1, also those we lack; null: none

// A thing Linux has and we lack, met by the guest: one record and, at exit, one line on stderr each.
void unsupported(const char* what, const std::string& name, const std::string& detail, u64 address, const std::string& consequence);

}  // namespace kernel

// SYSCALL_DEFINE(3, write, (unsigned, fd), (UserPtr<const char>, buf), (size_t, count)) { ... return long; }
// Defines kernel::sys_write (a TRACED function) and kernel::syscall_write (its definition). Use inside namespace kernel.
#define SYSCALL_DEFINE(n, name, ...)                                                                              \
    long sys_##name(TRACED_LIST(TRACED_PARAM, __VA_ARGS__));                                                      \
    static long sys_##name##_from([[maybe_unused]] const std::array<u64, 6>& a) {                                                  \
        return SYSCALL_APPLY_##n(sys_##name, a, __VA_ARGS__);                                                     \
    }                                                                                                             \
    extern const SyscallDefinition syscall_##name;                                                                \
    const SyscallDefinition syscall_##name = {#name, n, {{TRACED_LIST(SYSCALL_ARGUMENT, __VA_ARGS__)}}, sys_##name##_from}; \
    TRACED_AS(long, sys_##name, syscallFunction(#name), __VA_ARGS__)
#define SYSCALL_ARGUMENT(type, name) SyscallArgument{#type, #name, renderAs<type>}
#define SYSCALL_TYPE(type, name) type
#define SYSCALL_APPLY_0(f, a, ...) f()
#define SYSCALL_APPLY_1(f, a, p) f(argumentFrom<SYSCALL_TYPE p>(a[0]))
#define SYSCALL_APPLY_2(f, a, p, q) f(argumentFrom<SYSCALL_TYPE p>(a[0]), argumentFrom<SYSCALL_TYPE q>(a[1]))
#define SYSCALL_APPLY_3(f, a, p, q, r) \
    f(argumentFrom<SYSCALL_TYPE p>(a[0]), argumentFrom<SYSCALL_TYPE q>(a[1]), argumentFrom<SYSCALL_TYPE r>(a[2]))
#define SYSCALL_APPLY_4(f, a, p, q, r, s) \
    f(argumentFrom<SYSCALL_TYPE p>(a[0]), argumentFrom<SYSCALL_TYPE q>(a[1]), argumentFrom<SYSCALL_TYPE r>(a[2]), argumentFrom<SYSCALL_TYPE s>(a[3]))
#define SYSCALL_APPLY_5(f, a, p, q, r, s, t) \
    f(argumentFrom<SYSCALL_TYPE p>(a[0]), argumentFrom<SYSCALL_TYPE q>(a[1]), argumentFrom<SYSCALL_TYPE r>(a[2]), argumentFrom<SYSCALL_TYPE s>(a[3]), argumentFrom<SYSCALL_TYPE t>(a[4]))
#define SYSCALL_APPLY_6(f, a, p, q, r, s, t, u) \
    f(argumentFrom<SYSCALL_TYPE p>(a[0]), argumentFrom<SYSCALL_TYPE q>(a[1]), argumentFrom<SYSCALL_TYPE r>(a[2]), argumentFrom<SYSCALL_TYPE s>(a[3]), argumentFrom<SYSCALL_TYPE t>(a[4]), argumentFrom<SYSCALL_TYPE u>(a[5]))
