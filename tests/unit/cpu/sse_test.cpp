// Every encoding of SSE to SSE4.2, AES-NI and PCLMULQDQ that Zydis knows, on corner and random operands, in the model and on this
// processor.
#include "cpu/lower.hpp"
#include "cpu/vector_mxcsr.hpp"
#include "tests/unit/cpu/machine.hpp"
#include "tests/unit/cpu/random.hpp"
#include "tests/unit/cpu/sse_native.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

using namespace cpu;

namespace {

constexpr u64 DOUBLES[] = {0, 1, 0x000fffffffffffff, 0x0010000000000000, 0x0010000000000001, 0x3ff0000000000000, 0x3ff0000000000001, 0x4000000000000000,
                           0x7fefffffffffffff, 0x7ff0000000000000, 0x7ff0000000000001, 0x7ff8000000000000, 0x7ff8000000001234, 0x3fe0000000000000,
                           0x3ff8000000000000, 0x41dfffffffc00000, 0x41e0000000000000, 0x43e0000000000000, 0x43dfffffffffffff, 0x36a0000000000000,
                           0x47efffffe0000000, 0x47effffff0000000, 0x3810000000000000, 0x1ff0000000000000, 0x5fe0000000000000, 0x7fe0000000000000};
constexpr u32 FLOATS[] = {0, 1, 0x007fffff, 0x00800000, 0x00800001, 0x3f800000, 0x3f800001, 0x40000000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000,
                          0x7fc01234, 0x3f000000, 0x3fc00000, 0x4effffff, 0x4f000000, 0x5f000000, 0x5effffff, 0x4b800001, 0x20000000, 0x5f800000, 0x0d000000};

void fill(u8* bytes, Random& random) {
    const u64 kind = random.below(6);
    for (unsigned i = 0; i < 16; i += 8) {
        u64 value = random.next();
        if (kind == 0) value = DOUBLES[random.below(std::size(DOUBLES))] | random.below(2) << 63;
        if (kind == 1) value = 0;
        for (unsigned half = 0; kind == 1 && half < 2; ++half)
            value |= (FLOATS[random.below(std::size(FLOATS))] | random.below(2) << 31) << 32 * half;
        if (kind == 2) value = (random.next() & 0x800fffffffffffff) | (1023 - 40 + random.below(80)) << 52;        // ordinary doubles
        if (kind == 3) value = (value & 0x807fffff807fffff) | (107 + random.below(40)) << 23 | (107 + random.below(40)) << 55;
        if (kind == 4)
            for (unsigned at = 0; at < 64; at += 16) {      // bytes and words at their limits; shift counts
                constexpr u16 limits[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x8080, 0x7f80};
                value = (value & ~(0xffffull << at)) | u64{limits[random.below(std::size(limits))]} << at;
            }
        if (kind == 5 && random.below(2)) value = random.below(70);
        std::memcpy(bytes + i, &value, 8);
    }
}

struct Encoded {
    std::vector<u8> bytes;
    Decoded decoded;
    bool memory;
    std::string name() const { return Cpu::disassemble(bytes, 0); }
};

bool isOurs(const ZydisDecodedInstruction& insn) {
    const ZydisISASet set = insn.meta.isa_set;
    constexpr ZydisISASet ours[] = {ZYDIS_ISA_SET_SSE,   ZYDIS_ISA_SET_SSE2,  ZYDIS_ISA_SET_SSE_PREFETCH, ZYDIS_ISA_SET_SSEMXCSR, ZYDIS_ISA_SET_SSE3,
                                    ZYDIS_ISA_SET_SSSE3, ZYDIS_ISA_SET_SSE4,  ZYDIS_ISA_SET_SSE42,        ZYDIS_ISA_SET_AES,      ZYDIS_ISA_SET_PCLMULQDQ};
    return std::find(std::begin(ours), std::end(ours), set) != std::end(ours) && insn.mnemonic != ZYDIS_MNEMONIC_MONITOR &&
           insn.mnemonic != ZYDIS_MNEMONIC_MWAIT;
}

// Prefix, REX, opcode and ModRM over all of 0F xx, 0F 38 xx and 0F 3A xx: register and [rsi] forms, low and high registers.
const std::vector<Encoded>& encodings() {
    static const std::vector<Encoded> all = [] {
        std::vector<Encoded> found;
        std::set<std::vector<u8>> seen;
        Random random;
        for (int prefix : {0, 0x66, 0xf2, 0xf3})
            for (int rex : {0, 0x48, 0x45, 0x4c})
                for (int opcode = 0; opcode < 768; ++opcode) {
                    if (opcode == 0x38 || opcode == 0x3a) continue;     // the other two maps
                    for (int modrm = 0; modrm < 256; ++modrm) {
                        const int mod = modrm >> 6, rm = modrm & 7;
                        const bool memory = mod != 3;
                        if (mod == 1 || mod == 2 || (memory && rm != 6) || (memory && rex == 0x45)) continue;
                        const bool group = opcode == 0x18 || (opcode >= 0x71 && opcode <= 0x73) || opcode == 0xae;
                        const int reg = modrm >> 3 & 7;
                        if ((!group && reg > 2) || (!memory && rm != 1 && (rm != 0 || reg != 0))) continue;
                        std::vector<u8> bytes;
                        if (prefix) bytes.push_back(static_cast<u8>(prefix));
                        if (rex) bytes.push_back(static_cast<u8>(rex));
                        bytes.push_back(0x0f);
                        if (opcode >= 256) bytes.push_back(opcode < 512 ? 0x38 : 0x3a);
                        bytes.push_back(static_cast<u8>(opcode));
                        bytes.push_back(static_cast<u8>(modrm));
                        const u64 before = bytes.size();
                        for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<u8>(random.below(2) ? random.below(20) : random.next()));
                        Encoded made{{}, {}, memory};
                        if (!ZYAN_SUCCESS(decode(bytes.data(), bytes.size(), made.decoded)) || !isOurs(made.decoded.insn)) continue;
                        bytes.resize(made.decoded.insn.length);
                        if (!seen.insert(std::vector<u8>(bytes.begin(), bytes.begin() + static_cast<long>(std::min(before, bytes.size()))))
                                 .second)
                            continue;
                        made.bytes = bytes;
                        found.push_back(made);
                    }
                }
        return found;
    }();
    return all;
}

