#include "tests/lockstep/insnfuzz/instruction.hpp"

#include "tests/lockstep/insnfuzz/policy.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace insnfuzz {

namespace {

bool chance(Random& random, u64 n) { return random.below(n) == 0; }
u8 byte(Random& random) { return static_cast<u8>(random.next() >> 32); }

void addLegacyPrefixes(std::vector<u8>& bytes, const Skeleton& s, Random& random) {
    constexpr u8 SEGMENTS[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x64, 0x65};
    if (chance(random, 12)) bytes.push_back(SEGMENTS[random.below(std::size(SEGMENTS))]);
    if (chance(random, 16)) bytes.push_back(0x67);
    if (isVex(s.map)) return;
    if (!s.prefix && chance(random, 24)) bytes.push_back(u8{0x66});
    if (s.prefix != 0xf2 && s.prefix != 0xf3 && chance(random, 24)) bytes.push_back(chance(random, 2) ? 0xf2 : 0xf3);
    if (s.prefix != 0x66 && s.prefix && chance(random, 24)) bytes.push_back(u8{0x66});
    if (s.memory() && chance(random, 12)) bytes.push_back(u8{0xf0});
    if (chance(random, 200)) bytes.insert(bytes.end(), random.below(13), 0x3e);
    if (s.prefix) bytes.insert(bytes.begin() + static_cast<long>(random.below(bytes.size() + 1)), s.prefix);
    if (chance(random, 100)) bytes.push_back(0x40 | (byte(random) & 15));       // a REX that does not count
    if (chance(random, 100) && s.prefix) bytes.push_back(s.prefix);
}

// The bits of REX that extend a register number: mostly small changes, because not every instruction has them.
u8 extensions(Random& random) { return chance(random, 2) ? 0 : byte(random) & 7; }

void addVex(std::vector<u8>& bytes, const Skeleton& s, Random& random) {
    const u8 pp = s.prefix == 0x66 ? 1 : s.prefix == 0xf3 ? 2 : s.prefix == 0xf2 ? 3 : 0;
    const u8 inverted = static_cast<u8>(~extensions(random) & 7);
    const u8 vvvv = chance(random, 3) ? s.vvvv : byte(random) & 15;
    const bool wide = chance(random, 16) ? !s.wide : s.wide;
    const u8 low = static_cast<u8>(vvvv << 3 | s.longVector << 2 | pp);
    if (s.map == Map::vexOf && !wide && (inverted & 3) == 3 && chance(random, 2)) {
        bytes.insert(bytes.end(), {0xc5, static_cast<u8>((inverted & 4) << 5 | low)});
        return;
    }
    const u8 map = static_cast<u8>(static_cast<u8>(s.map) - static_cast<u8>(Map::vexOf) + 1);
    bytes.insert(bytes.end(), {0xc4, static_cast<u8>(inverted << 5 | map), static_cast<u8>(wide << 7 | low)});
}

u32 displacement(Random& random) { return static_cast<u32>(chance(random, 3) ? random.next() >> 9 : random.below(4096) - 2048); }

void addModrm(std::vector<u8>& bytes, const Skeleton& s, Random& random) {
    if (!s.memory()) {
        bytes.push_back(s.freeRm ? static_cast<u8>(s.modrm | (byte(random) & 7)) : s.modrm);
        return;
    }
    const u8 mod = static_cast<u8>(random.below(3)), rm = s.needsIndex ? 4 : byte(random) & 7;
    bytes.push_back(static_cast<u8>(mod << 6 | s.modrm | rm));
    const u8 sib = byte(random);
    if (rm == 4) bytes.push_back(sib);
    const bool wide = mod == 2 || (mod == 0 && (rm == 5 || (rm == 4 && (sib & 7) == 5)));
    const u32 value = displacement(random);
    if (wide) for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<u8>(value >> 8 * i));
    else if (mod == 1) bytes.push_back(byte(random));
}

template <class T> void patch(std::vector<u8>& bytes, u64 at, T value) { std::memcpy(bytes.data() + at, &value, sizeof value); }

