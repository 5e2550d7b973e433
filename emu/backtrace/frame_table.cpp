#include "emu/backtrace/frame_table.hpp"

#include "emu/backtrace/byte_reader.hpp"

#include <string_view>

namespace emu {

namespace {

struct CommonEntry {                    // CIE
    u64 code_alignment = 1;
    i64 data_alignment = 1;
    u8 encoding = 0;
    bool augmented = false, signal_frame = false;
    std::span<const u8> instructions;
};
struct DescribedRange {                 // FDE
    u64 begin = 0, size = 0;
    std::span<const u8> instructions;
};

bool readAugmentation(ByteReader& in, std::string_view letters, CommonEntry& cie) {
    if (letters.empty()) return true;
    if (letters[0] != 'z') return false;
    cie.augmented = true;
    const u64 size = in.uleb();
    const u64 end = in.offset() + size;
    for (const char letter : letters.substr(1)) {
        switch (letter) {
            case 'R': cie.encoding = in.fixed<u8>(); break;
            case 'L': in.skip(1); break;
            case 'P': {
                const u8 encoding = in.fixed<u8>();
                (void)in.pointer(encoding & 15);
                break;
            }
            case 'S': cie.signal_frame = true; break;
            default: break;
        }
    }
    in.seek(end);
    return in.ok();
}

std::optional<CommonEntry> readCommon(std::span<const u8> body) {
    ByteReader in(body);
    CommonEntry cie;
    const u8 version = in.fixed<u8>();
    if (version != 1 && version != 3) return std::nullopt;
    std::string_view letters(reinterpret_cast<const char*>(body.data()) + 1, body.size() - 1);
    const auto end = letters.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    letters = letters.substr(0, end);
    in.skip(end + 1);
    cie.code_alignment = in.uleb();
    cie.data_alignment = in.sleb();
    const u64 return_address = version == 1 ? in.fixed<u8>() : in.uleb();
    if (return_address != DWARF_RIP || !readAugmentation(in, letters, cie)) return std::nullopt;
    cie.instructions = in.take(in.left());
    return cie;
}

struct Entry {
    u64 id_offset = 0;                  // of the field that says how far back the CIE is
    u32 id = 0;
    std::span<const u8> body;
};

// Nothing at the end of the section.
std::optional<Entry> nextEntry(ByteReader& in) {
    if (in.atEnd()) return std::nullopt;
    u64 size = in.fixed<u32>();
    if (size == 0xffffffff) size = in.fixed<u64>();
    if (size < 4 || !in.ok()) return std::nullopt;
    Entry entry;
    entry.id_offset = in.offset();
    entry.id = in.fixed<u32>();
    entry.body = in.take(size - 4);
    return in.ok() ? std::optional(entry) : std::nullopt;
}

std::optional<DescribedRange> readRange(const Entry& entry, const CommonEntry& cie, u64 section_address) {
    ByteReader in(entry.body, section_address + entry.id_offset + 4);
    DescribedRange range;
    range.begin = in.pointer(cie.encoding);
    range.size = in.pointer(cie.encoding & 15);
    if (cie.augmented) in.skip(in.uleb());
    if (!in.ok()) return std::nullopt;
    range.instructions = in.take(in.left());
    return range;
}

bool spend(u64& work) { return work && work--; }

// Executes call frame instructions until the row for `pc` is complete.
class RowMachine {
public:
    RowMachine(const CommonEntry& cie, u64 begin, u64 pc, u64& work) : cie_(cie), at_(begin), pc_(pc), work_(work) {
        row_.signal_frame = cie.signal_frame;
    }
    bool run(std::span<const u8> instructions) {
        ByteReader in(instructions);
        while (!in.atEnd() && at_ <= pc_)
            if (!spend(work_) || !step(in)) return false;
        return in.ok();
    }
    void rememberInitial() { initial_ = row_; }
    const FrameRow& row() const { return row_; }

private:
    bool step(ByteReader& in);
    bool extended(u8 op, ByteReader& in);
    bool defineCfa(u8 op, ByteReader& in);
    bool setRule(u64 reg, RegisterRule rule) {
        if (reg < row_.rules.size()) row_.rules[reg] = rule;        // vector registers are not followed
        return true;
    }
    i64 scaled(u64 n) const { return static_cast<i64>(n * static_cast<u64>(cie_.data_alignment)); }
    // The row is for addresses from `at_` on: it is complete once the next one begins behind pc.
    void advance(u64 delta) { at_ += delta * cie_.code_alignment; }

