// --inject: makes calls of kernel functions fail, as strace(1) does with system calls.
#pragma once

#include "traces/traced_function.hpp"

#include <string>
#include <vector>

namespace emu {

// FUNCTION[,FUNCTION]...:error=ERRNO[:when=FIRST[..LAST][+[STEP]]]. Calls of each function are counted from 1, from boot on.
struct Injection {
    std::string text;                       // as given
    std::vector<std::string> functions;
    int error = 0;                          // positive
    u64 first = 1, last = ~u64{0};          // without when=: every call
    u64 step = 1;                           // 0: only the first

    bool covers(u64 call) const noexcept {
        return call >= first && call <= last && (step ? (call - first) % step == 0 : call == first);
    }
};
Injection parseInjection(const std::string& text);  // throws std::runtime_error, which says what is wrong

// What a run was asked to make fail. From its construction to its destruction the tracer asks it.
class InjectionPlan final : public traces::Injector {
public:
    // Throws std::runtime_error when a function is not one of the booted kernel's that can fail.
    explicit InjectionPlan(const std::vector<std::string>& texts);
    ~InjectionPlan() override;
    InjectionPlan(const InjectionPlan&) = delete;
    InjectionPlan& operator=(const InjectionPlan&) = delete;

    int error(std::string_view function) override;
    std::string happened() const;                                           // the functions that failed, or empty
    std::vector<std::string> unused() const;                                // what never happened, a sentence each

private:
    struct Target {
        std::string function;
        u64 calls = 0, hits = 0;
        std::vector<std::size_t> injections;
    };
    Target& targetOf(const std::string& function);

    std::vector<Injection> injections_;
    std::vector<u64> hits_;                 // of each injection
    std::vector<Target> targets_;
};

}  // namespace emu
