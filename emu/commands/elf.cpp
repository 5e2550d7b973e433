#include "emu/commands.hpp"
#include "emu/elf/elf_text.hpp"
#include "emu/elf/exec_verdict.hpp"
#include "emu/exec_failure.hpp"
#include "emu/report.hpp"
#include "emu/terminal.hpp"

#include "kernel_model/include/machine.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <linux/openat2.h>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace emu {

namespace {

constexpr int REFUSED = 1;      // exit status: execve would fail

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    operator int() const { return fd_; }

private:
    int fd_;
};

// Below root, also through absolute symbolic links (openat2(2), RESOLVE_IN_ROOT). Never waits for the other end of a pipe.
int openBelow(const std::string& root, const std::string& path) {
    const Descriptor directory(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (directory < 0) return -1;
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_IN_ROOT;
    return static_cast<int>(::syscall(SYS_openat2, static_cast<int>(directory), path.c_str(), &how, sizeof how));
}

std::vector<u8> readAt(int fd, u64 offset, u64 size) {
    struct ::stat status {};
    if (::fstat(fd, &status) < 0 || offset >= static_cast<u64>(status.st_size)) return {};
    std::vector<u8> bytes(std::min(size, static_cast<u64>(status.st_size) - offset));
    std::size_t got = 0;
    while (got < bytes.size()) {
        const ssize_t n = ::pread(fd, bytes.data() + got, bytes.size() - got, static_cast<off_t>(offset + got));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        got += static_cast<std::size_t>(n);
    }
    bytes.resize(got);
    return bytes;
}

// What the file is, before anybody executes it. Files without bytes of their own, such as directories, have nothing to show.
std::string describeFile(const WorldOptions& world, Symbols symbols, const Screen& screen) {
    const std::string& path = world.program.front();
    const Descriptor fd(openBelow(world.root, path));
    if (fd < 0) throw std::runtime_error("cannot read " + path + ": " + std::strerror(errno));
    struct ::stat status {};
    if (::fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) return "It is not a regular file.\n";
    const ReadAt read = [&fd](u64 offset, u64 size) { return readAt(fd, offset, size); };
    const std::vector<u8> begin = read(0, 64);
    if (isElf(begin)) return describeElf(readElf(read), symbols, screen);
    const std::string start(begin.begin(), std::find(begin.begin(), begin.end(), '\n'));
    return begin.empty() ? "The file is empty.\n" : "It is not an ELF file. It begins with " + show(traces::Value::text(start)) + ".\n";
}

// The machine stops where the program would execute its first instruction.
class StopAtStart final : public traces::Observer {
public:
    void event(const traces::Event& event) override {
        if (event.kind != traces::Kind::sys_exit || event.pid != MAIN_PID || showText(event, "name") != "execve") return;
        if (count(event, "result") == 0) kernel::machine().boot.max_instructions = kernel::processor().instructions();
    }
};

struct Attempt {
    ExecVerdict verdict;
    Outcome outcome;
};

Attempt tryExec(const WorldOptions& world) {
    GuestMachine machine(world, GuestOutput::standardError);
    ExecObserver observer(MAIN_PID);
    StopAtStart stop;
    traces::Tracer& tracer = traces::tracer();
    tracer.addObserver(&observer);
    tracer.addObserver(&stop);
    tracer.setMask(ExecObserver::kinds());
    Outcome outcome = machine.run();
    tracer.setMask(0);
    tracer.removeObserver(&stop);
    tracer.removeObserver(&observer);
    return {observer.verdict(), std::move(outcome)};
}

// Without --root the file is one of the host's, and so is the interpreter it asks for.
WorldOptions worldOf(WorldOptions world) {
    std::string& file = world.program.front();
    if (world.root.empty()) {
        world.root = "/";
        file = std::filesystem::absolute(file).string();
    } else if (!file.starts_with('/')) {
        file = "/" + file;
    }
    return world;
}

}  // namespace

int elfCommand(const Options& options) {
    const WorldOptions world = worldOf(options.world);
    const Screen screen = screenOf(STDOUT_FILENO);
    std::string text = describeFile(world, options.elf.all ? Symbols::all : Symbols::first, screen);
    const Attempt attempt = tryExec(world);
    if (!attempt.verdict.began || !attempt.verdict.result) {
        reportEnd(attempt.outcome);
        return OWN_FAILURE;
    }
    text += describeExec(attempt.verdict, world.program.front() + " (Linux " + world.profile + ")", options.elf.all ? Checks::every : Checks::calm, screen);
    traces::FdSink out(STDOUT_FILENO, "standard output", traces::FdSink::Ownership::borrowed);
    checkWritten("the account", out.write(text).error);
    return attempt.verdict.succeeded() ? 0 : REFUSED;
}

}  // namespace emu
