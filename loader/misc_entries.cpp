#include "loader/misc_entries.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace loader {

using namespace kernel;

namespace {

constexpr u64 MIN_LENGTH = 11;

// A line as Linux reads it (fs/binfmt_misc.c create_entry): padded with delimiters, so that the last fields may be cut short.
// A NUL ends the line, unless it is the delimiter.
class Line {
public:
    explicit Line(std::string_view line) : delimiter_(line[0]), length_(line.size()), text_(line) { text_.append(PADDING, delimiter_); }

    std::optional<std::string> field() {
        const auto end = text_.find_first_of(std::string{delimiter_, '\0'}, at_);
        if (end == std::string::npos || text_[end] != delimiter_) return {};
        return until(end);
    }
    // The delimiter does not count among the two digits that \x must have.
    std::optional<std::string> escapedField() {
        for (u64 i = at_; i < text_.size(); ++i) {
            if (text_[i] == delimiter_) return until(i);
            if (text_.compare(i, 2, "\\x") != 0) continue;
            if (i + 3 >= text_.size() || !isHexDigit(text_[i + 2]) || !isHexDigit(text_[i + 3])) return {};
            i += 3;
        }
        return {};
    }
    std::optional<char> type() {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != delimiter_) return {};
        at_ += 2;
        return text_[at_ - 2];
    }
    bool take(char c) {
        const bool there = at_ < text_.size() && text_[at_] == c;
        at_ += there;
        return there;
    }
    bool atEnd() const { return at_ == length_; }

private:
    static constexpr u64 PADDING = 8;
    static bool isHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
    std::string until(u64 end) {
        std::string text = text_.substr(at_, end - at_);
        at_ = end + 1;
        return text.substr(0, text.find('\0'));
    }
    char delimiter_;
    u64 length_;                // without the padding
    u64 at_ = 1;
    std::string text_;
};

bool parseMagic(Line& line, MiscEntry& entry, const MiscRules& rules) {
    const auto offset = line.field();
    if (!offset || (!offset->empty() && !rules.parse_offset(*offset, entry.offset))) return false;
    const auto magic = line.escapedField();
    if (!magic || magic->empty()) return false;
    const auto mask = line.escapedField();
    if (!mask) return false;
    entry.magic = rules.unescape(*magic);
    entry.mask = rules.unescape(*mask);
    if (!entry.mask.empty() && entry.mask.size() != entry.magic.size()) return false;
    return static_cast<i64>(entry.magic.size()) + entry.offset <= static_cast<i64>(rules.header_bytes);
}

bool parseExtension(Line& line, MiscEntry& entry) {
    const auto offset = line.field();
    const auto extension = offset ? line.field() : std::nullopt;
    if (!extension || extension->empty() || extension->find('/') != std::string::npos || !line.field()) return false;
    entry.magic = *extension;
    return true;
}

bool parseFlags(Line& line, MiscEntry& entry, const MiscRules& rules) {
    for (;;) {
        if (line.take('P')) entry.flags |= MISC_PRESERVE_ARGV0;
        else if (line.take('O')) entry.flags |= MISC_OPEN_BINARY;
        else if (line.take('C')) entry.flags |= MISC_CREDENTIALS | MISC_OPEN_BINARY;
        else if (rules.open_file && line.take('F')) entry.flags |= MISC_OPEN_FILE;
        else break;
    }
    line.take('\n');
    return line.atEnd();
}

bool goodName(const std::string& name) { return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos; }

bool parse(Line& line, MiscEntry& entry, const MiscRules& rules) {
    const auto name = line.field();
    if (!name || !goodName(*name)) return false;
    entry.name = *name;
    const auto type = line.type();
    if (type != 'E' && type != 'M') return false;
    entry.by_extension = type == 'E';
    if (!(entry.by_extension ? parseExtension(line, entry) : parseMagic(line, entry, rules))) return false;
    const auto interpreter = line.field();
    if (!interpreter || interpreter->empty()) return false;
    entry.interpreter = *interpreter;
    return parseFlags(line, entry, rules);
}

std::string hex(const std::string& bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        text += digits[static_cast<u8>(c) >> 4];
        text += digits[static_cast<u8>(c) & 15];
    }
    return text;
}

}  // namespace

bool hexByte(std::string_view text, char& byte) {
    if (text.size() < 3 || text[0] != 'x') return false;
    unsigned value = 0;
    const bool two = std::from_chars(text.data() + 1, text.data() + 3, value, 16).ptr == text.data() + 3;
    byte = static_cast<char>(value);
    return two;
}

MiscEntry::~MiscEntry() {
    if (!interp_file) return;
    allow_write_access(interp_file);
    filp_close(interp_file, nullptr);
}

Result<std::shared_ptr<MiscEntry>> parseMiscEntry(std::string_view line, const MiscRules& rules) {
    auto entry = std::make_shared<MiscEntry>();
    if (line.size() < MIN_LENGTH || line.size() > rules.longest_line) return Failure{-EINVAL};
    Line text(line);
    if (!parse(text, *entry, rules)) return Failure{-EINVAL};
    return entry;
}

bool matchesEntry(const MiscEntry& entry, const linux_binprm* bprm) {
    if (!entry.enabled) return false;
    if (entry.by_extension) {
        const std::string& path = bprm->interp.get();
        const auto dot = path.rfind('.');
        return dot != std::string::npos && path.substr(dot + 1) == entry.magic;
    }
    if (entry.offset < 0) return false;         // v3.10 takes 4294967295 for -1, and compares what lies before the buffer
    for (std::size_t i = 0; i < entry.magic.size(); ++i) {
        const int mask = entry.mask.empty() ? 0xff : static_cast<u8>(entry.mask[i]);
        if ((bprm->buf[static_cast<u64>(entry.offset) + i] ^ static_cast<u8>(entry.magic[i])) & mask) return false;
    }
    return true;
}

std::string describeEntry(const MiscEntry& e) {
    std::string text = std::string(e.enabled ? "enabled" : "disabled") + "\ninterpreter " + e.interpreter + "\nflags: ";
    if (e.flags & MISC_PRESERVE_ARGV0) text += 'P';
    if (e.flags & MISC_OPEN_BINARY) text += 'O';
    if (e.flags & MISC_CREDENTIALS) text += 'C';
    if (e.flags & MISC_OPEN_FILE) text += 'F';
    text += '\n';
    if (e.by_extension) return text + "extension ." + e.magic + "\n";
    text += "offset " + std::to_string(e.offset) + "\nmagic " + hex(e.magic) + "\n";
    return e.mask.empty() ? text : text + "mask " + hex(e.mask) + "\n";
}

MiscTable& miscTable() {
    static MiscTable table;
    return table;
}

static traces::Value traceValue(const MiscHandler& entry) {
    return entry ? traces::Value::text(entry->name) : traces::Value::null();
}

TRACED(MiscHandler, check_file, (linux_binprm*, bprm)) {
    const auto& entries = miscTable().entries;
    const auto found = std::ranges::find_if(entries, [bprm](const auto& e) { return matchesEntry(*e, bprm); });
    const bool some = found != entries.end();
    check("an entry of binfmt_misc matches", some, some ? (*found)->name : std::string());
    return some ? *found : nullptr;
}

}  // namespace loader
