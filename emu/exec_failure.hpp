// Says in one line how a machine ended, and above all why a program could not be executed.
#pragma once

#include "emu/machine.hpp"
#include "traces/tracer.hpp"

#include <string>
#include <vector>

namespace emu {

std::string errnoName(int error);           // "ENOENT"
std::string describeErrno(int error);       // "ENOENT (No such file or directory)"

// Listens, until the user's program has been executed, to the rules that its exec failed.
class ExecWatcher final : public traces::Observer {
public:
    ExecWatcher();
    ~ExecWatcher() override;
    void event(const traces::Event& event) override;
    const std::vector<std::string>& refusals() const noexcept { return refusals_; }

private:
    void stop();
    bool alone_;                            // nobody traces: the rules are switched on for us only
    bool listening_ = true;
    std::vector<std::string> refusals_;     // the latest last: "e_machine == EM_X86_64 (seen 183)"
};

Outcome describeEnd(const kernel::MachineEnd&, const ExecWatcher&, const Program&, const WorldOptions&);

}  // namespace emu
