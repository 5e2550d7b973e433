// How the story of an exec is told.
#include "emu/tools/account.hpp"

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
std::string_view bprmMeaning(std::string_view field) {
    static const std::map<std::string_view, std::string_view> meanings = {
        {"filename", "the program, as the caller named it"},
        {"interp", "what really runs: a script names its interpreter here"},
        {"file", "the open file"},
        {"cred", "who the program will be"},
        {"mm", "the new memory: nothing in it but a first piece of stack"},
        {"p", "where the strings on the new stack begin"},
        {"argc", "arguments"},
        {"envc", "environment variables"},
        {"exec", "where the file's name lies on the new stack"}};
    const auto known = meanings.find(field);
    return known == meanings.end() ? std::string_view() : known->second;
}

std::string some(u64 n, std::string_view what) { return std::to_string(n) + ' ' + std::string(what) + (n == 1 ? "" : "s"); }

class Teller {
public:
    Teller(const ExecStory& story, const Screen& screen) : story_(story), screen_(screen) {}
    std::string tell() {
        boot();
        fork();
        exec();
        memory();
        stack();
        entry();
        run();
        end();
        return std::move(out_);
    }

private:
    void chapter(std::string_view title) {
        if (number_) out_ += '\n';
        out_ += screen_.paint(Style::bold, std::to_string(++number_) + "  " + std::string(title)) + '\n';
    }
    void say(std::string_view text) { out_ += "   " + cut(text, room(3)) + '\n'; }
    void row(std::string_view text, Style style = Style::plain) { out_ += "       " + screen_.paint(style, cut(text, room(7))) + '\n'; }
    std::size_t room(std::size_t used) const { return std::max(screen_.width, 40u) - used; }

    void boot();
    void fork();
    void exec();
    void memory();
    void stack();
    void entry();
    void run();
    void end();
    template <class Read>
    void auxiliary(u64 address, Read read);
    std::string stackNote(std::size_t index, u64 word, bool& argvOver, bool& envOver, std::size_t& at) const;

    const ExecStory& story_;
    const Screen& screen_;
    std::string out_;
    int number_ = 0;
};

void Teller::boot() {
    if (story_.formats.empty()) return;
    chapter("Boot");
    say("The kernel registers its binary formats. Each exec will ask them in this order:");
    std::string list;
    for (const std::string& format : story_.formats) list += (list.empty() ? "" : " → ") + format;
    row(list);
}

void Teller::fork() {
    if (!story_.child) return;
    chapter("fork: pid " + std::to_string(story_.parent) + " makes pid " + std::to_string(story_.child));
    say(story_.forkCall + " duplicates the caller:");
    for (const auto& [made, from] : story_.duplicates) row(pad(made, 20) + "a copy of " + from);
    if (story_.copiedAreas)
        row(some(story_.copiedAreas, "memory area") + "; both tasks share the pages behind them");
    if (story_.protectedPages)
        row(some(story_.protectedPages, "page") + " no longer writable: the first write makes a copy (copy on write)");
}

void Teller::exec() {
    if (story_.execCall.empty()) return;
    chapter("execve: pid " + std::to_string(story_.child) + " becomes another program");
    say(story_.execCall);
    if (!story_.bprm.empty()) say("The kernel collects what it knows of the program in a linux_binprm:");
    for (const auto& field : story_.bprm)
        if (const auto meaning = bprmMeaning(field.name); !meaning.empty())
            row(pad(field.name, 12) + pad(field.value, 20) + std::string(meaning));
    if (!story_.answers.empty()) say("It asks the formats, one after the other:");
    for (const auto& answer : story_.answers) {
        const bool yes = answer.result == "0" || answer.result.empty();
        const std::string reason = answer.reason.empty() ? "" : "; failed check: " + answer.reason;
        row(pad(answer.format, 20) + (yes ? "yes, it loads the program" : "no: " + answer.result + reason),
            yes ? Style::object : Style::plain);
    }
    for (const std::string& refusal : story_.refusals) row("✗ " + refusal, Style::error);
    if (story_.execResult && *story_.execResult != "0") say("execve fails with " + *story_.execResult + ".");
}

