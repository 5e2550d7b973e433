#include "emu/tools/account.hpp"

#include "traces/json_text.hpp"

#include <algorithm>
#include <charconv>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

constexpr std::size_t shownInstructions = 4;   // at the beginning, and as many at the end
constexpr std::size_t shownCalls = 12;
constexpr std::size_t shownSteps = 16;
constexpr std::size_t mostKept = 256;
constexpr std::size_t mostStackBytes = 1 << 16;
constexpr int initPid = 1;

std::vector<std::string> texts(const Event& event, std::string_view attr) {
    std::vector<std::string> out;
    if (const Value* list = event.find(attr))
        for (const Value& item : list->items) out.push_back(item.string);
    return out;
}

std::string callText(const Event& event) {
    std::string out = showText(event, "name") + "(";
    if (const Value* args = event.find("args"))
        for (std::size_t i = 0; i < args->items.size(); ++i) out += (i ? ", " : "") + printable(args->items[i].string);
    return out + ")";
}

std::string resultText(const Event& event) {
    const Value* result = event.find("result");
    return result ? showResult(*result) : "?";
}

bool isFork(std::string_view name) { return name == "fork" || name == "vfork" || name == "clone" || name == "clone3"; }

const Value* argument(const Event& event, std::string_view name) {
    const Value* args = event.find("args");
    return args ? args->find(name) : nullptr;
}

std::optional<u64> address(const Event& event, std::string_view name) {
    const Value* value = argument(event, name);
    return value ? std::optional(value->number) : std::nullopt;
}

constexpr u64 pageWritable = 2;   // SDM Vol. 3A, 4.5: R/W of a page-table entry

// A hostile trace has no end of them.
template <class Item>
void keep(std::vector<Item>& items, Item item) {
    if (items.size() < mostKept) items.push_back(std::move(item));
}

}  // namespace

void Account::event(const Event& event) {
    anywhere(event);
    if (story_.child && event.pid == story_.child && !entered_) learnRegisters(event);
    switch (chapter_) {
        case Chapter::boot: return boot(event);
        case Chapter::fork: return fork(event);
        case Chapter::child: return child(event);
        case Chapter::exec: return exec(event);
        case Chapter::run: return run(event);
        case Chapter::over: return over(event);
    }
}

void Account::anywhere(const Event& event) {
    if (event.kind == Kind::header) {
        story_.argv = texts(event, "argv");
        story_.env = texts(event, "env");
        registersTold_ = traces::parseCategories(showText(event, "categories")).mask & traces::bit(Kind::registers);
    }
    if (event.kind == Kind::unsupported && story_.unsupported.size() < shownCalls)
        story_.unsupported.push_back(showText(event, "what") + " " + showText(event, "name") + ": " + showText(event, "consequence"));
    if (event.kind == Kind::footer) story_.machineStatus = count(event, "exit_status");
    if (story_.execResult) others(event);
}

// What becomes of the tasks that the program makes, in the order of time.
void Account::others(const Event& event) {
    using What = ExecStory::Step::What;
    const bool child = family_.contains(event.pid);
    if (!child && event.pid != story_.child) return;
    const auto add = [&](What what, u64 number, std::string text) {
        if (story_.others.size() < shownSteps) story_.others.push_back({what, event.pid, number, std::move(text)});
        else ++story_.moreOthers;
    };
    if (event.kind == Kind::sys_enter && isFork(showText(event, "name"))) childCall_ = callText(event);
    if (event.kind == Kind::sched_process_fork) {
        add(What::fork, static_cast<u64>(count(event, "child_pid")), childCall_);
        family_.insert(static_cast<int>(count(event, "child_pid")));
    }
    if (event.kind == Kind::sched_process_exec) add(What::exec, 0, showText(event, "filename"));
    if (event.kind != Kind::sched_process_exit || !child) return;
    add(What::exit, number(event, "exit_code"), "");
    family_.erase(event.pid);
}

// A `registers` tells what is other than before: in user mode, too, where the trace has no `insn`.
void Account::learnRegisters(const Event& event) {
    if (!registersTold_ || (event.kind != Kind::registers && event.kind != Kind::insn)) return;
    if (const Value* regs = event.find("regs"))
        for (std::size_t i = 0; i < std::min(regs->keys.size(), regs->items.size()) && registers_.size() < mostKept; ++i)
            registers_[regs->keys[i]] = regs->items[i].number;
    if (!story_.execResult || event.kind != Kind::registers) return;
    entered_ = true;
    if (*story_.execResult == "0") story_.entry = registers_;
}

void Account::boot(const Event& event) {
    if (event.kind == Kind::call && showText(event, "function") == "__register_binfmt") {
        const Value* format = argument(event, "fmt");
        const Value* insert = argument(event, "insert");
        const bool atHead = insert && insert->number != 0;
        if (format && story_.formats.size() < mostKept)
            story_.formats.insert(atHead ? story_.formats.begin() : story_.formats.end(), printable(format->string));
    }
    if (event.kind == Kind::sys_enter && event.pid == initPid && isFork(showText(event, "name"))) {
        story_.parent = event.pid;
        story_.forkCall = callText(event);
        chapter_ = Chapter::fork;
    }
}

