#include "emu/export/exporter.hpp"

#include "emu/tracing.hpp"

#include <algorithm>
#include <system_error>

namespace emu {

extern const ExportFormat csvFormat, ftraceFormat, jsonlFormat, lcovFormat, perfettoFormat, sqliteFormat, straceFormat, tenetFormat;

namespace {

constexpr const ExportFormat* FORMATS[] = {&perfettoFormat, &ftraceFormat, &straceFormat, &tenetFormat, &lcovFormat, &csvFormat,
                                             &sqliteFormat,   &jsonlFormat};

}  // namespace

std::span<const ExportFormat* const> exportFormats() { return FORMATS; }

const ExportFormat* findExportFormat(std::string_view name) {
    const auto at = std::ranges::find_if(FORMATS, [&](const ExportFormat* format) { return format->name == name; });
    return at == std::end(FORMATS) ? nullptr : *at;
}

Output::Output(const std::string& path) : sink_(openSink(path, path)) {}
Output::~Output() = default;

void Output::put(std::string_view text) {
    text_ += text;
    spill();
}

void Output::flush() {
    const traces::Sink::Result result = sink_->write(text_);
    text_.clear();
    if (result.error) throw std::system_error(result.error, std::generic_category(), sink_->name());
}

}  // namespace emu
