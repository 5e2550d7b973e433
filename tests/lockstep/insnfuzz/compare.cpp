#include "tests/lockstep/insnfuzz/compare.hpp"

#include "cpu/x87.hpp"
#include "tests/lib/host_fxsave.hpp"

#include <cfloat>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace insnfuzz {

namespace {

using cpu::Registers;
using cpu::Trap;

const char* const NAMES[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};

[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...) {
    char line[512];
    va_list list;
    va_start(list, format);
    std::vsnprintf(line, sizeof line, format, list);
    va_end(list);
    return line;
}

std::string say(const Trap& trap) {
    if (trap.kind == Trap::Kind::limit) return "completed";
    if (trap.kind == Trap::Kind::syscall) return "system call";
    return text("%s %u error %#x address %#llx%s", trap.kind == Trap::Kind::interrupt ? "interrupt" : "exception", trap.vector, trap.error_code,
                static_cast<unsigned long long>(trap.address), trap.unsupported ? " (unsupported)" : "");
}
// Linux says of any address of the kernel that its page is present (arch/x86/mm/fault.c, set_signal_archinfo).
bool sameTrap(const Trap& host, const Trap& model, u64 apart) {
    constexpr u64 TASK_SIZE = 0x7ffffffff000;
    const u32 hidden = model.vector == cpu::VECTOR_PF && model.address >= TASK_SIZE ? cpu::PF_PRESENT : 0;
    return host.kind == model.kind && host.vector == model.vector && (host.error_code | hidden) == (model.error_code | hidden) &&
           (host.address == model.address || host.address - model.address + apart < 2 * apart);
}

class Report {
public:
    void number(const std::string& name, u64 host, u64 model) {
        if (host == model) return;
        lines += text("  %-10s host %016llx model %016llx\n", name.c_str(), static_cast<unsigned long long>(host),
                      static_cast<unsigned long long>(model));
    }
    std::string lines;
};

bool close(u32 a, u32 b, double bound) {
    float x, y;
    std::memcpy(&x, &a, 4);
    std::memcpy(&y, &b, 4);
    const double apart = std::fabs(static_cast<double>(x) - y);
    return a == b ||
           (std::isfinite(x) && std::isfinite(y) && (apart <= std::fabs(y) * bound || apart <= FLT_MIN));    // what is smaller becomes zero
}
bool closeVector(const cpu::Vector256& a, const cpu::Vector256& b, double bound) {
    u32 x[8], y[8];
    std::memcpy(x, &a, 32);
    std::memcpy(y, &b, 32);
    for (unsigned i = 0; i < 8; ++i)
        if (!close(x[i], y[i], bound)) return false;
    return true;
}

// Units in the last place between two numbers of the same sign, 64 or more being 64.
unsigned ulpsApart(const cpu::X87::Slot& a, const cpu::X87::Slot& b) {
    using u128 = unsigned __int128;
    const auto ordinal = [](const cpu::X87::Slot& slot) {
        const u64 exponent = slot.exponent & 0x7fff;
        return (static_cast<u128>(exponent ? exponent - 1 : 0) << 63) + slot.significand;
    };
    if ((a.exponent ^ b.exponent) >> 15) return 64;
    const u128 x = ordinal(a), y = ordinal(b), apart = x > y ? x - y : y - x;
    return apart < 64 ? static_cast<unsigned>(apart) : 64;
}

void compareX87(const cpu::X87& host, const cpu::X87& model, const Undefined& undefined, Report& report) {
    u16 status = static_cast<u16>(~undefined.x87Status), tags = 0xffff;
    for (unsigned i = 0; i < 8; ++i) {
        const cpu::X87::Slot &a = host.physical[i], &b = model.physical[i];
        if (undefined.x87Ulps && ulpsApart(a, b) <= undefined.x87Ulps) {
            if (!(a.exponent & 0x7fff) == !(b.exponent & 0x7fff)) continue;
            status &= static_cast<u16>(~cpu::X87_UNDERFLOW);        // one is the smallest normal number, the other is denormal
            tags &= static_cast<u16>(~(3u << 2 * i));
            continue;
        }
        const std::string name = "R" + std::to_string(i);
        report.number(name, a.significand, b.significand);
        report.number(name + ".exp", a.exponent, b.exponent);
    }
    report.number("fcw", host.control, model.control);
    report.number("fsw", host.status & status, model.status & status);
    report.number("ftw", host.tags & tags, model.tags & tags);
    if (!hostSavesErrorPointers() && !(host.status & FSW_ES)) return;
    report.number("fop", host.opcode, model.opcode);
    report.number("fip", host.instruction, model.instruction);
    report.number("fdp", host.operand, model.operand);
}

void compareVectors(const Registers& host, const Registers& model, double bound, Report& report) {
    if (std::memcmp(host.ymm, model.ymm, sizeof host.ymm) == 0) return;
    for (unsigned i = 0; i < 16; ++i) {
        if (bound > 0 && closeVector(host.ymm[i], model.ymm[i], bound)) continue;
        for (unsigned j = 0; j < 4; ++j)
            report.number("ymm" + std::to_string(i) + "." + std::to_string(j), host.ymm[i].lane[j], model.ymm[i].lane[j]);
    }
}

void compareMemory(const Sides& sides, Report& report) {
    if (std::memcmp(sides.hostMemory, sides.modelMemory, DATA_SIZE) == 0) return;
    unsigned shown = 0;
    for (u64 at = 0; at < DATA_SIZE && shown < 16; at += 8) {
        u64 host, model;
        std::memcpy(&host, sides.hostMemory + at, 8);
        std::memcpy(&model, sides.modelMemory + at, 8);
        if (host != model) ++shown;
        report.number(text("%llx", static_cast<unsigned long long>(DATA + at)), host, model);
    }
}

}  // namespace

