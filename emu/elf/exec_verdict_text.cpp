#include "emu/elf/exec_verdict.hpp"
#include "emu/exec_failure.hpp"
#include "emu/run_report/signal_codes.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <elf.h>

namespace emu {

namespace {

using Step = ExecVerdict::Step;

std::string permissions(u32 flags) { return {flags & PF_R ? 'r' : '-', flags & PF_W ? 'w' : '-', flags & PF_X ? 'x' : '-'}; }
std::string range(u64 start, u64 end) { return hex(start) + "-" + hex(end); }

std::string because(const ExecVerdict::Check& check) {
    return "\"" + check.rule + "\" does not hold" + (check.seen.empty() ? "" : ": it is " + check.seen);
}

class Teller {
public:
    Teller(const ExecVerdict& verdict, Checks checks, const Screen& screen) : v_(verdict), checks_(checks), screen_(screen) {}
    std::string tell(const std::string& path) {
        title("What execve does with " + printable(path));
        for (const Step& step : v_.steps) tell(step);
        quietChecks();
        landings();
        areas();
        title("Verdict");
        verdict();
        return std::move(out_);
    }

private:
    void title(const std::string& text) { out_ += "\n" + screen_.paint(Style::bold, text) + '\n'; }
    static std::string indent(int depth) { return std::string(static_cast<std::size_t>(2 + 4 * depth), ' '); }
    void line(int depth, const std::string& text) { out_ += indent(depth) + text + '\n'; }
    void line(int depth, Style style, const std::string& text, const std::string& tail);
    void tell(const Step&);
    void check(const Step&);
    void quietChecks();
    void landings();
    void landing(const ExecVerdict::Landing&);
    void areas();
    void verdict();
    void takers();
    void failure();
    std::string place() const;