void Teller::memory() {
    if (!story_.newMm.empty())
        say("flush_old_exec: " + story_.oldMm + " goes, " + story_.newMm + " takes its place. From here there is no way back.");
    if (story_.areas.empty()) return;
    say("The new memory, segments of the file (PT_LOAD) first:");
    for (const auto& area : story_.areas)
        row(pad(hex(area.start) + "-" + hex(area.end), 30) + area.flags + "  " +
            (area.file.empty() ? "anonymous, zero"
             : area.file.front() == '[' ? area.file
                                        : pad(area.file, 20) + " from offset " + hex(area.offset)));
}

std::string Teller::stackNote(std::size_t index, u64 word, bool& argvOver, bool& envOver, std::size_t& at) const {
    if (index == 0) return "argc";
    const auto& strings = argvOver ? story_.env : story_.argv;
    const std::string name = argvOver ? "envp[" : "argv[";
    if (word == 0) {
        (argvOver ? envOver : argvOver) = true;
        at = 0;
        return "end of " + name.substr(0, 4);
    }
    std::string note = name + std::to_string(at) + "]";
    if (at < strings.size()) note += "  → " + show(traces::Value::text(strings[at]), 40);
    ++at;
    return note;
}

// From argc upwards: argv, envp, the auxiliary vector (System V psABI for x86-64, 3.4.1).
void Teller::stack() {
    if (!story_.sp || story_.stack.empty()) return;
    say("create_elf_tables writes what the program will find on its stack, from rsp upwards:");
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

// Two entries in a line: type and value are a word each.
template <class Read>
void Teller::auxiliary(u64 address, Read read) {
    std::string left;
    for (u64 type = 1, value = 0; type != 0 && read(address, type) && read(address + 8, value); address += 16) {
        const std::string entry = pad(auxName(type), 17) + hex(value);
        if (left.empty() && type != 0) {
            left = pad(hex(address) + "  " + entry, 52);
            continue;
        }
        row(left.empty() ? hex(address) + "  " + entry : left + entry);
        left.clear();
    }
    if (!left.empty()) row(left);
}

void Teller::entry() {
    if (!story_.ip || !story_.sp) return;
    say("start_thread: rip = " + hex(*story_.ip) + ", rsp = " + hex(*story_.sp) + ", the other registers are 0.");
}

void Teller::run() {
    if (!story_.execResult || *story_.execResult != "0") return;
    const u64 executed = story_.ended > story_.started ? story_.ended - story_.started : 0;
    chapter("The program runs");
    say(some(executed, "instruction") + ", " + some(story_.calls.size() + story_.moreCalls, "system call") + ", " +
        some(story_.faults, "page fault"));
    for (const auto& one : story_.first) row(pad(hex(one.address), 16) + one.text);
    if (!story_.last.empty()) row("…");
    for (const auto& one : story_.last) row(pad(hex(one.address), 16) + one.text);
    if (!story_.calls.empty()) say("What it asks of the kernel:");
    for (const auto& call : story_.calls) row(call.text + (call.result ? " = " + *call.result : ""));
    if (story_.moreCalls) row("… and " + std::to_string(story_.moreCalls) + " more");
    for (const std::string& what : story_.unsupported) row("! unsupported " + what, Style::error);
}

void Teller::end() {
    if (!story_.exitCode) return;
    chapter("The end");
    const u64 code = *story_.exitCode;
    say("pid " + std::to_string(story_.child) +
        (code & 0x7f ? " is killed by signal " + std::to_string(code & 0x7f) : " exits with status " + std::to_string(code >> 8 & 0xff)) +
        " and stays as a zombie until its parent asks.");
    if (story_.waited) say("pid " + std::to_string(story_.parent) + ": " + *story_.waited + ", and nothing is left of it.");
    if (story_.machineStatus) say("The machine stops with status " + std::to_string(*story_.machineStatus) + ".");
}

}  // namespace

int writeStory(const ExecStory& story, const Screen& screen, traces::Sink& out) { return out.write(Teller(story, screen).tell()).error; }

}  // namespace emu
