#include "emu/elf/exec_verdict.hpp"

#include <algorithm>
#include <array>
#include <sys/stat.h>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;
using Step = ExecVerdict::Step;

namespace {

// What is checked in them has little to do with the file.
constexpr std::array<std::string_view, 14> GENERAL_FUNCTIONS = {
    "vm_mmap", "vm_munmap", "vm_brk", "vm_brk_flags", "get_unmapped_area", "get_arg_page", "insert_vm_struct", "expand_downwards",
    "may_expand_vm", "do_page_fault", "exc_page_fault", "copy_strings", "copy_strings_kernel", "copy_string_kernel"};

constexpr std::string_view SEARCH = "search_binary_handler";

bool isFormat(std::string_view function) {
    return function.starts_with("load_") && (function.ends_with("_binary") || function == "load_script");
}

const Value* argument(const Event& event, std::string_view name) {
    const Value* args = event.find("args");
    return args ? args->find(name) : nullptr;
}

// A negative errno, also in the hex of a function that returns an address; else 0.
int errorOf(const Value* result) {
    if (!result || (result->type != Value::Type::count && result->type != Value::Type::hex)) return 0;
    const i64 value = result->asCount();
    return value < 0 && value >= -4095 ? static_cast<int>(value) : 0;
}

// The function with the argument that says what it was about.
std::string callText(const Event& event) {
    const std::string function = showText(event, "function");
    for (const char* name : {"pathname", "name", "filename"})
        if (const Value* path = argument(event, name); path && path->type == Value::Type::text) return function + "(" + show(*path) + ")";
    return function;
}

// As ls(1) shows it.
std::string modeText(u64 mode) {
    constexpr std::string_view types = "?pc?d?b?-?l?s???", letters = "rwxrwxrwx";
    std::string text{types[mode >> 12 & 15]};
    for (std::size_t i = 0; i < letters.size(); ++i) text += mode >> (8 - i) & 1 ? letters[i] : '-';
    constexpr std::pair<u64, std::size_t> special[] = {{S_ISUID, 3}, {S_ISGID, 6}, {S_ISVTX, 9}};
    for (const auto& [bit, place] : special)
        if (mode & bit) text[place] = static_cast<char>((place == 9 ? 't' : 's') - (text[place] == 'x' ? 0 : 'a' - 'A'));
    return text;
}

// Modes as letters and magic numbers in the order of the file's bytes: what they are is hard to see in one number.
std::string seenText(std::string_view rule, const Value& seen) {
    if (seen.type != Value::Type::hex) return show(seen);
    if (rule.starts_with("S_ISREG(") || rule == "the caller may execute the file") return modeText(seen.number);
    if (!rule.starts_with("e_ident begins with")) return show(seen);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (int shift = 0; shift < 32; shift += 8) {
        const u64 byte = seen.number >> shift;
        text += std::string(shift ? " " : "") + digits[byte >> 4 & 15] + digits[byte & 15];
    }
    return text;
}

std::string_view bare(std::string_view function) { return function.substr(0, function.find('(')); }

}  // namespace

u64 ExecObserver::kinds() noexcept {
    u64 mask = 0;
    for (const Kind kind : {Kind::call, Kind::ret, Kind::local, Kind::set, Kind::check, Kind::vma, Kind::sys_enter, Kind::sys_exit,
                            Kind::sched_process_exit, Kind::unsupported})
        mask |= traces::bit(kind);
    return mask;
}

void ExecObserver::event(const Event& event) {
    if (event.kind == Kind::call && showText(event, "function") == "__register_binfmt") registered(event);
    if (event.pid != pid_) return;
    if (event.kind == Kind::vma) areas_.event(event);
    if (event.kind == Kind::sys_enter && showText(event, "name") == "execve" && !verdict_.began) listening_ = verdict_.began = true;
    if (event.kind == Kind::sched_process_exit) finish(event);
    if (!listening_) return;
    switch (event.kind) {
        case Kind::call: return begin(event);
        case Kind::ret: return end(event);
        case Kind::check: return check(event);
        case Kind::set: return changed(event);
        case Kind::local: return local(event);
        case Kind::unsupported: return lacks(event);
        case Kind::sys_exit: return finish(event);
        default: return;
    }
}

void ExecObserver::registered(const Event& event) {
    const Value *format = argument(event, "fmt"), *insert = argument(event, "insert");
    if (format) formats_.insert(insert && insert->number ? formats_.begin() : formats_.end(), printable(format->string));
}

// The one of the list that a search asks by calling this function. After the last one it may begin again.
std::string ExecObserver::nextFormat(const std::string& function) {
    const auto search = std::find_if(calls_.rbegin(), calls_.rend(), [](const Call& call) { return call.function == SEARCH; });
    if (search == calls_.rend() || formats_.empty()) return function;
    if (search->asked == formats_.size()) step(Step::Kind::again, "");
    return formats_[search->asked++ % formats_.size()];
}

int ExecObserver::depth() const {
    return static_cast<int>(std::ranges::count_if(calls_, [](const Call& call) { return !call.format.empty(); }));
}

bool ExecObserver::inside(std::string_view function) const {
    return std::ranges::any_of(calls_, [&](const Call& call) { return bare(call.function) == function; });
}

void ExecObserver::step(Step::Kind kind, std::string text) { verdict_.steps.push_back({kind, depth(), std::move(text), {}}); }

void ExecObserver::taken(const std::string& interpreter) {
    const auto format = std::find_if(calls_.rbegin(), calls_.rend(), [](const Call& call) { return !call.format.empty(); });
    if (format != calls_.rend()) verdict_.takers.push_back({format->format, file_, interpreter});
}

