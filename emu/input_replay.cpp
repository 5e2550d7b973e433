#include "emu/input_replay.hpp"

#include "emu/exec_failure.hpp"
#include "emu/world_header.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/stop.hpp"
#include "traces/json_text.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <unistd.h>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

constexpr std::string_view streamNames[] = {"stdin", "stdout", "stderr"};       // as `input` events have them
constexpr std::string_view TERMINAL = "terminal";
constexpr u64 LATEST = u64{1} << 62;            // virtual time, ns: dates are behind 2100 by far and fit
constexpr struct { std::string_view name; int number; } hostSignals[] = {{"SIGINT", SIGINT}, {"SIGQUIT", SIGQUIT}, {"SIGWINCH", SIGWINCH}};

u64 now() { return kernel::machine().cpu->instructions(); }

// The text of an attribute, which a hand-made trace may lack; one that looks like a number is a number there.
std::string textOf(const Event& event, std::string_view name) {
    const Value* value = event.find(name);
    return value && value->type == Value::Type::text ? value->string : "";
}

// Of a hand-made trace it may be anything.
std::optional<u64> countOf(const Event& event, std::string_view name) {
    const Value* value = event.find(name);
    return value && value->type == Value::Type::count ? std::optional(value->number) : std::nullopt;
}

bool isHex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == text.npos; }

}  // namespace

InputReplay::InputReplay(const std::string& path, Without without) : in_(path) {
    header_ = *in_.next();
    screens_ = recordedScreens(header_);
    has_input_ = !header_.find("categories") || traces::parseCategories(textOf(header_, "categories")).mask & traces::bit(Kind::input);
    if (!has_input_ && without == Without::isError) in_.refuse(in_.reader().line(), "the trace was made without the category input (-e)");
    if (has_input_) findNext();
}

void InputReplay::findNext() {
    do next_ = in_.next();
    while (next_ && next_->kind != Kind::input);
}

void InputReplay::advance() {
    try {
        findNext();
    } catch (const std::exception& error) {     // this is a fiber of the kernel's: nothing may leave it
        next_.reset();
        stop(error.what());
    }
}

const Event* InputReplay::at(std::string_view source) const {
    return next_ && next_->insn == now() && textOf(*next_, "source") == source ? &*next_ : nullptr;
}

std::string InputReplay::nextRecorded() const {
    if (!next_) return "nothing more was recorded";
    return "line " + std::to_string(in_.reader().line()) + " recorded input of " + textOf(*next_, "source") + " at instruction " +
           std::to_string(next_->insn);
}

long InputReplay::stop(const std::string& what) {
    if (problem_.empty()) problem_ = "the run differs from " + in_.name() + " at instruction " + std::to_string(now()) + ": " + what;
    kernel::stop_requested = 1;
    return -EIO;
}

long InputReplay::takeBytes(std::span<u8> to) {
    const std::string digits = textOf(*next_, "bytes");
    if (digits.size() / 2 > to.size()) return stop("it reads " + std::to_string(to.size()) + " bytes, " + nextRecorded() + ", more of it");
    if (!isHex(digits) || digits.size() % 2) return malformed("no bytes");
    const std::string bytes = traces::bytesFromHex(digits);
    std::ranges::copy(bytes, to.begin());
    return static_cast<long>(bytes.size());
}

long InputReplay::read(int stream, std::span<u8> to) {
    const std::string name(streamNames[stream]);
    if (!problem_.empty()) return -EIO;
    if (!next_) return stop("it reads " + name + " once more than was recorded");
    if (!at(name)) return stop("it reads " + name + ", " + nextRecorded());
    const std::string failure = textOf(*next_, "error");
    const long got = failure.empty() ? takeBytes(to) : -errnoNamed(failure);
    if (!failure.empty() && got == 0) return malformed("'" + failure + "' is no errno");
    if (problem_.empty()) advance();
    return got;
}

