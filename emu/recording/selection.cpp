#include "emu/recording/selection.hpp"

#include "kernel_model/include/injection.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/version/version.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace emu {

namespace {

using traces::bit;
using traces::Kind;

constexpr u64 CALLS = bit(Kind::call) | bit(Kind::ret), SYSCALLS = bit(Kind::sys_enter) | bit(Kind::sys_exit),
              STEPS = bit(Kind::insn) | bit(Kind::registers);

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.push_back(text.substr(0, end));
        if (end == text.size()) return parts;
        text.remove_prefix(end + 1);
    }
}

template <class T>
bool parseNumber(std::string_view text, T& number, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc() && end == text.data() + text.size();
}

bool isSyscall(std::string_view name) {
    for (u64 number = 0; number <= kernel::version().lastSyscall; ++number) {
        const char* one = kernel::syscallNameOfLinux(number);
        if (one && name == one) return true;
    }
    return false;
}

// Those that never return are in no table: nothing can make them fail.
bool isKernelFunction(std::string_view name) {
    constexpr std::string_view final[] = {"do_exit", "do_group_exit", "do_task_dead", "cpu_startup_entry"};
    const bool recent = kernel::version().profile != "v3.10";
    const bool known = std::ranges::find(final, name) != std::end(final) && (recent || name != "do_task_dead");
    return known || kernel::hasTracedFunction(name);
}

// One of LIST that is no category; false: nothing is called like that.
bool addNamed(std::string_view name, TraceSelection& selection) {
    const bool away = name.starts_with('!');
    if (away) name.remove_prefix(1);
    auto& syscalls = away ? selection.no_syscalls : selection.syscalls;
    if (name.starts_with('%')) {
        const std::string_view names = syscallsOfClass(name.substr(1));
        for (const std::string_view one : split(names, ' ')) syscalls.emplace(one);
        return !names.empty();
    }
    if (isSyscall(name)) syscalls.emplace(name);
    else if (isKernelFunction(name)) (away ? selection.no_functions : selection.functions).emplace(name);
    else return false;
    return true;
}

void parseList(const std::string& list, TraceSelection& selection) {
    std::string categories;
    for (const std::string_view item : split(list, ',')) {
        const bool category = traces::parseCategories(item).error.empty();
        if (!category && addNamed(item, selection)) continue;
        if (!category)
            throw std::runtime_error("-e trace=" + list + ": " + traces::parseCategories(item).error + "; nor is it a system call, a class of them (" +
                                     syscallClasses() + ") or a function of " + std::string(kernel::version().profile));
        (categories += categories.empty() ? "" : ",") += item;
    }
    const bool named = !selection.functions.empty() || !selection.syscalls.empty();
    selection.chosen = traces::parseCategories(!categories.empty() ? categories : named ? "none" : "all").mask;
    if (named || selection.narrowed()) selection.described.push_back("trace=" + list);
}

void parsePids(const std::string& list, TraceSelection& selection) {
    if (list.empty()) return;
    for (const std::string_view item : split(list, ',')) {
        i64 pid = 0;
        if (!parseNumber(item, pid) || pid < 0)
            throw std::runtime_error("-e pid=" + list + ": '" + std::string(item) + "' is no process id");
        selection.pids.insert(pid);
    }
    selection.described.push_back("pid=" + list);
}

Break parseBreak(const std::string& text, const std::string& option) {
    Break at;
    at.text = option + " " + text;
    u64 number = 0;
    if (text.starts_with("0x") && parseNumber(std::string_view(text).substr(2), number, 16)) at.address = number;
    else if (parseNumber(text, number) && number) at.instruction = number;
    else if (text.empty() || text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))
        throw std::runtime_error(option + " '" + text + "' is neither a function, an address 0x... nor a number of instructions from 1");
    else if (isKernelFunction(text)) at.function = text;
    else at.symbol = text;
    return at;
}

void parseWindow(const std::string& text, TraceSelection& selection) {
    const std::size_t colon = text.rfind(':');
    selection.begin = parseBreak(text.substr(0, colon), "--window");
    if (colon != std::string::npos && selection.steps)
        throw std::runtime_error("--window " + text + " says how many instructions already: leave --steps out");
    if (colon != std::string::npos && (!parseNumber(std::string_view(text).substr(colon + 1), selection.steps) || !selection.steps))
        throw std::runtime_error("--window " + text + ": '" + text.substr(colon + 1) + "' is no number of instructions from 1");
    selection.chosen &= ~STEPS;
    selection.inside = STEPS;
    selection.described.push_back("window=" + text);
}

}  // namespace

u64 TraceSelection::listened() const {
    return chosen | (functions.empty() ? 0 : CALLS) | (syscalls.empty() ? 0 : SYSCALLS);
}

u64 TraceSelection::narrowed() const { return (no_functions.empty() ? 0 : CALLS) | (no_syscalls.empty() ? 0 : SYSCALLS); }

u64 TraceSelection::whole() const { return pids.empty() ? (chosen | (begin ? 0 : inside)) & ~narrowed() : traces::alwaysOn(); }

u64 TraceSelection::partly() const { return (listened() | inside) & ~whole(); }

bool TraceSelection::admits(const traces::Event& event, u64 kinds) const {
    if (traces::alwaysOn() & bit(event.kind)) return true;
    if (!pids.empty() && !pids.contains(event.pid)) return false;
    const auto named = [&event](const char* attr, const auto& names) {
        const traces::Value* name = event.find(attr);
        return name && names.contains(name->string);
    };
    if (kinds & bit(event.kind))
        return !(narrowed() & bit(event.kind)) || !(CALLS & bit(event.kind) ? named("function", no_functions) : named("name", no_syscalls));
    return (CALLS & bit(event.kind) && named("function", functions)) || (SYSCALLS & bit(event.kind) && named("name", syscalls));
}

TraceSelection selectionFrom(const TraceOptions& options) {
    TraceSelection selection;
    selection.steps = options.steps;
    parseList(options.categories.empty() ? "all" : options.categories, selection);
    parsePids(options.pids, selection);
    if (!options.window.empty() && !options.full_from.empty()) throw std::runtime_error("--window and --full-from exclude each other");
    if (!options.window.empty()) parseWindow(options.window, selection);
    if (!options.full_from.empty()) {
        if (options.categories.empty()) selection.chosen = traces::alwaysOn();
        selection.begin = parseBreak(options.full_from, "--full-from");
        selection.inside = traces::everything();
        selection.described.push_back("full-from=" + options.full_from);
    }
    if (options.steps && !options.full_from.empty())
        throw std::runtime_error("--full-from records to the end: with a bound, it is --window BREAK:M");
    if (options.steps && !((selection.chosen | selection.inside) & bit(Kind::insn)))
        throw std::runtime_error("-e trace=" + options.categories + " records no instructions that --steps could bound");
    const bool bounded = options.steps || (options.categories.empty() && options.full_from.empty());
    if (bounded && !selection.begin && selection.chosen & bit(Kind::insn)) {
        selection.inside = STEPS & selection.chosen;
        selection.chosen &= ~STEPS;
        selection.steps = options.steps ? options.steps : DEFAULT_STEPS;
    }
    return selection;
}

}  // namespace emu
