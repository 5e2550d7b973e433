// What the machine (emu/) gives the kernel: the processor, memory, the host gateway, the boot parameters; and boot itself.
#pragma once

#include "cpu/cpu.hpp"
#include "kernel_model/include/linux/types.hpp"

#include <span>
#include <string>
#include <vector>

namespace kernel {

struct HostStat {
    umode_t mode;               // S_IF* and permissions
    uid_t uid;
    gid_t gid;
    u64 size;
    u32 nlink;
    i64 mtime_ns;
    u32 rdev;
    u64 identity;               // equal for two names of one file (hard links); used for look-up only, never shown
};

class HostTerminal;

// Everything that comes from or goes to the host passes here, so it can be sandboxed, journalled and replayed.
// Errors are -errno. Paths are host paths below a directory or file that the user gave; symlinks are never followed.
class HostGateway {
public:
    virtual ~HostGateway() = default;
    virtual int stat(const std::string& path, HostStat&) = 0;                                   // lstat
    virtual int list(const std::string& directory, std::vector<std::string>& names) = 0;        // sorted, without . and ..
    virtual int readlink(const std::string& path, std::string& target) = 0;
    virtual long pread(const std::string& path, u64 offset, std::span<u8> to) = 0;              // short only at end of file
    // The same, to one after another.
    virtual long preadv(const std::string& path, u64 offset, std::span<const std::span<u8>> to);
    // Writes of --bind ...:rw only.
    virtual long pwrite(const std::string& path, u64 offset, std::span<const u8> from) = 0;
    virtual int create(const std::string& path, umode_t mode) = 0;                              // directory, file, FIFO or socket by S_IF*
    virtual int truncate(const std::string& path, u64 size) = 0;
    virtual int remove(const std::string& path) = 0;                                            // file or empty directory
    virtual int rename(const std::string& from, const std::string& to) = 0;
    // The guest's standard streams: 0, 1, 2.
    virtual long readStream(int stream, std::span<u8> to) = 0;      // blocks; 0 = end of file
    virtual long writeStream(int stream, std::span<const u8> from) = 0;
    virtual bool isTerminal(int stream) = 0;
    virtual HostTerminal* terminal() { return nullptr; }            // null: none of the streams is one
};

struct BootParameters {
    std::vector<std::string> init_arguments;    // argv[1..] of /sbin/init
    std::vector<std::string> environment;       // of init, "VAR=value"
    std::string hostname = "execscope";
    u64 seed = 0;
    bool randomize = false;                     // --aslr: randomize_va_space = 2, else 0
    i64 epoch_ns = 1'700'000'000'000'000'000;   // virtual wall clock at boot
    u64 max_instructions = 0;                   // 0 = no limit
    u64 disk_bytes = ~u64{0};                   // what file systems in memory may hold together (tmpfs(5), size=)
    u64 quantum = 1'000'000;                    // instructions between timer ticks
    std::span<const u8> init_image;             // bytes of /sbin/init
};

struct MachineEnd {
    enum class Reason : u8 { poweroff, panic, limit, timeout } reason = Reason::poweroff;
    std::string command;        // reboot(2) RESTART2 string of init: "wait-status N" or "exec-failed ERRNO"
    std::string message;        // panic text
    int init_exit_code = 0;
};

struct Machine {
    cpu::PhysicalMemory* memory = nullptr;
    cpu::Cpu* cpu = nullptr;
    HostGateway* host = nullptr;
    BootParameters boot;
};
Machine& machine();
inline cpu::Cpu& processor() { return *machine().cpu; }

// What the guest asked for and execscope lacks, each once, 1000 at most, in order of first use; emu reports it at the end.
struct UnsupportedRecord {
    std::string what;           // "instruction", "syscall", "feature"
    std::string name;
    std::string detail;         // system call number, bytes of the instruction
    u64 address;                // of the first use
    u64 count;
    std::string consequence;    // what the program got instead
};
const std::vector<UnsupportedRecord>& unsupportedRecords();

// init/main.cpp: boots, runs until the machine ends. Runs as pid 0 on the caller's stack.
MachineEnd start_kernel();
// Ends the machine from inside a task (reboot, panic, limit): control returns from start_kernel.
[[noreturn]] void endMachine(MachineEnd);
[[noreturn]] void panic(const std::string& message);

// lib/random (ours): the machine's one source of randomness, from the seed. kind keeps independent streams apart.
u64 randomU64(const char* purpose);

}  // namespace kernel
