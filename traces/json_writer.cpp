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
    for (JsonWriter* writer : writers()) writer->flush();
}

JsonWriter::JsonWriter(Sink& sink, Report report) : sink_(sink), report_(std::move(report)) {
    buffer_.reserve(bufferSize + bufferSize / 4);
    writers().push_back(this);
}

JsonWriter::~JsonWriter() {
    flush();
    std::erase(writers(), this);
}

void JsonWriter::event(const Event& event) {
    if (failed_) return;
    if (event.kind == Kind::footer) {
        Xxh64 hash = hash_;
        hash.update(buffer_.data(), buffer_.size());
        Event footer = event;
        footer.attrs.push_back({"hash", Value::hex(hash.digest())});
        appendEvent(buffer_, footer);
    } else {
        appendEvent(buffer_, event);
    }
    buffer_ += '\n';
    if (buffer_.size() >= bufferSize || event.kind == Kind::footer) flush();
}

void JsonWriter::flush() {
    if (failed_ || buffer_.empty()) return;
    const Sink::Result result = sink_.write(buffer_);
    if (result.error) return fail(result);
    hash_.update(buffer_.data(), buffer_.size());
    written_ += buffer_.size();
    lines_ += static_cast<u64>(std::ranges::count(buffer_, '\n'));
    buffer_.clear();
}

void JsonWriter::fail(Sink::Result result) {
    failed_ = true;
    const std::string_view arrived = std::string_view(buffer_).substr(0, result.written);
    const std::size_t whole = arrived.rfind('\n') + 1;   // npos + 1 is 0
    if (whole != arrived.size()) sink_.truncate(written_ + whole);
    written_ += whole;
    lines_ += static_cast<u64>(std::ranges::count(arrived, '\n'));
    buffer_.clear();
    if (report_)
        report_("cannot write the trace to " + sink_.name() + ": " + std::generic_category().message(result.error) +
                "; it holds the first " + std::to_string(lines_) + " events (" + std::to_string(written_) +
                " bytes) and no more will be added; the program runs on");
}

}  // namespace traces