void ExecObserver::begin(const Event& event) {
    const std::string function = showText(event, "function");
    Call call{callText(event), isFormat(function) ? nextFormat(function) : ""};
    if (!call.format.empty()) step(Step::Kind::format, call.format + (call.format == function ? "" : ": " + function));
    if (function == SEARCH) {
        file_ = interp_;
        step(Step::Kind::search, show(Value::text(file_)));
    }
    if ((function == "elf_map" || function == "elf_load") && !inside("elf_load")) {
        land(event);
        call.mapping = true;
    }
    if (function == "start_thread") {
        if (const Value* ip = argument(event, "new_ip")) verdict_.ip = ip->number;
        if (const Value* sp = argument(event, "new_sp")) verdict_.sp = sp->number;
    }
    calls_.push_back(std::move(call));
}

void ExecObserver::land(const Event& event) {
    const Value* header = argument(event, "eppnt");
    if (!header) return;
    const auto field = [&](std::string_view name) {
        const Value* value = header->find(name);
        return value ? value->number : 0;
    };
    verdict_.landings.push_back({inside("load_elf_interp"), static_cast<u32>(field("p_flags")), field("p_offset"), field("p_vaddr"),
                                 field("p_filesz"), field("p_memsz"), {}});
}

// Functions whose task died inside them have no return: those above the one that returns are dropped.
void ExecObserver::end(const Event& event) {
    const std::string function = showText(event, "function");
    while (!calls_.empty() && bare(calls_.back().function) != function) calls_.pop_back();
    if (calls_.empty()) return;
    Call call = std::move(calls_.back());
    calls_.pop_back();
    leave(call, event);
}

void ExecObserver::leave(Call& call, const Event& event) {
    const Value* result = event.find("result");
    const int error = errorOf(result);
    if (!calls_.empty()) calls_.back().passed += call.passed;
    if (call.mapping && result && !error && !verdict_.landings.empty()) verdict_.landings.back().page = result->number;
    if (!call.format.empty()) step(Step::Kind::answer, result ? showResult(*result) : "");
    if (error) failed(call, error);
}

// An error comes from where it first appeared, as long as it is handed on. When every format refuses the file, the one
// that found most to agree with says why.
void ExecObserver::failed(Call& call, int error) {
    ExecVerdict::Cause cause{call.function, error, call.refused ? call.refused : call.below, call.passed};
    const auto below = call.causes.find(error);
    if (below != call.causes.end() && (below->second.check || !call.refused)) cause = below->second;
    if (!call.format.empty()) cause.passed = call.passed;
    if (calls_.empty()) {
        verdict_.cause = cause;
        return;
    }
    Call& above = calls_.back();
    above.below = cause.check;
    const auto known = above.causes.find(error);
    const bool worse = !call.format.empty() && known != above.causes.end() && known->second.passed >= cause.passed;
    if (!worse) above.causes[error] = cause;
}

void ExecObserver::lacks(const Event& event) {
    verdict_.lacking = showText(event, "name");
    step(Step::Kind::missing, verdict_.lacking + ": " + showText(event, "consequence"));
}

void ExecObserver::check(const Event& event) {
    const auto general = [](const Call& call) {
        return std::ranges::find(GENERAL_FUNCTIONS, bare(call.function)) != GENERAL_FUNCTIONS.end();
    };
    ExecVerdict::Check one{showText(event, "rule"), event.find("seen") ? seenText(showText(event, "rule"), *event.find("seen")) : "",
                           calls_.empty() ? "" : std::string(bare(calls_.back().function)), number(event, "passed") != 0,
                           std::ranges::any_of(calls_, general)};
    if (!calls_.empty()) {
        if (one.passed) ++calls_.back().passed;
        else calls_.back().refused = one;
    }
    if (!verdict_.steps.empty()) {
        ExecVerdict::Check& last = verdict_.steps.back().check;
        if (last.rule == one.rule && last.passed == one.passed && last.function == one.function) {
            ++last.times;
            last.seen = one.seen;
            return;
        }
    }
    step(Step::Kind::check, "");
    verdict_.steps.back().check = std::move(one);
}

void ExecObserver::changed(const Event& event) {
    const std::string object = showText(event, "object"), field = showText(event, "field");
    const Value* value = event.find("new");
    if (!value) return;
    const bool bprm = object.starts_with("linux_binprm#");
    if (bprm && field == "mm" && value->type == Value::Type::text) mm_ = value->string;
    if (bprm && field == "interp") {
        interp_ = value->string;
        if (!depth()) return;
        const std::string text = show(*value) + (argument_.empty() ? "" : " with the argument " + show(Value::text(argument_)));
        argument_.clear();
        step(Step::Kind::names, text);
        taken(text);
    }
    const bool gone = (bprm && field == "point_of_no_return") || (object.starts_with("task_struct#") && field == "mm");
    if (!gone || verdict_.no_return) return;
    verdict_.no_return = true;
    taken("");
    step(Step::Kind::no_return, calls_.empty() ? "" : std::string(bare(calls_.back().function)));
}

void ExecObserver::local(const Event& event) {
    const Value* value = event.find("value");
    const std::string name = showText(event, "name");
    if (!value || value->type != Value::Type::text) return;
    if (name == "elf_interpreter") step(Step::Kind::names, show(*value));
    if (name == "i_arg") argument_ = value->string;
}

void ExecObserver::finish(const Event& event) {
    if (event.kind == Kind::sched_process_exit) {
        if (verdict_.no_return) verdict_.signal = static_cast<int>(number(event, "exit_code") & 0x7f);
        listening_ = false;
        return;
    }
    verdict_.result = count(event, "result");
    verdict_.areas = areas_.of(mm_);
    listening_ = false;
}

}  // namespace emu
