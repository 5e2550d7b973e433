// Says in one line how a machine ended, and above all why a program could not be executed.
#pragma once

#include "emu/machine.hpp"
#include "traces/tracer.hpp"

#include <string>
#include <vector>

namespace emu {

constexpr int MAIN_PID = 3;                 // of the user's program: init is 1, kthreadd 2

constexpr const char* DOS_LINE_END = "its line ends as those of DOS do, \\r\\n, and the \\r belongs to the name";

std::string errnoName(int error);           // "ENOENT"
int errnoNamed(std::string_view name);      // 0: none of errno(3)
std::string describeErrno(int error);       // "ENOENT (No such file or directory)"

// Listens to the rules that the exec of the user's program fails, until that execve returns.
class ExecWatcher final : public traces::Observer {
public:
    ExecWatcher();
    ~ExecWatcher() override;
    void event(const traces::Event& event) override;
    const std::string& refusal() const noexcept { return refusal_; }

private:
    void stop();
    bool alone_;                            // nobody traces: the rules are switched on for us only
    bool listening_ = true;
    bool is_elf_ = false;
    std::string refusal_;                   // the rule that decided: the ELF loader's first, else the last
};

// injected: the functions that --inject made fail, or empty.
Outcome describeEnd(const kernel::MachineEnd&, const ExecWatcher&, const Program&, const WorldOptions&, const std::string& injected);

}  // namespace emu
