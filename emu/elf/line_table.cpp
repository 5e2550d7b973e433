#include "emu/elf/line_table.hpp"

#include "emu/backtrace/byte_reader.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace emu {

namespace {

constexpr u64 mostBytes = u64{256} << 20;       // of a section
constexpr std::size_t mostRows = 20'000'000, mostFiles = 1'000'000;

// Of DWARF 5: 7.22 (line number information) and 7.5.6 (forms).
enum : u64 { LNCT_PATH = 1, LNCT_DIRECTORY = 2 };
enum : u64 { LNS_COPY = 1, LNS_ADVANCE_PC, LNS_ADVANCE_LINE, LNS_SET_FILE, LNS_SET_COLUMN, LNS_NEGATE_STMT, LNS_BASIC_BLOCK, LNS_CONST_ADD_PC,
             LNS_FIXED_ADVANCE_PC };
enum : u64 { LNE_END_SEQUENCE = 1, LNE_SET_ADDRESS = 2 };

struct Bytes {
    std::vector<u8> all;
    std::string text(u64 offset) const {
        if (offset >= all.size()) return {};
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(offset);
        return {begin, std::find(begin, all.end(), 0)};
    }
};

std::string textOf(ByteReader& in) {
    std::string text;
    for (u8 byte = in.fixed<u8>(); byte && in.ok(); byte = in.fixed<u8>()) text += static_cast<char>(byte);
    return text;
}

class Unit {
public:
    Unit(std::span<const u8> bytes, bool wide, const Bytes& lineStrings, const Bytes& strings)
        : in_(bytes), wide_(wide), line_strings_(lineStrings), strings_(strings) {}
    bool read(LineTable& table, std::map<std::string, u32>& numbers) {
        if (!header()) return false;
        table_ = &table;
        numbers_ = &numbers;
        while (!in_.atEnd())
            if (!step()) return false;
        return in_.ok();
    }

private:
    struct File {
        std::string path;
        std::optional<u32> number;          // in the table, once a row needs it
    };

    u64 offset() { return wide_ ? in_.fixed<u64>() : in_.fixed<u32>(); }
    bool header();
    void oldNames();
    bool names(bool files);
    bool form(u64 form, std::string& text, u64& number);
    bool step();
    bool extended();
    void row(bool end);
    std::string path(u64 directory, const std::string& name) const;
    void moveLine(i64 by) { line_ = static_cast<i64>(static_cast<u64>(line_) + static_cast<u64>(by)); }
    void advance(u64 operations) { address_ += min_length_ * operations; }

    ByteReader in_;
    bool wide_;
    const Bytes &line_strings_, &strings_;
    LineTable* table_ = nullptr;
    std::map<std::string, u32>* numbers_ = nullptr;
    u16 version_ = 0;
    u8 min_length_ = 1, line_range_ = 1, opcode_base_ = 13;
    i8 line_base_ = 0;
    std::vector<u8> lengths_;               // operands of each standard opcode
    std::vector<std::string> directories_;
    std::vector<File> files_;

