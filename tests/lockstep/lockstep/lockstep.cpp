// lockstep: runs a program under ptrace beside the model and compares them after every instruction. System calls are the
// host's; the model takes their results. docs/lockstep.md says how to use it.
#include "tests/lockstep/insnfuzz/compare.hpp"
#include "tests/lockstep/lockstep/mirror.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <sys/wait.h>
#include <unordered_map>

namespace lockstep {

namespace {

using cpu::Registers;
using cpu::Trap;

struct Settings {
    cpu::Level level = cpu::Level::v3;
    u64 limit = ~u64{0}, every = 256;       // vectors are compared when touched, and every so many instructions
    u64 inject = 0;                         // after so many instructions the model's result is spoiled; 0: never
    std::vector<std::string> command;
};

struct Known {
    u8 bytes[15];
    cpu::Decoded decoded;
    bool vectors, repeated, valid;
};

class Lockstep {
public:
    explicit Lockstep(const Settings& settings) : settings_(settings), traced_(settings.command), mirror_(traced_, settings.level) { adopt(); }
    int run();

private:
    const Known& instruction();
    bool one();                     // false: the program has ended
    bool systemCall();
    bool native(const Known& insn, const Trap& trap, const Registers& before);
    bool faulted(const Known& insn, const Trap& trap, const Registers& before, const Traced::Stop& stop);
    bool compare(const Known& insn, const Trap& trap, const Registers& before);
    void adopt();
    bool enterHandler(int signal);
    bool ended(const Traced::Stop& stop);
    bool differ(const Known& insn, const Registers& before, const std::string& what);

