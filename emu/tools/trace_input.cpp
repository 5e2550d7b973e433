#include "emu/tools/trace_input.hpp"

#include "emu/tools/memory_bound.hpp"

#include <cerrno>
#include <cstring>
#include <iostream>
#include <new>
#include <stdexcept>
#include <sys/stat.h>

namespace emu {

namespace {

u64 sizeOf(const std::string& path) {
    struct ::stat status {};
    return path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) ? static_cast<u64>(status.st_size) : 0;
}

}  // namespace

std::streambuf& TraceInput::open(const std::string& path, std::ifstream& file) {
    if (path == "-") return *std::cin.rdbuf();
    struct ::stat status {};
    file.open(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path + ": " + std::strerror(errno));
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
        throw std::runtime_error("cannot read " + path + ": " + std::strerror(EISDIR));
    return *file.rdbuf();
}

TraceInput::TraceInput(const std::string& path, Cut cut)
    : bytes_(open(path, file_)), text_(bytes_), stream_(&text_), name_(path == "-" ? "standard input" : path), cut_(cut), size_(sizeOf(path)),
      reader_(stream_) {}

void TraceInput::refuse(u64 line, const std::string& message) const {
    throw std::runtime_error(name_ + ", line " + std::to_string(line) + ": " + message);
}

void TraceInput::refuseMemory() const { refuse(reader_.line(), tooMuchMemory()); }

void TraceInput::lookAtHeap() {
    constexpr u64 often = u64{1} << 20;
    if (reader_.offset() < look_at_) return;
    look_at_ = reader_.offset() + often;
    if (heapInUse() > mostMemory()) refuseMemory();
}

std::optional<traces::Event> TraceInput::read() {
    try {
        return reader_.next();
    } catch (const traces::DamagedData& damage) {
        refuse(reader_.line(), damage.what());
    } catch (const std::bad_alloc&) {
        refuseMemory();
    }
}

std::optional<traces::Event> TraceInput::next() {
    const bool first = reader_.line() == 0;
    std::optional<traces::Event> event = read();
    lookAtHeap();
    const std::optional<traces::ReadError>& error = reader_.error();
    const bool header = reader_.text().starts_with("{\"kind\":\"header\"");
    if (error && !(reader_.cut() && cut_ == Cut::isEnd))
        refuse(error->line, error->message + (first && !header && !reader_.cut() ? ": this is no trace, or its beginning is damaged" : ""));
    if (first && !event) throw std::runtime_error(name_ + " holds no events");
    if (first && event->kind != traces::Kind::header) refuse(1, "a trace begins with a header");
    return event;
}

}  // namespace emu
