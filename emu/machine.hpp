// Puts a machine together, boots it and runs a program on it until the machine ends.
#pragma once

#include "emu/host_gateway.hpp"
#include "emu/injection.hpp"
#include "emu/options.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>

namespace emu {

class InputReplay;

// The program as the user named it and as the guest will see it.
struct Program {
    std::string guest_path;                     // argv of execve
    std::string located;                        // the same from the guest's root
    std::string host_path;                      // realpath, or empty when it is looked up inside --root or embedded
    std::span<const u8> embedded;               // of `demo`
};

enum class Ending : u8 { exit, signal, limit, timeout, exec_failed, not_started, panic, power_off };

// How a run ended, for the exit status and for the messages on standard error.
struct Outcome {
    int status = 0;                             // exit status of execscope
    std::string message;                        // what to tell the user, or empty
    u64 instructions = 0;
    Ending ending = Ending::exit;
    int number = 0;                             // exit code, signal, or the errno of what failed
    bool core_dumped = false;
};

std::string currentDirectory();                 // of the host, "/" when it is gone
// On the host: here, then in PATH; the name itself when it is in neither.
std::string findProgram(const std::string& name);
std::string guestPath(const Bind& bind);
// The empty directory of the host's name in which a program without other files begins; empty: there is none.
std::string shownDirectory(const WorldOptions& options);
// PROGRAM as the host names it, also inside --root; it need not be there.
std::string hostProgram(const WorldOptions& options);

class GuestMachine {
public:
    // Throws std::runtime_error with a message for the user when the options name something that is not there.
    GuestMachine(const WorldOptions& options, GuestOutput output, std::span<const u8> embedded = {}, InputReplay* replay = nullptr);
    ~GuestMachine();
    GuestMachine(const GuestMachine&) = delete;
    GuestMachine& operator=(const GuestMachine&) = delete;

    const Program& program() const noexcept { return program_; }
    const Screens& screens() { return gateway_.screens(); }
    u64 programHash();                          // XXH64 of the program file, 0 when it cannot be read
    const std::vector<std::string>& environment() const noexcept { return environment_; }
    // What to write where, should the host hold the machine for long after its --timeout.
    void leaveBehind(int fd, std::string text);
    // Boots, runs, and says how it ended. Once.
    Outcome run();

private:
    void resolveProgram(std::span<const u8> embedded);
    void buildTree();
    void describeBoot();

    WorldOptions options_;
    Gateway gateway_;
    std::unique_ptr<cpu::PhysicalMemory> memory_;
    std::unique_ptr<cpu::Cpu> cpu_;
    Program program_;
    std::vector<std::string> environment_;
    std::unique_ptr<InjectionPlan> injections_;
    int last_fd_ = -1;
    std::string last_text_;
};

}  // namespace emu
