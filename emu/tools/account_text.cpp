// How the story of an exec is told.
#include "emu/export/strace_structs.hpp"
#include "emu/tools/account.hpp"
#include "emu/tools/phrases.hpp"

#include <algorithm>

namespace emu {
namespace {

// Auxiliary vector: getauxval(3).
std::string auxName(u64 type) {
    static const std::map<u64, std::string> names = {
        {0, "AT_NULL"},      {3, "AT_PHDR"},     {4, "AT_PHENT"},   {5, "AT_PHNUM"},          {6, "AT_PAGESZ"},
        {7, "AT_BASE"},      {8, "AT_FLAGS"},    {9, "AT_ENTRY"},   {11, "AT_UID"},           {12, "AT_EUID"},
        {13, "AT_GID"},      {14, "AT_EGID"},    {15, "AT_PLATFORM"}, {16, "AT_HWCAP"},       {17, "AT_CLKTCK"},
        {23, "AT_SECURE"},   {25, "AT_RANDOM"},  {26, "AT_HWCAP2"}, {31, "AT_EXECFN"},        {33, "AT_SYSINFO_EHDR"},
        {51, "AT_MINSIGSTKSZ"}};
    const auto known = names.find(type);
    return known == names.end() ? "type " + std::to_string(type) : known->second;
}

// Fields of linux_binprm that a reader wants to see fill, and what they are for.
std::optional<Phrase> bprmMeaning(std::string_view field) {
    static const std::map<std::string_view, Phrase> meanings = {
        {"filename", Phrase::bprmFilename}, {"interp", Phrase::bprmInterp}, {"file", Phrase::bprmFile},
        {"cred", Phrase::bprmCred},         {"mm", Phrase::bprmMm},         {"p", Phrase::bprmP},
        {"argc", Phrase::bprmArgc},         {"envc", Phrase::bprmEnvc},     {"exec", Phrase::bprmExec}};
    const auto known = meanings.find(field);
    return known == meanings.end() ? std::nullopt : std::optional(known->second);
}

// What a task has before it was in user mode, as the trace's format says.
u64 resetRegister(std::string_view name) { return name == "rflags" ? 0x202 : name == "cs" ? 0x33 : name == "ss" ? 0x2b : 0; }

class Teller {
public:
    Teller(const ExecStory& story, const StoryLayout& layout) : story_(story), layout_(layout), screen_(layout.screen) {
        if (layout_.markdown) screen_.colour = false;
    }
    std::string tell() {
        boot();
        fork();
        exec();
        memory();
        stack();
        entry();
        run();
        others();
        end();
        fence(false);
        return std::move(out_);
    }

private:
    using Arguments = std::initializer_list<std::string>;
    std::string text(Phrase what, Arguments arguments = {}) const { return phrase(layout_.language, what, arguments); }
    // Rows are code in Markdown.
    void fence(bool code) {
        if (layout_.markdown && code != fenced_) out_ += code ? "\n```text\n" : "```\n";
        fenced_ = code;
    }
    void chapter(Phrase title, Arguments arguments = {}) {
        fence(false);
        if (number_) out_ += '\n';
        const std::string name = std::to_string(++number_);
        out_ += layout_.markdown ? "## " + name + ". " + text(title, arguments)
                                 : screen_.paint(Style::bold, name + "  " + text(title, arguments));
        out_ += '\n';
    }
    void sentence(std::string_view words) {
        fence(false);
        if (layout_.markdown) out_ += '\n' + std::string(words) + '\n';
        else
            for (const std::string& line : wrapped(words, room(3))) out_ += "   " + line + '\n';
    }
    void say(Phrase what, Arguments arguments = {}) { sentence(text(what, arguments)); }
    void row(std::string_view words, Style style = Style::plain) {
        fence(true);
        out_ += (layout_.markdown ? "" : "       ") + screen_.paint(style, cut(words, room(7))) + '\n';
    }
    std::size_t room(std::size_t used) const { return std::max(screen_.width, 40u) - used; }

    void boot();
    void fork();
    void exec();
    void memory();
    void stack();
    void entry();
    void run();
    void others();
    void end();
    std::string ended(u64 code, Phrase exits, Phrase killed, const std::string& pid) const;
    template <class Read>
    void auxiliary(u64 address, Read read);
    std::string stackNote(std::size_t index, u64 word, bool& argvOver, bool& envOver, std::size_t& at) const;

