// Linux's scalar types, guest pointers and results.
#pragma once

#include "kernel_model/include/linux/uapi.hpp"
#include "traces/object.hpp"
#include "traces/scope.hpp"

#include <string>
#include <utility>

namespace kernel {

using traces::check;
using traces::Field;
using traces::Local;
using traces::Object;
using traces::traceValue;

using pid_t = int;
using uid_t = u32;
using gid_t = u32;
using umode_t = u16;
using loff_t = i64;
using dev_t = u32;          // kernel form: major << 20 | minor
using pgoff_t = u64;        // pages

constexpr u64 PAGE_SHIFT = 12, PAGE_SIZE = 4096, PAGE_MASK = ~u64{4095};
constexpr u64 PAGE_ALIGN(u64 a) { return (a + PAGE_SIZE - 1) & PAGE_MASK; }
// arch/x86/include/asm/processor.h (v3.10): 2^47 - 4096 for 64-bit tasks.
constexpr u64 TASK_SIZE = 0x7fff'ffff'f000, STACK_TOP = TASK_SIZE, STACK_TOP_MAX = TASK_SIZE;

// A guest virtual address as a type that cannot be dereferenced (Linux's __user). Use uaccess.hpp.
template <class T>
struct UserPtr {
    u64 address = 0;
    explicit operator bool() const { return address != 0; }
    UserPtr operator+(u64 n) const { return {address + n * sizeof(T)}; }
    bool operator==(const UserPtr&) const = default;
};
template <>
struct UserPtr<void> {
    u64 address = 0;
    UserPtr() = default;
    explicit UserPtr(u64 a) : address(a) {}
    template <class T> UserPtr(UserPtr<T> p) : address(p.address) {}
    explicit operator bool() const { return address != 0; }
    UserPtr operator+(u64 n) const { return UserPtr(address + n); }
};
template <class T>
traces::Value traceValue(UserPtr<T> p) { return traces::Value::hex(p.address); }

// A value or a negative errno, as Linux's ERR_PTR values are: functions that return a pointer or an object in Linux return
// Result here; those that return an int (0 or -errno) return that int.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T v) : value_(std::move(v)) {}
    static Result failure(int negative_errno) { Result r; r.error_ = negative_errno; return r; }
    bool ok() const { return error_ == 0; }
    int error() const { return error_; }            // negative, 0 when ok
    T& value() { return value_; }
    const T& value() const { return value_; }
    T& operator*() { return value_; }

private:
    Result() = default;
    template <class> friend class Result;
    T value_{};
    int error_ = 0;
};
// A new object, or null when Linux's allocation fails: which errno comes of it is the caller's to say.
template <class T>
class OrNull {
public:
    OrNull(T* object) : object_(object) {}
    static OrNull failure(int) { return nullptr; }
    operator T*() const { return object_; }
    T* operator->() const { return object_; }

private:
    T* object_;
};
template <class T>
traces::Value traceValue(const OrNull<T>& object) { return traceValue(static_cast<T*>(object)); }

struct Failure {                                    // `return Failure{-ENOENT};` in a function that returns Result<T>
    int error;
    template <class T> operator Result<T>() const { return Result<T>::failure(error); }
};
template <class T>
traces::Value traceValue(const Result<T>& r) { return r.ok() ? traceValue(r.value()) : traces::Value::count(r.error()); }

// x = TRY(expression): the value, or return the failure from the enclosing function (which returns Result or long/int).
struct FailureOrErrno {
    int error;
    template <class T> operator Result<T>() const { return Result<T>::failure(error); }
    operator int() const { return error; }
    operator long() const { return error; }
};
#define TRY(expression)                                                          \
    __extension__({                                                              \
        auto try_result = (expression);                                          \
        if (!try_result.ok()) return ::kernel::FailureOrErrno{try_result.error()}; \
        std::move(try_result.value());                                           \
    })
// For functions that return 0 or -errno: leave with the error.
#define TRY_INT(expression)                                                      \
    do {                                                                         \
        if (int try_error = (expression); try_error < 0) return ::kernel::FailureOrErrno{try_error}; \
    } while (0)

// A broken invariant of ours (never a guest's doing): says so with the last events of the trace and aborts.
[[noreturn]] void brokenInvariant(const char* what, const char* file, int line);
#define BUG_ON(condition) \
    do { if (condition) [[unlikely]] ::kernel::brokenInvariant(#condition, __FILE__, __LINE__); } while (0)

}  // namespace kernel
