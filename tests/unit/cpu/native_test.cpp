// Random general-purpose instructions, run by the host's processor and by the model from the same state: the same
// registers, memory and defined flags must come out.
#include "cpu/lower.hpp"
#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>
#include <csetjmp>
#include <csignal>
#include <random>
#include <sys/mman.h>

using namespace cpu;

namespace {

constexpr u64 BUFFER = Machine::DATA, BUFFER_SIZE = 4 * PAGE_SIZE;

struct State {
    u64 flags;
    u64 gpr[16];
};

sigjmp_buf escape;
void onFault(int) { siglongjmp(escape, 1); }

// A function in memory that loads a State, runs one instruction and stores the State again; r15 and rsp stay out of it.
class Native {
public:
    Native() {
        code_ = static_cast<u8*>(mmap(nullptr, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        buffer = static_cast<u8*>(mmap(reinterpret_cast<void*>(BUFFER), BUFFER_SIZE, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
        REQUIRE(code_ != MAP_FAILED);
        REQUIRE(buffer == reinterpret_cast<u8*>(BUFFER));
        for (int number : {SIGFPE, SIGSEGV, SIGILL}) {
            struct sigaction action {};
            action.sa_handler = onFault;
            action.sa_flags = SA_NODEFER;
            sigaction(number, &action, nullptr);
        }
    }
    ~Native() {
        munmap(code_, PAGE_SIZE);
        munmap(buffer, BUFFER_SIZE);
        for (int number : {SIGFPE, SIGSEGV, SIGILL}) signal(number, SIG_DFL);
    }
    bool run(const std::vector<u8>& insn, State& state) {
        std::vector<u8> c{0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, 0x49, 0x89, 0xff, 0x41, 0xff, 0x37, 0x9d};
        for (unsigned i = 0; i < 15; ++i)
            if (i != RSP) move(c, 0x8b, i);
        c.insert(c.end(), insn.begin(), insn.end());
        for (unsigned i = 0; i < 15; ++i)
            if (i != RSP) move(c, 0x89, i);
        c.insert(c.end(), {0x9c, 0x41, 0x8f, 0x07, 0xfc, 0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3});
        std::memcpy(code_, c.data(), c.size());
        if (sigsetjmp(escape, 1)) return false;
        reinterpret_cast<void (*)(State*)>(code_)(&state);
        return true;
    }
    u8* buffer;

private:
    static void move(std::vector<u8>& c, u8 opcode, unsigned i) {
        c.insert(c.end(),
                 {static_cast<u8>(i < 8 ? 0x49 : 0x4d), opcode, static_cast<u8>(0x47 | (i & 7) << 3), static_cast<u8>(8 * (i + 1))});
    }
    u8* code_;
};

struct Template {
    std::vector<u8> opcode;
    bool modrm;
    int extension = -1;     // /digit
};

std::vector<Template> templates() {
    std::vector<Template> all;
    for (u8 group = 0; group < 0x40; group += 8) {
        for (u8 form = 0; form < 4; ++form) all.push_back({{static_cast<u8>(group + form)}, true});
        all.push_back({{static_cast<u8>(group + 4)}, false});
        all.push_back({{static_cast<u8>(group + 5)}, false});
    }
    for (u8 one : {0x63, 0x69, 0x6b, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
                   0x8a, 0x8b, 0x8d, 0xc0, 0xc1, 0xd0, 0xd1, 0xd2, 0xd3, 0xf6, 0xf7})
        all.push_back({{one}, true});
    for (u8 group : {0xc0, 0xc1, 0xd0, 0xd1, 0xd2, 0xd3, 0xf6, 0xf7})
        for (int digit = 0; digit < 8; ++digit) all.push_back({{group}, true, digit});
    for (u8 group : {0xc6, 0xc7}) all.push_back({{group}, true, 0});
    for (u8 group : {0xfe, 0xff})
        for (int digit : {0, 1}) all.push_back({{group}, true, digit});
    for (u8 c = 0; c < 16; ++c)
        for (u8 base : {0x40, 0x90}) all.push_back({{0x0f, static_cast<u8>(base + c)}, true});
    for (u8 two : {0xa3, 0xab, 0xb3, 0xbb, 0xa4, 0xa5, 0xac, 0xad, 0xaf, 0xb0, 0xb1, 0xb6, 0xb7, 0xbe, 0xbf, 0xbc, 0xbd, 0xc0, 0xc1, 0xc3})
        all.push_back({{0x0f, two}, true});
    for (int digit = 4; digit < 8; ++digit) all.push_back({{0x0f, 0xba}, true, digit});
    all.push_back({{0x0f, 0xc7}, true, 1});
    for (u8 r = 0; r < 8; ++r)
        for (u8 base : {0x90, 0xb0, 0xb8}) all.push_back({{static_cast<u8>(base + r)}, false});
    for (u8 r = 0; r < 8; ++r) all.push_back({{0x0f, static_cast<u8>(0xc8 + r)}, false});
    for (u8 one : {0x98, 0x99, 0xa8, 0xa9, 0xf5, 0xf8, 0xf9, 0xfc, 0xfd, 0x9e, 0x9f, 0xd7}) all.push_back({{one}, false});
    for (u8 one : {0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf})
        for (int prefix : {0, 0xf2, 0xf3}) {
            Template t{{one}, false};
            if (prefix) t.opcode.insert(t.opcode.begin(), static_cast<u8>(prefix));
            all.push_back(t);
        }
    for (u8 one : {0xb8, 0xbc, 0xbd}) all.push_back({{0xf3, 0x0f, one}, true});         // POPCNT, TZCNT, LZCNT
    for (u8 one : {0xf0, 0xf1}) {                                                      // MOVBE, CRC32
        all.push_back({{0x0f, 0x38, one}, true});
        all.push_back({{0xf2, 0x0f, 0x38, one}, true});
    }
    all.push_back({{0x66, 0x0f, 0x38, 0xf6}, true});                                   // ADCX, ADOX
    all.push_back({{0xf3, 0x0f, 0x38, 0xf6}, true});
    for (u8 pp = 0; pp < 4; ++pp)                                                      // BMI1 and BMI2: VEX
        for (u8 one : {0xf2, 0xf3, 0xf5, 0xf6, 0xf7}) all.push_back({{0xc4, 0x02, pp, one}, true});
    all.push_back({{0xc4, 0x03, 0x03, 0xf0}, true});
    return all;
}

class Generator {
public:
    // An instruction and a state to run it from; false: not one for this test.
    bool next(const Template& t, std::vector<u8>& insn, Decoded& decoded, State& state) {
        insn.clear();
        const bool repeated = t.opcode[0] == 0xf2 || t.opcode[0] == 0xf3 || t.opcode[0] == 0x66, vex = t.opcode[0] == 0xc4;
        if (repeated) insn.push_back(t.opcode[0]);
        if (!vex && chance(4)) insn.push_back(0x66);
        if (!vex && chance(2)) insn.push_back(static_cast<u8>(0x40 | (random() & 0xf)));
        insn.insert(insn.end(), t.opcode.begin() + repeated, t.opcode.end());
        if (vex) {
            insn[1] = static_cast<u8>(insn[1] | (random() & 0xe0));     // R, X, B
            insn[2] = static_cast<u8>(insn[2] | (random() & 0xf8));     // W, vvvv
        }
        if (t.modrm) {
            u8 modrm = chance(2) ? static_cast<u8>(0xc0 | (random() & 0x3f)) : static_cast<u8>(0x46 | (random() & 0x39));
            if (t.extension >= 0) modrm = static_cast<u8>((modrm & 0xc7) | t.extension << 3);
            insn.push_back(modrm);
        }
        for (int i = 0; i < 9; ++i) insn.push_back(static_cast<u8>(chance(3) ? random() & 3 : random()));
        if (!ZYAN_SUCCESS(decode(insn.data(), insn.size(), decoded))) return false;
        insn.resize(decoded.insn.length);
        return admissible(decoded) && (fill(decoded, state), true);
    }

private:
    u64 random() { return engine_(); }
    bool chance(unsigned n) { return random() % n == 0; }
    u64 value() {
        switch (random() % 5) {
            case 0: return random() % 4;
            case 1: return ~(random() % 4);
            case 2: return u64{1} << random() % 64;
            case 3: return (u64{1} << random() % 64) - 1;
            default: return random();
        }
    }
    static bool admissible(const Decoded& d) {
        for (unsigned i = 0; i < d.insn.operand_count; ++i) {
            const ZydisDecodedOperand& operand = d.operand[i];
            const auto excluded = [](ZydisRegister reg) {
                const u16 at = registerOffset(reg);
                return at != NO_REGISTER && (at / 8 == RSP || at / 8 == R15);
            };
            if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER && excluded(operand.reg.value)) return false;
            if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY && excluded(operand.mem.base)) return false;
            if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.mem.type == ZYDIS_MEMOP_TYPE_MEM) {
                const ZydisRegister base = operand.mem.base;
                if (base != ZYDIS_REGISTER_RSI && base != ZYDIS_REGISTER_RDI && base != ZYDIS_REGISTER_RBX) return false;
            }
        }
        return true;
    }
    void fill(const Decoded& d, State& s) {
        for (u64& reg : s.gpr) reg = value();
        s.flags = (random() & FLAGS_STATUS) | 0x202 | (chance(2) ? FLAG_DF : 0);
        s.gpr[RSI] = BUFFER + 0x1800 + random() % 1024 * 2;
        s.gpr[RDI] = BUFFER + 0x1800 + random() % 1024 * 2;
        if (d.insn.meta.category == ZYDIS_CATEGORY_STRINGOP) s.gpr[RCX] = random() % 64;
        if (d.insn.mnemonic == ZYDIS_MNEMONIC_XLAT) s.gpr[RBX] = BUFFER + random() % 4096;
        if ((d.insn.mnemonic == ZYDIS_MNEMONIC_DIV || d.insn.mnemonic == ZYDIS_MNEMONIC_IDIV) && chance(2)) s.gpr[RDX] = random() % 8;
        if (d.insn.meta.category == ZYDIS_CATEGORY_BITBYTE && d.operand[0].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            d.operand[1].type == ZYDIS_OPERAND_TYPE_REGISTER) {
            u64& number = s.gpr[registerOffset(d.operand[1].reg.value) / 8 & 15];
            const bool address = &number == &s.gpr[RSI] || &number == &s.gpr[RDI];
            if (!address) number = random() % 2048 - 1024;
        }
    }
    std::mt19937_64 engine_{20};
};

// The flags that the SDM defines after this instruction with this count.
u64 definedFlags(const Decoded& d, const State& before) {
    u64 defined = FLAGS_STATUS | FLAG_DF;
    if (d.insn.cpu_flags) defined &= ~u64{d.insn.cpu_flags->undefined};
    const bool shifts = d.insn.meta.category == ZYDIS_CATEGORY_SHIFT || d.insn.meta.category == ZYDIS_CATEGORY_ROTATE;
    if (!shifts) return defined;
    defined = FLAGS_STATUS | FLAG_DF;
    const unsigned last = d.insn.operand_count_visible - 1;
    u64 count = d.operand[last].type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? d.operand[last].imm.value.u : before.gpr[RCX];
    count &= d.operand[0].size == 64 ? 63 : 31;
    if (count == 0) return defined;
    if (count != 1) defined &= ~FLAG_OF;
    if (d.insn.meta.category == ZYDIS_CATEGORY_SHIFT) defined &= ~FLAG_AF;
    if (count >= d.operand[0].size) defined &= ~FLAG_CF;
    if (d.insn.meta.category == ZYDIS_CATEGORY_ROTATE && count % d.operand[0].size == 0) defined &= ~FLAG_OF;
    return defined;
}

bool undefinedResult(const Decoded& d, const State& before) {
    if (d.insn.mnemonic == ZYDIS_MNEMONIC_BSWAP && d.insn.operand_width == 16) return true;
    if (d.insn.mnemonic != ZYDIS_MNEMONIC_SHLD && d.insn.mnemonic != ZYDIS_MNEMONIC_SHRD) return false;
    const u64 count = (d.operand[2].type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? d.operand[2].imm.value.u : before.gpr[RCX]) & 31;
    return d.operand[0].size == 16 && count > 16;
}

}  // namespace

TEST_CASE("random instructions agree with the host's processor") {
    Native native;
    Machine machine;
    Generator generator;
    Decoded decoded;
    std::vector<u8> insn;
    std::mt19937_64 contents{7};
    u64 compared = 0;
    for (const Template& t : templates()) {
        for (int round = 0; round < 300; ++round) {
            State before, after;
            if (!generator.next(t, insn, decoded, before)) continue;
            for (u64 at = 0; at < BUFFER_SIZE; at += 8) {
                const u64 word = contents() & (at % 64 ? ~u64{0} : 0x0303030303030303);
                if (at < 0x1000 || at >= 0x1400) std::memcpy(native.buffer + at, &word, 8);
                std::memcpy(machine.at(BUFFER + at), native.buffer + at, 8);
            }
            machine.put(Machine::CODE, insn);
            Registers& r = machine.registers();
            std::memcpy(r.gpr, before.gpr, sizeof r.gpr);
            r.rflags = before.flags;
            r.rip = Machine::CODE;
            after = before;
            const bool ran = native.run(insn, after);
            const Trap trap = machine.run(1);
            INFO(Cpu::disassemble(insn, Machine::CODE) << " flags " << std::hex << before.flags << " rax " << before.gpr[RAX] << " rcx "
                                                       << before.gpr[RCX] << " rdx " << before.gpr[RDX]);
            REQUIRE((trap.kind == Trap::Kind::limit) == ran);
            if (!ran || undefinedResult(decoded, before)) continue;
            REQUIRE(r.rip == Machine::CODE + insn.size());
            for (unsigned i = 0; i < 15; ++i) {
                INFO("register " << i);
                if (i != RSP) REQUIRE(r.gpr[i] == after.gpr[i]);
            }
            const u64 defined = definedFlags(decoded, before);
            REQUIRE((r.rflags & defined) == (after.flags & defined));
            bool same = true;
            for (u64 page = 0; page < BUFFER_SIZE; page += PAGE_SIZE)
                same = same && std::memcmp(native.buffer + page, machine.at(BUFFER + page), PAGE_SIZE) == 0;
            REQUIRE(same);
            ++compared;
        }
    }
    CHECK(compared > 20000);
}
