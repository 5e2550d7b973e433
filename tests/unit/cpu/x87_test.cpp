// Every encoding of x87 and MMX that Zydis knows, on corner and random stacks, control and status words, in the model and on this processor.
// Transcendental instructions, which may be a unit in the last place apart, are for transcendental_test.cpp and insnfuzz.
#include "cpu/core.hpp"
#include "cpu/lower.hpp"
#include "cpu/x87.hpp"
#include "tests/lib/host_fxsave.hpp"
#include "tests/unit/cpu/machine.hpp"
#include "tests/unit/cpu/random.hpp"
#include "tests/unit/cpu/x87_native.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace cpu;

namespace {

// Zero, denormal, pseudo-denormal, normal, unnormal, infinity, pseudo-infinity, NaNs, pseudo-NaN, integers.
void fillExtended(u8* to, Random& random) {
    constexpr u64 significands[] = {0, 1, 0x7fffffffffffffff, u64{1} << 63, u64{1} << 63 | 1, u64{3} << 62, u64{3} << 62 | 0x1234, ~u64{0},
                                    0xffffff0000000000, 0xfffffffffffff800, 0xc90fdaa22168c235, u64{1} << 62};
    constexpr u16 exponents[] = {0, 1, 2, 0x3ffe, 0x3fff, 0x4000, 0x4001, 0x400d, 0x400e, 0x401d, 0x401e, 0x403a, 0x403d, 0x403e, 0x403f, 0x7ffd, 0x7ffe,
                                 0x7fff, 0x7fff, 0x3f80, 0x3f6a, 0x407e, 0x407f, 0x43fe, 0x43ff, 0x3c00, 0x3bcc, 0x3fbe, 0x6000, 0x1fff};
    u64 significand = random.next() | (random.below(8) ? u64{1} << 63 : 0);
    u16 exponent = static_cast<u16>(random.below(3) ? 0x3fff - 40 + random.below(110) : random.next() & 0x7fff);
    if (random.below(2)) significand = significands[random.below(std::size(significands))];
    if (random.below(2)) exponent = exponents[random.below(std::size(exponents))];
    exponent = static_cast<u16>(exponent | random.below(2) << 15);
    std::memcpy(to, &significand, 8);
    std::memcpy(to + 8, &exponent, 2);
}

void fillMemory(u8* to, unsigned size, Random& random) {
    for (unsigned i = 0; i < size; ++i) to[i] = static_cast<u8>(random.next());
    const u64 kind = random.below(6);
    constexpr u32 floats[] = {0, 1, 0x7fffff, 0x800000, 0x3f800000, 0x40000000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000, 0x3f800001};
    constexpr u64 doubles[] = {0, 1, 0x000fffffffffffff, 0x0010000000000000, 0x3ff0000000000000, 0x4000000000000000, 0x7fefffffffffffff,
                               0x7ff0000000000000, 0x7ff0000000000001, 0x7ff8000000000000, 0x3ff0000000000001, 0x8000, 0x80000000};
    const u32 single = floats[random.below(std::size(floats))] | static_cast<u32>(random.below(2) << 31);
    const u64 wide = doubles[random.below(std::size(doubles))] | random.below(2) << 63;
    if (kind == 0) std::memcpy(to, &single, 4);
    if (kind == 1) std::memcpy(to, &wide, 8);
    if (kind == 2) fillExtended(to, random);
    if (kind == 3)
        for (unsigned i = 0; i < 10; ++i) to[i] = static_cast<u8>(random.below(10) << 4 | random.below(10));    // BCD
    if (kind == 4) std::memset(to, 0, 10), to[0] = static_cast<u8>(random.below(100));
}

struct Encoded {
    std::vector<u8> bytes;
    Decoded decoded;
    std::string name() const { return Cpu::disassemble(bytes, 0); }
};
const std::vector<Encoded>& encodings() {
    static const std::vector<Encoded> all = [] {
        std::vector<Encoded> found;
        for (unsigned opcode = 0xd8; opcode <= 0xdf; ++opcode)
            for (unsigned modrm = 6; modrm < 256; modrm += modrm < 0x3e ? 8 : modrm == 0x3e ? 0xc0 - 0x3e : 1) {
                Encoded made{{static_cast<u8>(opcode), static_cast<u8>(modrm)}, {}};
                if (ZYAN_SUCCESS(decode(made.bytes.data(), made.bytes.size(), made.decoded)))
                    found.push_back(made);
            }
        Encoded wait{{0x9b}, {}};
        decode(wait.bytes.data(), 1, wait.decoded);
        found.push_back(wait);
        return found;
    }();
    return all;
}

// mm, mm; mm, xmm; mm or xmm and [rsi] or rax: the only general registers that the oracle sets.
bool isMmx(const Decoded& d) {
    if (!hasInstructions(Level::v3, static_cast<u16>(d.insn.meta.isa_set))) return false;     // 3DNow!
    bool mm = d.insn.mnemonic == ZYDIS_MNEMONIC_CVTPI2PS || d.insn.mnemonic == ZYDIS_MNEMONIC_EMMS;
    for (unsigned i = 0; i < d.insn.operand_count_visible; ++i) {
        if (d.operand[i].type != ZYDIS_OPERAND_TYPE_REGISTER) continue;
        const ZydisRegister reg = d.operand[i].reg.value;
        mm = mm || (reg >= ZYDIS_REGISTER_MM0 && reg <= ZYDIS_REGISTER_MM7);
        const u16 at = registerOffset(reg);
        if (at != NO_REGISTER && at >= 8 && at < 128) return false;
    }
    return mm;
}
const std::vector<Encoded>& mmxEncodings() {
    static const std::vector<Encoded> all = [] {
        std::vector<Encoded> found;
        Random random;
        for (int prefix : {0, 0x66, 0xf2, 0xf3})
            for (int wide : {0, 1})
                for (int opcode = 0; opcode < 768; ++opcode) {
                    if (opcode == 0x38 || opcode == 0x3a) continue;     // the other two maps
                    for (int modrm = 6; modrm < 256; modrm += modrm < 0x3e ? 8 : modrm == 0x3e ? 0xc0 - 0x3e : 1) {
                        Encoded made;
                        if (prefix) made.bytes.push_back(static_cast<u8>(prefix));
                        if (wide) made.bytes.push_back(0x48);
                        made.bytes.push_back(0x0f);
                        if (opcode >= 256) made.bytes.push_back(opcode < 512 ? 0x38 : 0x3a);
                        made.bytes.insert(made.bytes.end(),
                                          {static_cast<u8>(opcode), static_cast<u8>(modrm), static_cast<u8>(random.below(70))});
                        if (!ZYAN_SUCCESS(decode(made.bytes.data(), made.bytes.size(), made.decoded)) || !isMmx(made.decoded)) continue;
                        if (made.decoded.insn.mnemonic == ZYDIS_MNEMONIC_MASKMOVQ) continue;      // rdi: below
                        made.bytes.resize(made.decoded.insn.length);
                        found.push_back(made);
                    }
                }
        return found;
    }();
    return all;
}

constexpr u64 IMAGE = Machine::DATA, OPERAND = Machine::DATA + 1024;
alignas(64) u8 hostOperand[128];

void randomState(X87State& state, Random& random, bool masked) {
    state = {};
    u16 control = static_cast<u16>(0x37f & ~0xf00) | static_cast<u16>(random.below(4) << 8 | random.below(4) << 10);
    if (!masked) control = static_cast<u16>(random.below(2) ? random.next() : control & ~(1u << random.below(6)));
    u16 status = static_cast<u16>(random.next() & (random.below(2) ? 0x7f00 : 0x7f7f));
    if (!masked && random.below(4)) status = static_cast<u16>(status & ~(~control & 0x3f));     // otherwise it is #MF at once
    const u64 full = random.below(4);
    const u8 tags = static_cast<u8>(full == 0 ? random.next() : full == 1 ? random.next() | random.next() : 0xff);
    const u32 mxcsr = 0x1f80;
    std::memcpy(state.image, &control, 2);
    std::memcpy(state.image + 2, &status, 2);
    state.image[4] = tags;
    std::memcpy(state.image + 24, &mxcsr, 4);
    for (unsigned i = 0; i < 8; ++i) fillExtended(state.image + 32 + 16 * i, random);
    for (unsigned i = 160; i < 416; i += 16) fillMemory(state.image + i, 16, random);
    fillMemory(hostOperand, sizeof hostOperand, random);
    state.rax = random.next();
    state.rflags = 0x202 | (random.next() & FLAGS_STATUS);
}

// FIP counts from the instruction's place; when FOP and FDP are updated differs between processors.
void forgetPointers(u8* image, u64 code) {
    u64 pointer;
    std::memcpy(&pointer, image + 8, 8);
    if (pointer == code) pointer = Machine::CODE;
    std::memcpy(image + 8, &pointer, 8);
    std::memset(image + 6, 0, 2);
    std::memset(image + 16, 0, 8);
    std::memset(image + 28, 0, 4);      // MXCSR_MASK
    forgetDialect(image);
}
void forgetEnvironmentPointers(const Encoded& e, u8* memory) {
    const ZydisMnemonic m = e.decoded.insn.mnemonic;
    if (m == ZYDIS_MNEMONIC_FNSTENV || m == ZYDIS_MNEMONIC_FNSAVE) std::memset(memory + 12, 0, 16);
}

// fxrstor64 [rbx]; the instruction; fxsave64 [rbx], on both sides. False: they differ; says is then filled.
bool same(Machine& m, NativeX87& native, const Encoded& e, X87State state, std::string& says) {
    Registers& r = m.registers();
    r.rip = Machine::CODE;
    r.rflags = state.rflags;
    r.gpr[RAX] = state.rax;
    r.gpr[RBX] = IMAGE;
    r.gpr[RSI] = OPERAND;
    std::memcpy(m.at(IMAGE), state.image, 512);
    std::memcpy(m.at(OPERAND), hostOperand, sizeof hostOperand);
    state.rsi = reinterpret_cast<u64>(hostOperand);
    const X87State before = state;

    const Trap trap = m.run(3);
    native.run(state);
    const auto differ = [&](const std::string& what) {
        char words[96];
        std::snprintf(words, sizeof words, " (control %02x%02x, status %02x%02x, tags %02x)", before.image[1], before.image[0],
                      before.image[3], before.image[2], before.image[4]);
        says = e.name() + ": " + what + words;
        return false;
    };
    const u32 vector = trap.kind == Trap::Kind::exception ? trap.vector : 0;
    if (vector != state.vector) return differ("exception " + std::to_string(vector) + ", not " + std::to_string(state.vector));
    if (vector) {
        r.rip = Machine::CODE + 4 + e.bytes.size();
        m.run(1);
    }
    u8* mine = m.at(IMAGE);
    forgetPointers(mine, Machine::CODE + 4);
    forgetPointers(state.image, native.address());
    forgetEnvironmentPointers(e, m.at(OPERAND));
    forgetEnvironmentPointers(e, hostOperand);
    for (unsigned i = 0; i < 416; ++i)
        if (mine[i] != state.image[i])
            return differ("image byte " + std::to_string(i) + " is " + std::to_string(mine[i]) + ", not " + std::to_string(state.image[i]));
    if (std::memcmp(m.at(OPERAND), hostOperand, sizeof hostOperand)) return differ("memory");
    if (r.gpr[RAX] != state.rax) return differ("rax");
    if ((r.rflags ^ state.rflags) & FLAGS_STATUS) return differ("flags");
    return true;
}

bool isTranscendental(ZydisMnemonic mnemonic) {
    constexpr ZydisMnemonic all[] = {ZYDIS_MNEMONIC_F2XM1,  ZYDIS_MNEMONIC_FYL2X, ZYDIS_MNEMONIC_FYL2XP1, ZYDIS_MNEMONIC_FPTAN,
                                     ZYDIS_MNEMONIC_FPATAN, ZYDIS_MNEMONIC_FSIN,  ZYDIS_MNEMONIC_FCOS,    ZYDIS_MNEMONIC_FSINCOS};
    return std::find(std::begin(all), std::end(all), mnemonic) != std::end(all);
}

void compareAll(const std::vector<Encoded>& all, unsigned rounds, bool masked) {
    Machine m;
    NativeX87 native;
    Random random;
    for (const Encoded& e : all) {
        if (isTranscendental(e.decoded.insn.mnemonic)) continue;
        m.put(Machine::CODE, {0x48, 0x0f, 0xae, 0x0b});
        m.put(Machine::CODE + 4, e.bytes);
        m.put(Machine::CODE + 4 + e.bytes.size(), {0x48, 0x0f, 0xae, 0x03});
        native.load(e.bytes);
        std::string says;
        bool good = true;
        for (unsigned i = 0; good && i < rounds; ++i) {
            X87State state;
            randomState(state, random, masked);
            good = same(m, native, e, state, says);
        }
        INFO(says);
        CHECK(good);
    }
}

}  // namespace

