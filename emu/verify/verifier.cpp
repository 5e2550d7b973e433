#include "emu/verify/verifier.hpp"

#include "cpu/features.hpp"
#include "kernel_model/include/version/version.hpp"
#include "traces/complaint.hpp"

#include <algorithm>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Part;
using traces::Value;

void Verifier::event(const Event& event) {
    demand(!ended_, "something follows the footer");
    demand((seq_ == 0) == (event.kind == Kind::header), "a trace has one header, its first line");
    if (event.kind == Kind::header) begin(event);
    envelope(event);
    dispatch(event);
    ++counts_[static_cast<std::size_t>(event.kind)];
    ++seq_;
}

void Verifier::begin(const Event& event) {
    const std::string wrong = traces::complaint(event);
    demand(wrong.empty(), wrong);
    demand(textOf(event, "schema") == traces::schemaId, "the format is not " + std::string(traces::schemaId));
    const traces::Selection selection = traces::parseCategories(textOf(event, "categories"));
    demand(selection.error.empty(), selection.error);
    kinds_ = selection.mask;
    partlyTold(event);
    parts_ = traces::partsTold(kinds_);
    const Value* frames = event.find("frames");
    const u32 carried_out = traces::bit(Part::memory) | traces::bit(Part::registers);
    const bool runs = (parts_ & carried_out) == carried_out;
    demand(frames || !runs, "the header does not say how many page frames there are");
    memory_ = std::make_unique<FoldedMemory>(frames ? static_cast<u64>(frames->asCount()) : 1 << 20);
    tasks_ = std::make_unique<FoldedTasks>(runs ? memory_.get() : nullptr);
    nesting_ = std::make_unique<Nesting>(textOf(event, "profile"));
    if (!runs) return;
    const cpu::ParsedModel model = cpu::parseModel(textOf(event, "cpu"));
    demand(model.model.has_value(), "there is no processor " + textOf(event, "cpu"));
    cpu::Cpu& cpu = memory_->processor();
    cpu.setModel(*model.model);
    cpu.setSeed(hexOf(event, "seed"));
    const bool recent = textOf(event, "profile") != "v3.10";
    cpu.setFsgsbase(recent);
    cpu.setProtectionKeys(recent);
}

void Verifier::envelope(const Event& event) {
    const std::string wrong = traces::complaint(event);
    demand(wrong.empty(), wrong);
    if (event.seq != seq_) throw Problem("'seq' should be " + std::to_string(seq_));
    demand((kinds_ | partly_) & traces::bit(event.kind), "the header says that events of this kind are not recorded");
    const u64 executed = executed_ + (event.kind == Kind::insn && !isPart(event));
    if (told(Kind::insn) && event.insn != executed) throw Problem("'insn' should be " + std::to_string(executed));
    demand(event.insn >= clock_, "the clock runs back");
    clock_ = event.insn;
    if (told(Kind::sched_switch) && event.kind != Kind::footer) whoRuns(event);
}

// Between sched_switch and the end of __switch_to either may be the one on whose behalf something happens.
void Verifier::whoRuns(const Event& event) {
    if (event.pid == running_) {
        leaving_.reset();
        return;
    }
    if (event.kind == Kind::task && countOf(event, "task_pid") == event.pid) {     // de_thread: it takes its leader's number
        const ObjectName* name = tasks_->find(running_);
        demand(name && *name == objectOf(event, "task"), "pid " + std::to_string(running_) + " runs");
        running_ = event.pid;
        return;
    }
    const bool last = event.kind == Kind::checkpoint && event.pid == 0;
    demand(last || (leaving_ && *leaving_ == event.pid), "pid " + std::to_string(running_) + " runs");
}

void Verifier::partlyTold(const Event& header) {
    const Value* options = header.find("options");
    const Value* partly = options ? options->find("partly") : nullptr;
    if (!partly) return;
    const traces::Selection selection = traces::parseCategories(partly->string);
    demand(selection.error.empty(), selection.error);
    partly_ = selection.mask & ~kinds_;
}

// From here on the state is told without these.
void Verifier::truncated(const Event& event) {
    for (const Value& name : attr(event, "kinds").items) {
        const traces::KindInfo* kind = traces::findKind(name.string);
        demand(kind, "there is no kind of event '" + name.string + "'");
        kinds_ &= ~traces::bit(kind->kind);
        partly_ &= ~traces::bit(kind->kind);
    }
    parts_ = traces::partsTold(kinds_);
}

void Verifier::dispatch(const Event& event) {
    if (!told(event.kind)) return;      // of these, what is missing is not known
    switch (event.kind) {
        case Kind::call: return nesting_->call(event);
        case Kind::ret: return nesting_->ret(event);
        case Kind::local: return told(Kind::call) ? nesting_->local(event) : void();
        case Kind::sys_enter:
            if (told(Kind::sys_exit)) nesting_->enter(event);
            if (followsRegisters()) tasks_->systemCall(event);
            return;
        case Kind::sys_exit: return told(Kind::sys_enter) ? nesting_->exit(event) : void();
        case Kind::formats: return formatsEvent(event);
        case Kind::truncated: return truncated(event);
        case Kind::checkpoint: return checkpoint(event);
        case Kind::footer: return footer(event);
        case Kind::set:
        case Kind::object_new:
        case Kind::object_free: return objectEvent(event);
        case Kind::vma:
        case Kind::pte:
        case Kind::page_fill:
        case Kind::blob:
        case Kind::user_write:
        case Kind::page_write: return memoryEvent(event);
        default: return taskEvent(event);
    }
}

