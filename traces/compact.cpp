#include "traces/compact.hpp"

#include "traces/json_digits.hpp"
#include "traces/json_text.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

namespace traces {

namespace {

// The number behind `key` in a line as the writer makes it; 0: it is not there.
u64 numberIn(std::string_view line, std::string_view key) {
    const std::size_t at = line.find(key);
    u64 number = 0;
    if (at != line.npos) std::from_chars(line.data() + at + key.size(), line.data() + line.size(), number);
    return number;
}

}  // namespace

void TraceText::damaged(const char* what) const {
    throw DamagedData("the compact trace is damaged at byte " + std::to_string(record_) + ": " + what);
}

bool TraceText::need(std::size_t size) {
    if (in_.size() - at_ >= size) return true;
    bytes_.update(in_.data(), at_);
    erased_ += at_;
    in_.erase(0, at_);
    at_ = 0;
    while (in_.size() < size) {
        const std::size_t held = in_.size();
        in_.resize(held + chunk);
        const std::streamsize n = plain_.sgetn(in_.data() + held, static_cast<std::streamsize>(chunk));
        in_.resize(held + static_cast<std::size_t>(n));
        if (n == 0) return false;
    }
    return true;
}

template <class T>
T TraceText::take() {
    T value{};
    std::memcpy(&value, in_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
}

std::string_view TraceText::takeText(std::size_t size) {
    const std::string_view text = std::string_view(in_).substr(at_, size);
    at_ += size;
    return text;
}

void TraceText::begin() {
    begun_ = true;
    compact_ = need(compactMagic.size()) && std::string_view(in_).starts_with(compactMagic);
    if (!compact_) return;
    at_ = compactMagic.size();
    constexpr std::size_t longestName = 32;
    std::string name;
    while (need(1)) {
        const char c = take<char>();
        if (!isPlain(c) && c != '\n') damaged("its names of registers");
        if (name.size() > longestName) damaged("the name of a register");
        if (c != ' ' && c != '\n') {
            name += c;
            continue;
        }
        registers_.push_back("\"" + name + "\":");
        name.clear();
        if (registers_.size() > compactRegisters) damaged("its names of registers");
        if (c == '\n') break;
    }
    known_.resize(compactSlots);
}

void TraceText::beginLine() {
    out_ += "{\"kind\":\"insn\",\"seq\":";
    appendUnsigned(out_, next_.seq);
    out_ += ",\"insn\":";
    appendUnsigned(out_, next_.insn);
    out_ += ",\"pid\":";
    appendCount(out_, next_.pid);
    ++next_.seq;
    ++next_.insn;
}

void TraceText::endLine(std::size_t begin) {
    out_ += '\n';
    hash_.update(out_.data() + begin, out_.size() - begin);
}

bool TraceText::line(CompactRecord kind) {
    if (!need(4)) return false;
    const u32 size = take<u32>();
    if (size < 2 || size > longest) damaged("the length of a line");
    if (!need(size)) return false;
    const std::string_view text = takeText(size);
    const std::size_t begin = out_.size();
    out_ += text;
    const std::string_view head = text.substr(0, 200);
    next_ = {numberIn(head, ",\"seq\":") + 1, numberIn(head, ",\"insn\":") + 1, static_cast<i64>(numberIn(head, ",\"pid\":"))};
    if (kind == CompactRecord::footer) {
        out_.pop_back();
        out_ += ",\"hash\":";
        appendHex(out_, hash_.digest());
        out_ += '}';
    }
    endLine(begin);
    return true;
}

// With its hash, or not at all.
bool TraceText::footer() {
    constexpr std::size_t hashRecord = 1 + sizeof(u64);
    if (!need(4)) return false;
    u32 size = 0;
    std::memcpy(&size, in_.data() + at_, sizeof size);
    if (size > longest) damaged("the length of a line");
    if (!need(4 + size + hashRecord)) return false;
    const std::size_t end = at_ + 4 + size;
    bytes_.update(in_.data(), end);
    u64 recorded = 0;
    std::memcpy(&recorded, in_.data() + end + 1, sizeof recorded);
    if (in_[end] != static_cast<char>(CompactRecord::hash)) damaged("the footer is without its hash");
    if (recorded != bytes_.digest()) damaged("its hash is another one than that of its bytes");
    if (need(4 + size + hashRecord + 1)) damaged("it goes on behind its end");
    line(CompactRecord::footer);
    at_ += hashRecord;
    return true;
}

bool TraceText::define() {
    if (!need(6)) return false;
    const u16 slot = take<u16>();
    const u32 size = take<u32>();
    if (slot >= compactSlots || size > compactLongest || size == 0) damaged("an instruction");
    if (!need(size)) return false;
    known_[slot] = takeText(size);
    return true;
}

bool TraceText::text() {
    if (!need(4)) return false;
    const u32 size = take<u32>();
    if (size > longest) damaged("the length of an instruction");
    if (!need(size)) return false;
    const std::size_t begin = out_.size();
    beginLine();
    out_ += takeText(size);
    endLine(begin);
    return true;
}

void TraceText::putWrites(unsigned count) {
    out_ += ",\"memory\":[";
    for (unsigned i = 0; i < count; ++i) {
        char text[128];
        char* at = putHex(putText(text, "{\"address\":"), take<u64>());
        const u8 size = take<u8>();
        at = putBytes(putText(at, ",\"bytes\":\""), reinterpret_cast<const u8*>(takeText(size).data()), size);
        out_.append(text, putText(at, i + 1 < count ? "\"}," : "\"}]"));
    }
}

bool TraceText::step() {
    constexpr std::size_t longestWrite = 41;
    if (!need(6)) return false;
    const u16 slot = take<u16>();
    const u32 mask = take<u32>();
    const unsigned writes = mask >> compactRegisters;
    if (slot >= compactSlots || known_[slot].empty()) damaged("an unknown instruction");
    const std::size_t begin = out_.size();
    if (!need(8 * static_cast<std::size_t>(std::popcount(mask & ((1u << compactRegisters) - 1))))) return false;
    std::string values = "{";
    for (unsigned i = 0; i < compactRegisters; ++i) {
        if (!(mask >> i & 1)) continue;
        if (i >= registers_.size()) damaged("an unknown register");
        if (values.size() > 1) values += ',';
        values += registers_[i];
        appendHex(values, take<u64>());
    }
    // The writes: each is as long as its size says.
    std::size_t size = 0;
    for (unsigned i = 0; i < writes; ++i) {
        if (!need(size + 9)) return false;
        const u8 one = static_cast<u8>(in_[at_ + size + 8]);
        if (one > longestWrite - 9) damaged("a write to memory");
        size += 9u + one;
    }
    if (!need(size)) return false;
    beginLine();
    (out_ += known_[slot]) += values;
    out_ += '}';
    if (writes) putWrites(writes);
    out_ += '}';
    endLine(begin);
    return true;
}

bool TraceText::record() {
    if (!need(1)) return false;
    record_ = erased_ + at_;
    const auto kind = static_cast<CompactRecord>(take<char>());
    switch (kind) {
        case CompactRecord::line: return line(kind);
        case CompactRecord::footer: return footer();
        case CompactRecord::define: return define();
        case CompactRecord::step: return step();
        case CompactRecord::text: return text();
        case CompactRecord::place:
            if (!need(20)) return false;
            next_.seq = take<u64>();
            next_.insn = take<u64>();
            next_.pid = take<u32>();
            return true;
        case CompactRecord::hash: break;
    }
    damaged("an unknown record");
}

void TraceText::records() {
    try {
        while (out_.size() < chunk && !ended_) {
            ended_ = !need(1);
            if (ended_ || record()) continue;
            out_ += '{';                // cut inside a record: as a cut line reads
            ended_ = true;
        }
    } catch (const DamagedData& damage) {
        damage_ = damage;
        ended_ = true;
    }
}

TraceText::int_type TraceText::underflow() {
    if (!begun_) begin();
    out_.clear();
    if (compact_) {
        if (damage_) throw DamagedData(*damage_);
        records();
        if (damage_ && out_.empty()) throw DamagedData(*damage_);
        setg(out_.data(), out_.data(), out_.data() + out_.size());
    } else {
        out_.swap(in_);
        if (out_.empty()) {
            out_.resize(chunk);
            out_.resize(static_cast<std::size_t>(plain_.sgetn(out_.data(), static_cast<std::streamsize>(chunk))));
        }
        setg(out_.data(), out_.data(), out_.data() + out_.size());
    }
    return gptr() == egptr() ? traits_type::eof() : traits_type::to_int_type(*gptr());
}

}  // namespace traces
