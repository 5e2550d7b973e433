// A Tenet trace (github.com/gaasedelen/tenet, tracers/README.md) of one task: a line for each instruction, with the registers that are
// not what they were at the last line, and with the memory that was read and written since then. A line is the state before its
// instruction.
#include "emu/export/exporter.hpp"
#include "emu/export/instruction_reads.hpp"
#include "emu/export/traced_memory.hpp"
#include "emu/log.hpp"
#include "emu/tools/read_trace.hpp"
#include "emu/tools/text.hpp"
#include "traces/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <map>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

// Those that Tenet knows, in its order; rip is last and on every line.
constexpr std::array<std::string_view, 17> REGISTERS = {"rax", "rbx", "rcx", "rdx", "rbp", "rsp", "rsi", "rdi", "r8",
                                                        "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip"};
constexpr std::size_t RIP = REGISTERS.size() - 1;
constexpr std::size_t mostTasks = 100'000;
constexpr std::size_t mostBefore = std::size_t{64} << 20;      // bytes of text that one exec may write into its new memory
constexpr int initPid = 1;

std::string hexDigits(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) {
        out += "0123456789abcdef"[static_cast<u8>(byte) >> 4];
        out += "0123456789abcdef"[static_cast<u8>(byte) & 15];
    }
    return out;
}

class TenetExport final : public traces::Observer {
public:
    explicit TenetExport(const ExportTarget& target) : out_(target.path), wanted_(target.pid) {}
    void event(const Event& event) override;
    void finish() {
        if (began_) out_.put("," + rip(tasks_[followed_].registers[RIP]) + "\n");
        out_.flush();
    }

private:
    using Registers = std::array<u64, REGISTERS.size()>;

    struct Task {
        Registers registers{};
        std::string mm;             // its address space
        AddressRegisters others;    // but for the general ones
        AddressRegisters addressing() const;
    };

    static std::string rip(u64 address) { return "rip=" + hex(address); }
    Task& task(int pid);
    void learn(const Event& event);
    void write(const std::string& mm, const Value* address, const Value* bytes);
    void kernelWrite(const Event& event);
    void read(const Event& event, const AddressRegisters& before);
    void instruction(const Event& event);
    void exec(const Event& event);
    void tell(const Event& event);
    void put(const std::string& item) {
        out_.put((began_ ? "," : "") + item);
        began_ = true;
    }

    Output out_;
    TracedMemory memory_;                   // for what instructions read
    int wanted_;                            // 0: the program, from its exec on
    int followed_ = 0;                      // 0: nobody yet
    bool over_ = false;
    bool began_ = false;                    // a line
    bool first_ = true;
    Registers shown_{};
    std::map<int, Task> tasks_;             // that have been in user mode
    std::map<int, std::string> before_;     // what a task's exec wrote into its new memory
};

AddressRegisters TenetExport::Task::addressing() const {
    constexpr std::array<std::size_t, 16> places = {0, 2, 3, 1, 5, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};      // in REGISTERS, by number
    AddressRegisters out = others;
    for (std::size_t i = 0; i < places.size(); ++i) out.general[i] = registers[places[i]];
    return out;
}

// "ymm0": a list of four.
void learnVector(AddressRegisters& registers, std::string_view name, const Value& words) {
    unsigned which = 16;
    if (!name.starts_with("ymm") || words.items.size() != 4) return;
    std::from_chars(name.data() + 3, name.data() + name.size(), which);
    for (std::size_t i = 0; which < 16 && i < 4; ++i) registers.vectors[which][i] = words.items[i].number;
}

TenetExport::Task& TenetExport::task(int pid) {
    if (tasks_.size() == mostTasks && !tasks_.contains(pid))
        throw TraceProblem("more than " + std::to_string(mostTasks) + " tasks at once");
    return tasks_[pid];
}

void TenetExport::learn(const Event& event) {
    Task& current = task(event.pid);
    if (const std::string mm = showText(event, "mm"); !mm.empty()) current.mm = mm;
    const Value* regs = event.find("regs");
    for (std::size_t i = 0; regs && i < regs->keys.size(); ++i) {
        if (regs->keys[i] == "fs_base") current.others.fs_base = regs->items[i].number;
        if (regs->keys[i] == "gs_base") current.others.gs_base = regs->items[i].number;
        learnVector(current.others, regs->keys[i], regs->items[i]);
        if (const auto at = std::ranges::find(REGISTERS, regs->keys[i]); at != REGISTERS.end())
            current.registers[static_cast<std::size_t>(at - REGISTERS.begin())] = regs->items[i].number;
    }
}

