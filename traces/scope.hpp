// Tracing of functions and of named values inside them. It hangs on a function's definition, never in its body.
#pragma once

#include "traces/traced_function.hpp"
#include "traces/tracer.hpp"

namespace traces {

// One call of a modelled kernel function: `call` now, `return` when the function ends normally. A task that dies
// inside (TaskDead unwinds its kernel stack) leaves its calls open, as function_graph on a real kernel does.
class CallScope {
public:
    CallScope(std::string_view function, std::initializer_list<Attr> arguments);
    CallScope(const CallScope&) = delete;
    CallScope& operator=(const CallScope&) = delete;

    // Closes the call without a body: it was made to fail.
    void fail(Value result) { close(std::move(result), true); }

    // Runs the body and closes the call with its result. A call that is made to fail does not run its body.
    template <class Body>
    decltype(auto) run(Body&& body) {
        using Result = decltype(body());
        if constexpr (std::is_void_v<Result>) {
            body();
            close(Value::null());
        } else {
            if constexpr (Fallible<Result>::possible)
                if (const int error = tracer().injected(function_)) {
                    Result value = Fallible<Result>::failure(error);
                    fail(traceValue(value));
                    return value;
                }
            decltype(auto) value = body();
            close(traceValue(value));
            return value;
        }
    }

private:
    void close(Value result, bool injected = false);
    std::string_view function_;
};

// A named local of a kernel function, such as elf_bss: every assignment that changes it is a `local` event.
template <class T>
class Local {
public:
    Local(const char* name, T v = {}) : name_(name), value_(v) {}
    Local(const Local&) = delete;
    Local& operator=(const Local& other) { return *this = other.value_; }
    Local& operator=(T v) {
        if (tracer().on(Kind::local) && !(value_ == v)) [[unlikely]]
            tracer().emit(Kind::local, {{"name", Value::text(name_)}, {"value", traceValue(v)}});
        value_ = v;
        return *this;
    }
    Local& operator+=(T v) { return *this = value_ + v; }
    operator const T&() const noexcept { return value_; }

private:
    const char* name_;
    T value_;
};

// A rule that the kernel applies to its input, with what it saw; returns `passed`. The `check` event of the trace.
template <class T>
bool check(std::string_view rule, bool passed, const T& seen) {
    if (tracer().on(Kind::check)) [[unlikely]]
        tracer().emit(Kind::check, {{"rule", Value::text(rule)}, {"passed", Value::boolean(passed)}, {"seen", traceValue(seen)}});
    return passed;
}

}  // namespace traces

// TRACED_AS's label is what the trace calls the function, evaluated only when somebody listens; it must stay alive.
// TRACED(int, copy_fs, (unsigned long, clone_flags), (task_struct*, tsk)) { body }
// Defines a kernel function whose calls, arguments and result are in the trace. Prefix with `static` for file-local ones.
#define TRACED(ret, name, ...) TRACED_AS(ret, name, #name, __VA_ARGS__)
#define TRACED_AS(ret, name, label, ...)                                                                     \
    ret name(TRACED_LIST(TRACED_PARAM, __VA_ARGS__));                                                        \
    static ret name##_traced_body(TRACED_LIST(TRACED_PARAM, __VA_ARGS__));                                   \
    ret name(TRACED_LIST(TRACED_PARAM, __VA_ARGS__)) {                                                       \
        if (!traces::tracer().on(traces::Kind::call)) [[likely]]                                             \
            return name##_traced_body(TRACED_LIST(TRACED_PASS, __VA_ARGS__));                                \
        traces::CallScope scope{label, {TRACED_LIST(TRACED_ATTR, __VA_ARGS__)}};                             \
        return scope.run([&]() -> ret { return name##_traced_body(TRACED_LIST(TRACED_PASS, __VA_ARGS__)); });         \
    }                                                                                                        \
    static std::string_view name##_traced_label() { return label; }                                          \
    TRACED_REGISTER(name, traces::Fallible<ret>::possible)                                                   \
    static ret name##_traced_body(TRACED_LIST(TRACED_PARAM, __VA_ARGS__))

// The same for a function that never returns.
#define TRACED_NORETURN(name, ...)                                                                           \
    [[noreturn]] static void name##_traced_body(TRACED_LIST(TRACED_PARAM, __VA_ARGS__));                     \
    [[noreturn]] void name(TRACED_LIST(TRACED_PARAM, __VA_ARGS__)) {                                         \
        if (traces::tracer().on(traces::Kind::call))                                                         \
            traces::CallScope{#name, {TRACED_LIST(TRACED_ATTR, __VA_ARGS__)}};                               \
        name##_traced_body(TRACED_LIST(TRACED_PASS, __VA_ARGS__));                                           \
    }                                                                                                        \
    [[noreturn]] static void name##_traced_body(TRACED_LIST(TRACED_PARAM, __VA_ARGS__))

// The table of traced functions: a pointer each in a section of its own, which the linker puts together.
#define TRACED_REGISTER(name, fallible)                                                                      \
    static constexpr traces::TracedFunction name##_traced{name##_traced_label, __FILE__, fallible};          \
    [[gnu::section("traced_functions"), gnu::used]] static const traces::TracedFunction* const name##_traced_entry = &name##_traced;

#define TRACED_PARAM(type, name) [[maybe_unused]] type name
#define TRACED_PASS(type, name) name
#define TRACED_ATTR(type, name) traces::Attr{#name, traces::valueOf(name)}
#define TRACED_COUNT(...) TRACED_COUNT_(0 __VA_OPT__(, ) __VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define TRACED_COUNT_(z, a, b, c, d, e, f, g, h, n, ...) n
#define TRACED_CAT(a, b) TRACED_CAT_(a, b)
#define TRACED_CAT_(a, b) a##b
#define TRACED_LIST(m, ...) TRACED_CAT(TRACED_LIST_, TRACED_COUNT(__VA_ARGS__))(m __VA_OPT__(, ) __VA_ARGS__)
#define TRACED_LIST_0(m)
#define TRACED_LIST_1(m, a) m a
#define TRACED_LIST_2(m, a, b) m a, m b
#define TRACED_LIST_3(m, a, b, c) m a, m b, m c
#define TRACED_LIST_4(m, a, b, c, d) m a, m b, m c, m d
#define TRACED_LIST_5(m, a, b, c, d, e) m a, m b, m c, m d, m e
#define TRACED_LIST_6(m, a, b, c, d, e, f) m a, m b, m c, m d, m e, m f
#define TRACED_LIST_7(m, a, b, c, d, e, f, g) m a, m b, m c, m d, m e, m f, m g
#define TRACED_LIST_8(m, a, b, c, d, e, f, g, h) m a, m b, m c, m d, m e, m f, m g, m h
