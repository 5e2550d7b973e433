// The one emitter of events. The machine owns it; everything above `traces` reaches it through tracer().
#pragma once

#include "traces/event.hpp"
#include "traces/traced_function.hpp"

#include <array>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

namespace traces {

class Tracer {
public:
    // True when somebody listens to this kind. The only cost of tracing in a run that traces nothing.
    bool on(Kind kind) const noexcept { return (mask_ >> static_cast<unsigned>(kind)) & 1; }

    void setMask(u64 kinds) noexcept {
        recorded_ = kinds;
        mask_ = kinds | (injector_ ? bit(Kind::call) : 0);
    }
    u64 mask() const noexcept { return recorded_; }
    // An injector listens to calls: it is asked where calls are observed and nowhere else. Null: none.
    void setInjector(Injector* injector) noexcept {
        injector_ = injector;
        setMask(recorded_);
    }
    int injected(std::string_view function) { return injector_ ? injector_->error(function) : 0; }
    void addObserver(Observer* observer, u64 kinds = ~u64{0}) { listeners_.push_back({observer, kinds}); }
    void removeObserver(const Observer* observer) {
        std::erase_if(listeners_, [observer](const Listener& one) { return one.observer == observer; });
    }
    void setClock(const u64* instructions) noexcept { clock_ = instructions; }
    void setTask(int pid) noexcept { pid_ = pid; }

    // Hands one event to every observer, if the kind is on. Attributes in the vocabulary's order.
    void emit(Kind kind, std::initializer_list<Attr> attrs);
    void emit(Kind kind, std::vector<Attr> attrs);

    // For an event that nobody but this observer hears and that it gets at once, without emit(): whether that is so, and its beginning.
    bool isFor(const Observer* observer, Kind kind) const noexcept;
    Event next(Kind kind);

    u64 emitted() const noexcept { return seq_; }
    u64 emitted(Kind kind) const noexcept { return counts_[static_cast<unsigned>(kind)]; }
    int task() const noexcept { return pid_; }
    void reset();   // as if newly made: no observers, nothing on, nothing emitted (for tests)

private:
    u64 mask_ = 0;          // what somebody listens to
    u64 recorded_ = 0;      // what becomes an event
    Injector* injector_ = nullptr;
    u64 seq_ = 0;
    const u64* clock_ = nullptr;
    int pid_ = 0;
    std::array<u64, kindCount> counts_{};
    struct Listener { Observer* observer; u64 kinds; };
    std::vector<Listener> listeners_;
};

// Never destroyed: objects with static storage may still report their end after main() has returned.
union TracerStorage {
    constexpr TracerStorage() noexcept : tracer() {}
    constexpr ~TracerStorage() {}
    Tracer tracer;
};
extern constinit TracerStorage tracerStorage;
inline Tracer& tracer() noexcept { return tracerStorage.tracer; }

// How a C++ value appears in an event. Overloads for Linux's types live beside those types and are found by ADL.
template <class T>
    requires std::is_integral_v<T>
Value traceValue(T v) {
    if constexpr (std::is_same_v<T, bool>) return Value::boolean(v);
    else if constexpr (std::is_signed_v<T>) return Value::count(v);
    else return Value::hex(v);
}
inline Value traceValue(std::string_view s) { return Value::text(s); }
inline Value traceValue(const char* s) { return s ? Value::text(s) : Value::null(); }
inline Value traceValue(const std::string& s) { return Value::text(s); }
template <class E>
    requires std::is_enum_v<E>
Value traceValue(E e) {
    return Value::count(static_cast<i64>(e));
}

// traceValue() for macros: overloads in the namespace that uses the macro do not hide those above.
template <class T>
Value valueOf(const T& v) {
    return traceValue(v);
}

}  // namespace traces
