// Every encoding of AVX, AVX2, FMA and F16C that Zydis knows, on corner and random operands, in the model and on this processor.
#include "cpu/lower.hpp"
#include "cpu/vector_mxcsr.hpp"
#include "tests/unit/cpu/avx_native.hpp"
#include "tests/unit/cpu/machine.hpp"
#include "tests/unit/cpu/random.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <set>
#include <string>

using namespace cpu;

namespace {

constexpr u64 DOUBLES[] = {0, 1, 0x000fffffffffffff, 0x0010000000000000, 0x3ff0000000000000, 0x3ff0000000000001, 0x7fefffffffffffff,
                           0x7ff0000000000000, 0x7ff0000000000001, 0x7ff8000000001234, 0x3fe0000000000000, 0x41dfffffffc00000,
                           0x43e0000000000000, 0x36a0000000000000, 0x47efffffe0000000, 0x3810000000000000, 0x7fe0000000000000};
constexpr u32 FLOATS[] = {0, 1, 0x007fffff, 0x00800000, 0x3f800000, 0x3f800001, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc01234, 0x3f000000,
                          0x4f000000, 0x5f000000, 0x4b800001, 0x33000000, 0x33800000, 0x477fe000, 0x477ff000, 0x0d000000};

u64 operandPart(u64 kind, Random& random) {
    const u64 any = random.next();
    const auto anyFloat = [&] { return FLOATS[random.below(std::size(FLOATS))] | random.below(2) << 31; };
    switch (kind) {
        case 0: return DOUBLES[random.below(std::size(DOUBLES))] | random.below(2) << 63;
        case 1: return anyFloat() | anyFloat() << 32;
        case 2: return (any & 0x800fffffffffffff) | (1023 - 40 + random.below(80)) << 52;
        case 3: return (any & 0x807fffff807fffff) | (107 + random.below(40)) << 23 | (107 + random.below(40)) << 55;
        case 4: return random.below(70);
        default: return any;
    }
}
void fill(u8* bytes, Random& random) {
    const u64 kind = random.below(6);
    for (unsigned i = 0; i < 32; i += 8) {
        const u64 value = operandPart(kind, random);
        std::memcpy(bytes + i, &value, 8);
    }
}

struct Encoded {
    std::vector<u8> bytes;
    Decoded decoded;
    std::string name() const { return Cpu::disassemble(bytes, 0); }
    bool gathers() const { return decoded.insn.meta.isa_set == ZYDIS_ISA_SET_AVX2GATHER; }
};

bool isOurs(const ZydisDecodedInstruction& insn) {
    if (insn.encoding != ZYDIS_INSTRUCTION_ENCODING_VEX) return false;
    switch (insn.meta.isa_set) {
        case ZYDIS_ISA_SET_AVX: case ZYDIS_ISA_SET_AVX2: case ZYDIS_ISA_SET_AVX2GATHER: case ZYDIS_ISA_SET_AVXAES: case ZYDIS_ISA_SET_FMA:
        case ZYDIS_ISA_SET_F16C: return true;
        default: return false;
    }
}

// ModRM: registers, [rsi], and [rsi + ymm3] with a reg field for groups; registers 0, 1, 2.
const std::vector<Encoded>& encodings() {
    static const std::vector<Encoded> all = [] {
        std::vector<Encoded> found;
        std::set<std::vector<u8>> seen;
        Random random;
        for (unsigned map = 1; map < 4; ++map)
            for (unsigned bits = 0; bits < 16; ++bits)              // W, L, pp
                for (unsigned register_ : {15u, 13u})               // none, 2
                    for (unsigned opcode = 0; opcode < 256; ++opcode)
                        for (unsigned modrm : {0xc1u, 0x06u, 0x04u, 0xd1u, 0xd9u, 0xe1u, 0xf1u, 0xf9u, 0x16u, 0x1eu}) {
                            const u8 vex = static_cast<u8>((bits & 8) << 4 | register_ << 3 | (bits & 7));
                            std::vector<u8> bytes = {0xc4, static_cast<u8>(0xe0 | map), vex, static_cast<u8>(opcode),
                                                     static_cast<u8>(modrm)};
                            if (modrm == 4) bytes.push_back(0x1e);
                            for (int i = 0; i < 5; ++i) bytes.push_back(static_cast<u8>(random.next()));
                            Encoded made{{}, {}};
                            if (!ZYAN_SUCCESS(decode(bytes.data(), bytes.size(), made.decoded)) || !isOurs(made.decoded.insn)) continue;
                            if ((modrm == 4) != made.gathers()) continue;
                            bytes.resize(made.decoded.insn.length);
                            if (!seen.insert({bytes.begin(), bytes.begin() + 5}).second) continue;
                            made.bytes = bytes;
                            found.push_back(made);
                        }
        return found;
    }();
    return all;
}

bool hasRow(const Decoded& decoded) {
    Op op;
    Form form{decoded.insn, decoded.operand, op, UNKNOWN, UNKNOWN};
    lower(decoded, form);
    place(form.op, 0, decoded.insn.length);
    return op.handler != raiseUnsupported;
}
bool usesOracle(const Decoded& d) {
    for (unsigned i = 0; i < d.insn.operand_count_visible; ++i)
        if (d.operand[i].type == ZYDIS_OPERAND_TYPE_REGISTER)
            switch (ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, d.operand[i].reg.value)) {
                case ZYDIS_REGISTER_RSP: case ZYDIS_REGISTER_RBP: case ZYDIS_REGISTER_RBX: case ZYDIS_REGISTER_RSI: case ZYDIS_REGISTER_RDI: return true;
                default: break;
            }
    return false;
}
bool isApproximation(ZydisMnemonic m) {
    return m == ZYDIS_MNEMONIC_VRCPPS || m == ZYDIS_MNEMONIC_VRCPSS || m == ZYDIS_MNEMONIC_VRSQRTPS || m == ZYDIS_MNEMONIC_VRSQRTSS;
}
bool close(const u8* a, const u8* b) {
    for (unsigned i = 0; i < 32; i += 4) {
        float x, y;
        std::memcpy(&x, a + i, 4);
        std::memcpy(&y, b + i, 4);
        if (std::memcmp(&x, &y, 4) && !(std::fabs(x - y) <= std::fabs(y) * 2 * 1.5f / 4096)) return false;
    }
    return true;
}