    const ExecStory& story_;
    StoryLayout layout_;
    Screen screen_;
    std::string out_;
    int number_ = 0;
    bool fenced_ = false;
};

void Teller::boot() {
    if (story_.formats.empty()) return;
    chapter(Phrase::boot);
    say(Phrase::registers);
    std::string list;
    for (const std::string& format : story_.formats) list += (list.empty() ? "" : " → ") + format;
    row(list);
}

void Teller::fork() {
    if (!story_.child) return;
    chapter(Phrase::fork, {std::to_string(story_.parent), std::to_string(story_.child)});
    say(Phrase::duplicates, {story_.forkCall});
    for (const auto& [made, from] : story_.duplicates) row(pad(made, 20) + text(Phrase::copyOf, {from}));
    if (story_.copiedAreas) row(text(Phrase::areas, {std::to_string(story_.copiedAreas)}));
    if (story_.protectedPages) row(text(Phrase::protectedPages, {std::to_string(story_.protectedPages)}));
}

void Teller::exec() {
    if (story_.execCall.empty()) return;
    chapter(Phrase::exec, {std::to_string(story_.child)});
    sentence(cut(story_.execCall, room(3)));
    if (!story_.bprm.empty()) say(Phrase::collects);
    for (const auto& field : story_.bprm)
        if (const auto meaning = bprmMeaning(field.name))
            row(pad(field.name, 12) + pad(field.value, 20) + text(*meaning));
    if (!story_.answers.empty()) say(Phrase::asks);
    for (const auto& answer : story_.answers) {
        const bool yes = answer.result == "0" || answer.result.empty();
        const std::string reason = answer.reason.empty() ? "" : text(Phrase::failedCheck, {answer.reason});
        row(pad(answer.format, 20) + (yes ? text(Phrase::yes) : text(Phrase::no, {answer.result}) + reason),
            yes ? Style::object : Style::plain);
    }
    for (const std::string& refusal : story_.refusals) row("✗ " + refusal, Style::error);
    if (story_.execResult && *story_.execResult != "0") say(Phrase::execFails, {*story_.execResult});
}

void Teller::memory() {
    if (!story_.newMm.empty()) say(Phrase::pointOfNoReturn, {story_.flushed, story_.oldMm, story_.newMm});
    if (story_.areas.empty()) return;
    say(Phrase::newMemory);
    for (const auto& area : story_.areas)
        row(pad(hex(area.start) + "-" + hex(area.end), 30) + area.flags + "  " +
            (area.file.empty() ? text(Phrase::anonymous)
             : area.file.front() == '[' ? area.file
                                        : pad(area.file, 20) + " " + text(Phrase::fromOffset, {hex(area.offset)})));
}

std::string Teller::stackNote(std::size_t index, u64 word, bool& argvOver, bool& envOver, std::size_t& at) const {
    if (index == 0) return "argc";
    const auto& strings = argvOver ? story_.env : story_.argv;
    const std::string name = argvOver ? "envp[" : "argv[";
    if (word == 0) {
        (argvOver ? envOver : argvOver) = true;
        at = 0;
        return text(Phrase::endOf, {name.substr(0, 4)});
    }
    std::string note = name + std::to_string(at) + "]";
    if (at < strings.size()) note += "  → " + show(traces::Value::text(strings[at]), 40);
    ++at;
    return note;
}

// From argc upwards: argv, envp, the auxiliary vector (System V psABI for x86-64, 3.4.1).
void Teller::stack() {
    if (!story_.sp || story_.stack.empty()) return;
    say(Phrase::stackWords);
    bool argvOver = false, envOver = false;
    std::size_t at = 0;
    const auto read = [&](u64 address, u64& word) {
        word = 0;
        for (u64 i = 0; i < 8; ++i) {
            const auto byte = story_.stack.find(address + i);
            if (byte == story_.stack.end()) return false;
            word |= u64{byte->second} << (8 * i);
        }
        return true;
    };
    u64 address = *story_.sp, word = 0;
    for (std::size_t index = 0; !envOver && read(address, word); ++index, address += 8)
        row(hex(address) + "  " + pad(hex(word), 16) + stackNote(index, word, argvOver, envOver, at));
    auxiliary(address, read);
}

// Two entries in a line, where it has room for them: type and value are a word each.
template <class Read>
void Teller::auxiliary(u64 address, Read read) {
    constexpr std::size_t half = 52, both = half + 31;
    const bool paired = layout_.markdown || room(7) >= both;
    std::string left;
    for (u64 type = 1, value = 0; type != 0 && read(address, type) && read(address + 8, value); address += 16) {
        const std::string entry = pad(auxName(type), 17) + hex(value);
        if (paired && left.empty() && type != 0) {
            left = pad(hex(address) + "  " + entry, half);
            continue;
        }
        row(left.empty() ? hex(address) + "  " + entry : left + entry);
        left.clear();
    }
    if (!left.empty()) row(left);
}

void Teller::entry() {
    static constexpr const char* names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "rip", "r8",  "r9",
                                            "r10", "r11", "r12", "r13", "r14", "r15", "rflags", "cs", "ss", "fs_base"};
    if (story_.ip && story_.sp) say(Phrase::startThread, {hex(*story_.ip), hex(*story_.sp)});
    if (story_.entry.empty()) return;
    say(Phrase::entryRegisters);
    std::string line;
    for (std::size_t i = 0; i < std::size(names); ++i) {
        const auto known = story_.entry.find(names[i]);
        const std::string one = pad(names[i], 8) + hex(known == story_.entry.end() ? resetRegister(names[i]) : known->second);
        const bool last = i % 3 == 2;
        line += last ? one : pad(one, 24);
        if (last) row(std::exchange(line, ""));
    }
}

void Teller::run() {
    if (!story_.execResult || *story_.execResult != "0") return;
    const u64 executed = story_.ended > story_.started ? story_.ended - story_.started : 0;
    chapter(Phrase::runs);
    say(Phrase::counts, {std::to_string(executed), std::to_string(story_.calls.size() + story_.moreCalls), std::to_string(story_.faults)});
    for (const auto& one : story_.first) row(pad(hex(one.address), 16) + one.text);
    if (!story_.last.empty()) row("…");
    for (const auto& one : story_.last) row(pad(hex(one.address), 16) + one.text);
    if (!story_.calls.empty()) say(Phrase::callsOfProgram);
    for (const auto& call : story_.calls) row(call.text + (call.result ? " = " + *call.result : ""));
    if (story_.moreCalls) row(text(Phrase::more, {std::to_string(story_.moreCalls)}));
    for (const std::string& what : story_.unsupported) row(text(Phrase::unsupported, {what}), Style::error);
}

void Teller::others() {
    if (story_.others.empty()) return;
    chapter(Phrase::others);
    for (const auto& step : story_.others) {
        const std::string pid = std::to_string(step.pid);
        switch (step.what) {
            case ExecStory::Step::What::fork: row(text(Phrase::forks, {pid, std::to_string(step.number), step.text})); break;
            case ExecStory::Step::What::exec: row(text(Phrase::execs, {pid, step.text})); break;
            case ExecStory::Step::What::exit: row(ended(step.number, Phrase::exits, Phrase::killed, pid)); break;
        }
    }
    if (story_.moreOthers) row(text(Phrase::more, {std::to_string(story_.moreOthers)}));
}

std::string Teller::ended(u64 code, Phrase exits, Phrase killed, const std::string& pid) const {
    return code & 0x7f ? text(killed, {pid, straceSignal(static_cast<int>(code & 0x7f))}) :
                         text(exits, {pid, std::to_string(code >> 8 & 0xff)});
}

void Teller::end() {
    if (!story_.exitCode) return;
    chapter(Phrase::end);
    sentence(ended(*story_.exitCode, Phrase::exitsZombie, Phrase::killedZombie, std::to_string(story_.child)));
    if (story_.waited) say(Phrase::waited, {std::to_string(story_.parent), *story_.waited});
    if (story_.machineStatus) say(Phrase::machineStops, {std::to_string(*story_.machineStatus)});
}

}  // namespace

int writeStory(const ExecStory& story, const StoryLayout& layout, traces::Sink& out) {
    return out.write(Teller(story, layout).tell()).error;
}

}  // namespace emu