    const CommonEntry& cie_;
    u64 at_, pc_;
    u64& work_;
    FrameRow row_, initial_;
    std::vector<FrameRow> stack_;
};

bool RowMachine::step(ByteReader& in) {
    const u8 op = in.fixed<u8>();
    const u64 low = op & 0x3f;
    switch (op & 0xc0) {
        case 0x40: advance(low); return true;                                                       // DW_CFA_advance_loc
        case 0x80: return setRule(low, {RegisterRule::Kind::offset, scaled(in.uleb()), 0, {}});       // DW_CFA_offset
        case 0xc0: return low < row_.rules.size() ? setRule(low, initial_.rules[low]) : true;       // DW_CFA_restore
        default: return extended(op, in);
    }
}

bool RowMachine::defineCfa(u8 op, ByteReader& in) {
    row_.cfa_expression = {};
    if (op != 0x0e && op != 0x13) row_.cfa_register = in.uleb();
    if (op == 0x0c || op == 0x0e) row_.cfa_offset = static_cast<i64>(in.uleb());
    if (op == 0x12 || op == 0x13) row_.cfa_offset = in.sleb() * cie_.data_alignment;
    return true;
}

bool RowMachine::extended(u8 op, ByteReader& in) {
    using Kind = RegisterRule::Kind;
    const auto reg = [&in] { return in.uleb(); };
    constexpr std::size_t MOST_REMEMBERED = 64;
    switch (op) {
        case 0x00: return true;                                     // nop
        case 0x02: advance(in.fixed<u8>()); return true;            // advance_loc1, 2, 4
        case 0x03: advance(in.fixed<u16>()); return true;
        case 0x04: advance(in.fixed<u32>()); return true;
        case 0x05: { const u64 r = reg(); return setRule(r, {Kind::offset, scaled(in.uleb()), 0, {}}); }
        case 0x06: { const u64 r = reg(); return r < row_.rules.size() ? setRule(r, initial_.rules[r]) : true; }
        case 0x07: return setRule(reg(), {Kind::undefined, 0, 0, {}});
        case 0x08: return setRule(reg(), {Kind::same, 0, 0, {}});
        case 0x09: { const u64 r = reg(); return setRule(r, {Kind::in_register, 0, in.uleb(), {}}); }
        case 0x0a: stack_.push_back(row_); return stack_.size() < MOST_REMEMBERED;
        case 0x0b:
            if (stack_.empty()) return false;
            row_ = stack_.back();
            stack_.pop_back();
            return true;
        case 0x0c: case 0x0d: case 0x0e: case 0x12: case 0x13: return defineCfa(op, in);
        case 0x0f: row_.cfa_expression = in.take(in.uleb()); return true;
        case 0x10: { const u64 r = reg(); return setRule(r, {Kind::expression, 0, 0, in.take(in.uleb())}); }
        case 0x11: { const u64 r = reg(); return setRule(r, {Kind::offset, in.sleb() * cie_.data_alignment, 0, {}}); }
        case 0x14: { const u64 r = reg(); return setRule(r, {Kind::value_offset, scaled(in.uleb()), 0, {}}); }
        case 0x15: { const u64 r = reg(); return setRule(r, {Kind::value_offset, in.sleb() * cie_.data_alignment, 0, {}}); }
        case 0x16: { const u64 r = reg(); return setRule(r, {Kind::value_expression, 0, 0, in.take(in.uleb())}); }
        case 0x2e: (void)in.uleb(); return true;                    // GNU_args_size
        default: return false;
    }
}

}  // namespace

std::optional<FrameRow> frameRowAt(std::span<const u8> section, u64 address, u64 pc, u64& work) {
    ByteReader in(section, address);
    std::map<u64, std::optional<CommonEntry>> common;        // by offset of their id
    while (const auto entry = nextEntry(in)) {
        if (!spend(work)) return std::nullopt;
        if (entry->id == 0) {
            common[entry->id_offset - 4] = readCommon(entry->body);
            continue;
        }
        const auto cie = common.find(entry->id_offset - entry->id);
        if (cie == common.end() || !cie->second) continue;
        const auto range = readRange(*entry, *cie->second, address);
        if (!range || pc < range->begin || pc - range->begin >= range->size) continue;
        RowMachine machine(*cie->second, range->begin, pc, work);
        if (!machine.run(cie->second->instructions)) return std::nullopt;
        machine.rememberInitial();
        if (!machine.run(range->instructions)) return std::nullopt;
        return machine.row();
    }
    return std::nullopt;
}

}  // namespace emu
