#include "emu/replay.hpp"

#include <stdexcept>

namespace emu {

using traces::Event;
using traces::Value;

namespace {

bool same(const Value* a, const Value* b) { return (a == nullptr) == (b == nullptr) && (!a || *a == *b); }

}  // namespace

bool sameWorld(const Event& recorded, const Event& now) {
    const auto refuse = [](const std::string& what) {
        throw std::runtime_error("--replay: " + what +
                                 " is another one than in the trace: give the program and the options that it was made with");
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
    return line ? "the run differs from line " + std::to_string(line) + " of " + path_ +
                      " on, though its input was the same: is a file that it reads another one?" :
                  "";
}

traces::Sink::Result TeeSink::write(std::string_view bytes) {
    static_cast<void>(second_.write(bytes));
    return first_->write(bytes);
}

}  // namespace emu
