#include "emu/report.hpp"

#include "kernel_model/include/machine.hpp"

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace emu {

void reportEnd(const Outcome& outcome) {
    for (const kernel::UnsupportedRecord& record : kernel::unsupportedRecords()) {
        char where[32];
        std::snprintf(where, sizeof where, "0x%" PRIx64, record.address);
        std::string line = "not supported: " + record.what + " " + record.name;
        if (!record.detail.empty()) line += " (" + record.detail + ")";
        line += " at " + std::string(where) + ": " + record.consequence;
        if (record.count > 1) line += ", " + std::to_string(record.count) + " times";
        warn(line);
    }
    if (!outcome.message.empty()) say(outcome.message);
}

void checkWritten(const std::string& what, int error) {
    if (error && error != EPIPE) throw std::runtime_error("cannot write " + what + ": " + std::strerror(error));
}

void reportStats(const Outcome& outcome) { std::fprintf(stderr, "instructions %" PRIu64 "\n", outcome.instructions); }

u64 maskFrom(const std::string& categories, const char* by_default) {
    const traces::Selection selection = traces::parseCategories(categories.empty() ? by_default : categories);
    if (!selection.error.empty()) throw std::runtime_error("-e trace=" + categories + ": " + selection.error);
    return selection.mask;
}

}  // namespace emu