    u64 address_ = 0, file_ = 1;
    i64 line_ = 1;
    bool statement_ = true, default_statement_ = true;
    std::optional<LineRow> held_;           // it has code when the next row's address is higher
};

bool Unit::header() {
    version_ = in_.fixed<u16>();
    if (version_ < 2 || version_ > 5) return false;
    if (version_ == 5 && (in_.fixed<u8>() != 8 || in_.fixed<u8>() != 0)) return false;     // addresses of eight bytes, no segments
    const u64 length = offset();
    const u64 program = in_.offset() + length;
    min_length_ = in_.fixed<u8>();
    if (version_ >= 4) in_.skip(1);         // operations in a VLIW instruction: x86-64 has none
    statement_ = default_statement_ = in_.fixed<u8>() != 0;
    line_base_ = static_cast<i8>(in_.fixed<u8>());
    line_range_ = in_.fixed<u8>();
    opcode_base_ = in_.fixed<u8>();
    for (unsigned i = 1; i < opcode_base_; ++i) lengths_.push_back(in_.fixed<u8>());
    if (!in_.ok() || line_range_ == 0 || length > in_.left() + in_.offset()) return false;
    if (version_ < 5) oldNames();
    else if (!names(false) || !names(true)) return false;
    in_.seek(program);
    return in_.ok();
}

void Unit::oldNames() {
    directories_.emplace_back();            // 0: the compiler's, which stands elsewhere
    for (std::string name = textOf(in_); !name.empty() && in_.ok(); name = textOf(in_)) directories_.push_back(name);
    files_.emplace_back();
    for (std::string name = textOf(in_); !name.empty() && in_.ok() && files_.size() < mostFiles; name = textOf(in_)) {
        const u64 directory = in_.uleb();
        in_.uleb(), in_.uleb();             // its time and size
        files_.push_back({path(directory, name), {}});
    }
}

bool Unit::form(u64 form, std::string& text, u64& number) {
    switch (form) {
        case 0x08: text = textOf(in_); break;
        case 0x1f: text = line_strings_.text(offset()); break;
        case 0x0e: text = strings_.text(offset()); break;
        case 0x0b: number = in_.fixed<u8>(); break;
        case 0x05: number = in_.fixed<u16>(); break;
        case 0x06: number = in_.fixed<u32>(); break;
        case 0x07: number = in_.fixed<u64>(); break;
        case 0x0f: number = in_.uleb(); break;
        case 0x1e: in_.skip(16); break;
        case 0x09: in_.skip(in_.uleb()); break;
        default: return false;
    }
    return in_.ok();
}

bool Unit::names(bool files) {
    std::vector<std::pair<u64, u64>> formats(in_.fixed<u8>());
    for (auto& [content, form] : formats) content = in_.uleb(), form = in_.uleb();
    const u64 count = in_.uleb();
    if (!in_.ok() || (formats.empty() && count) || count > mostFiles) return false;
    for (u64 i = 0; i < count; ++i) {
        std::string name;
        u64 directory = 0;
        for (const auto& [content, how] : formats) {
            std::string text;
            u64 number = 0;
            if (!form(how, text, number)) return false;
            if (content == LNCT_PATH) name = text;
            if (content == LNCT_DIRECTORY) directory = number;
        }
        if (files) files_.push_back({path(directory, name), {}});
        else directories_.push_back(directories_.empty() ? name : path(0, name));
    }
    return true;
}

std::string Unit::path(u64 directory, const std::string& name) const {
    const std::string in = name.starts_with('/') || directory >= directories_.size() ? "" : directories_[directory];
    return in.empty() ? name : in + "/" + name;
}

void Unit::row(bool end) {
    if (held_ && address_ > held_->address && table_->rows.size() < mostRows) table_->rows.push_back(*held_);
    held_.reset();
    if (end || !statement_ || file_ >= files_.size() || line_ <= 0 || line_ > 0x7fffffff) return;
    File& file = files_[file_];
    if (!file.number) {
        const auto [at, added] = numbers_->try_emplace(file.path, static_cast<u32>(table_->files.size()));
        if (added) table_->files.push_back(file.path);
        file.number = at->second;
    }
    held_ = LineRow{address_, *file.number, static_cast<u32>(line_)};
}

bool Unit::extended() {
    const u64 length = in_.uleb();
    const u64 next = in_.offset() + length;
    if (length == 0 || length > in_.left()) return false;
    const u8 what = in_.fixed<u8>();
    if (what == LNE_SET_ADDRESS) address_ = in_.fixed<u64>();
    if (what == LNE_END_SEQUENCE) {
        row(true);
        address_ = 0, file_ = 1, line_ = 1, statement_ = default_statement_;
    }
    in_.seek(next);
    return in_.ok();
}

bool Unit::step() {
    const u8 opcode = in_.fixed<u8>();
    if (opcode >= opcode_base_) {
        const unsigned special = opcode - opcode_base_;
        advance(special / line_range_);
        moveLine(line_base_ + static_cast<int>(special % line_range_));
        row(false);
        return true;
    }
    switch (opcode) {
        case 0: return extended();
        case LNS_COPY: row(false); break;
        case LNS_ADVANCE_PC: advance(in_.uleb()); break;
        case LNS_ADVANCE_LINE: moveLine(in_.sleb()); break;
        case LNS_SET_FILE: file_ = in_.uleb(); break;
        case LNS_NEGATE_STMT: statement_ = !statement_; break;
        case LNS_BASIC_BLOCK: break;
        case LNS_CONST_ADD_PC: advance((255u - opcode_base_) / line_range_); break;
        case LNS_FIXED_ADVANCE_PC: address_ += in_.fixed<u16>(); break;
        default:
            for (unsigned i = 0; i < lengths_[opcode - 1u]; ++i) in_.uleb();
    }
    return in_.ok();
}

Bytes section(const ElfFile& elf, const ReadAt& read, std::string_view name, std::string& complaint) {
    const auto at = std::ranges::find_if(elf.sections, [&](const ElfSection& one) { return one.name == name; });
    if (at == elf.sections.end() || at->type == SHT_NOBITS) return {};
    if (at->flags & SHF_COMPRESSED || at->size > mostBytes) {
        complaint = std::string(name) + (at->size > mostBytes ? " is too large" : " is compressed (objcopy --decompress-debug-sections)");
        return {};
    }
    return {read(at->offset, at->size)};
}

}  // namespace

LineTable readLineTable(const ElfFile& elf, const ReadAt& read) {
    LineTable table;
    if (!elf.header.wide() || elf.header.bigEndian()) return table;
    const Bytes lines = section(elf, read, ".debug_line", table.complaint);
    const Bytes lineStrings = section(elf, read, ".debug_line_str", table.complaint),
                strings = section(elf, read, ".debug_str", table.complaint);
    std::map<std::string, u32> numbers;
    ByteReader in(lines.all);
    while (!in.atEnd()) {
        u64 length = in.fixed<u32>();
        const bool wide = length == 0xffffffff;
        if (wide) length = in.fixed<u64>();
        const u64 offset = in.offset();
        if (const auto bytes = in.take(length); !in.ok() || !Unit(bytes, wide, lineStrings, strings).read(table, numbers))
            table.complaint = ".debug_line is not understood at offset " + std::to_string(offset);
    }
    return table;
}

}  // namespace emu
