#include "tests/lockstep/lockstep/process.hpp"

#include "cpu/xstate.hpp"
#include "tests/lockstep/insnfuzz/compare.hpp"

#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace lockstep {

void Process::adopt() {
    Registers& r = mirror_.registers();
    traced_.general(r);
    traced_.vectors(r);
}

const Known& Process::instruction() {
    const u64 rip = mirror_.registers().rip;
    u8 bytes[15]{};
    mirror_.peek(rip, bytes, sizeof bytes);
    Known& known = known_[rip];
    if (std::memcmp(known.bytes, bytes, sizeof bytes) == 0 && known.valid) return known;
    std::memcpy(known.bytes, bytes, sizeof bytes);
    known.valid = ZYAN_SUCCESS(cpu::decode(bytes, sizeof bytes, known.decoded, settings_.level));
    const ZydisDecodedInstruction& insn = known.decoded.insn;
    known.vectors = known.valid && insn.meta.isa_ext != ZYDIS_ISA_EXT_BASE && insn.meta.isa_ext != ZYDIS_ISA_EXT_LONGMODE &&
                    insn.meta.isa_ext != ZYDIS_ISA_EXT_BMI1 && insn.meta.isa_ext != ZYDIS_ISA_EXT_BMI2 &&
                    insn.meta.isa_ext != ZYDIS_ISA_EXT_MOVBE;
    known.repeated = known.valid && insn.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE);
    return known;
}

bool Process::differ(const Known& insn, const Registers& before, const std::string& what) {
    state_ = State::different;
    std::printf("difference after %llu instructions at %llx: %s\n%s", static_cast<unsigned long long>(count_),
                static_cast<unsigned long long>(before.rip),
                insn.valid ? cpu::Cpu::disassemble({insn.bytes, insn.decoded.insn.length}, before.rip).c_str() : "invalid", what.c_str());
    for (unsigned i = 0; i < 16; ++i) std::printf("  r%-2u before %016llx\n", i, static_cast<unsigned long long>(before.gpr[i]));
    std::printf("  rflags before %llx\n", static_cast<unsigned long long>(before.rflags));
    return false;
}

bool Process::ended(const Traced::Stop& stop) {
    status_ = stop.status;
    state_ = State::ended;
    return false;
}

// The kernel has pushed a frame: the model goes on in the handler.
bool Process::enterHandler(int signal) {
    Registers r;
    traced_.general(r);
    if (r.gpr[cpu::RDI] != static_cast<u64>(signal) || r.gpr[cpu::RDX] != r.gpr[cpu::RSP] + 8 || r.gpr[cpu::RAX]) return false;
    mirror_.forget();
    adopt();
    return true;
}

bool Process::systemCall() {
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
    delivered_ = pending_;
    pending_ = 0;
    traced_.resume(delivered_);
    state_ = State::waits;
    return true;
}

// Most system calls return at once; nobody else needs to run meanwhile.
bool Process::stoppedSoon(Traced::Stop& stop) {
    for (unsigned tries = 0; tries < 200; ++tries) {
        if (traced_.hasStopped(stop)) return true;
        usleep(10);
    }
    return false;
}

// Only the kernel and ptrace see these results: a signal follows (include/linux/errno.h).
bool Process::isInterrupted() {
    constexpr u64 ERESTARTSYS = 512, ERESTART_RESTARTBLOCK = 516;
    Registers r;
    traced_.general(r);
    const u64 error = ~r.gpr[cpu::RAX] + 1;
    return error >= ERESTARTSYS && error <= ERESTART_RESTARTBLOCK;
}

// Signals are delivered until the call has returned, its interruption has been handled, or it is to be made again.
bool Process::returned(bool alone, std::vector<pid_t>& forked) {
    for (;;) {
        Traced::Stop stop;
        if (alone) stop = traced_.wait();
        else if (!stoppedSoon(stop)) return false;
        if (stop.ended) return ended(stop), true;
        if (stop.child) {
            forked.push_back(stop.child);
            alone = false;          // it may have to wait for the child
            traced_.resume(0);
        } else if (stop.signal != SIGTRAP) {
            traced_.resume(delivered_ = stop.signal);
        } else if (isInterrupted()) {
            traced_.resume(0);
        } else {
            break;
        }
    }
    state_ = State::runs;
    finishSystemCall();
    return true;
}

