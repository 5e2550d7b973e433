// Records what a selection asks for: stands between the emitter of events and the writer, opens and closes the window.
#pragma once

#include "cpu/cpu.hpp"
#include "emu/recording/guest_symbols.hpp"
#include "emu/recording/selection.hpp"

#include <array>

namespace emu {

class Recording final : public traces::Observer {
public:
    // Switches on what it needs to hear; `instructions` observes the processor while that is needed.
    Recording(TraceSelection selection, cpu::InstructionObserver& instructions, traces::Observer& to);
    ~Recording() override;
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    void event(const traces::Event& event) override;    // numbered anew: the trace has no gaps
    // For each instruction, before its event: whether it is recorded. Afterwards executed(), if it was.
    bool wants(const cpu::InstructionRecord& record, GuestSymbols& symbols);
    void executed();
    // Every instruction is recorded, as things stand, and nothing but writing it is to be done.
    bool takesAll() const noexcept { return all_ && window_ == Window::inside && !selection_.steps && kinds_ & bit(traces::Kind::insn); }
    // Where the window would have begun; null: it did, or begins with the run.
    const Break* awaited() const { return window_ == Window::before ? &*selection_.begin : nullptr; }

private:
    enum class Window : u8 { before, inside, behind };
    void begin();
    void end();
    void apply();
    void write(const traces::Event& event);

    TraceSelection selection_;
    cpu::InstructionObserver& instructions_;
    traces::Observer& to_;
    Window window_;
    u64 kinds_ = 0;                 // that are on
    u64 steps_ = 0;
    u64 seq_ = 0;
    std::array<u64, traces::kindCount> counts_{};
    bool all_ = false;              // nothing is left out: events go through as they are
};

}  // namespace emu
