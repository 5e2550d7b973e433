// lockstep: runs a program under ptrace beside the model and compares them after every instruction. System calls are the
// host's; the model takes their results. Children and threads run one at a time, each with a model of its own, while the others are stopped
// or wait in a system call. docs/lockstep.md says how to use it.
#include "tests/lockstep/lockstep/process.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <sys/wait.h>

namespace lockstep {

namespace {

constexpr u64 TURN = 20000;      // instructions, while others could run: they may wait for each other without a system call

// The program's processes and threads.
class Family {
public:
    explicit Family(const Settings& settings) : settings_(settings) { members_.push_back(std::make_unique<Process>(settings)); }
    ~Family() {
        while (!members_.empty()) members_.pop_back();      // threads before who began them, whose end waits for theirs
    }
    int run();

private:
    const Settings& settings_;
    std::vector<std::unique_ptr<Process>> members_;
    u64 count_ = 0, systemCalls_ = 0, processes_ = 1;
    int status_ = -1;           // of the first
};

int Family::run() {
    const Process* first = members_.front().get();
    size_t turn = 0;
    while (!members_.empty() && count_ < settings_.limit) {
        turn %= members_.size();
        Process& member = *members_[turn];
        std::vector<pid_t> forked;
        const u64 before = member.count(), calls = member.systemCalls();
        const bool alone = members_.size() == 1;
        if (!alone) member.comeBack();
        const State state = member.run(std::min(settings_.limit - count_, alone ? ~u64{0} : TURN), alone, forked);
        count_ += member.count() - before;
        systemCalls_ += member.systemCalls() - calls;
        if (state == State::different) return 1;
        if (state == State::ended) {
            if (&member == first) status_ = member.status();
            members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(turn));
        } else {
            ++turn;
        }
        for (const pid_t pid : forked) members_.push_back(std::make_unique<Process>(settings_, pid));
        processes_ += forked.size();
    }
    std::fflush(stdout);
    std::fprintf(stderr, "lockstep: %llu instructions and %llu system calls of %llu processes and threads agree", static_cast<unsigned long long>(count_),
                 static_cast<unsigned long long>(systemCalls_), static_cast<unsigned long long>(processes_));
    if (status_ != -1 && WIFEXITED(status_)) std::fprintf(stderr, "; exit status %d\n", WEXITSTATUS(status_));
    else if (status_ != -1 && WIFSIGNALED(status_)) std::fprintf(stderr, "; signal %d\n", WTERMSIG(status_));
    else std::fprintf(stderr, "\n");
    return 0;
}

Settings parse(int argc, char** argv) {
    Settings settings;
    int i = 1;
    for (; i + 1 < argc && std::string(argv[i]).starts_with("--"); i += 2) {
        const std::string name = argv[i], value = argv[i + 1];
        if (name == "--limit") settings.limit = std::strtoull(value.c_str(), nullptr, 10);
        else if (name == "--inject") settings.inject = std::strtoull(value.c_str(), nullptr, 10);
        else if (name == "--every") settings.every = std::max<u64>(1, std::strtoull(value.c_str(), nullptr, 10));
        else if (name == "--level" && value.size() == 2 && value[1] >= '1' && value[1] <= '3') settings.level = cpu::LEVELS[value[1] - '1'];
        else throw std::runtime_error("unknown option " + name);
    }
    settings.command.assign(argv + i, argv + argc);
    if (settings.command.empty())
        throw std::runtime_error("usage: lockstep [--level v1|v2|v3] [--limit N] [--every N] [--inject N] PROGRAM [ARGUMENT...]");
    return settings;
}

}  // namespace

}  // namespace lockstep

int main(int argc, char** argv) {
    try {
        const lockstep::Settings settings = lockstep::parse(argc, argv);
        return lockstep::Family(settings).run();
    } catch (const lockstep::Skip& skip) {
        std::fprintf(stderr, "skipped: %s\n", skip.reason.c_str());
        return 77;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lockstep: %s\n", error.what());
        return 2;
    }
}
