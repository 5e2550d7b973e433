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

int exportCommand(const Options& options) {
    const ExportFormat* format = findExportFormat(options.exporting.format);
    if (!format) throw std::runtime_error("no such format: " + options.exporting.format);
    for (const auto& [option, given] : {std::pair("--pid", options.exporting.pid != 0), std::pair("--program", !options.exporting.program.empty()),
                                         std::pair("--library", !options.exporting.libraries.empty())})
        if (given && std::string_view(format->option).find(option) == std::string_view::npos)
            throw std::runtime_error(std::string(format->name) + " has no option " + option);
    ExportTarget target;
    if (!options.trace.output.empty()) target.path = options.trace.output;
    target.program = options.exporting.program;
    target.libraries = options.exporting.libraries;
    target.pid = static_cast<int>(options.exporting.pid);
    if (format->file && target.path == "-")
        throw std::runtime_error(std::string(format->name) + " is no text: say where it goes with -o FILE");
    checkApart(target.path, options.traces[0], "the trace that is read");
    if (!target.program.empty()) checkApart(target.path, target.program, "what --program names");
    for (const std::string& library : target.libraries) checkApart(target.path, library, "what --library names");
    std::unique_ptr<Exporter> exporter;
    try {
        try {
            readTrace(options.traces[0], "exported", meanwhileTo(target.path), [&]() -> traces::Observer& {
                exporter = format->make(target);
                return exporter->reader();
            });
        } catch (const std::system_error&) {
            throw;
        } catch (const std::runtime_error&) {
            const std::exception_ptr problem = std::current_exception();
            try {
                if (exporter) exporter->finish();     // the lines before are good
            } catch (const std::system_error&) {
                throw;
            } catch (const std::runtime_error&) {     // one message is enough
            }
            std::rethrow_exception(problem);
        }
        exporter->finish();
    } catch (const std::system_error& error) {
        checkWritten("the export", error.code().value());
    }
    return 0;
}

}  // namespace emu
