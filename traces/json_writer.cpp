#include "traces/json_writer.hpp"

#include "traces/json_text.hpp"

#include <algorithm>
#include <system_error>

namespace traces {

namespace {

std::vector<JsonWriter*>& writers() {
    static std::vector<JsonWriter*>& all = *new std::vector<JsonWriter*>;
    return all;
}

}  // namespace

void flushWriters() {
    for (JsonWriter* writer : writers()) writer->finish();
}

JsonWriter::JsonWriter(Sink& sink, Report report) : sink_(sink), report_(std::move(report)) {
    buffer_.reserve(bufferSize + bufferSize / 4);
    writers().push_back(this);
}

JsonWriter::JsonWriter(Sink& sink, Report report, std::string_view registers) : JsonWriter(sink, std::move(report)) {
    compact_.emplace();
    buffer_ = CompactEncoder::beginning(registers);
}

JsonWriter::~JsonWriter() {
    finish();
    std::erase(writers(), this);
}

void JsonWriter::event(const Event& event) {
    if (failed_) return;
    ++pending_;
    if (compact_) {
        appendCompact(event);
        ends_.push_back(buffer_.size());
    } else {
        if (event.kind == Kind::checkpoint && sink_.wantsFrame(buffer_.size())) {
            flush();
            sink_.beginFrame();
        }
        append(event);
    }
    // The header at once: whatever happens then, the file is the beginning of a trace.
    if (buffer_.size() >= bufferSize || event.kind == Kind::footer || event.kind == Kind::header) flush();
}

u64 JsonWriter::hash() const {
    Xxh64 all = hash_;
    all.update(buffer_.data(), buffer_.size());
    return all.digest();
}

void JsonWriter::append(const Event& event) {
    if (event.kind == Kind::footer) {
        Event footer = event;
        footer.attrs.push_back({"hash", Value::hex(hash())});
        appendEvent(buffer_, footer);
    } else if (event.kind == Kind::insn && event.attrs.empty()) {
        appendBeginning(buffer_, event);
        buffer_ += prepared_;
    } else {
        appendEvent(buffer_, event);
    }
    buffer_ += '\n';
}

void JsonWriter::appendCompact(const Event& event) {
    if (event.kind == Kind::insn && event.attrs.empty()) return compact_->instruction(buffer_, event, prepared_);
    text_.clear();
    appendEvent(text_, event);
    compact_->line(buffer_, event, text_);
    if (event.kind == Kind::footer) CompactEncoder::hash(buffer_, hash());
}

void JsonWriter::flush() {
    if (failed_ || buffer_.empty()) return;
    const Sink::Result result = sink_.write(buffer_);
    if (result.error) return fail(result);
    hash_.update(buffer_.data(), buffer_.size());
    written_ += buffer_.size();
    lines_ += pending_;
    pending_ = 0;
    ends_.clear();
    buffer_.clear();
}

void JsonWriter::finish() {
    flush();
    if (failed_) return;
    const Sink::Result result = sink_.finish();
    if (result.error) fail(result);
}

void JsonWriter::fail(Sink::Result result) {
    failed_ = true;
    const std::string_view arrived = std::string_view(buffer_).substr(0, result.late ? buffer_.size() : result.written);    // late: perhaps
    const auto events = compact_ ? std::ranges::upper_bound(ends_, arrived.size()) - ends_.begin() : std::ranges::count(arrived, '\n');
    const std::size_t whole = !compact_ ? arrived.rfind('\n') + 1 :
                              events    ? ends_[static_cast<std::size_t>(events) - 1] :
                                          0;    // npos + 1 is 0
    if (whole != arrived.size()) sink_.truncate(written_ + whole);
    written_ += whole;
    lines_ += static_cast<u64>(events);
    ends_.clear();
    buffer_.clear();
    const std::string held = result.late ? "a part of the first " : "the first ";
    if (report_)
        report_("cannot write the trace to " + sink_.name() + ": " + std::generic_category().message(result.error) + "; it holds " +
                held + std::to_string(lines_) + " events (" + std::to_string(written_) +
                " bytes) and no more will be added; the program runs on");
}

}  // namespace traces