// A format comes or goes; the others stay, in their order.
void Verifier::formatsEvent(const Event& event) {
    std::vector<std::string> names;
    for (const Value& name : attr(event, "names").items) names.push_back(name.string);
    const auto& [few, many] = std::minmax(formats_, names, [](const auto& a, const auto& b) { return a.size() < b.size(); });
    const auto differ = std::ranges::mismatch(few, many);
    demand(few.size() + 1 == many.size() && std::equal(differ.in1, few.end(), differ.in2 + 1, many.end()),
           "one format comes or goes at a time");
    formats_ = std::move(names);
}

void Verifier::objectEvent(const Event& event) {
    if (event.kind == Kind::set) {
        if (told(Kind::object_new) && told(Kind::object_free)) objects_.changed(event, tasks_->saved(event));
        return tasks_->changed(event);
    }
    if (event.kind == Kind::object_new) return objects_.made(event);
    if (!told(Kind::object_new)) return;
    objects_.freed(event);
    const ObjectName name = objectOf(event, "object");
    if (name.type == "task_struct") tasks_->freed(name);
    if (name.type == "mm_struct") memory_->freed(name);
}

void Verifier::memoryEvent(const Event& event) {
    switch (event.kind) {
        case Kind::vma: return memory_->area(event);
        case Kind::pte: return memory_->entry(event);
        case Kind::blob: return memory_->blob(event);
        default: break;
    }
    if (!(parts_ & traces::bit(Part::memory))) return;
    if (event.kind == Kind::page_fill) memory_->fill(event);
    else if (event.kind == Kind::user_write) memory_->write(event);
    else memory_->writeFrame(event);
}

void Verifier::taskEvent(const Event& event) {
    switch (event.kind) {
        case Kind::task: {
            const i64 pid = countOf(event, "task_pid");
            const bool fresh = !tasks_->find(pid);
            announced_ = pid;
            const std::optional<i64> before = tasks_->task(event, objects_);
            if (before) nesting_->renumbered(*before, pid);
            return fresh && !before ? nesting_->born(pid, event.pid) : void();
        }
        case Kind::sched_switch:
            demand(countOf(event, "prev_pid") == event.pid, "the task that stops is the one that runs");
            leaving_ = event.pid;
            running_ = countOf(event, "next_pid");
            return tasks_->switched(event);
        case Kind::sched_process_fork:
            demand(!told(Kind::task) || announced_ == countOf(event, "child_pid"), "the child is pid " + std::to_string(announced_));
            demand(countOf(event, "parent_pid") == event.pid, "the parent is the task that runs");
            tasks_->checkName(countOf(event, "child_pid"), textOf(event, "child_comm"));
            return tasks_->checkName(countOf(event, "parent_pid"), textOf(event, "parent_comm"));
        case Kind::sched_process_exit: return tasks_->checkName(event.pid, textOf(event, "comm"));
        case Kind::signal_generate:
            demand(!told(Kind::task) || tasks_->find(countOf(event, "target_pid")),
                   "there is no pid " + std::to_string(countOf(event, "target_pid")));
            return tasks_->checkName(countOf(event, "target_pid"), textOf(event, "comm"));
        case Kind::page_fault_user:
        case Kind::exception: return followsRegisters() ? tasks_->checkAddress(event) : void();
        case Kind::run_queue: return tasks_->queue(event);
        case Kind::registers:
            if (!told(Kind::task)) tasks_->met(event);
            return tasks_->registers(event);
        case Kind::insn:
            if (followsRegisters()) tasks_->instruction(event);
            executed_ += !isPart(event);
            return;
        default: return;
    }
}

void Verifier::checkpoint(const Event& event) {
    traces::StateHash state(parts_);
    tasks_->hash(state);
    memory_->hash(state);
    objects_.hash(state);
    for (const std::string& name : formats_) state.line(Part::formats, name);
    if (parts_ & traces::bit(Part::tables) && parts_ & traces::bit(Part::areas))
        memory_->check(parts_ & traces::bit(Part::objects) ? objects_.mapCounts() : std::map<u64, i64>());
    const Value parts = state.parts();
    const Value* theirs = event.find("parts");
    demand(theirs, "a checkpoint without its parts");
    for (std::size_t i = 0; i < parts.keys.size(); ++i) {
        const Value* part = theirs->find(parts.keys[i]);
        demand(part && *part == parts.items[i], "the machine's " + parts.keys[i] + " were not what the events made of them");
    }
    demand(theirs->items.size() == parts.items.size(), "a checkpoint with more parts than the header announces");
    demand(state.digest() == hexOf(event, "hash"), "the hash is not that of the parts");
    last_hash_ = state.digest();
    ++checkpoints_;
}

void Verifier::footer(const Event& event) {
    demand(event.pid == 0, "the footer is on behalf of no task: its pid is 0");
    const Value& counts = attr(event, "events");
    for (const traces::KindInfo& kind : traces::vocabulary()) {
        const Value* told = counts.find(kind.name);
        const u64 n = counts_[static_cast<std::size_t>(kind.kind)];
        demand((told ? told->number : 0) == n, "there were " + std::to_string(n) + " events of the kind " + std::string(kind.name) +
                                                   ", the footer says " + std::to_string(told ? told->number : 0));
    }
    demand(static_cast<u64>(countOf(event, "instructions")) == event.insn, "the number of instructions is not the clock's");
    if (const Value* state = event.find("state_hash"))
        demand(last_hash_ && state->number == *last_hash_, "the final state is not that of the last checkpoint");
    demand(hash_before_() == hexOf(event, "hash"), "the bytes before the footer have another hash");
    ended_ = true;
}

}  // namespace emu
