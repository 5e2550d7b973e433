#include "traces/state_hash.hpp"

#include "traces/json_text.hpp"

namespace traces {
namespace {

constexpr u64 bits(std::initializer_list<Kind> kinds) {
    u64 all = 0;
    for (const Kind kind : kinds) all |= bit(kind);
    return all;
}

struct PartInfo {
    std::string_view name;
    u64 kinds;
};
constexpr u64 objects = bits({Kind::set, Kind::object_new, Kind::object_free});
constexpr u64 instructions = bits({Kind::registers, Kind::insn, Kind::task});
constexpr PartInfo table[] = {
    {"tasks", objects | bit(Kind::task)},
    {"registers", instructions | objects},
    {"areas", bit(Kind::vma)},
    {"tables", bit(Kind::pte)},
    {"memory", instructions | bits({Kind::pte, Kind::page_fill, Kind::blob, Kind::user_write, Kind::page_write})},
    {"descriptors", objects},
    {"run_queue", bit(Kind::run_queue)},
    {"formats", bit(Kind::formats)},
    {"objects", objects},
};
static_assert(std::size(table) == partCount);
const PartInfo& info(Part part) { return table[static_cast<std::size_t>(part)]; }

class Line {
public:
    explicit Line(std::string_view first) : text_(first) {}
    Line& word(std::string_view s) {
        (text_ += ' ') += s;
        return *this;
    }
    Line& json(std::string_view s) {
        text_ += ' ';
        appendText(text_, s);
        return *this;
    }
    Line& count(i64 n) {
        text_ += ' ';
        appendCount(text_, n);
        return *this;
    }
    Line& hex(u64 n) {
        std::string quoted;
        appendHex(quoted, n);
        return word(std::string_view(quoted).substr(1, quoted.size() - 2));
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

std::string_view orDash(std::string_view s) { return s.empty() ? "-" : s; }

std::array<u8, 8> littleEndian(u64 n) {
    std::array<u8, 8> bytes;
    for (u8& byte : bytes) {
        byte = static_cast<u8>(n);
        n >>= 8;
    }
    return bytes;
}

}  // namespace

std::string_view partName(Part part) noexcept { return info(part).name; }
u64 kindsOf(Part part) noexcept { return info(part).kinds; }
u32 partsTold(u64 kinds) noexcept {
    u32 told = 0;
    for (std::size_t i = 0; i < partCount; ++i)
        if ((kinds & table[i].kinds) == table[i].kinds) told |= u32{1} << i;
    return told;
}

u64 hashOfFields(const FieldValues& fields) {
    std::string text;
    for (const auto& [name, value] : fields) {
        (text += name) += '=';
        appendValue(text, value);
        text += '\n';
    }
    return xxh64(text.data(), text.size());
}

void StateHash::line(Part part, std::string_view text) {
    Xxh64& hash = parts_[static_cast<std::size_t>(part)];
    hash.update(text.data(), text.size());
    hash.update("\n", 1);
}

void StateHash::page(u64 pfn, std::span<const u8, 4096> content) {
    Xxh64& hash = parts_[static_cast<std::size_t>(Part::memory)];
    hash.update(littleEndian(pfn).data(), 8);
    hash.update(content.data(), content.size());
}

u64 StateHash::digest() const noexcept {
    Xxh64 all;
    for (std::size_t i = 0; i < partCount; ++i)
        if (told_ >> i & 1) all.update(littleEndian(parts_[i].digest()).data(), 8);
    return all.digest();
}

Value StateHash::parts() const {
    Value all = Value::object();
    for (std::size_t i = 0; i < partCount; ++i)
        if (told_ >> i & 1) all.with(table[i].name, Value::hex(parts_[i].digest()));
    return all;
}

std::string taskLine(std::string_view task, i64 pid, i64 tgid, std::string_view comm) {
    return Line(task).count(pid).count(tgid).json(comm).take();
}

std::string registersLine(std::string_view task, u64 hash) { return Line(task).hex(hash).take(); }

std::string areaLine(std::string_view mm, const AreaLine& area) {
    return Line(mm).hex(area.start).hex(area.end).word(area.flags).hex(area.pgoff).word(orDash(area.file)).take();
}

std::string tableLine(std::string_view mm, u64 address, u64 entry) { return Line(mm).hex(address).hex(entry).take(); }

std::string descriptorLine(std::string_view table, u64 fd, std::string_view file, bool close_on_exec) {
    return Line(table).count(static_cast<i64>(fd)).word(file).word(close_on_exec ? "cloexec" : "-").take();
}

std::string objectLine(std::string_view object, u64 fields) { return Line(object).hex(fields).take(); }

}  // namespace traces
