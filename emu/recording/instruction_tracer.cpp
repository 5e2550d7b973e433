#include "emu/recording/instruction_tracer.hpp"

#include "emu/recording/recording.hpp"
#include "emu/state/registers.hpp"
#include "traces/json_digits.hpp"
#include "traces/json_text.hpp"
#include "traces/tracer.hpp"

#include <algorithm>
#include <cstring>

namespace emu {

using traces::Attr;
using traces::Kind;
using traces::putHex;
using traces::putText;
using traces::Value;

namespace {

using MemoryWrite = cpu::InstructionRecord::MemoryWrite;

bool goesOn(const cpu::InstructionRecord& record) { return record.after->rip == record.address + record.bytes.size(); }

constexpr std::size_t longestWrite = 128;       // as text

char* putWrite(char* at, const MemoryWrite& write) {
    at = putHex(putText(at, "{\"address\":"), write.address);
    at = traces::putBytes(putText(at, ",\"bytes\":\""), reinterpret_cast<const u8*>(write.after), write.size);
    return putText(at, "\"}");
}

char* putRecord(char* at, traces::CompactRecord kind) {
    *at = static_cast<char>(kind);
    return at + 1;
}

template <class T>
char* putNumber(char* at, T value) {
    std::memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

}  // namespace

std::vector<Attr> instructionAttrs(const cpu::InstructionRecord& record, Done done) {
    std::vector<Attr> attrs = {{"address", Value::hex(record.address)},
                               {"bytes", Value::bytes(record.bytes.data(), record.bytes.size())},
                               {"text", Value::text(cpu::Cpu::disassemble(record.bytes, record.address))},
                               {"regs", differingRegisters(*record.before, *record.after, goesOn(record) ? "rip" : "")}};
    std::vector<Value> writes;
    for (const MemoryWrite& write : record.writes) {
        Value one = Value::object();
        one.with("address", Value::hex(write.address)).with("bytes", Value::bytes(write.after, write.size));
        writes.push_back(std::move(one));
    }
    if (!writes.empty()) attrs.push_back({"memory", Value::list(std::move(writes))});
    if (done == Done::part) attrs.push_back({"interrupted", Value::boolean(true)});
    return attrs;
}

bool hasEffect(const cpu::InstructionRecord& record) {
    return !record.writes.empty() || !differingRegisters(*record.before, *record.after).items.empty();
}

InstructionTracer::InstructionTracer() = default;
InstructionTracer::~InstructionTracer() = default;

void InstructionTracer::recordInto(Recording* recording, traces::JsonWriter* writer, bool leavesOut) {
    recording_ = recording;
    writer_ = writer;
    leaves_out_ = leavesOut;
    known_.resize(kept);
    line_ = std::make_unique<char[]>(longestLine);
}

void InstructionTracer::emit(const cpu::InstructionRecord& record, Done done) {
    std::vector<Attr> attrs = instructionAttrs(record, done);
    if (const std::string& symbol = symbols_.at(record.address); !symbol.empty())
        attrs.insert(attrs.begin() + 1, {"symbol", Value::text(symbol)});
    traces::tracer().emit(Kind::insn, std::move(attrs));
}

const std::string& InstructionTracer::beginning(const cpu::InstructionRecord& record, std::size_t slot, bool& fresh) {
    Known& known = known_[slot];
    const u64 generation = symbols_.generation();
    const std::size_t length = record.bytes.size();
    if (known.address == record.address && known.generation == generation && known.length == length &&
        !std::memcmp(known.bytes.data(), record.bytes.data(), length))
        return known.text;
    fresh = true;
    known.number = definitions_ == ~u32{0} ? 0 : ++definitions_;
    known.address = record.address;
    known.generation = generation;
    known.length = std::min(length, known.bytes.size());
    std::copy_n(record.bytes.data(), known.length, known.bytes.data());
    std::string& text = known.text;
    text = ",\"address\":";
    traces::appendHex(text, record.address);
    if (const std::string& symbol = symbols_.at(record.address); !symbol.empty()) traces::appendText(text += ",\"symbol\":", symbol);
    traces::appendValue(text += ",\"bytes\":", Value::bytes(record.bytes.data(), length));
    traces::appendText(text += ",\"text\":", cpu::Cpu::disassemble(record.bytes, record.address));
    text += ",\"regs\":";
    return text;
}

char* InstructionTracer::putAttributes(char* at, const cpu::InstructionRecord& record, const std::string& begin) {
    at = putText(at, begin);
    at = putChangedRegisters(at, *record.before, *record.after, record.changed);
    if (!record.writes.empty()) {
        at = putText(at, ",\"memory\":[");
        for (const MemoryWrite& write : record.writes) {
            at = putWrite(at, write);
            *at++ = ',';
        }
        at[-1] = ']';
    }
    *at++ = '}';
    return at;
}

// Vector registers and the like are rare: as text.
char* InstructionTracer::putRecords(char* at, const cpu::InstructionRecord& record, const std::string& begin, std::size_t slot,
                                    bool fresh) {
    using traces::CompactRecord;
    if (fresh) {
        at = putNumber(putNumber(putRecord(at, CompactRecord::define), static_cast<u16>(slot)), static_cast<u32>(begin.size()));
        at = putText(at, begin);
    }
    if (leaves_out_ || record.writes.size() > 255 || record.changed & cpu::InstructionRecord::OTHERS) {
        char* const length = putRecord(at, CompactRecord::text);
        at = putAttributes(length + sizeof(u32), record, begin);
        putNumber(length, static_cast<u32>(at - length - sizeof(u32)));
        return at;
    }
    char* const mask = putNumber(putRecord(at, CompactRecord::step), static_cast<u16>(slot));
    at = mask + sizeof(u32);
    const u32 changed = putWords(at, *record.after, record.changed);
    putNumber(mask, changed | static_cast<u32>(record.writes.size()) << traces::compactRegisters);
    for (const MemoryWrite& write : record.writes) {
        at = putNumber(putNumber(at, write.address), write.size);
        at = putText(at, {reinterpret_cast<const char*>(write.after), write.size});
    }
    return at;
}

void InstructionTracer::emitLine(const cpu::InstructionRecord& record) {
    const std::size_t slot = slotOf(record.address);
    bool fresh = false;
    const std::string& begin = beginning(record, slot, fresh);
    const std::size_t most = 2 * begin.size() + longestRegisters + longestWrite * record.writes.size() + 64;
    if (most > longestLine) {
        known_[slot] = {};
        return emit(record, Done::whole);
    }
    if (record.note) *record.note = known_[slot].number;
    char* const line = line_.get();
    const char* const end = writer_->compact() ? putRecords(line, record, begin, slot, fresh) : putAttributes(line, record, begin);
    writer_->prepare({line, static_cast<std::size_t>(end - line)});
    traces::tracer().emit(Kind::insn, std::vector<Attr>());
}

void InstructionTracer::instruction(const cpu::InstructionRecord& record) {
    if (!recording_) return emit(record, Done::whole);
    if (!recording_->wants(record, symbols_)) return;
    emitLine(record);
    recording_->executed();
}

// What it has told before of the instruction still holds, and there is room: integers and copies, no more.
bool InstructionTracer::quick(const cpu::InstructionRecord& record) {
    if (!recording_ || !record.note || !recording_->takesAll() || record.writes.size() > 4 || !symbols_.unchanged()) return false;
    const std::size_t slot = slotOf(record.address);
    const Known& known = known_[slot];
    if (!*record.note || known.number != *record.note || known.address != record.address || known.generation != symbols_.latest())
        return false;
    traces::Tracer& tracer = traces::tracer();
    const std::size_t most = known.text.size() + longestRegisters + 5 * longestWrite;
    if (most > longestLine || !writer_->hasRoom(most) || !tracer.isFor(recording_, Kind::insn)) return false;
    char* const line = line_.get();
    const char* const end =
        writer_->compact() ? putRecords(line, record, known.text, slot, false) : putAttributes(line, record, known.text);
    writer_->prepare({line, static_cast<std::size_t>(end - line)});
    writer_->event(tracer.next(Kind::insn));
    return true;
}

void InstructionTracer::interrupted(const cpu::InstructionRecord& record) {
    if (recording_ && !recording_->wants(record, symbols_)) return;
    if (hasEffect(record)) emit(record, Done::part);
}

}  // namespace emu