bool usesMmx(const Decoded& d) {
    for (unsigned i = 0; i < d.insn.operand_count; ++i)
        if (d.operand[i].type == ZYDIS_OPERAND_TYPE_REGISTER && d.operand[i].reg.value >= ZYDIS_REGISTER_MM0 &&
            d.operand[i].reg.value <= ZYDIS_REGISTER_MM7)
            return true;
    return false;
}
bool usesStack(const Decoded& d) {      // the oracle's own registers
    for (unsigned i = 0; i < d.insn.operand_count_visible; ++i)
        if (d.operand[i].type == ZYDIS_OPERAND_TYPE_REGISTER) {
            const ZydisRegister reg = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, d.operand[i].reg.value);
            if (reg == ZYDIS_REGISTER_RSP || reg == ZYDIS_REGISTER_RBP || reg == ZYDIS_REGISTER_RBX ||
                (reg >= ZYDIS_REGISTER_R8 && reg <= ZYDIS_REGISTER_R15))
                return true;
            if (reg == ZYDIS_REGISTER_RSI || reg == ZYDIS_REGISTER_RDI) return true;
        }
    return false;
}
bool hasRow(const Decoded& decoded) {
    Op op;
    Form form{decoded.insn, decoded.operand, op, UNKNOWN, UNKNOWN};
    lower(decoded, form);
    place(form.op, 0, decoded.insn.length);
    return op.handler != raiseUnsupported;
}
bool isApproximation(ZydisMnemonic m) {
    return m == ZYDIS_MNEMONIC_RCPPS || m == ZYDIS_MNEMONIC_RCPSS || m == ZYDIS_MNEMONIC_RSQRTPS || m == ZYDIS_MNEMONIC_RSQRTSS;
}
bool close(u32 a, u32 b) {
    if (a == b) return true;
    float x, y;
    std::memcpy(&x, &a, 4);
    std::memcpy(&y, &b, 4);
    return std::isfinite(x) && std::isfinite(y) && std::fabs(x - y) <= std::fabs(y) * 2 * 1.5f / 4096;
}