TEST_CASE("x87 gives this processor's stack, flags and status with exceptions masked") { compareAll(encodings(), 400, true); }
TEST_CASE("unmasked x87 exceptions leave what the processor leaves and are #MF at the next waiting instruction") {
    compareAll(encodings(), 400, false);
}
TEST_CASE("MMX gives this processor's registers, tags and TOP") { compareAll(mmxEncodings(), 60, true); }
TEST_CASE("MMX instructions wait for a pending x87 exception") { compareAll(mmxEncodings(), 20, false); }

TEST_CASE("every instruction of x87 and MMX has a row") {
    CHECK(mmxEncodings().size() > 3000);
    std::vector<Encoded> both = encodings();
    both.insert(both.end(), mmxEncodings().begin(), mmxEncodings().end());
    for (const Encoded& e : both) {
        Op op;
        Form form{e.decoded.insn, e.decoded.operand, op, UNKNOWN, UNKNOWN};
        lower(e.decoded, form);
        place(form.op, 0, e.decoded.insn.length);
        INFO(e.name());
        CHECK(op.handler != raiseUnsupported);
    }
}

TEST_CASE("a store that faults leaves the x87 stack as it was") {
    Machine m({0xd9, 0xe8, 0xd9, 0x1e});        // fld1; fstp dword [rsi]
    m.reg(RSI) = 0x10000;
    const Trap trap = m.run(2);
    CHECK(trap.vector == VECTOR_PF);
    CHECK(m.registers().rip == Machine::CODE + 2);
    CHECK(topOf(m.registers().x87) == 7);
    CHECK(m.registers().x87.tags == 0x3fff);
    CHECK(m.registers().x87.physical[7].significand == u64{1} << 63);
    CHECK(m.registers().x87.physical[7].exponent == 0x3fff);
}
