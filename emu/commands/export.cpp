#include "emu/commands.hpp"
#include "emu/export/exporter.hpp"
#include "emu/report.hpp"
#include "emu/tools/read_trace.hpp"
#include "emu/tracing.hpp"

#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace emu {

namespace {

const ExportFormat& chosenFormat(const ExportOptions& chosen) {
    const ExportFormat* format = findExportFormat(chosen.format);
    if (!format) throw std::runtime_error("no such format: " + chosen.format);
    for (const auto& [option, given] : {std::pair("--pid", chosen.pid != 0), std::pair("--program", !chosen.program.empty()),
                                        std::pair("--library", !chosen.libraries.empty())})
        if (given && std::string_view(format->option).find(option) == std::string_view::npos)
            throw std::runtime_error(std::string(format->name) + " has no option " + option);
    return *format;
}

ExportTarget targetOf(const Options& options) {
    ExportTarget target;
    if (!options.trace.output.empty()) target.path = options.trace.output;
    target.program = options.exporting.program;
    target.libraries = options.exporting.libraries;
    target.pid = static_cast<int>(options.exporting.pid);
    checkApart(target.path, options.traces[0], "the trace that is read");
    if (!target.program.empty()) checkApart(target.path, target.program, "what --program names");
    for (const std::string& library : target.libraries) checkApart(target.path, library, "what --library names");
    return target;
}

// The lines before one that is not good are.
void finishGood(Exporter* exporter) {
    try {
        if (exporter) exporter->finish();
    } catch (const std::system_error&) {
        throw;
    } catch (const std::runtime_error&) {       // one message is enough
    }
}

void exportTo(const ExportTarget& target, const ExportFormat& format, const std::string& trace) {
    std::unique_ptr<Exporter> exporter;
    try {
        readTrace(trace, "exported", meanwhileTo(target.path), [&]() -> traces::Observer& {
            exporter = format.make(target);
            return exporter->reader();
        });
    } catch (const std::system_error&) {
        throw;
    } catch (const std::runtime_error&) {
        const std::exception_ptr problem = std::current_exception();
        finishGood(exporter.get());
        std::rethrow_exception(problem);
    }
    exporter->finish();
}

}  // namespace

int exportCommand(const Options& options) {
    const ExportFormat& format = chosenFormat(options.exporting);
    const ExportTarget target = targetOf(options);
    if (format.file && target.path == "-") throw std::runtime_error(std::string(format.name) + " is no text: say where it goes with -o FILE");
    try {
        exportTo(target, format, options.traces[0]);
    } catch (const std::system_error& error) {
        checkWritten("the export", error.code().value());
    }
    return 0;
}

}  // namespace emu
