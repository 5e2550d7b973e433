// SDM Vol. 1 §5.11, §5.12: the vectors of SSE4.2, AES-NI and PCLMULQDQ.
#include "cpu/insn/families.hpp"
#include "cpu/vector_immediate.hpp"

#include <algorithm>

namespace cpu {

namespace {

EXACT(pcmpgtq) EXACT(aesenc) EXACT(aesenclast) EXACT(aesdec) EXACT(aesdeclast) EXACT(aesimc)

struct Compared {
    V mask;
    u64 index, flags;
};
inline Compared compareStrings(const u8* code, V target, V source, u64 first, u64 second) {
    Compared out{target, 0, 0};
    asm volatile("movdqa %[source], %%xmm1\n movdqa %[mask], %%xmm0\n lea 1f(%%rip), %%rdi\n jmp *%[code]\n"
                 "1:\n lea -128(%%rsp), %%rsp\n pushf\n pop %[flags]\n lea 128(%%rsp), %%rsp\n movdqa %%xmm0, %[mask]"
                 : [mask] "+x"(out.mask), "+c"(out.index), [flags] "=r"(out.flags), "+a"(first), "+d"(second)
                 : [source] "x"(source), [code] "r"(code)
                 : "rdi", "xmm0", "xmm1", "cc", "memory");
    return out;
}

enum class Gives { index, mask, wholeRegister };     // wholeRegister: VEX clears the upper half
enum class Lengths { implicit, dwords, quadwords };
// A 64-bit length counts up to the vector's end, as the 32-bit one does.
template <Lengths lengths> u64 length(u64 value) {
    if constexpr (lengths == Lengths::quadwords) return static_cast<u64>(std::clamp<i64>(static_cast<i64>(value), -16, 16));
    return value;
}
template <ImmediateTable& instruction, Gives gives, Lengths lengths, class S> void stringOp(HOT) {
    OPEN(source, S, Xmm);
    const Compared out = compareStrings(instruction[op->imm & 0xff], element<Xmm>(registerBytes(core, op->dst), 0).v, source.get().v,
                                        length<lengths>(core->gpr[RAX]), length<lengths>(core->gpr[RDX]));
    if constexpr (gives == Gives::index) core->gpr[RCX] = static_cast<u32>(out.index);
    else _mm_storeu_si128(reinterpret_cast<V*>(registerBytes(core, offsetof(Registers, ymm))), out.mask);
    if constexpr (gives == Gives::wholeRegister) core->ymm[0].lane[2] = core->ymm[0].lane[3] = 0;
    NEXT_WITH(out.flags & FLAGS_STATUS, 0, EXPLICIT_KIND);
}
template <ImmediateTable& instruction, Gives gives, Lengths lengths> Handler strings(Form& f) {
    if constexpr (lengths != Lengths::implicit) {
        if (f.has(ZYDIS_ATTRIB_HAS_REX) ? f.insn.raw.rex.W : f.has(ZYDIS_ATTRIB_HAS_VEX) && f.insn.raw.vex.W)
            return isMemory(f, 1) ? stringOp<instruction, gives, Lengths::quadwords, Load<Address::any>>
                                  : stringOp<instruction, gives, Lengths::quadwords, Src>;
    }
    return isMemory(f, 1) ? stringOp<instruction, gives, lengths, Load<Address::any>> : stringOp<instruction, gives, lengths, Src>;
}

constexpr Row table[] = {
    {ZYDIS_MNEMONIC_PCMPGTQ, vector<pcmpgtq>},
    {ZYDIS_MNEMONIC_PCMPESTRI, strings<execscope_pcmpestri, Gives::index, Lengths::dwords>},
    {ZYDIS_MNEMONIC_PCMPESTRM, strings<execscope_pcmpestrm, Gives::mask, Lengths::dwords>},
    {ZYDIS_MNEMONIC_PCMPISTRI, strings<execscope_pcmpistri, Gives::index, Lengths::implicit>},
    {ZYDIS_MNEMONIC_PCMPISTRM, strings<execscope_pcmpistrm, Gives::mask, Lengths::implicit>},
    {ZYDIS_MNEMONIC_VPCMPESTRI, strings<execscope_pcmpestri, Gives::index, Lengths::dwords>},
    {ZYDIS_MNEMONIC_VPCMPESTRM, strings<execscope_pcmpestrm, Gives::wholeRegister, Lengths::dwords>},
    {ZYDIS_MNEMONIC_VPCMPISTRI, strings<execscope_pcmpistri, Gives::index, Lengths::implicit>},
    {ZYDIS_MNEMONIC_VPCMPISTRM, strings<execscope_pcmpistrm, Gives::wholeRegister, Lengths::implicit>},
    {ZYDIS_MNEMONIC_AESENC, vector<aesenc>},
    {ZYDIS_MNEMONIC_AESENCLAST, vector<aesenclast>},
    {ZYDIS_MNEMONIC_AESDEC, vector<aesdec>},
    {ZYDIS_MNEMONIC_AESDECLAST, vector<aesdeclast>},
    {ZYDIS_MNEMONIC_AESIMC, vector<aesimc>},
    {ZYDIS_MNEMONIC_AESKEYGENASSIST, called<execscope_aeskeygenassist>},
    {ZYDIS_MNEMONIC_PCLMULQDQ, called<execscope_pclmulqdq>},
};

}  // namespace

Family sse4_2() { return table; }

}  // namespace cpu
