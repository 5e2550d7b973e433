#include "emu/injection.hpp"

#include "emu/exec_failure.hpp"
#include "kernel_model/include/injection.hpp"
#include "kernel_model/include/linux/uapi.hpp"
#include "kernel_model/include/version/version.hpp"
#include "traces/tracer.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <tuple>

namespace emu {

namespace {

constexpr int MAX_ERRNO = 4095;

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t at = 0;;) {
        const std::size_t end = text.find(separator, at);
        parts.push_back(text.substr(at, end - at));
        if (end == std::string::npos) return parts;
        at = end + 1;
    }
}

// A number at the front of `text`, which loses it; 0 when there is none.
u64 takeNumber(std::string_view& text) {
    u64 number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{}) return 0;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

// Linux's own names of what never reaches a program, beside those of errno(3).
struct KernelErrno {
    std::string_view name;
    int number;
};
constexpr KernelErrno KERNEL_ERRNOS[] = {{"ERESTARTSYS", ERESTARTSYS},
                                         {"ERESTARTNOINTR", ERESTARTNOINTR},
                                         {"ERESTARTNOHAND", ERESTARTNOHAND},
                                         {"ENOIOCTLCMD", ENOIOCTLCMD},
                                         {"ERESTART_RESTARTBLOCK", ERESTART_RESTARTBLOCK}};

int parseErrno(const std::string& text) {
    std::string_view rest = text;
    if (const u64 number = takeNumber(rest); rest.empty() && number >= 1 && number <= MAX_ERRNO) return static_cast<int>(number);
    for (const KernelErrno& one : KERNEL_ERRNOS)
        if (text == one.name) return one.number;
    return errnoNamed(text);
}

bool parseWhen(std::string_view text, Injection& injection) {
    injection.first = takeNumber(text);
    injection.step = 0;
    if (!injection.first) return false;
    if (text.starts_with("..")) {
        text.remove_prefix(2);
        injection.last = takeNumber(text);
        injection.step = 1;
        if (injection.last < injection.first) return false;
    }
    if (text.empty()) return true;
    if (text[0] != '+') return false;
    text.remove_prefix(1);
    injection.step = text.empty() ? 1 : takeNumber(text);
    return injection.step != 0 && text.empty();
}

[[noreturn]] void refuse(const std::string& text, const std::string& why) { throw std::runtime_error("--inject " + text + ": " + why); }

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
        }
    }
    return row.back();
}

// Those that contain the name first, then the nearest; equals by name.
std::string nearMatches(const std::string& name, std::vector<std::string> names) {
    constexpr std::size_t most = 3;
    const auto rank = [&](const std::string& one) {
        const bool inside = !name.empty() && one.find(name) != std::string::npos;
        return std::tuple(!inside, distance(name, one), one);
    };
    std::ranges::sort(names, {}, rank);
    std::string text;
    for (std::size_t i = 0; i < std::min(most, names.size()); ++i) text += (i ? ", " : "") + names[i];
    return text;
}

}  // namespace

Injection parseInjection(const std::string& text) {
    const std::vector<std::string> parts = split(text, ':');
    Injection injection;
    injection.text = text;
    injection.functions = split(parts[0], ',');
    if (std::ranges::find(injection.functions, "") != injection.functions.end()) refuse(text, "names no function");
    for (std::size_t i = 1; i < parts.size(); ++i) {
        if (parts[i].starts_with("error=")) {
            injection.error = parseErrno(parts[i].substr(6));
            if (!injection.error) refuse(text, "'" + parts[i].substr(6) + "' is no errno");
        } else if (parts[i].starts_with("when=")) {
            if (!parseWhen(parts[i].substr(5), injection))
                refuse(text, "'" + parts[i] + "' is not when=FIRST[..LAST][+[STEP]], counted from 1");
        } else {
            refuse(text, "'" + parts[i] + "' is neither error=ERRNO nor when=FIRST[..LAST][+[STEP]]");
        }
    }
    if (!injection.error) refuse(text, "error=ERRNO is missing");
    return injection;
}

InjectionPlan::InjectionPlan(const std::vector<std::string>& texts) {
    if (texts.empty()) return;          // the names cost a tenth of a small program's run
    const std::vector<std::string> names = kernel::fallibleFunctions();
    for (const std::string& text : texts) {
        const Injection injection = parseInjection(text);
        for (const std::string& function : injection.functions) {
            const std::string near = nearMatches(function, names);
            if (!std::ranges::binary_search(names, function)) {
                if (kernel::hasTracedFunction(function)) refuse(text, function + " cannot fail");
                refuse(text, std::string(kernel::version().profile) + " has no function " + function + "; near it: " + near);
            }
            targetOf(function).injections.push_back(injections_.size());
        }
        injections_.push_back(injection);
    }
    hits_.resize(injections_.size());
    if (!injections_.empty()) traces::tracer().setInjector(this);
}

InjectionPlan::~InjectionPlan() {
    if (!injections_.empty()) traces::tracer().setInjector(nullptr);
}

InjectionPlan::Target& InjectionPlan::targetOf(const std::string& function) {
    const auto found = std::ranges::find(targets_, function, &Target::function);
    return found != targets_.end() ? *found : targets_.emplace_back(Target{function, 0, 0, {}});
}

int InjectionPlan::error(std::string_view function) {
    const auto target = std::ranges::find(targets_, function, &Target::function);
    if (target == targets_.end()) return 0;
    ++target->calls;
    for (const std::size_t i : target->injections) {
        if (!injections_[i].covers(target->calls)) continue;
        ++hits_[i];
        ++target->hits;
        kernel::followInjection(injections_[i].error);
        return injections_[i].error;
    }
    return 0;
}

std::string InjectionPlan::happened() const {
    std::string names;
    for (const Target& target : targets_)
        if (target.hits) names += (names.empty() ? "" : ", ") + target.function;
    return names;
}

std::vector<std::string> InjectionPlan::unused() const {
    std::vector<std::string> sentences;
    for (std::size_t i = 0; i < injections_.size(); ++i) {
        if (hits_[i]) continue;
        std::string calls;
        for (const Target& target : targets_)
            if (std::ranges::find(target.injections, i) != target.injections.end())
                calls += (calls.empty() ? "" : ", ") + target.function + " was called " + std::to_string(target.calls) + " times";
        sentences.push_back("--inject " + injections_[i].text + " changed nothing: " + calls);
    }
    return sentences;
}

}  // namespace emu