    const ExecVerdict& v_;
    Checks checks_;
    const Screen& screen_;
    std::string out_;
    u64 quiet_ = 0;                         // passed checks that were not shown
    int quiet_depth_ = 0;
    std::string format_;                    // the function of the one that is asked: its own checks do not name it
};

void Teller::quietChecks() {
    if (quiet_) line(quiet_depth_, screen_.paint(Style::dim, "· " + std::to_string(quiet_) + (quiet_ == 1 ? " check" : " checks") +
                                                                  " of memory and arguments passed"));
    quiet_ = 0;
}

// The tail ends where the screen does, or on a line of its own.
void Teller::line(int depth, Style style, const std::string& text, const std::string& tail) {
    const std::size_t room = std::min(screen_.width, 100u) - indent(depth).size() - columns(tail);
    const bool fits = columns(text) + 2 <= room && room <= 100;
    if (fits || tail.empty())
        return line(depth, screen_.paint(style, tail.empty() ? text : pad(text, room)) + screen_.paint(Style::dim, tail));
    line(depth, screen_.paint(style, text));
    line(depth + 1, screen_.paint(Style::dim, tail));
}

void Teller::check(const Step& step) {
    const ExecVerdict::Check& c = step.check;
    if (c.general && c.passed && checks_ == Checks::calm) {
        quiet_ += c.times;
        quiet_depth_ = step.depth;
        return;
    }
    quietChecks();
    const std::string times = c.times > 1 ? " (" + std::to_string(c.times) + " times)" : "";
    const std::string text = (c.passed ? "✓ " : "✗ ") + pad(c.rule + times, 46) + "  " + c.seen;
    line(step.depth, c.passed ? Style::plain : Style::error, text, c.function == format_ ? "" : c.function);
}

void Teller::tell(const Step& step) {
    if (step.kind == Step::Kind::check) return check(step);
    quietChecks();
    switch (step.kind) {
        case Step::Kind::search: return line(step.depth, "The formats are asked for " + step.text + ":");
        case Step::Kind::again: return line(step.depth, "Each format is asked once more:");
        case Step::Kind::format:
            format_ = step.text.substr(step.text.find_last_of(' ') + 1);
            return line(step.depth, screen_.paint(Style::call, step.text));
        case Step::Kind::answer:
            format_.clear();
            return line(step.depth + 1, "= " + step.text);
        case Step::Kind::names: return line(step.depth, "  its interpreter is " + step.text);
        case Step::Kind::missing: return line(step.depth, screen_.paint(Style::error, "! execscope lacks " + step.text));
        case Step::Kind::no_return:
            return line(step.depth, screen_.paint(Style::mark, "  " + step.text + ": the old program is gone; from here an error kills"));
        case Step::Kind::check: return;
    }
}

void Teller::landing(const ExecVerdict::Landing& l) {
    std::string text =
        pad(l.interpreter ? "interpreter" : "program", 12) + permissions(l.flags) + " " + pad(range(l.vaddr, l.vaddr + l.memsz), 30);
    if (!l.page) return line(0, screen_.paint(Style::error, text + "cannot be mapped"));
    text += "→ " + range(l.start(), l.start() + l.memsz);
    std::string content = l.filesz ? hex(l.filesz) + " bytes from " + hex(l.offset) : "no bytes of the file";
    if (l.memsz > l.filesz) content += ", then " + hex(l.memsz - l.filesz) + " of zeros";
    line(0, Style::plain, text, content);
}

void Teller::landings() {
    title("Where the segments land");
    if (v_.landings.empty()) return line(0, v_.no_return ? "No segment was mapped." : "Nowhere: execve gives up before it maps one.");
    for (const ExecVerdict::Landing& one : v_.landings) landing(one);
}

void Teller::areas() {
    if (!v_.succeeded() || v_.areas.empty()) return;
    title("Its memory when it starts");
    for (const MemoryArea& area : v_.areas)
        line(0, pad(range(area.start, area.end), 30) + " " + area.flags + "  " +
                    (area.file.empty() ? "zeros" : area.file[0] == '[' ? area.file : area.file + " from " + hex(area.offset)));
}

std::string Teller::place() const {
    const auto area = std::ranges::find_if(v_.areas, [&](const MemoryArea& a) { return v_.ip && *v_.ip >= a.start && *v_.ip < a.end; });
    if (area == v_.areas.end()) return "nothing is mapped there: its first instruction will fault, SIGSEGV";
    return area->flags.find('x') == std::string::npos ? "nothing is executable there: its first instruction will fault, SIGSEGV" : "";
}

void Teller::failure() {
    const auto error = static_cast<int>(-v_.result.value_or(0));
    const std::string name = error ? describeErrno(error) : "no errno";
    line(0, screen_.paint(Style::error, v_.signal ? "execve does not return: " + signalName(v_.signal) + " kills the process (" + name + ")"
                                                  : "execve fails: " + name));
    if (error == ENOEXEC && !v_.lacking.empty()) return line(0, "because execscope lacks " + v_.lacking + "; Linux may have what takes it");
    if (!v_.cause) return;
    const ExecVerdict::Cause& cause = *v_.cause;
    if (error == ENOEXEC && !cause.passed) return line(0, "because no format takes the file");
    line(0, cause.check ? "because in " + cause.check->function + " " + because(*cause.check)
                        : "because " + cause.function + " gives " + describeErrno(-cause.error));
}

void Teller::takers() {
    for (const ExecVerdict::Taker& one : v_.takers)
        line(0, one.format + " takes " + show(traces::Value::text(one.file)) +
                    (one.interpreter.empty() ? "" : ": its interpreter is " + one.interpreter));
}

void Teller::verdict() {
    takers();
    if (!v_.succeeded()) return failure();
    line(0, screen_.paint(Style::object,
                          "execve succeeds: the program starts at rip " + hex(v_.ip.value_or(0)) + " with rsp " + hex(v_.sp.value_or(0))));
    if (const std::string trouble = place(); !trouble.empty()) line(0, screen_.paint(Style::error, "but " + trouble));
}

}  // namespace

std::string describeExec(const ExecVerdict& verdict, const std::string& path, Checks checks, const Screen& screen) {
    return Teller(verdict, checks, screen).tell(path);
}

}  // namespace emu
