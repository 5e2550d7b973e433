// Traces in the formats of other tools. Each format is declared once, in its own file; exporters.cpp lists them.
#pragma once

#include "traces/event.hpp"
#include "traces/sink.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace emu {

struct ExportTarget {
    std::string path = "-";      // where to write; "-" is standard output
    std::string program;         // lcov: the program's file on this host; empty: where the trace says it is
    std::vector<std::string> libraries;     // lcov: other files that are covered, on this host
    int pid = 0;                 // tenet: whose instructions; 0: the program's
};

// Text on its way to a file. Throws std::system_error when a write fails.
class Output {
public:
    explicit Output(const std::string& path);
    ~Output();
    void put(std::string_view text);
    void flush();
    std::string& buffer() { return text_; }     // to append to
    void spill() { if (text_.size() >= enough) flush(); }

private:
    static constexpr std::size_t enough = std::size_t{1} << 16;
    std::unique_ptr<traces::Sink> sink_;
    std::string text_;
};

class Exporter {
public:
    virtual ~Exporter() = default;
    virtual traces::Observer& reader() = 0;     // gets every event
    virtual void finish() = 0;                  // when the trace has ended
};

struct ExportFormat {
    const char* name;            // --format
    const char* what;            // one line of help
    bool file;                   // needs -o FILE: standard output will not do
    std::unique_ptr<Exporter> (*make)(const ExportTarget& target);
    const char* option = "";     // the options that only this format has
};

std::span<const ExportFormat* const> exportFormats();
const ExportFormat* findExportFormat(std::string_view name);    // null: none of that name

// For formats that are an observer with a finish() of its own.
template <class Reader>
class ExporterOf final : public Exporter {
public:
    explicit ExporterOf(const ExportTarget& target) : reader_(target) {}
    traces::Observer& reader() override { return reader_; }
    void finish() override { reader_.finish(); }

private:
    Reader reader_;
};
template <class Reader>
std::unique_ptr<Exporter> makeExporter(const ExportTarget& target) { return std::make_unique<ExporterOf<Reader>>(target); }

}  // namespace emu