alignas(64) u8 hostData[512];
constexpr u64 MIDDLE = 256, DATA = Machine::DATA + MIDDLE;
constexpr unsigned REGS[] = {RAX, RCX, RDX};

void prepareModel(Machine& m, const AvxState& state) {
    Registers& r = m.registers();
    r.rip = Machine::CODE;
    r.mxcsr = state.mxcsr;
    r.rflags = 0x202 | (state.rflags & FLAGS_STATUS);
    for (unsigned i = 0; i < 16; ++i) std::memcpy(r.ymm[i].lane, state.ymm[i], 32);
    for (unsigned i : REGS) r.gpr[i] = state.gpr[i];
    r.gpr[RSI] = r.gpr[RDI] = DATA + state.gpr[RSI];
    std::memcpy(m.at(Machine::DATA), hostData, sizeof hostData);
}

// Both sides, once: what differs, or nothing.
std::string difference(Machine& m, NativeAvx& native, const Encoded& e, const AvxState& state) {
    prepareModel(m, state);
    Registers& r = m.registers();
    const Trap trap = m.run(1);
    AvxState host = state;
    host.gpr[RSI] = host.gpr[RDI] = reinterpret_cast<u64>(hostData) + MIDDLE + state.gpr[RSI];
    host.rflags = 0x202 | (state.rflags & FLAGS_STATUS);
    native.run(host);
    const u32 vector = trap.kind == Trap::Kind::exception ? trap.vector : 0;
    if (vector != host.vector) return "exception " + std::to_string(vector) + ", not " + std::to_string(host.vector);
    // The deviations named in vector_mxcsr.hpp.
    u32 ignored = vector && host.mxcsr & unmasked(host.mxcsr) & (MXCSR_UNDERFLOW | MXCSR_OVERFLOW) ? MXCSR_PRECISION : 0;
    if (vector && (e.decoded.insn.mnemonic == ZYDIS_MNEMONIC_VDPPS || e.decoded.insn.mnemonic == ZYDIS_MNEMONIC_VDPPD))
        ignored = MXCSR_FLAGS;
    if ((r.mxcsr ^ host.mxcsr) & ~ignored) return "mxcsr " + std::to_string(r.mxcsr) + ", not " + std::to_string(host.mxcsr);
    if (std::memcmp(m.at(Machine::DATA), hostData, sizeof hostData)) return "memory";
    if (r.rip != Machine::CODE + (vector ? 0 : e.bytes.size())) return "rip";
    for (unsigned i : REGS)
        if (r.gpr[i] != host.gpr[i] && !vector)
            return "general register " + std::to_string(r.gpr[i]) + ", not " + std::to_string(host.gpr[i]);
    if (!vector && (r.rflags & FLAGS_STATUS) != (host.rflags & FLAGS_STATUS)) return "flags";
    for (unsigned i = 0; i < 16; ++i) {
        const u8* mine = reinterpret_cast<const u8*>(r.ymm[i].lane);
        if (isApproximation(e.decoded.insn.mnemonic) ? !close(mine, host.ymm[i]) : std::memcmp(mine, host.ymm[i], 32) != 0)
            return "ymm" + std::to_string(i);
    }
    return "";
}