void Process::finishSystemCall() {
    constexpr u64 EXECVE = 59, EXECVEAT = 322, MMAP = 9, MPROTECT = 10, MUNMAP = 11, BRK = 12, MREMAP = 25, SIGRETURN = 15;
    const Registers& r = mirror_.registers();
    const u64 number = r.gpr[cpu::RAX];
    if (delivered_ && enterHandler(delivered_)) return;
    const bool executes = number == EXECVE || number == EXECVEAT;
    Registers after;
    traced_.general(after);
    if (executes && after.rip != r.rip + 2) {
        known_.clear();
        traced_.hideVdso();
    }
    const bool maps =
        executes || number == MMAP || number == MPROTECT || number == MUNMAP || number == BRK || number == MREMAP || number == SIGRETURN;
    if (maps) mirror_.forget();
    else mirror_.refresh();
    adopt();
}

// What may differ is taken from the host, so that later instructions are compared from equal states.
bool Process::compare(const Known& insn, const Trap& trap, const Registers& before) {
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
        std::string found =
            insnfuzz::registerDifferences(undefined, host, model, vectors ? insnfuzz::Compared::everything : insnfuzz::Compared::general);
        if (!found.empty()) return differ(insn, before, found);
    }
    model = host;
    return true;
}

bool Process::faulted(const Known& insn, const Trap& trap, const Registers& before, const Traced::Stop& stop) {
    if (trap.kind == Trap::Kind::limit)
        return differ(insn, before, "  host: signal " + std::to_string(stop.signal) + ", model: completed\n");
    Registers host = mirror_.registers();
    traced_.general(host);
    const std::string found = insnfuzz::registerDifferences({}, host, mirror_.registers(), insnfuzz::Compared::general);
    if (!found.empty()) return differ(insn, before, found);
    const Traced::Stop next = traced_.step(stop.signal);
    if (next.ended) return ended(next);
    if (!enterHandler(stop.signal)) return differ(insn, before, "  the signal did not enter a handler\n");
    return true;
}

// The host's XCR0 has components beyond the model's: none of them is to be saved or restored (SDM Vol. 1 §13.4).
void Process::setStates(u64 mask) {
    Registers r;
    traced_.general(r);
    r.gpr[cpu::RAX] = mask;
    traced_.set(r);
}

// Which components are in their initial state, and so are not written, is up to the processor (SDM Vol. 1 §13.6).
bool Process::takeSaved(const Known& insn, const Registers& before) {
    setStates(before.gpr[cpu::RAX]);
    if (insn.decoded.insn.mnemonic == ZYDIS_MNEMONIC_XRSTOR) return false;
    mirror_.refresh();
    adopt();
    return true;
}

// The model has executed the instruction; now the host does.
bool Process::native(const Known& insn, const Trap& trap, const Registers& before) {
    const ZydisMnemonic mnemonic = insn.decoded.insn.mnemonic;
    const bool extended = mnemonic == ZYDIS_MNEMONIC_XSAVE || mnemonic == ZYDIS_MNEMONIC_XSAVEC || mnemonic == ZYDIS_MNEMONIC_XSAVEOPT ||
                          mnemonic == ZYDIS_MNEMONIC_XRSTOR;
    if (extended) setStates(before.gpr[cpu::RAX] & cpu::xcr0Of(settings_.level));
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
    if (extended && takeSaved(insn, before)) return true;
    Trap last = trap;
    if (last.kind == Trap::Kind::exception && last.vector == cpu::VECTOR_PF && mirror_.addFresh(last.address)) last = mirror_.step();
    if (last.kind == Trap::Kind::exception)
        return differ(insn, before, "  host: completed, model: exception " + std::to_string(last.vector) + "\n");
    return compare(insn, last, before);
}

bool Process::one() {
    const Known& insn = instruction();
    if (insn.valid && insn.decoded.insn.mnemonic == ZYDIS_MNEMONIC_SYSCALL) return systemCall();
    const Registers before = mirror_.registers();
    const Trap trap = mirror_.step();
    ++count_;
    if (settings_.inject && count_ == settings_.inject) mirror_.registers().gpr[cpu::RBX] ^= 1;
    if (insn.valid && insn.decoded.insn.mnemonic == ZYDIS_MNEMONIC_CPUID && trap.kind == Trap::Kind::limit) {
        traced_.set(mirror_.registers());       // the program never asks the host's processor
        return true;
    }
    return native(insn, trap, before);
}

void Process::comeBack() {
    Traced::Stop stop;
    if (state_ != State::runs) return;
    if (traced_.hasStopped(stop) && stop.ended) static_cast<void>(ended(stop));
    else mirror_.forget();
}

State Process::run(u64 limit, bool alone, std::vector<pid_t>& forked) {
    const u64 end = limit < ~count_ ? count_ + limit : ~u64{0};
    const size_t before = forked.size();
    while (state_ != State::ended && state_ != State::different && count_ < end) {
        if (state_ == State::waits) {
            if (!returned(alone && forked.size() == before, forked)) break;
        } else {
            one();
        }
    }
    return state_;
}

}  // namespace lockstep
