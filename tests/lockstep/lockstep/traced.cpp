#include "tests/lockstep/lockstep/traced.hpp"

#include "tests/lockstep/insnfuzz/image.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <sched.h>
#include <stdexcept>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lockstep {

namespace {

[[noreturn]] void child(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    char path[] = "PATH=/usr/bin:/bin", locale[] = "LC_ALL=C";
    char* environment[] = {path, locale, nullptr};
    cpu_set_t one;              // restartable sequences see one processor number
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    personality(ADDR_NO_RANDOMIZE);
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)) _exit(77);
    execve(arguments[0], arguments.data(), environment);
    _exit(127);
}

user_regs_struct registersOf(pid_t pid) {
    user_regs_struct u{};
    if (ptrace(PTRACE_GETREGS, pid, nullptr, &u)) throw std::runtime_error("PTRACE_GETREGS failed");
    return u;
}

}  // namespace

Traced::Traced(const std::vector<std::string>& command) {
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) child(command);
    int status = 0;
    waitpid(pid_, &status, 0);
    if (WIFSTOPPED(status)) {
        ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
        hideVdso();
        return;
    }
    pid_ = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) throw Skip{"ptrace is not allowed here"};
    throw std::runtime_error("cannot execute " + command[0]);
}

Traced::~Traced() {
    if (!pid_) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, __WALL);
}

Traced::Traced(pid_t forked) : pid_(forked) {
    int status = 0;
    if (waitpid(pid_, &status, __WALL) < 0 || !WIFSTOPPED(status)) throw std::runtime_error("a child is gone");
}

void Traced::resume(int signal) {
    // ESRCH: another thread has ended the program meanwhile; wait() says so.
    if (ptrace(PTRACE_SINGLESTEP, pid_, nullptr, signal) && errno != ESRCH) throw std::runtime_error("PTRACE_SINGLESTEP failed");
}

Traced::Stop Traced::stopped(int status) {
    Stop stop;
    stop.status = status;
    if (!WIFSTOPPED(status)) {
        stop.ended = true;
        pid_ = 0;
        return stop;
    }
    stop.signal = WSTOPSIG(status);
    if (const int event = status >> 16; event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
        unsigned long child = 0;
        ptrace(PTRACE_GETEVENTMSG, pid_, nullptr, &child);
        stop.child = static_cast<pid_t>(child);
    }
    if (stop.signal != SIGTRAP) ptrace(PTRACE_GETSIGINFO, pid_, nullptr, &stop.info);
    return stop;
}

Traced::Stop Traced::wait() {
    int status = 0;
    if (waitpid(pid_, &status, __WALL) < 0) throw std::runtime_error("waitpid failed");
    return stopped(status);
}

bool Traced::hasStopped(Stop& stop) {
    int status = 0;
    const pid_t found = waitpid(pid_, &status, __WALL | WNOHANG);
    if (found < 0) throw std::runtime_error("waitpid failed");
    if (found) stop = stopped(status);
    return found;
}

Traced::Stop Traced::step(int signal) {
    resume(signal);
    return wait();
}

void Traced::general(cpu::Registers& r) {
    const user_regs_struct u = registersOf(pid_);
    const u64 gpr[16] = {u.rax, u.rcx, u.rdx, u.rbx, u.rsp, u.rbp, u.rsi, u.rdi, u.r8, u.r9, u.r10, u.r11, u.r12, u.r13, u.r14, u.r15};
    std::memcpy(r.gpr, gpr, sizeof gpr);
    r.rip = u.rip;
    r.rflags = u.eflags & ~(cpu::FLAG_RF | cpu::FLAG_TF);
    r.fs_base = u.fs_base;
    r.gs_base = u.gs_base;
}

void Traced::vectors(cpu::Registers& r) {
    alignas(64) static u8 area[16384];
    iovec io{area, sizeof area};
    if (ptrace(PTRACE_GETREGSET, pid_, NT_X86_XSTATE, &io)) throw std::runtime_error("PTRACE_GETREGSET failed");
    insnfuzz::Image image;
    std::memcpy(&image, area, sizeof image);
    insnfuzz::fromImage(image, r);
}

void Traced::set(const cpu::Registers& r) {
    user_regs_struct u = registersOf(pid_);
    u.rax = r.gpr[cpu::RAX], u.rcx = r.gpr[cpu::RCX], u.rdx = r.gpr[cpu::RDX], u.rbx = r.gpr[cpu::RBX];
    u.rip = r.rip;
    u.orig_rax = ~u64{0};
    ptrace(PTRACE_SETREGS, pid_, nullptr, &u);
}

bool Traced::read(u64 address, void* to, u64 size) {
    iovec local{to, size}, remote{reinterpret_cast<void*>(address), size};
    return process_vm_readv(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

void Traced::write(u64 address, u64 word) { ptrace(PTRACE_POKEDATA, pid_, address, word); }

std::vector<Region> Traced::regions() {
    std::ifstream maps("/proc/" + std::to_string(pid_) + "/maps");
    std::vector<Region> found;
    for (std::string line; std::getline(maps, line);) {
        unsigned long long start, end;
        char rights[5];
        if (std::sscanf(line.c_str(), "%llx-%llx %4s", &start, &end, rights) == 3)
            found.push_back({start, end, rights[0] == 'r', rights[1] == 'w', rights[2] == 'x'});
    }
    return found;
}

void Traced::hideVdso() {
    u64 stack = registersOf(pid_).rsp, word = 0;
    const auto next = [&] { return word = static_cast<u64>(ptrace(PTRACE_PEEKDATA, pid_, stack, nullptr)), stack += 8, word; };
    for (u64 count = next() + 1; count; --count) next();        // argv and its end
    while (next()) {}                                           // environment
    while (const u64 type = next()) {
        if (type == AT_SYSINFO_EHDR) write(stack - 8, AT_IGNORE);
        next();
    }
}

}  // namespace lockstep