long InputReplay::write(int stream, u64 size) {
    const Event* const failed = problem_.empty() ? at(streamNames[stream]) : nullptr;
    const std::optional<u64> left = failed ? countOf(*failed, "left") : std::nullopt;
    if (!left || *left > size) return static_cast<long>(size);
    if (*left < size) return static_cast<long>(size - *left);
    const int error = errnoNamed(textOf(*failed, "error"));
    if (!error) return malformed("no errno");
    advance();
    return -error;
}

int InputReplay::takeKeys(kernel::TypedAhead& ahead) {
    while (const Event* const event = problem_.empty() ? at(TERMINAL) : nullptr) {
        const std::string how = textOf(*event, "ahead");
        const int error = errnoNamed(textOf(*event, "error"));
        if (how.empty() && (!error || event->find("look"))) break;
        std::vector<u8> bytes(textOf(*event, "bytes").size() / 2);
        if (takeBytes(bytes) < 0) return -EIO;
        advance();
        if (how.empty()) return -error;
        if (how == "line") ahead.lines.push_back(std::move(bytes));
        else ahead.unfinished = std::move(bytes);
    }
    taken_ = true;
    return 0;
}

// One event of a look: a signal, keys behind the `got` that came before, or what the terminal ended with.
long InputReplay::takeOfLook(std::span<u8> to, long got) {
    if (const std::string name = textOf(*next_, "signal"); !name.empty()) {
        const auto* const signal = std::ranges::find(hostSignals, name, [](const auto& one) { return one.name; });
        if (signal == std::end(hostSignals)) return malformed("'" + name + "' is none of a terminal's signals");
        const u64 rows = countOf(*next_, "rows").value_or(screens_.rows), columns = countOf(*next_, "columns").value_or(screens_.columns);
        if (rows > UINT16_MAX || columns > UINT16_MAX) return malformed("no terminal is so large");
        signals_.push_back({signal->number, static_cast<u16>(rows), static_cast<u16>(columns)});
        return got;
    }
    if (next_->find("error")) return -EIO;
    const long more = takeBytes(to.subspan(static_cast<u64>(got)));
    return more < 0 ? more : got + more;
}

// A look of which the trace tells nothing has waited in vain.
long InputReplay::keys(u64 look, std::span<u8> to, u64& wait_ns) {
    if (!problem_.empty()) return 0;
    const bool typed = next_ && textOf(*next_, "source") == TERMINAL;
    const u64 recorded = typed ? countOf(*next_, "look").value_or(look + 1) : look + 1;
    if (typed && (recorded < look || (recorded == look && next_->insn != now()))) stop("it looks for what is typed, " + nextRecorded());
    else if (recorded > look && wait_ns == ~u64{0})
        stop("it waits for what is typed, " +
             (has_input_ ? nextRecorded() : "and " + in_.name() + " was made without the category input (-e)"));
    if (!problem_.empty()) return 0;
    if (recorded > look) {
        wait_ns = 0;
        return 0;
    }
    const u64 waited = countOf(*next_, "waited").value_or(0);
    if (waited > wait_ns || waited > LATEST - std::min(kernel::ktime_get(), LATEST))
        return malformed("it waited for longer than it could"), 0;
    wait_ns -= waited;
    long got = 0;
    while (problem_.empty() && got >= 0 && at(TERMINAL) && countOf(*next_, "look") == look) {
        got = takeOfLook(to, got);
        if (problem_.empty()) advance();
    }
    return got;
}

int InputReplay::takeSignal() {
    if (signals_.empty()) return 0;
    const HostSignal signal = signals_.front();
    signals_.pop_front();
    screens_.rows = signal.rows;
    screens_.columns = signal.columns;
    return signal.number;
}

long InputReplay::write(std::span<const u8> from) {
    return screen_ < 0 ? static_cast<long>(from.size()) : ::write(screen_, from.data(), from.size());
}

void InputReplay::ended() {
    if (!problem_.empty() || !next_) return;
    problem_ =
        "the run differs from " + in_.name() + ": it ended before it read what line " + std::to_string(in_.reader().line()) + " recorded";
}

}  // namespace emu
