#include "emu/state/recorder.hpp"

#include "emu/state/registers.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/machine.hpp"
#include "traces/tracer.hpp"

namespace emu {

using traces::Kind;
using traces::tracer;
using traces::Value;

StateRecorder::StateRecorder(Checkpoints when, u64 whole) : when_(when), whole_(whole) { kernel::userModeWatcher = this; }

StateRecorder::~StateRecorder() { kernel::userModeWatcher = nullptr; }

void StateRecorder::entering() {
    if (tracer().on(Kind::registers)) showRegisters();
    if (due()) checkpoint();
}

void StateRecorder::left() {
    if (tracer().on(Kind::insn)) registers_[kernel::current_task->objectSerial()].registers = kernel::machine().cpu->registers();
}

void StateRecorder::showRegisters() {
    const kernel::task_struct& task = *kernel::current_task;
    UserRegisters& known = registers_[task.objectSerial()];
    const cpu::Registers& now = kernel::machine().cpu->registers();
    Value changed = differingRegisters(known.registers, now);
    const std::string mm = task.mm ? task.mm->objectName() : "";
    if (changed.items.empty() && mm == known.mm) return;
    std::vector<traces::Attr> attrs{{"task", Value::text(task.objectName())}};
    if (mm != known.mm) attrs.push_back({"mm", Value::text(mm)});
    attrs.push_back({"regs", std::move(changed)});
    attrs.push_back({"hash", Value::hex(hashOfRegisters(now))});
    tracer().emit(Kind::registers, std::move(attrs));
    known = {now, mm};
}

bool StateRecorder::due() {
    if (when_ == Checkpoints::never) return false;
    const u64 turns = tracer().emitted(Kind::sched_process_fork) + tracer().emitted(Kind::sched_process_exec) +
                      tracer().emitted(Kind::sched_process_exit);
    const u64 instructions = kernel::machine().cpu->instructions();
    if (when_ == Checkpoints::seldom && turns == turns_ && instructions < next_) return false;
    turns_ = turns;
    next_ = instructions + interval;
    return true;
}

u64 StateRecorder::checkpoint() {
    const traces::StateHash hash = machineState(traces::partsTold(whole_ & tracer().mask()), registers_);
    tracer().emit(Kind::checkpoint, {{"hash", Value::hex(hash.digest())}, {"parts", hash.parts()}});
    return hash.digest();
}

}  // namespace emu
