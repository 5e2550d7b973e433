#include "tests/fuzz/loader_machine.hpp"

#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/version.hpp"
#include "kernel_model/kernel/sched/fiber.hpp"
#include "loader/formats.hpp"
#include "tests/fuzz/input.hpp"
#include "traces/json_writer.hpp"
#include "traces/tracer.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace fuzz {

namespace {

constexpr u64 MEMORY_BYTES = 64 << 20;

// The fuzzer and the machine each have a stack; the machine runs until its pid 1 asks for the next input.
struct Session {
    kernel::Fiber fuzzer;
    std::unique_ptr<kernel::Fiber> machine;
    kernel::Fiber* waiting = nullptr;           // pid 1's, while the fuzzer runs
    std::vector<u8> record;                     // for pid 1's next read
    std::vector<u8> driver, interpreter;
    std::unique_ptr<cpu::PhysicalMemory> memory;
    std::unique_ptr<cpu::Cpu> cpu;
};
Session& session() {
    static auto& one = *new Session;
    return one;
}

// No host files. Standard input is the inputs, for pid 1 alone; output goes nowhere.
struct Inputs final : kernel::HostGateway {
    int stat(const std::string&, kernel::HostStat&) override { return -ENOENT; }
    int list(const std::string&, std::vector<std::string>&) override { return -ENOENT; }
    int readlink(const std::string&, std::string&) override { return -ENOENT; }
    long pread(const std::string&, u64, std::span<u8>) override { return -ENOENT; }
    long pwrite(const std::string&, u64, std::span<const u8>) override { return -EROFS; }
    int create(const std::string&, kernel::umode_t) override { return -EROFS; }
    int truncate(const std::string&, u64) override { return -EROFS; }
    int remove(const std::string&) override { return -EROFS; }
    int rename(const std::string&, const std::string&) override { return -EROFS; }
    long writeStream(int, std::span<const u8> from) override { return static_cast<long>(from.size()); }
    bool isTerminal(int) override { return false; }
    long readStream(int, std::span<u8> to) override {
        Session& s = session();
        if (current->pid != 1) return 0;
        if (s.record.empty()) {
            kernel::Fiber here;
            s.waiting = &here;
            kernel::Fiber::switchTo(here, s.fuzzer, false);
        }
        const std::size_t n = std::min(to.size(), s.record.size());
        std::copy_n(s.record.begin(), n, to.begin());
        s.record.erase(s.record.begin(), s.record.begin() + static_cast<long>(n));
        return static_cast<long>(n);
    }
};

// Traces go nowhere, or to the file that EXECSCOPE_FUZZ_TRACE names, which then holds every input's.
const char* traceFile() { return std::getenv("EXECSCOPE_FUZZ_TRACE"); }

struct Nowhere final : traces::Sink {
    Result write(std::string_view bytes) override { return {bytes.size(), 0}; }
    void truncate(u64) override {}
    std::string name() const override { return "nowhere"; }
};

traces::Sink& openTrace(const char* path) {
    const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) throw std::runtime_error(std::string("cannot write ") + path);
    return *new traces::FdSink(fd, path, traces::FdSink::Ownership::owned);
}

std::vector<u8> readFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

void runMachine() {
    const kernel::MachineEnd end = kernel::start_kernel();
    std::fprintf(stderr, "the machine ended: %s %s\n", end.command.c_str(), end.message.c_str());
    std::abort();
}

void resumeMachine() {
    Session& s = session();
    kernel::Fiber::switchTo(s.fuzzer, *std::exchange(s.waiting, nullptr), false);
}

}  // namespace

void bootMachine(const std::string& profile) {
    static Inputs inputs;
    static Nowhere nowhere;
    static auto& sink = traceFile() ? openTrace(traceFile()) : static_cast<traces::Sink&>(nowhere);
    static auto& writer = *new traces::JsonWriter(sink, [](const std::string& failure) { throw std::runtime_error(failure); });
    Session& s = session();
    const kernel::Version* version = kernel::findVersion(profile);
    if (!version) throw std::runtime_error(profile + ": no such kernel");
    s.driver = readFile(FUZZ_DRIVER);
    s.interpreter = readFile(FUZZ_INTERPRETER);
    s.memory = std::make_unique<cpu::PhysicalMemory>(MEMORY_BYTES);
    s.cpu = std::make_unique<cpu::Cpu>(*s.memory);
    kernel::machine().memory = s.memory.get();
    kernel::machine().cpu = s.cpu.get();
    kernel::machine().host = &inputs;
    kernel::machine().boot.init_image = s.driver;
    kernel::machine().boot.randomize = true;        // driver.c switches it off with personality(2)
    kernel::setVersion(*version);
    loader::installFormats();
    kernel::mountMemoryRoot();
    if (kernel::addMemoryFile("/i", s.interpreter, 0755) < 0) throw std::runtime_error("cannot place the interpreter");
    traces::tracer().addObserver(&writer);
    s.machine = std::make_unique<kernel::Fiber>(runMachine);
    s.waiting = s.machine.get();
    resumeMachine();
}

void runInput(std::span<const u8> bytes) {
    const Input input = parseInput(bytes);
    Session& s = session();
    const u32 head[3] = {input.how, static_cast<u32>(input.misc.size()), static_cast<u32>(input.file.size())};
    s.record.resize(sizeof head);
    std::memcpy(s.record.data(), head, sizeof head);
    s.record.insert(s.record.end(), input.misc.begin(), input.misc.end());
    s.record.insert(s.record.end(), input.file.begin(), input.file.end());
    traces::tracer().setMask(input.how & HOW_TRACED || traceFile() ? ~u64{0} >> (64 - traces::kindCount) : 0);
    resumeMachine();
    traces::tracer().setMask(0);
}

}  // namespace fuzz
