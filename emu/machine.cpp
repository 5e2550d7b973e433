#include "emu/machine.hpp"

#include "emu/exec_failure.hpp"
#include "emu/first_heap.hpp"
#include "emu/guests/guests.hpp"
#include "emu/log.hpp"
#include "emu/watchdog.hpp"
#include "kernel_model/include/leftovers.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/run_queue_order.hpp"
#include "kernel_model/include/version/version.hpp"
#include "loader/formats.hpp"
#include "traces/hash.hpp"
#include "traces/sanitizer.hpp"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char** environ;

namespace emu {

namespace {

std::string realPath(const std::string& path) {
    char buffer[PATH_MAX];
    return ::realpath(path.c_str(), buffer) ? buffer : "";
}

// Lexical: "." and empty components go, ".." takes the one before. The guest resolves symlinks itself.
std::string absolutePath(const std::string& path) {
    std::vector<std::string> parts;
    const std::string full = path.starts_with('/') ? path : currentDirectory() + "/" + path;
    for (std::size_t at = 0; at < full.size();) {
        const std::size_t end = std::min(full.find('/', at), full.size());
        const std::string part = full.substr(at, end - at);
        at = end + 1;
        if (part.empty() || part == ".") continue;
        if (part != "..") parts.push_back(part);
        else if (!parts.empty()) parts.pop_back();
    }
    std::string result;
    for (const std::string& part : parts) result += "/" + part;
    return result.empty() ? "/" : result;
}

constexpr const char* GUEST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// A name without a slash is looked for in the directories of `path`, below `root`, as a shell would.
std::string findInPath(const std::string& name, std::string path, const std::string& root) {
    while (name.find('/') == std::string::npos && !path.empty()) {
        const auto colon = path.find(':');
        const std::string candidate = path.substr(0, colon) + "/" + name;
        struct ::stat found {};
        if (::lstat((root + candidate).c_str(), &found) == 0 && !S_ISDIR(found.st_mode)) return candidate;
        path = colon == std::string::npos ? "" : path.substr(colon + 1);
    }
    return name;
}

// Of a regular file that is found as it is with `root` as the root directory; 0: there is none.
u64 hashFile(const std::string& root, const std::string& path) {
    const Descriptor top{::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    open_how how{};
    how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const Descriptor file{static_cast<int>(::syscall(SYS_openat2, top.get(), path.c_str(), &how, sizeof how))};
    struct ::stat status {};
    if (!file || ::fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode)) return 0;
    traces::Xxh64 hash;
    std::vector<u8> chunk(std::size_t{1} << 20);
    for (;;) {
        const ssize_t n = ::read(file.get(), chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return 0;
        if (n == 0) return hash.digest();
        hash.update(chunk.data(), static_cast<std::size_t>(n));
    }
}

bool sets(const std::string& variable, const std::string& entry) {
    return entry.compare(0, variable.find('=') + 1, variable, 0, variable.find('=') + 1) == 0;
}

}  // namespace

std::string currentDirectory() {
    char buffer[PATH_MAX];
    return ::getcwd(buffer, sizeof buffer) ? buffer : "/";
}

std::string findProgram(const std::string& name) {
    if (::access(name.c_str(), F_OK) == 0) return name;
    const char* path = std::getenv("PATH");
    return findInPath(name, path ? path : "", "");
}

std::string guestPath(const Bind& bind) { return bind.guest.empty() ? absolutePath(bind.host) : bind.guest; }

std::string shownDirectory(const WorldOptions& options) {
    if (!options.root.empty() || !options.chdir.empty()) return "";
    return !options.cwd.empty() || !options.path_as.empty() ? options.cwd : currentDirectory();
}

std::string hostProgram(const WorldOptions& options) {
    const std::string& name = options.program_file.empty() ? options.program.front() : options.program_file;
    return options.root.empty() ? findProgram(name) : realPath(options.root) + findInPath(name, GUEST_PATH, options.root);
}

// The processor is the user's choice or the default, never the host's: a trace must not depend on where it was made.
static cpu::ProcessorModel chosenModel(const std::string& name) {
    const cpu::ParsedModel parsed = cpu::parseModel(name);
    if (!parsed.model) throw std::runtime_error("--cpu " + name + ": " + parsed.error);
    const std::string_view missing = cpu::missingOnHost(*parsed.model);
    if (missing.empty()) return *parsed.model;
    std::string works;
    for (cpu::Level level : cpu::LEVELS)
        if (cpu::missingOnHost(level).empty()) works += (works.empty() ? "" : ", ") + std::string(cpu::levelName(level));
    throw std::runtime_error("--cpu " + name + ": this host lacks " + std::string(missing) +
                             ", which computes it exactly; here work: " + works);
}

constexpr u64 FIRST_HEAP = u64{192} << 10;      // bytes; a start needs some 120,000

GuestMachine::GuestMachine(const WorldOptions& options, GuestOutput output, std::span<const u8> embedded, InputReplay* replay)
    : options_(options), gateway_(output) {
    gateway_.replay(replay);
    memory_ = std::make_unique<cpu::PhysicalMemory>(options.memory_mib << 20);
    if (takesFirstRoom()) allocateFirstFrom(memory_->keepRoom(FIRST_HEAP));
    cpu_ = std::make_unique<cpu::Cpu>(*memory_);
    cpu_->setSeed(options.seed);
    cpu_->setModel(chosenModel(options.cpu));
    kernel::Machine& machine = kernel::machine();
    machine.memory = memory_.get();
    machine.cpu = cpu_.get();
    machine.host = &gateway_;
    const kernel::Version* version = kernel::findVersion(options.profile);
    if (!version) throw std::runtime_error("--profile " + options.profile + ": no such kernel");
    kernel::setVersion(*version);
    injections_ = std::make_unique<InjectionPlan>(options.inject);
    const bool recent = version->profile != "v3.10";
    cpu_->setFsgsbase(recent);              // Linux sets CR4.FSGSBASE since 5.9
    cpu_->setProtectionKeys(recent);        // and CR4.PKE since 4.6
    resolveProgram(embedded);
    describeBoot();
}

GuestMachine::~GuestMachine() { kernel::machine() = {}; }

void GuestMachine::resolveProgram(std::span<const u8> embedded) {
    const std::string& name = options_.program.front();
    program_.embedded = embedded;
    if (!embedded.empty()) {
        program_.guest_path = name;
        return;
    }
    if (!options_.root.empty()) {
        program_.guest_path = findInPath(name, GUEST_PATH, options_.root);
        if (const std::string root = realPath(options_.root); !root.empty()) gateway_.allow(root, false);
        return;
    }
    const std::string found = hostProgram(options_);
    program_.guest_path = options_.path_as.empty() ? absolutePath(found) : options_.path_as;
    program_.host_path = realPath(found);
    if (program_.host_path.empty()) return;
    gateway_.allow(program_.host_path, false);
}

u64 GuestMachine::programHash() {
    if (!program_.embedded.empty()) return traces::xxh64(program_.embedded.data(), program_.embedded.size());
    if (options_.root.empty()) return program_.host_path.empty() ? 0 : hashFile("/", program_.host_path);
    return hashFile(realPath(options_.root), program_.located);
}

void GuestMachine::describeBoot() {
    const int terminal = gateway_.screens().first();
    const char* term = terminal < 0 ? nullptr : std::getenv("TERM");
    std::vector<std::string> environment = {std::string("PATH=") + GUEST_PATH, "HOME=/", std::string("TERM=") + (term ? term : "linux")};
    if (options_.environment_from_host) {
        environment.clear();
        for (char** entry = environ; *entry; ++entry) environment.emplace_back(*entry);
    }
    if (options_.whole_environment) environment = *options_.whole_environment;
    for (const std::string& variable : options_.environment) {
        if (variable.find('=') == std::string::npos || variable[0] == '=')
            throw std::runtime_error("-E '" + variable + "' is not VAR=VALUE");
        std::erase_if(environment, [&](const std::string& entry) { return sets(variable, entry); });
        environment.push_back(variable);
    }
    environment_ = environment;

    kernel::BootParameters& boot = kernel::machine().boot;
    boot = {};
    boot.environment = environment;
    boot.seed = options_.seed;
    boot.randomize = options_.aslr;
    kernel::runQueueOrder = options_.sched == "random" ? kernel::RunQueueOrder::random : kernel::RunQueueOrder::round_robin;
    boot.max_instructions = options_.max_instructions;
    boot.disk_bytes = (options_.disk_mib ? options_.disk_mib : options_.memory_mib / 2) << 20;
    gateway_.limitDisk(options_.disk_mib ? options_.disk_mib << 20 : ~u64{0});
    boot.init_image = guests::init();
    std::string directory = options_.chdir;
    if (directory.empty() && program_.embedded.empty()) directory = shownDirectory(options_);
    if (directory.empty()) directory = "/";
    std::vector<std::string> arguments = {"--chdir", directory};
    if (terminal >= 0) arguments.insert(arguments.end(), {"--terminal", std::to_string(terminal)});
    if (options_.uid) arguments.insert(arguments.end(), {"--uid", std::to_string(options_.uid)});
    if (options_.gid) arguments.insert(arguments.end(), {"--gid", std::to_string(options_.gid)});
    arguments.insert(arguments.end(), {"--", program_.guest_path});
    arguments.insert(arguments.end(), options_.program.begin(), options_.program.end());
    boot.init_arguments = arguments;
    const std::string& path = program_.guest_path;
    program_.located = path.starts_with('/') ? path : (directory.starts_with('/') ? "" : "/") + directory + "/" + path;
}

void GuestMachine::buildTree() {
    if (options_.root.empty()) {
        kernel::mountMemoryRoot();
    } else {
        const std::string root = realPath(options_.root);
        if (root.empty()) throw std::runtime_error("--root " + options_.root + ": no such directory");
        kernel::mountHostRoot(root);
    }
    const auto bind = [&](const std::string& host, const std::string& guest, bool writable) {
        if (const int error = kernel::bindHost(host, guest, writable); error < 0)
            throw std::runtime_error("cannot show " + host + " as " + guest + ": " + describeErrno(-error));
    };
    for (const Bind& one : options_.binds) {
        const std::string host = realPath(one.host);
        if (host.empty()) throw std::runtime_error("--bind " + one.host + ": no such file or directory");
        gateway_.allow(host, one.writable);
        bind(host, guestPath(one), one.writable);
    }
    if (!program_.embedded.empty()) {
        if (const int error = kernel::addMemoryFile(program_.guest_path, program_.embedded, 0755); error < 0)
            throw std::runtime_error("cannot place the embedded program: " + describeErrno(-error));
    } else if (!program_.host_path.empty() && options_.root.empty()) {
        bind(program_.host_path, program_.guest_path, false);
    }
    if (const std::string shown = shownDirectory(options_); !shown.empty() && program_.embedded.empty()) (void)kernel::makePath(shown);
}

// Our own bookkeeping is checked at the end of every run in builds with sanitizers, and with --log debug.
static void checkLeftovers(const kernel::MachineEnd& end, const WorldOptions& options) {
    constexpr bool always = EXECSCOPE_ASAN;
    if (end.reason != kernel::MachineEnd::Reason::poweroff || (!always && options.log != "debug")) return;
    std::string text;
    for (const std::string& one : kernel::leftovers()) text += (text.empty() ? "" : "; ") + one;
    if (!text.empty()) throw std::runtime_error("a defect of execscope: at the end " + text);
}

void GuestMachine::leaveBehind(int fd, std::string text) {
    last_fd_ = fd;
    last_text_ = std::move(text);
}

Outcome GuestMachine::run() {
    loader::installFormats();
    buildTree();
    ExecWatcher watcher;
    const Watchdog watchdog(options_.timeout_ns, "execscope: stopped by force after " + options_.timeout_text + " seconds (--timeout)\n",
                            last_fd_, last_text_);
    gateway_.beginTerminal();
    const kernel::MachineEnd end = kernel::start_kernel();
    gateway_.endTerminal();
    checkLeftovers(end, options_);
    Outcome outcome = describeEnd(end, watcher, program_, options_, injections_->happened());
    for (const std::string& sentence : injections_->unused()) warn(sentence);
    outcome.instructions = cpu_->instructions();
    return outcome;
}

}  // namespace emu
