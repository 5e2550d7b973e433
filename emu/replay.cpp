#include "emu/replay.hpp"

#include "kernel_model/include/stop.hpp"
#include "traces/json_text.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

// The text of an attribute, which a hand-made trace may lack; one that looks like a number is a number there.
std::string textOf(const Event& event, std::string_view name) {
    const Value* value = event.find(name);
    return value && value->type == Value::Type::text ? value->string : "";
}

bool same(const Value* a, const Value* b) { return (a == nullptr) == (b == nullptr) && (!a || *a == *b); }

bool isHex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == text.npos; }

}  // namespace

InputReplay::InputReplay(const std::string& path) : in_(path) {
    header_ = *in_.next();
    if (!(traces::parseCategories(textOf(header_, "categories")).mask & traces::bit(Kind::input)) && header_.find("categories"))
        in_.refuse(in_.reader().line(), "the trace was made without the category input (-e)");
    advance();
}

void InputReplay::advance() {
    do next_ = in_.next();
    while (next_ && next_->kind != Kind::input);
    if (next_ && textOf(*next_, "source") == "terminal") in_.refuse(in_.reader().line(), "what was typed at a terminal cannot be replayed");
}

long InputReplay::stop(const std::string& what, u64 instructions) {
    if (problem_.empty()) problem_ = "the run differs from " + in_.name() + " at instruction " + std::to_string(instructions) + ": " + what;
    kernel::stop_requested = 1;
    return -EIO;
}

long InputReplay::read(const char* source, std::span<u8> to, u64 instructions) {
    if (!problem_.empty()) return -EIO;
    if (!next_) return stop(std::string("it reads ") + source + " once more than was recorded", instructions);
    const std::string recorded = "line " + std::to_string(in_.reader().line()) + " recorded input of " + textOf(*next_, "source") + " at instruction " +
                                 std::to_string(next_->insn);
    const std::string digits = textOf(*next_, "bytes");
    if (textOf(*next_, "source") != source || next_->insn != instructions) return stop(std::string("it reads ") + source + ", " + recorded, instructions);
    if (digits.size() / 2 > to.size()) return stop("it reads " + std::to_string(to.size()) + " bytes, " + recorded + ", more of it", instructions);
    if (!isHex(digits)) return stop(recorded + ", but no bytes", instructions);
    const std::string bytes = traces::bytesFromHex(digits);
    std::ranges::copy(bytes, to.begin());
    try {
        advance();
    } catch (const std::exception& error) {     // this is a fiber of the kernel's: nothing may leave it
        next_.reset();
        stop(error.what(), instructions);
    }
    return static_cast<long>(bytes.size());
}

void InputReplay::ended() {
    if (!problem_.empty() || !next_) return;
    problem_ = "the run differs from " + in_.name() + ": it ended before it read what line " + std::to_string(in_.reader().line()) + " recorded";
}

bool sameWorld(const Event& recorded, const Event& now) {
    const auto refuse = [](const std::string& what) {
        throw std::runtime_error("--replay: " + what + " is another one than in the trace: give the program and the options that it was made with");
    };
    for (const char* name : {"tool", "profile", "cpu", "seed", "program", "program_hash", "argv", "env", "frames"})
        if (!same(recorded.find(name), now.find(name))) refuse(std::string("'") + name + "'");
    const Value none = Value::object();
    const Value* a = recorded.find("options");
    const Value* b = now.find("options");
    bool recording = same(recorded.find("categories"), now.find("categories"));
    for (const Value* options : {a, b})
        for (const std::string& key : options ? options->keys : none.keys) {
            const bool equal = same((a ? a : &none)->find(key), (b ? b : &none)->find(key));
            const bool recorded_only = key == "only" || key == "partly" || key == "steps";
            if (!equal && !recorded_only) refuse("'options." + key + "'");
            recording = recording && equal;
        }
    return recording;
}

std::string Replay::ended() {
    input_.ended();
    if (!input_.problem().empty()) return input_.problem();
    const u64 line = same_ ? recorded_.differs() : 0;
    return line ? "the run differs from line " + std::to_string(line) + " of " + path_ + " on, though its input was the same: is a file that it reads another one?" : "";
}

traces::Sink::Result TeeSink::write(std::string_view bytes) {
    static_cast<void>(second_.write(bytes));
    return first_->write(bytes);
}

}  // namespace emu
