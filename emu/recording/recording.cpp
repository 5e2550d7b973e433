#include "emu/recording/recording.hpp"

#include "kernel_model/include/machine.hpp"
#include "traces/tracer.hpp"

namespace emu {

using traces::bit;
using traces::Event;
using traces::Kind;
using traces::Value;

Recording::Recording(TraceSelection selection, cpu::InstructionObserver& instructions, traces::Observer& to)
    : selection_(std::move(selection)), instructions_(instructions), to_(to),
      window_(selection_.begin ? Window::before : Window::inside), all_(!selection_.partly()) {
    traces::tracer().addObserver(this);
    apply();
}

Recording::~Recording() { traces::tracer().removeObserver(this); }

void Recording::apply() {
    kinds_ = selection_.chosen | (window_ == Window::inside ? selection_.inside : 0);
    const bool awaited = window_ == Window::before;
    const u64 kernel = awaited && !selection_.begin->function.empty() ? bit(Kind::call) : 0;
    traces::tracer().setMask(selection_.listened() | kinds_ | kernel);
    const bool steps = kinds_ & bit(Kind::insn) || (awaited && !kernel);
    kernel::machine().cpu->observeInstructions(steps ? &instructions_ : nullptr);
}

void Recording::begin() {
    window_ = Window::inside;
    apply();
}

void Recording::end() {
    std::vector<Value> kinds;
    for (const traces::KindInfo& kind : traces::vocabulary())
        if (selection_.inside & ~selection_.chosen & bit(kind.kind)) kinds.push_back(Value::text(kind.name));
    const std::string steps = std::to_string(selection_.steps);
    traces::tracer().emit(Kind::truncated, {{"kinds", Value::list(std::move(kinds))},
                                            {"reason", Value::text(selection_.begin ? "end of the window of " + steps + " instructions"
                                                                                    : "limit of " + steps + " instruction events")}});
    window_ = Window::behind;
    apply();
}

bool Recording::wants(const cpu::InstructionRecord& record, GuestSymbols& symbols) {
    if (window_ == Window::before) {
        const Break& at = *selection_.begin;
        const bool here = at.address ? record.address == *at.address
                          : at.instruction ? kernel::machine().cpu->instructions() >= *at.instruction
                                           : symbols.begins(record.address, at.symbol);
        if (here) begin();
    }
    return kinds_ & bit(Kind::insn);
}

void Recording::executed() {
    if (selection_.steps && ++steps_ == selection_.steps) end();
}

void Recording::event(const Event& event) {
    const bool enters = window_ == Window::before && event.kind == Kind::call && !selection_.begin->function.empty();
    if (enters && event.find("function")->string == selection_.begin->function) begin();
    if (all_) return to_.event(event);
    if (selection_.admits(event, kinds_)) write(event);
}

void Recording::write(const Event& event) {
    Event numbered = event;
    numbered.seq = seq_++;
    if (event.kind == Kind::footer) {
        Value counts = Value::object();
        for (const traces::KindInfo& kind : traces::vocabulary())
            if (const u64 n = counts_[static_cast<std::size_t>(kind.kind)]) counts.with(kind.name, Value::count(static_cast<i64>(n)));
        for (traces::Attr& attr : numbered.attrs)
            if (attr.name == "events") attr.value = std::move(counts);
    }
    ++counts_[static_cast<std::size_t>(event.kind)];
    to_.event(numbered);
}

}  // namespace emu