constexpr u64 DATA = Machine::DATA + 64;
alignas(64) u8 hostData[128];
constexpr unsigned REGS[] = {RAX, RCX, RDX};

// Both sides, once. False: they differ; says is then filled.
bool same(Machine& m, Native& native, const Encoded& e, SseState& state, std::string& says) {
    Registers& r = m.registers();
    r.rip = Machine::CODE;
    r.mxcsr = state.mxcsr;
    r.rflags = 0x202 | (state.rflags & FLAGS_STATUS);
    for (unsigned i = 0; i < 16; ++i) std::memcpy(r.ymm[i].lane, state.xmm[i], 16);
    for (unsigned i : REGS) r.gpr[i] = state.gpr[i];
    r.gpr[RSI] = r.gpr[RDI] = DATA + state.gpr[RSI];
    std::memcpy(m.at(Machine::DATA), hostData, sizeof hostData);
    const Trap trap = m.run(1);

    SseState host = state;
    host.gpr[RSI] = host.gpr[RDI] = reinterpret_cast<u64>(hostData) + 64 + state.gpr[RSI];
    host.rflags = 0x202 | (state.rflags & FLAGS_STATUS);
    native.run(host);
    const auto differ = [&](const std::string& what) { says = e.name() + ": " + what; return false; };
    const u32 vector = trap.kind == Trap::Kind::exception ? trap.vector : 0;
    if (vector != host.vector) return differ("exception " + std::to_string(vector) + ", not " + std::to_string(host.vector));
    // The deviations named in vector_mxcsr.hpp.
    u32 ignored = vector && host.mxcsr & unmasked(host.mxcsr) & (MXCSR_UNDERFLOW | MXCSR_OVERFLOW) ? MXCSR_PRECISION : 0;
    if (vector && (e.decoded.insn.mnemonic == ZYDIS_MNEMONIC_DPPS || e.decoded.insn.mnemonic == ZYDIS_MNEMONIC_DPPD)) ignored = MXCSR_FLAGS;
    if ((r.mxcsr ^ host.mxcsr) & ~ignored) return differ("mxcsr " + std::to_string(r.mxcsr) + ", not " + std::to_string(host.mxcsr));
    if (std::memcmp(m.at(Machine::DATA), hostData, sizeof hostData)) return differ("memory");
    if (r.rip != Machine::CODE + (vector ? 0 : e.bytes.size())) return differ("rip");
    if (vector) return true;
    for (unsigned i : REGS)
        if (r.gpr[i] != host.gpr[i]) return differ("general register " + std::to_string(r.gpr[i]) + ", not " + std::to_string(host.gpr[i]));
    if ((r.rflags & FLAGS_STATUS) != (host.rflags & FLAGS_STATUS)) return differ("flags");
    for (unsigned i = 0; i < 16; ++i) {
        const u8* mine = reinterpret_cast<const u8*>(r.ymm[i].lane);
        bool equal = !std::memcmp(mine, host.xmm[i], 16);
        if (isApproximation(e.decoded.insn.mnemonic)) {
            equal = true;
            for (unsigned j = 0; j < 16; j += 4) {
                u32 a, b;
                std::memcpy(&a, mine + j, 4);
                std::memcpy(&b, host.xmm[i] + j, 4);
                equal = equal && close(a, b);
            }
        }
        if (!equal) return differ("xmm" + std::to_string(i));
    }
    return true;
}