// Branch targets beside the instruction are INT3 on the native side; the instruction itself and the way out must not be hit.
void patchBranch(Instruction& insn, Random& random) {
    const ZydisDecodedInstruction& d = insn.decoded.insn;
    const auto& imm = d.raw.imm[0];
    const u64 after = insn.offset + d.length;
    for (unsigned tries = 0; tries < 20; ++tries) {
        const i64 distance = imm.size == 8 ? static_cast<i8>(byte(random)) : static_cast<i32>(displacement(random));
        const i64 target = static_cast<i64>(after) + distance;
        if (target >= static_cast<i64>(insn.offset) && target < static_cast<i64>(after + 8)) continue;
        if (imm.size == 8) patch(insn.bytes, imm.offset, static_cast<i8>(distance));
        else patch(insn.bytes, imm.offset, static_cast<i32>(distance));
        return;
    }
}

// Addresses that the encoding alone decides.
void patchAddress(Instruction& insn, Random& random) {
    const ZydisDecodedInstruction& d = insn.decoded.insn;
    for (unsigned i = 0; i < d.operand_count; ++i) {
        const ZydisDecodedOperand& operand = insn.decoded.operand[i];
        if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY) continue;
        const u64 target = randomAddress(random, operand.size / 8);
        const ZydisRegister base = operand.mem.base;
        if (base == ZYDIS_REGISTER_RIP || base == ZYDIS_REGISTER_EIP)
            patch(insn.bytes, d.raw.disp.offset, static_cast<u32>(target - CODE - insn.offset - d.length));
        else if (base == ZYDIS_REGISTER_NONE && operand.mem.index == ZYDIS_REGISTER_NONE && d.raw.disp.size == 64)
            patch(insn.bytes, d.raw.disp.offset, target);
        else if (base == ZYDIS_REGISTER_NONE && operand.mem.index == ZYDIS_REGISTER_NONE && d.raw.disp.size == 32)
            patch(insn.bytes, d.raw.disp.offset, static_cast<u32>(target));
    }
}

}  // namespace

u64 randomAddress(Random& random, u64 size) {
    constexpr u64 WRITABLE_END = DATA + WRITABLE_PAGES * PAGE_SIZE, END = DATA + DATA_SIZE;
    const u64 kind = random.below(64), slack = random.below(std::max<u64>(size, 1) + 1);
    if (kind < 2) return DATA + PAGE_SIZE - slack;
    if (kind < 3) return WRITABLE_END - slack;
    if (kind < 4) return WRITABLE_END + random.below(PAGE_SIZE - 64);
    if (kind < 6) return END - slack;
    if (kind < 7) return DATA - slack;
    if (kind == 7) {
        constexpr u64 NOWHERE[] = {
            0, 8, END + 256, 0x7fff'ffff'fff8, 0x8000'0000'0000, 0xdead'beef'0000'0000, 0xffff'8000'0000'0000, ~u64{0} - 7, CODE + 2048};
        return NOWHERE[random.below(std::size(NOWHERE))];
    }
    const u64 inside = DATA + 1024 + random.below(5 * 1024);
    return kind < 20 ? inside : inside & ~u64{63};
}

Generator::Generator(cpu::Level level, ZydisMnemonic only) : level_(level), forms_(walkForms(level)) {
    for (const auto& [mnemonic, forms] : forms_.byMnemonic) {
        if (excluded(mnemonic) || (only != ZYDIS_MNEMONIC_INVALID && only != mnemonic)) continue;
        choices_.push_back(&forms);
        mnemonics_.push_back(mnemonic);
    }
}

std::vector<ZydisMnemonic> Generator::mnemonics() const { return mnemonics_; }

// Why a form, or the skeleton of it that is a far transfer, is not run.
Generator::Reasons Generator::reasonsOf(ZydisMnemonic mnemonic, const std::string& form, const std::vector<Skeleton>& skeletons) const {
    Reasons found;
    for (const Skeleton& skeleton : skeletons) {
        const std::vector<u8> bytes = simplest(skeleton);
        cpu::Decoded d;
        cpu::decode(bytes.data(), bytes.size(), d, level_);
        const char* reason = excluded(mnemonic);
        if (!reason && !cpu::hasInstructions(level_, static_cast<u16>(d.insn.meta.isa_set))) continue;
        if (!reason) reason = excluded(d);
        const bool far = reason && d.insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
        found[far ? "far" + (form.empty() ? "" : " " + form) : form] = reason ? reason : "";
    }
    return found;
}