    const Settings& settings_;
    Traced traced_;
    Mirror mirror_;
    std::unordered_map<u64, Known> known_;
    u64 count_ = 0, systemCalls_ = 0;
    int pending_ = 0;               // a signal to be delivered with the next step
    int status_ = 0;
    bool different_ = false;
};

void Lockstep::adopt() {
    Registers& r = mirror_.registers();
    traced_.general(r);
    traced_.vectors(r);
}

const Known& Lockstep::instruction() {
    const u64 rip = mirror_.registers().rip;
    u8 bytes[15]{};
    mirror_.peek(rip, bytes, sizeof bytes);
    Known& known = known_[rip];
    if (std::memcmp(known.bytes, bytes, sizeof bytes) == 0 && known.valid) return known;
    std::memcpy(known.bytes, bytes, sizeof bytes);
    known.valid = ZYAN_SUCCESS(cpu::decode(bytes, sizeof bytes, known.decoded, settings_.level));
    const ZydisDecodedInstruction& insn = known.decoded.insn;
    known.vectors = known.valid && insn.meta.isa_ext != ZYDIS_ISA_EXT_BASE && insn.meta.isa_ext != ZYDIS_ISA_EXT_LONGMODE &&
                    insn.meta.isa_ext != ZYDIS_ISA_EXT_BMI1 && insn.meta.isa_ext != ZYDIS_ISA_EXT_BMI2 && insn.meta.isa_ext != ZYDIS_ISA_EXT_MOVBE;
    known.repeated = known.valid && insn.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE);
    return known;
}

bool Lockstep::differ(const Known& insn, const Registers& before, const std::string& what) {
    different_ = true;
    std::printf("difference after %llu instructions at %llx: %s\n%s", static_cast<unsigned long long>(count_), static_cast<unsigned long long>(before.rip),
                insn.valid ? cpu::Cpu::disassemble({insn.bytes, insn.decoded.insn.length}, before.rip).c_str() : "invalid", what.c_str());
    for (unsigned i = 0; i < 16; ++i) std::printf("  r%-2u before %016llx\n", i, static_cast<unsigned long long>(before.gpr[i]));
    std::printf("  rflags before %llx\n", static_cast<unsigned long long>(before.rflags));
    return false;
}

bool Lockstep::ended(const Traced::Stop& stop) {
    status_ = stop.status;
    return false;
}

// The kernel has pushed a frame: the model goes on in the handler.
bool Lockstep::enterHandler(int signal) {
    Registers r;
    traced_.general(r);
    if (r.gpr[cpu::RDI] != static_cast<u64>(signal) || r.gpr[cpu::RDX] != r.gpr[cpu::RSP] + 8 || r.gpr[cpu::RAX]) return false;
    mirror_.forget();
    adopt();
    return true;
}

bool Lockstep::systemCall() {
    Registers& r = mirror_.registers();
    const u64 number = r.gpr[cpu::RAX];
    if (const std::string memory = mirror_.differences(); !memory.empty()) return differ(instruction(), r, memory);
    ++systemCalls_;
    constexpr u64 RSEQ = 334;       // the kernel would write to memory between any two instructions: ENOSYS
    if (number == RSEQ) {
        Registers refused = r;
        refused.gpr[cpu::RAX] = ~u64{0};
        traced_.set(refused);
    }
    const Traced::Stop stop = traced_.step(pending_);
    if (stop.ended) return ended(stop);
    pending_ = stop.signal == SIGTRAP ? 0 : stop.signal;
    constexpr u64 EXECVE = 59, EXECVEAT = 322, MMAP = 9, MPROTECT = 10, MUNMAP = 11, BRK = 12, MREMAP = 25, SIGRETURN = 15;
    const bool executes = number == EXECVE || number == EXECVEAT;
    Registers after;
    traced_.general(after);
    if (executes && after.rip != r.rip + 2) {
        known_.clear();
        traced_.prepare();
    }
    const bool maps = executes || number == MMAP || number == MPROTECT || number == MUNMAP || number == BRK || number == MREMAP || number == SIGRETURN;
    if (maps) mirror_.forget();
    else mirror_.refresh();
    adopt();
    return true;
}

// What may differ is taken from the host, so that later instructions are compared from equal states.
bool Lockstep::compare(const Known& insn, const Trap& trap, const Registers& before) {
    Registers& model = mirror_.registers();
    Registers host = model;
    traced_.general(host);
    const bool vectors = insn.vectors || count_ % settings_.every == 0;
    if (vectors) traced_.vectors(host);
    const ZydisMnemonic mnemonic = insn.decoded.insn.mnemonic;
    const bool varies = mnemonic == ZYDIS_MNEMONIC_RDTSC || mnemonic == ZYDIS_MNEMONIC_RDTSCP || mnemonic == ZYDIS_MNEMONIC_RDRAND ||
                        mnemonic == ZYDIS_MNEMONIC_RDSEED || mnemonic == ZYDIS_MNEMONIC_RDPID;
    if (mnemonic == ZYDIS_MNEMONIC_XGETBV) traced_.set(model), traced_.general(host);
    if (mnemonic == ZYDIS_MNEMONIC_PUSHF || mnemonic == ZYDIS_MNEMONIC_PUSHFQ) {       // it has pushed ptrace's TF
        u64 word = 0;
        traced_.read(host.gpr[cpu::RSP], &word, sizeof word);
        traced_.write(host.gpr[cpu::RSP], word & ~cpu::FLAG_TF);
    }
    const insnfuzz::Undefined undefined = insnfuzz::undefinedBy(insn.decoded, before, trap, host);
    if (!varies) {
        std::string found = insnfuzz::registerDifferences(undefined, host, model, vectors ? insnfuzz::Compared::everything : insnfuzz::Compared::general);
        if (!found.empty()) return differ(insn, before, found);
    }
    model = host;
    return true;
}

bool Lockstep::faulted(const Known& insn, const Trap& trap, const Registers& before, const Traced::Stop& stop) {
    if (insn.decoded.insn.mnemonic == ZYDIS_MNEMONIC_CPUID && trap.kind == Trap::Kind::limit) {
        traced_.set(mirror_.registers());
        return true;
    }
    if (trap.kind == Trap::Kind::limit) return differ(insn, before, "  host: signal " + std::to_string(stop.signal) + ", model: completed\n");
    Registers host = mirror_.registers();
    traced_.general(host);
    const std::string found = insnfuzz::registerDifferences({}, host, mirror_.registers(), insnfuzz::Compared::general);
    if (!found.empty()) return differ(insn, before, found);
    const Traced::Stop next = traced_.step(stop.signal);
    if (next.ended) return ended(next);
    if (!enterHandler(stop.signal)) return differ(insn, before, "  the signal did not enter a handler\n");
    return true;
}

// The model has executed the instruction; now the host does.
bool Lockstep::native(const Known& insn, const Trap& trap, const Registers& before) {
    for (;;) {
        const int delivered = pending_;
        pending_ = 0;
        const Traced::Stop stop = traced_.step(delivered);
        if (stop.ended) return ended(stop);
        if (delivered && enterHandler(delivered)) return true;
        const bool fault = stop.signal == SIGSEGV || stop.signal == SIGBUS || stop.signal == SIGILL || stop.signal == SIGFPE;
        if (fault && stop.info.si_code > 0) return faulted(insn, trap, before, stop);
        if (stop.signal != SIGTRAP) {
            pending_ = stop.signal;
            continue;
        }
        Registers now;
        traced_.general(now);
        if (insn.repeated && now.rip == before.rip) continue;       // TF stops after each iteration (SDM Vol. 3 §17.3.1.4)
        break;
    }
    Trap last = trap;
    if (last.kind == Trap::Kind::exception && last.vector == cpu::VECTOR_PF && mirror_.addFresh(last.address)) last = mirror_.step();
    if (last.kind == Trap::Kind::exception) return differ(insn, before, "  host: completed, model: exception " + std::to_string(last.vector) + "\n");
    return compare(insn, last, before);
}

bool Lockstep::one() {
    const Known& insn = instruction();
    if (insn.valid && insn.decoded.insn.mnemonic == ZYDIS_MNEMONIC_SYSCALL) return systemCall();
    const Registers before = mirror_.registers();
    const Trap trap = mirror_.step();
    ++count_;
    if (settings_.inject && count_ == settings_.inject) mirror_.registers().gpr[cpu::RBX] ^= 1;
    return native(insn, trap, before);
}

int Lockstep::run() {
    while (count_ < settings_.limit && one()) {}
    std::fflush(stdout);
    if (different_) return 1;
    std::fprintf(stderr, "lockstep: %llu instructions and %llu system calls agree", static_cast<unsigned long long>(count_), static_cast<unsigned long long>(systemCalls_));
    if (WIFEXITED(status_)) std::fprintf(stderr, "; exit status %d\n", WEXITSTATUS(status_));
    else if (WIFSIGNALED(status_)) std::fprintf(stderr, "; signal %d\n", WTERMSIG(status_));
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
    if (settings.command.empty()) throw std::runtime_error("usage: lockstep [--level v1|v2|v3] [--limit N] [--every N] [--inject N] PROGRAM [ARGUMENT...]");
    return settings;
}

}  // namespace

}  // namespace lockstep

int main(int argc, char** argv) {
    try {
        const lockstep::Settings settings = lockstep::parse(argc, argv);
        return lockstep::Lockstep(settings).run();
    } catch (const lockstep::Skip& skip) {
        std::fprintf(stderr, "skipped: %s\n", skip.reason.c_str());
        return 77;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lockstep: %s\n", error.what());
        return 2;
    }
}