void randomState(SseState& state, Random& random) {
    for (auto& xmm : state.xmm) fill(xmm, random);
    for (unsigned i = 0; i < sizeof hostData; i += 16) fill(hostData + i, random);
    for (unsigned i : REGS) state.gpr[i] = random.below(2) ? random.next() : DOUBLES[random.below(std::size(DOUBLES))];
    state.gpr[RSI] = 0;
    state.rflags = random.next() & FLAGS_STATUS;
    state.mxcsr = MXCSR_DEFAULT;
}

// Runs every encoding with states that prepare(state, random) changes.
template <class Prepare> void compareAll(unsigned rounds, Prepare prepare) {
    Machine m;
    Native native;
    Random random;
    for (const Encoded& e : encodings()) {
        if (!hasRow(e.decoded) || usesStack(e.decoded) || usesMmx(e.decoded)) continue;
        const ZydisMnemonic mnemonic = e.decoded.insn.mnemonic;
        if (mnemonic == ZYDIS_MNEMONIC_LDMXCSR || mnemonic == ZYDIS_MNEMONIC_STMXCSR) continue;
        m.put(Machine::CODE, e.bytes);
        native.load(e.bytes);
        std::string says;
        bool good = true;
        for (unsigned i = 0; good && i < rounds; ++i) {
            SseState state{};
            randomState(state, random);
            prepare(state, random);
            good = same(m, native, e, state, says);
        }
        INFO(says);
        CHECK(good);
    }
}

}  // namespace

TEST_CASE("SSE to SSE4.2, AES-NI and PCLMULQDQ give this processor's values, flags and MXCSR") {
    compareAll(200, [](SseState&, Random&) {});
}

TEST_CASE("SSE to SSE4.2 follow MXCSR's rounding, DAZ and FTZ and keep its flags") {
    compareAll(100, [](SseState& state, Random& random) { state.mxcsr = MXCSR_DEFAULT | (random.next() & 0xe07f); });
}

TEST_CASE("unmasked SIMD exceptions are #XM in front of the instruction") {
    compareAll(100, [](SseState& state, Random& random) { state.mxcsr = random.next() & 0xffff; });
}

TEST_CASE("16-byte operands of SSE must be aligned, others need not") {
    compareAll(3, [](SseState& state, Random& random) { state.gpr[RSI] = 1 + random.below(15); });
}

TEST_CASE("every instruction of SSE to SSE4.2, AES-NI and PCLMULQDQ has a row") {
    std::set<std::string> missing, present;
    for (const Encoded& e : encodings()) {
        (hasRow(e.decoded) ? present : missing).insert(ZydisMnemonicGetString(e.decoded.insn.mnemonic));
    }
    for (const std::string& name : missing) {
        INFO(name);
        CHECK(false);
    }
    CHECK(present.size() == 262);
}

TEST_CASE("LDMXCSR and STMXCSR see what the block has raised") {
    // ldmxcsr [rsi]; divsd xmm0, xmm1; stmxcsr [rsi+4]; ldmxcsr [rsi+8]; stmxcsr [rsi+12]
    Machine m({0x0f, 0xae, 0x16, 0xf2, 0x0f, 0x5e, 0xc1, 0x0f, 0xae, 0x5e, 0x04, 0x0f, 0xae, 0x56, 0x08, 0x0f, 0xae, 0x5e, 0x0c});
    const u32 loaded[] = {0x7f80, 0, 0x1f81, 0};       // round toward zero; default with IE
    std::memcpy(m.at(Machine::DATA), loaded, sizeof loaded);
    const double one = 1, three = 3;
    std::memcpy(m.registers().ymm[0].lane, &one, 8);
    std::memcpy(m.registers().ymm[1].lane, &three, 8);
    m.reg(RSI) = Machine::DATA;
    CHECK(m.run(5).kind == Trap::Kind::limit);
    CHECK(m.registers().ymm[0].lane[0] == 0x3fd5555555555555);
    CHECK(m.peek<u32>(Machine::DATA + 4) == 0x7fa0);
    CHECK(m.peek<u32>(Machine::DATA + 12) == 0x1f81);
    CHECK(m.registers().mxcsr == 0x1f81);
}