void randomState(AvxState& state, const Encoded& e, Random& random) {
    for (auto& ymm : state.ymm) fill(ymm, random);
    for (unsigned i = 0; i < sizeof hostData; i += 32) fill(hostData + i, random);
    for (unsigned i : REGS) state.gpr[i] = random.below(2) ? random.next() : DOUBLES[random.below(std::size(DOUBLES))];
    state.gpr[RSI] = 0;
    state.rflags = random.next() & FLAGS_STATUS;
    state.mxcsr = MXCSR_DEFAULT;
    if (!e.gathers()) return;
    for (u8& byte : state.ymm[3]) byte = 0;
    const bool narrow = e.decoded.insn.mnemonic == ZYDIS_MNEMONIC_VGATHERDPS || e.decoded.insn.mnemonic == ZYDIS_MNEMONIC_VPGATHERDD ||
                        e.decoded.insn.mnemonic == ZYDIS_MNEMONIC_VGATHERDPD || e.decoded.insn.mnemonic == ZYDIS_MNEMONIC_VPGATHERDQ;
    for (unsigned i = 0; i < 32; i += narrow ? 4 : 8) {
        const i64 index = static_cast<i64>(random.below(400)) - 200;
        std::memcpy(state.ymm[3] + i, &index, narrow ? 4 : 8);
    }
}

template <class Prepare> void compareAll(unsigned rounds, Prepare prepare) {
    if (!missingOnHost(Level::v3).empty()) {
        WARN("skipped: this processor lacks " << missingOnHost(Level::v3));
        return;
    }
    Machine m;
    NativeAvx native;
    Random random;
    for (const Encoded& e : encodings()) {
        const ZydisMnemonic mnemonic = e.decoded.insn.mnemonic;
        if (usesOracle(e.decoded) || mnemonic == ZYDIS_MNEMONIC_VLDMXCSR || mnemonic == ZYDIS_MNEMONIC_VSTMXCSR) continue;
        m.put(Machine::CODE, e.bytes);
        native.load(e.bytes);
        std::string says;
        for (unsigned i = 0; says.empty() && i < rounds; ++i) {
            AvxState state{};
            randomState(state, e, random);
            prepare(state, random);
            says = difference(m, native, e, state);
        }
        INFO(e.name() << ": " << says);
        CHECK(says.empty());
    }
}

}  // namespace

TEST_CASE("AVX, AVX2, FMA and F16C give this processor's values, flags and MXCSR") {
    compareAll(100, [](AvxState&, Random&) {});
}

TEST_CASE("AVX follows MXCSR's rounding, DAZ and FTZ and keeps its flags") {
    compareAll(50, [](AvxState& state, Random& random) { state.mxcsr = MXCSR_DEFAULT | (random.next() & 0xe07f); });
}

TEST_CASE("unmasked SIMD exceptions of AVX are #XM in front of the instruction") {
    compareAll(50, [](AvxState& state, Random& random) { state.mxcsr = random.next() & 0xffff; });
}

TEST_CASE("operands of VEX need not be aligned, but for VMOVAPS and its like") {
    compareAll(3, [](AvxState& state, Random& random) { state.gpr[RSI] = 1 + random.below(31); });
}

TEST_CASE("every instruction of AVX, AVX2, FMA and F16C has a row") {
    std::set<std::string> missing, present;
    for (const Encoded& e : encodings()) (hasRow(e.decoded) ? present : missing).insert(ZydisMnemonicGetString(e.decoded.insn.mnemonic));
    for (const std::string& name : missing) {
        INFO(name);
        CHECK(false);
    }
    CHECK(present.size() == 349);
}
