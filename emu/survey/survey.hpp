// What a program uses of Linux and of the processor, and what of that is missing or partial: `execscope survey`.
#pragma once

#include "emu/machine.hpp"
#include "traces/tracer.hpp"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace emu {

struct Use {
    u64 count = 0;
    std::map<std::string, u64> errors;          // by name of the errno
};
struct MissingThing {
    std::string what, name;                     // "syscall", "instruction", "feature", "file", "ioctl"
    u64 count = 0;
    std::string consequence;                    // ENOSYS, SIGILL
};

// Watches from the program's first instruction on. strict: the machine stops at the first thing that is missing.
class Survey final : public traces::Observer {
public:
    explicit Survey(bool strict);
    ~Survey() override;
    Survey(const Survey&) = delete;
    Survey& operator=(const Survey&) = delete;
    void event(const traces::Event& event) override;

    const std::map<u64, Use>& calls() const { return calls_; }              // by number
    const std::map<u64, Use>& ioctls() const { return ioctls_; }            // by request
    const std::map<std::string, Use>& files() const { return files_; }      // of /proc, /dev and /sys; numbers in /proc are N
    std::vector<MissingThing> missing() const;                              // each once
    bool stopped() const { return stopped_; }

private:
    void enter(const traces::Event& event);
    void leave(const traces::Event& event);
    void noteFiles(u64 nr, const std::string& error);
    void stop();

    bool strict_, started_ = false, stopped_ = false;
    struct Call { u64 nr = 0; std::array<u64, 6> raw{}; };
    std::map<u64, Call> in_;                    // by task
    std::map<u64, Use> calls_, ioctls_;
    std::map<std::string, Use> files_;
    std::map<u64, u64> refused_;                // ioctls that the terminal does not know
};

std::string ioctlName(u64 request);             // "TCGETS", or empty
// Whether Linux has such a file, as far as proc(5), null(4) and sysfs(5) tell; numbers are N.
bool linuxHasFile(const std::string& path);

// The survey for a person.
std::string describeSurvey(const Survey& survey, const Outcome& outcome, const WorldOptions& world, unsigned width);
// The same for a program (traces/schema/survey.schema.json).
std::string surveyJson(const Survey& survey, const Outcome& outcome, const WorldOptions& world);

}  // namespace emu