std::map<std::string, std::vector<std::string>> Generator::forms() const {
    std::map<std::string, std::vector<std::string>> found;
    for (const auto& [mnemonic, forms] : forms_.byMnemonic)
        for (const auto& [form, skeletons] : forms)
            for (const auto& [name, reason] : reasonsOf(mnemonic, form, skeletons))
                if (reason.empty()) found[mnemonicName(mnemonic)].push_back(name);
    return found;
}

std::map<std::string, std::string> Generator::leftOut() const {
    std::map<std::string, std::string> found;
    for (const auto& [mnemonic, forms] : forms_.byMnemonic)
        for (const auto& [form, skeletons] : forms)
            for (const auto& [name, reason] : reasonsOf(mnemonic, form, skeletons))
                if (!reason.empty()) found[mnemonicName(mnemonic) + (excluded(mnemonic) || name.empty() ? "" : " " + name)] = reason;
    return found;
}

std::vector<u8> Generator::assemble(const Skeleton& s, Random& random) const {
    std::vector<u8> bytes;
    addLegacyPrefixes(bytes, s, random);
    if (isVex(s.map)) {
        addVex(bytes, s, random);
    } else {
        const u8 rex = extensions(random);
        if (s.wide || rex || chance(random, 4)) bytes.push_back(static_cast<u8>(0x40 | s.wide << 3 | rex));
        if (s.map != Map::one) bytes.push_back(0x0f);
        if (s.map == Map::of38) bytes.push_back(0x38);
        if (s.map == Map::of3a) bytes.push_back(0x3a);
    }
    bytes.push_back(s.opcode);
    addModrm(bytes, s, random);
    for (unsigned i = 0; i < 10; ++i) bytes.push_back(chance(random, 2) ? byte(random) & 15 : byte(random));
    return bytes;
}

// Decodes, places and patches; false: not to be run.
bool Generator::settle(Instruction& insn, Random& random) const {
    const ZyanStatus status = cpu::decode(insn.bytes.data(), insn.bytes.size(), insn.decoded, level_);
    insn.valid = ZYAN_SUCCESS(status);
    insn.offset = 0x400 + random.below(64);
    if (!insn.valid) {
        insn.form = "invalid";
        return status != ZYDIS_STATUS_NO_MORE_DATA && chance(random, 8);
    }
    const ZydisDecodedInstruction& d = insn.decoded.insn;
    insn.mnemonic = d.mnemonic;
    insn.inLevel = cpu::hasInstructions(level_, static_cast<u16>(d.meta.isa_set));
    if (excluded(d.mnemonic) || excluded(insn.decoded) || excludedAt(level_, d)) return false;
    insn.bytes.resize(d.length);
    if (insn.inLevel && chance(random, 32)) insn.offset = PAGE_SIZE - std::min<u64>(d.length, 1 + random.below(d.length + 2));
    insn.cut = insn.offset + d.length > PAGE_SIZE;
    if (d.raw.imm[0].is_relative) patchBranch(insn, random);
    patchAddress(insn, random);
    cpu::decode(insn.bytes.data(), insn.bytes.size(), insn.decoded, level_);
    insn.form = formOf(insn.decoded);
    return true;
}

Instruction Generator::next(Random& random) const {
    for (;;) {
        const u64 which = random.below(choices_.size());
        const auto& forms = *choices_[which];
        const auto& skeletons = std::next(forms.begin(), static_cast<long>(random.below(forms.size())))->second;
        Instruction insn;
        insn.mnemonic = mnemonics_[which];
        insn.bytes = assemble(skeletons[random.below(skeletons.size())], random);
        if (settle(insn, random)) return insn;
    }
}

}  // namespace insnfuzz
