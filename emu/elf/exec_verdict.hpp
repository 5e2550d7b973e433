// What one execve did with its file, step by step, from the events of a trace.
#pragma once

#include "emu/tools/areas.hpp"
#include "emu/tools/text.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace emu {

struct ExecVerdict {
    struct Check {
        std::string rule, seen, function;   // function: the modelled one that applies the rule
        bool passed = true;
        bool general = false;               // about memory or arguments, whatever the file
        u64 times = 1;                      // in a row
        bool operator==(const Check&) const = default;
    };
    struct Step {
        enum class Kind : u8 { search, again, format, answer, check, names, no_return, missing } kind = Kind::check;
        int depth = 0;                      // formats inside formats: a script's interpreter, in v3.10
        std::string text;
        Check check{};
    };
    struct Landing {                        // of one PT_LOAD
        bool interpreter = false;
        u32 flags = 0;                      // PF_*
        u64 offset = 0, vaddr = 0, filesz = 0, memsz = 0;
        std::optional<u64> page;            // where the page of vaddr lies, or it could not be mapped
        u64 start() const { return *page + (vaddr & 0xfff); }
    };
    struct Taker {
        std::string format, file, interpreter;  // interpreter: with its argument, or empty
    };
    struct Cause {                          // of the error: where it arose, and the rule that was broken there, if one was
        std::string function;
        int error = 0;
        std::optional<Check> check{};
        u64 passed = 0;                     // checks that held before it
    };

    std::vector<Step> steps;
    std::vector<Taker> takers;              // the file's format, its interpreter's, and so on
    std::vector<Landing> landings;
    std::vector<MemoryArea> areas;          // of the new program
    bool began = false;                     // execve was called
    std::optional<i64> result;              // what it returned
    int signal = 0;                         // that ended the process
    std::string lacking;                    // what execscope has not, of the format that would have taken the file
    bool no_return = false;                 // the old program was gone
    std::optional<u64> ip, sp;
    std::optional<Cause> cause;
    bool succeeded() const { return result == 0 && !signal; }
};

// Listens to one task and its first execve. Needs the events of kinds().
class ExecObserver final : public traces::Observer {
public:
    explicit ExecObserver(int pid) : pid_(pid) {}
    void event(const traces::Event& event) override;
    const ExecVerdict& verdict() const noexcept { return verdict_; }
    static u64 kinds() noexcept;

private:
    struct Call {
        std::string function;
        std::string format{};                               // script_format, if this is its function
        bool mapping = false;
        std::size_t asked = 0;                              // formats, by this search
        u64 passed = 0;                                     // checks so far, of what it called too
        std::optional<ExecVerdict::Check> refused{};        // the last one that failed
        std::map<int, ExecVerdict::Cause> causes{};         // of the errors that what it called has returned
        std::optional<ExecVerdict::Check> below{};          // refused, of the last of those
    };
    void registered(const traces::Event&);
    std::string nextFormat(const std::string& function);
    void begin(const traces::Event&);
    void end(const traces::Event&);
    void leave(Call&, const traces::Event& ret);
    void failed(Call&, int error);
    void lacks(const traces::Event&);
    void check(const traces::Event&);
    void changed(const traces::Event&);
    void local(const traces::Event&);
    void land(const traces::Event&);
    void finish(const traces::Event&);
    void step(ExecVerdict::Step::Kind, std::string text);
    void taken(const std::string& interpreter);
    int depth() const;
    bool inside(std::string_view function) const;

    int pid_;
    bool listening_ = false;
    std::vector<Call> calls_;
    std::vector<std::string> formats_;      // in the order of the list
    std::string interp_, file_, argument_, mm_;
    MemoryAreas areas_;
    ExecVerdict verdict_;
};

// The account in lines for a person. Every check: also those about memory and arguments that passed.
enum class Checks : u8 { calm, every };
std::string describeExec(const ExecVerdict&, const std::string& path, Checks, const Screen&);

}  // namespace emu