// What is there before the instruction writes.
void TenetExport::read(const Event& event, const AddressRegisters& before) {
    const Value* encoding = event.find("bytes");
    if (!encoding || event.find("interrupted")) return;
    const std::string code = traces::bytesFromHex(encoding->string);
    const std::span bytes(reinterpret_cast<const u8*>(code.data()), code.size());
    const MemoryWord word = [&](u64 address) -> std::optional<u64> {
        const std::string content = memory_.read(event.pid, address, sizeof(u64));
        u64 value = 0;
        if (content.size() != sizeof value) return std::nullopt;
        std::memcpy(&value, content.data(), sizeof value);
        return value;
    };
    for (const MemoryRead& one : memoryReads(bytes, number(event, "address") + code.size(), before, task(event.pid).addressing(), word)) {
        const std::string content = memory_.read(event.pid, one.address, one.size);
        if (!content.empty()) put("mr=" + hex(one.address) + ":" + hexDigits(content));
    }
}

// Whoever wrote it: threads and the kernel write into the followed task's memory, too.
void TenetExport::write(const std::string& mm, const Value* address, const Value* bytes) {
    if (followed_ && mm == tasks_[followed_].mm && address && bytes && !bytes->string.empty())
        put("mw=" + hex(address->number) + ":" + bytes->string);
}

void TenetExport::kernelWrite(const Event& event) {
    const std::string mm = event.find("mm") ? showText(event, "mm") : task(event.pid).mm;
    write(mm, event.find("address"), event.find("bytes"));
    if (followed_ || wanted_ || event.pid == initPid || mm == task(event.pid).mm) return;
    std::string& before = before_[event.pid];
    const std::string item = "mw=" + hex(number(event, "address")) + ":" + showText(event, "bytes");
    if (before.size() + item.size() > mostBefore) throw TraceProblem("exec writes more than " + std::to_string(mostBefore >> 20) + " MiB");
    before += (before.empty() ? "" : ",") + item;
}

void TenetExport::instruction(const Event& event) {
    if (wanted_ == event.pid && !followed_) followed_ = event.pid;
    Registers& registers = task(event.pid).registers;
    registers[RIP] = number(event, "address");
    if (followed_ == event.pid) {
        for (std::size_t i = 0; i < RIP; ++i)
            if (first_ || registers[i] != shown_[i]) put(std::string(REGISTERS[i]) + "=" + hex(registers[i]));
        put(rip(registers[RIP]));
        out_.put("\n");
        shown_ = registers;
        first_ = began_ = false;
    }
    const Value* bytes = event.find("bytes");
    const AddressRegisters before = task(event.pid).addressing();
    if (!event.find("interrupted")) registers[RIP] += bytes ? bytes->string.size() / 2 : 0;
    learn(event);
    if (followed_ == event.pid) read(event, before);
    const Value* memory = event.find("memory");
    for (std::size_t i = 0; memory && i < memory->items.size(); ++i)
        write(task(event.pid).mm, memory->items[i].find("address"), memory->items[i].find("bytes"));
}

// Tenet has one memory: what a task runs after another exec is another story.
void TenetExport::exec(const Event& event) {
    if (followed_ == event.pid) {
        over_ = true;
        warn("pid " + std::to_string(event.pid) + " executes another program at line " + std::to_string(event.seq + 1) +
             ": the export ends there");
    } else if (!followed_ && !wanted_ && event.pid != initPid) {
        followed_ = event.pid;
        if (const std::string& before = before_[event.pid]; !before.empty()) put(before);
        before_.clear();
    }
}

void TenetExport::event(const Event& event) {
    if (over_) return;
    tell(event);
    memory_.event(event);
}

void TenetExport::tell(const Event& event) {
    switch (event.kind) {
        case Kind::header:
            if (!(traces::parseCategories(showText(event, "categories")).mask & traces::bit(Kind::insn)))
                throw TraceProblem("the trace was made without instructions (-e)");
            break;
        case Kind::footer:
            if (!followed_)
                warn(wanted_ ? "pid " + std::to_string(wanted_) + " executes no instruction in this trace" :
                               "no program is executed in this trace");
            break;
        case Kind::registers: learn(event); break;
        case Kind::insn: instruction(event); break;
        case Kind::user_write: kernelWrite(event); break;
        case Kind::sys_enter: before_.erase(event.pid); break;
        case Kind::sched_process_exec: exec(event); break;
        case Kind::sched_process_exit:
            before_.erase(event.pid);
            if (event.pid == followed_) over_ = true;
            else tasks_.erase(event.pid);
            break;
        case Kind::truncated:
            if (const Value* kinds = event.find("kinds");
                kinds && std::ranges::any_of(kinds->items, [](const Value& kind) { return kind.string == "insn"; })) {
                warn("instructions are missing from line " + std::to_string(event.seq + 1) + " on: the export ends there");
                over_ = true;
            }
            break;
        default: break;
    }
}

}  // namespace

extern const ExportFormat tenetFormat;
const ExportFormat tenetFormat = {"tenet", "each instruction of one task, for Tenet", false, makeExporter<TenetExport>, "--pid"};

}  // namespace emu
