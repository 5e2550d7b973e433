#include "loader/misc_entries.hpp"

#include "kernel_model/include/version/exec.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace loader {

using namespace kernel;

namespace {

constexpr u64 MIN_LENGTH = 11, MAX_LENGTH = 1920;

// The fields of a line, one after the other. After a missing delimiter every field is refused.
class Fields {
public:
    explicit Fields(std::string_view line) : delimiter_(line[0]), rest_(line.substr(1)) {}
    std::optional<std::string> next() {
        const auto end = rest_.find(delimiter_);
        if (end == std::string_view::npos) return {};
        std::string field(rest_.substr(0, end));
        rest_.remove_prefix(end + 1);
        return field;
    }
    std::string_view rest() const { return rest_; }

private:
    char delimiter_;
    std::string_view rest_;
};

// \xNN is a byte; everything else stands for itself.
std::string unescape(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        const char* digits = text.data() + i + 2;
        const bool escape = text.compare(i, 2, "\\x") == 0 && i + 2 < text.size();
        const char* end = escape ? std::from_chars(digits, std::min(digits + 2, text.data() + text.size()), value, 16).ptr : digits;
        if (!escape || end == digits) {
            bytes += text[i];
            continue;
        }
        bytes += static_cast<char>(value);
        i += static_cast<std::size_t>(end - digits) + 1;
    }
    return bytes;
}

bool parseOffset(const std::string& text, u64& offset) {
    if (text.empty()) return true;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    offset = static_cast<u64>(value);
    return error == std::errc() && end == text.data() + text.size() && value >= 0;
}

bool parseMagic(Fields& fields, MiscEntry& entry, u64 header_bytes) {
    const auto offset = fields.next(), magic = fields.next(), mask = fields.next();
    if (!offset || !magic || !mask || !parseOffset(*offset, entry.offset) || magic->empty()) return false;
    entry.magic = unescape(*magic);
    entry.mask = unescape(*mask);
    if (!entry.mask.empty() && entry.mask.size() != entry.magic.size()) return false;
    return entry.magic.size() <= header_bytes && header_bytes - entry.magic.size() >= entry.offset;
}

bool parseExtension(Fields& fields, MiscEntry& entry) {
    const auto offset = fields.next(), extension = fields.next(), mask = fields.next();
    if (!offset || !extension || !mask || extension->empty() || extension->find('/') != std::string::npos) return false;
    entry.magic = *extension;
    return true;
}

bool parseFlags(std::string_view text, MiscEntry& entry, const MiscRules& rules) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    for (const char c : text) {
        if (c == 'P') entry.flags |= MISC_PRESERVE_ARGV0;
        else if (c == 'O') entry.flags |= MISC_OPEN_BINARY;
        else if (c == 'C') entry.flags |= MISC_CREDENTIALS | MISC_OPEN_BINARY;
        else if (c == 'F' && rules.open_file) entry.flags |= MISC_OPEN_FILE;
        else return false;
    }
    return true;
}

bool goodName(const std::string& name) { return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos; }

bool parse(Fields& fields, MiscEntry& entry, const MiscRules& rules) {
    const auto name = fields.next(), type = fields.next();
    if (!name || !goodName(*name) || !type || (*type != "E" && *type != "M")) return false;
    entry.name = *name;
    entry.by_extension = *type == "E";
    if (!(entry.by_extension ? parseExtension(fields, entry) : parseMagic(fields, entry, rules.header_bytes))) return false;
    const auto interpreter = fields.next();
    if (!interpreter || interpreter->empty()) return false;
    entry.interpreter = *interpreter;
    return parseFlags(fields.rest(), entry, rules);
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

Result<std::shared_ptr<MiscEntry>> parseMiscEntry(std::string_view line, const MiscRules& rules) {
    auto entry = std::make_shared<MiscEntry>();
    if (line.size() < MIN_LENGTH || line.size() > MAX_LENGTH) return Failure{-EINVAL};
    Fields fields(line);
    if (!parse(fields, *entry, rules)) return Failure{-EINVAL};
    return entry;
}

bool matchesEntry(const MiscEntry& entry, const linux_binprm* bprm) {
    if (!entry.enabled) return false;
    if (entry.by_extension) {
        const std::string& path = bprm->interp.get();
        const auto dot = path.rfind('.');
        return dot != std::string::npos && path.substr(dot + 1) == entry.magic;
    }
    for (std::size_t i = 0; i < entry.magic.size(); ++i) {
        const int mask = entry.mask.empty() ? 0xff : static_cast<u8>(entry.mask[i]);
        if ((bprm->buf[entry.offset + i] ^ static_cast<u8>(entry.magic[i])) & mask) return false;
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
    const bool some = miscTable().enabled && found != entries.end();
    check("an entry of binfmt_misc matches", some, some ? (*found)->name : std::string());
    return some ? *found : nullptr;
}

int registerMiscEntry(std::string_view line) {
    MiscTable& table = miscTable();
    const auto entry = TRY(parseMiscEntry(line, table.rules));
    if (std::ranges::any_of(table.entries, [&](const auto& e) { return e->name == entry->name; })) return -EEXIST;
    if (entry->flags & MISC_OPEN_FILE) entry->interp_file = TRY(version().exec.open_exec(entry->interpreter));
    table.entries.push_front(entry);
    return 0;
}

void removeMiscEntry(const std::string& name) {
    std::erase_if(miscTable().entries, [&](const auto& e) {
        if (e->name != name) return false;
        if (e->interp_file) {
            allow_write_access(e->interp_file);
            fput(e->interp_file);
        }
        return true;
    });
}

}  // namespace loader
