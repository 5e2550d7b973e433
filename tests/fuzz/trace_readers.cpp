#include "tests/fuzz/trace_readers.hpp"

#include "emu/commands.hpp"
#include "emu/export/exporter.hpp"
#include "emu/guests/guests.hpp"
#include "emu/tracing.hpp"

#include <fcntl.h>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

namespace fuzz {
namespace {

class MemoryFile {
public:
    explicit MemoryFile(std::string_view content) : fd_(::memfd_create("trace", MFD_CLOEXEC)) {
        if (fd_ < 0 || ::write(fd_, content.data(), content.size()) != static_cast<ssize_t>(content.size())) std::abort();
    }
    ~MemoryFile() { ::close(fd_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

private:
    int fd_;
};

// What the readers say is not looked at.
void silence() {
    static const bool once = [] {
        const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        emu::setLogLevel("error");
        return ::dup2(nowhere, STDOUT_FILENO) >= 0;
    }();
    if (!once) std::abort();
}

void run(int (*command)(const emu::Options&), const emu::Options& options) {
    try {
        command(options);
    } catch (const std::runtime_error&) {
    }
}

void runExports(emu::Options options) {
    for (const emu::ExportFormat* format : emu::exportFormats()) {
        const MemoryFile file("");
        options.exporting.format = format->name;
        options.trace.output = format->file ? file.path() : "/dev/null";
        run(emu::exportCommand, options);
    }
}

}  // namespace

void readAsTrace(std::string_view trace) {
    silence();
    const MemoryFile file(trace);
    emu::Options options;
    options.traces = {file.path(), file.path()};
    options.trace.output = "/dev/null";
    run(emu::verifyCommand, options);
    run(emu::treeCommand, options);
    run(emu::diffCommand, options);
    run(emu::explainCommand, options);
    runExports(options);
}

std::string recordedTrace() {
    emu::WorldOptions world;
    world.profile = "v6.1";
    world.memory_mib = 16;
    world.program = {"/hello"};
    traces::MemorySink sink;
    emu::GuestMachine machine(world, emu::GuestOutput::standardError, emu::guests::hello());
    traces::JsonWriter writer(sink, [](const std::string& message) { throw std::runtime_error(message); });
    traces::tracer().addObserver(&writer);
    emu::TraceSession session(machine, world, traces::everything(), emu::Checkpoints::seldom);
    session.finish(machine.run());
    traces::tracer().removeObserver(&writer);
    writer.flush();
    return sink.text();
}

}  // namespace fuzz