std::string registerDifferences(const Undefined& undefined, const Registers& host, const Registers& model, Compared compared) {
    Report report;
    for (unsigned i = 0; i < 16; ++i)
        if (!(undefined.gpr >> i & 1)) report.number(NAMES[i], host.gpr[i], model.gpr[i]);
    report.number("rip", host.rip, model.rip);
    report.number("rflags", host.rflags & ~undefined.flags, model.rflags & ~undefined.flags);
    report.number("fs_base", host.fs_base, model.fs_base);
    report.number("gs_base", host.gs_base, model.gs_base);
    if (compared == Compared::general) return report.lines;
    report.number("mxcsr", host.mxcsr & ~undefined.mxcsr, model.mxcsr & ~undefined.mxcsr);
    cpu::X87 settled = model.x87;       // MMX leaves tags that only say "not empty" (SDM Vol. 1 §9.2.3)
    cpu::settleX87(settled);
    if (!undefined.x87) compareX87(host.x87, settled, undefined, report);
    compareVectors(host, model, undefined.vectorError, report);
    return report.lines;
}

std::string differences(const Instruction& insn, const Sides& s) {
    const Registers &host = s.host.after, &model = s.model.after;
    const Undefined undefined = insn.valid ? undefinedBy(insn.decoded, s.before, s.host.trap, host) : Undefined{};
    Report report;
    const bool bothFault = s.host.trap.kind == Trap::Kind::exception && s.model.trap.kind == Trap::Kind::exception;
    if (!(bothFault && undefined.anyFault) && !sameTrap(s.host.trap, s.model.trap, undefined.faultAddress))
        report.lines += "  host " + say(s.host.trap) + ", model " + say(s.model.trap) + "\n";
    report.lines += registerDifferences(undefined, host, model, Compared::everything);
    if (!undefined.memory) compareMemory(s, report);
    return report.lines;
}

std::string describe(const Instruction& insn, const Sides& s) {
    std::string out = insn.valid ? cpu::Cpu::disassemble(insn.bytes, CODE + insn.offset) : "invalid " + mnemonicName(insn.mnemonic);
    out += "    ";
    for (const u8 byte : insn.bytes) out += text(" %02x", byte);
    out += text("  at %llx\n  host %s, model %s\n", static_cast<unsigned long long>(s.before.rip), say(s.host.trap).c_str(),
                say(s.model.trap).c_str());
    const auto quad = [](u64 value) { return static_cast<unsigned long long>(value); };
    for (unsigned i = 0; i < 16; ++i) out += text("%s%-3s %016llx", i % 4 ? "  " : i ? "\n  " : "  ", NAMES[i], quad(s.before.gpr[i]));
    out += text("\n  rflags %llx fs %llx gs %llx mxcsr %x fcw %x fsw %x ftw %x\n", quad(s.before.rflags), quad(s.before.fs_base), quad(s.before.gs_base),
                s.before.mxcsr, s.before.x87.control, s.before.x87.status, s.before.x87.tags);
    for (unsigned i = 0; i < 8; ++i)
        out += text("  R%u %04x:%016llx%s", i, s.before.x87.physical[i].exponent, quad(s.before.x87.physical[i].significand),
                    i % 4 == 3 ? "\n" : "");
    bool used[16]{};
    for (unsigned i = 0; insn.valid && i < insn.decoded.insn.operand_count; ++i) {
        const u16 at =
            insn.decoded.operand[i].type == ZYDIS_OPERAND_TYPE_REGISTER ? cpu::registerOffset(insn.decoded.operand[i].reg.value) : u16{0};
        if (at >= offsetof(Registers, ymm) && at < offsetof(Registers, x87)) used[(at - offsetof(Registers, ymm)) / 32] = true;
    }
    for (unsigned i = 0; i < 16; ++i)
        if (used[i])
            out += text("  ymm%-2u %016llx %016llx %016llx %016llx (low first)\n", i, quad(s.before.ymm[i].lane[0]), quad(s.before.ymm[i].lane[1]),
                        quad(s.before.ymm[i].lane[2]), quad(s.before.ymm[i].lane[3]));
    return out;
}

}  // namespace insnfuzz
