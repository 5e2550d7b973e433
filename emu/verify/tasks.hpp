// Tasks as the events of a trace make them: names, registers, who runs, who waits for his turn.
#pragma once

#include "cpu/state.hpp"
#include "emu/verify/memory.hpp"
#include "emu/verify/objects.hpp"
#include "emu/verify/rerun.hpp"

#include <optional>
#include <vector>

namespace emu {

struct FoldedTask {
    i64 number = 0;                     // under which it is known: the pid that the last task event said
    i64 pid = 0, tgid = 0;
    std::string comm;
    bool in_user_mode = false;          // it has been there: its registers are known
    cpu::Registers registers;
    std::optional<ObjectName> mm;
};

// An instruction that a fault has stopped: not counted, and the next one is the same.
inline bool isPart(const traces::Event& insn) {
    const traces::Value* told = insn.find("interrupted");
    return told && told->number;
}

class FoldedTasks {
public:
    // memory: to run instructions on it; null: their effects are taken as the events say them.
    explicit FoldedTasks(FoldedMemory* memory) {
        if (memory) rerun_.emplace(*memory);
    }

    // The number that the task had before, when it has another one now.
    std::optional<i64> task(const traces::Event& task, const FoldedObjects& objects);
    void changed(const traces::Event& set);
    std::optional<traces::Value> saved(const traces::Event& set) const;     // in the field, when the task left user mode
    void freed(const ObjectName& name);
    void met(const traces::Event& registers);                   // where no event tells which tasks there are
    void registers(const traces::Event& registers);
    void instruction(const traces::Event& insn);
    void systemCall(const traces::Event& sys_enter) const;      // the registers have what it says
    void checkAddress(const traces::Event& fault) const;        // ip is that of the task
    void switched(const traces::Event& sched_switch);
    void queue(const traces::Event& run_queue);
    void hash(traces::StateHash& state) const;                  // tasks, registers, run_queue
    void checkName(i64 pid, const std::string& comm) const;
    const ObjectName* find(i64 pid) const;
    std::size_t size() const noexcept { return tasks_.size(); }

private:
    FoldedTask& user(const traces::Event& event);
    static void apply(FoldedTask& task, const traces::Event& insn);

    std::optional<Rerun> rerun_;
    std::map<ObjectName, FoldedTask> tasks_;
    std::map<i64, ObjectName> numbers_;
    std::vector<std::string> queue_;
};

}  // namespace emu
