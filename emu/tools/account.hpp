// The story of one exec, told from its trace: boot, fork, execve, the program's run, its end.
#pragma once

#include "emu/export/strace_arguments.hpp"
#include "emu/tools/areas.hpp"
#include "emu/tools/phrases.hpp"
#include "emu/tools/text.hpp"
#include "traces/event.hpp"
#include "traces/sink.hpp"

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace emu {

// What the account is about, gathered event by event. Everything is optional: a trace of few categories tells less.
struct ExecStory {
    struct Line {
        std::string name, value;
    };
    struct Instruction {
        u64 address;
        std::string text;
    };
    struct SystemCall {
        std::string text;
        std::optional<std::string> result;   // a call that does not return has none
    };

    std::vector<std::string> argv, env;
    std::vector<std::string> formats;                // in the order of the list

    int parent = 0, child = 0;
    std::string forkCall;
    std::vector<std::pair<std::string, std::string>> duplicates;   // new object, the one it comes from
    u64 protectedPages = 0;                          // lost their write permission for copy on write
    u64 copiedAreas = 0;

    std::string execCall;
    std::vector<Line> bprm;                          // fields in the order of their first assignment
    struct Answer {
        std::string format, result, reason;          // load_*_binary, what it returned, the check that failed in it
    };
    std::vector<Answer> answers;
    std::vector<std::string> refusals;               // checks that failed outside the formats
    std::string flushed;                             // the function that took the old memory away
    std::string oldMm, newMm;
    std::vector<MemoryArea> areas;                   // of newMm when exec is done, by address
    std::map<u64, u8> stack;                         // bytes written by create_elf_tables
    std::optional<u64> ip, sp;
    std::optional<std::string> execResult;
    std::map<std::string, u64> entry;                // registers before the program's first instruction; empty: the trace does not tell

    u64 started = 0, ended = 0;                      // clock
    u64 faults = 0;
    std::vector<Instruction> first;
    std::deque<Instruction> last;
    std::vector<SystemCall> calls;
    u64 moreCalls = 0;
    std::vector<std::string> unsupported;
    struct Step {                                    // of the life of a task that the program made
        enum class What : u8 { fork, exec, exit } what;
        int pid;
        u64 number;                                  // fork: the child's pid; exit: the code
        std::string text;                            // fork: the call; exec: the program
    };
    std::vector<Step> others;
    u64 moreOthers = 0;

    std::optional<u64> exitCode;
    std::optional<std::string> waited;
    std::optional<i64> machineStatus;
};

struct StoryLayout {
    Screen screen;
    Language language = Language::en;
    bool markdown = false;
};
// Returns the errno of a failed write, or 0.
int writeStory(const ExecStory& story, const StoryLayout& layout, traces::Sink& out);

// Follows the first task that pid 1 forks.
class Account final : public traces::Observer {
public:
    void event(const traces::Event& event) override;
    const ExecStory& story() const noexcept { return story_; }

private:
    enum class Chapter : u8 { boot, fork, child, exec, run, over };
    void boot(const traces::Event& event);
    void fork(const traces::Event& event);
    void child(const traces::Event& event);
    void exec(const traces::Event& event);
    void execCallOf(const traces::Event& event);
    void refusal(const traces::Event& event);
    void run(const traces::Event& event);
    void systemCall(const traces::Event& event);
    void over(const traces::Event& event);
    void anywhere(const traces::Event& event);
    void others(const traces::Event& event);
    void learnRegisters(const traces::Event& event);

    ExecStory story_;
    Chapter chapter_ = Chapter::boot;
    bool tables_ = false;   // inside create_elf_tables
    MemoryAreas spaces_;
    std::set<int> family_;              // the program's descendants that live
    std::map<std::string, u64> registers_;      // of the program's task, that are not those of reset
    bool registersTold_ = false, entered_ = false;      // its first instruction has begun
    StraceCall call_;                   // of the program, under way
    std::string childCall_;             // the latest system call of one of them
};

}  // namespace emu