void Account::fork(const Event& event) {
    if (event.pid != story_.parent) return;
    const bool counted = showText(event, "type") == "vm_area_struct";   // by their vma events
    if (event.kind == Kind::object_new && event.find("from") && !counted)
        keep(story_.duplicates, std::pair(showText(event, "object"), showText(event, "from")));
    if (event.kind == Kind::vma && showText(event, "op") == "add") ++story_.copiedAreas;
    const u64 before = number(event, "old"), after = number(event, "new");
    if (event.kind == Kind::pte && (before & pageWritable) && after && !(after & pageWritable)) ++story_.protectedPages;
    if (event.kind == Kind::sys_exit && isFork(showText(event, "name"))) {   // it failed
        story_.duplicates.clear();
        chapter_ = Chapter::boot;
    }
    if (event.kind != Kind::sched_process_fork) return;
    story_.child = static_cast<int>(count(event, "child_pid"));
    chapter_ = Chapter::child;
}

void Account::child(const Event& event) {
    if (event.kind != Kind::sys_enter || event.pid != story_.child || showText(event, "name") != "execve") return;
    story_.execCall = callText(event);
    chapter_ = Chapter::exec;
}

void Account::execCallOf(const Event& event) {
    const std::string function = showText(event, "function");
    const bool begins = event.kind == Kind::call;
    if (function == "create_elf_tables") tables_ = begins;
    if (function == "start_thread" && begins) {
        story_.ip = address(event, "new_ip");
        story_.sp = address(event, "new_sp");
    }
    if ((function == "flush_old_exec" || function == "begin_new_exec") && begins) story_.flushed = function;
    if (!function.starts_with("load_") || !(function.ends_with("_binary") || function == "load_script")) return;
    if (begins) keep(story_.answers, {function, "", ""});
    else
        for (auto& answer : story_.answers)
            if (answer.format == function && answer.result.empty()) answer.result = resultText(event);
}

void Account::refusal(const Event& event) {
    std::string rule = showText(event, "rule");
    if (event.find("seen")) rule += " (" + show(*event.find("seen")) + ")";
    const auto open = std::ranges::find_if(story_.answers, [](const auto& answer) { return answer.result.empty(); });
    if (open == story_.answers.end()) keep(story_.refusals, std::move(rule));
    else open->reason = std::move(rule);
}

void Account::exec(const Event& event) {
    if (event.pid != story_.child) return;
    const std::string object = showText(event, "object");
    if (event.kind == Kind::call || event.kind == Kind::ret) execCallOf(event);
    if (event.kind == Kind::set && object.starts_with("linux_binprm#") && story_.answers.empty()) {
        const std::string field = showText(event, "field");
        const auto known = std::ranges::find(story_.bprm, field, &ExecStory::Line::name);
        const std::string value = show(*event.find("new"));
        if (known != story_.bprm.end()) known->value = value;
        else keep(story_.bprm, {field, value});
    }
    if (event.kind == Kind::set && object.starts_with("task_struct#") && showText(event, "field") == "mm") {
        story_.oldMm = show(*event.find("old"));
        story_.newMm = show(*event.find("new"));
    }
    if (event.kind == Kind::check && !number(event, "passed")) refusal(event);
    if (event.kind == Kind::vma) spaces_.event(event);
    if (event.kind == Kind::user_write && tables_ && event.find("bytes")) {
        const std::string bytes = traces::bytesFromHex(event.find("bytes")->string);
        for (std::size_t i = 0; i < bytes.size() && story_.stack.size() < mostStackBytes; ++i)
            story_.stack[number(event, "address") + i] = static_cast<u8>(bytes[i]);
    }
    if (event.kind == Kind::sched_process_exit) return run(event);
    if (event.kind != Kind::sys_exit || showText(event, "name") != "execve") return;
    story_.execResult = resultText(event);
    story_.started = event.insn;
    story_.areas = spaces_.of(story_.newMm);
    chapter_ = Chapter::run;
}

void Account::systemCall(const Event& event) {
    if (event.kind == Kind::sys_enter && story_.calls.size() == shownCalls) ++story_.moreCalls;
    if (story_.moreCalls) return;
    if (event.kind == Kind::sys_enter) {
        call_ = straceCall(event);
        const StraceText text = straceArguments(call_, false);
        story_.calls.push_back({straceBeginning(call_, text) + (text.after.empty() ? "" : "…") + ")", {}});
    }
    if (event.kind == Kind::user_write) call_.takeWrite(event);
    if (event.kind != Kind::sys_exit || story_.calls.empty() || story_.calls.back().result) return;
    call_.takeResult(event);
    const StraceText text = straceArguments(call_, true);
    story_.calls.back() = {straceBeginning(call_, text) + straceRest(call_, text) + ")", straceResult(call_)};
}

void Account::run(const Event& event) {
    if (event.pid != story_.child) return;
    if (event.kind == Kind::page_fault_user) ++story_.faults;
    if (event.kind == Kind::insn && !event.find("interrupted")) {
        const ExecStory::Instruction one{number(event, "address"), showText(event, "text")};
        if (story_.first.size() < shownInstructions) story_.first.push_back(one);
        else story_.last.push_back(one);
        if (story_.last.size() > shownInstructions) story_.last.pop_front();
    }
    systemCall(event);
    if (event.kind != Kind::sched_process_exit) return;
    story_.exitCode = number(event, "exit_code");
    story_.ended = event.insn;
    chapter_ = Chapter::over;
}

void Account::over(const Event& event) {
    const std::string name = showText(event, "name");
    if (event.kind == Kind::sys_exit && event.pid == story_.parent && name.starts_with("wait") && !story_.waited)
        story_.waited = name + "() = " + resultText(event);
}

}  // namespace emu
