#include "traces/compact.hpp"

namespace traces {

namespace {

template <class T>
void append(std::string& out, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(static_cast<u64>(value) >> 8 * i & 0xff);
}

}  // namespace

void CompactEncoder::line(std::string& out, const Event& event, std::string_view text) {
    out += static_cast<char>(event.kind == Kind::footer ? CompactRecord::footer : CompactRecord::line);
    append(out, static_cast<u32>(text.size()));
    out += text;
    last_ = {event.seq, event.insn, event.pid};
}

void CompactEncoder::instruction(std::string& out, const Event& event, std::string_view record) {
    if (event.seq != last_.seq + 1 || event.insn != last_.insn + 1 || event.pid != last_.pid) {
        out += static_cast<char>(CompactRecord::place);
        append(out, event.seq);
        append(out, event.insn);
        append(out, static_cast<u32>(event.pid));
    }
    out += record;
    last_ = {event.seq, event.insn, event.pid};
}

void CompactEncoder::hash(std::string& out, u64 hash) {
    out += static_cast<char>(CompactRecord::hash);
    append(out, hash);
}

}  // namespace traces
