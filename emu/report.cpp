#include "emu/report.hpp"

#include "cpu/statistics.hpp"
#include "kernel_model/include/counts.hpp"
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

void reportStats(const Outcome& outcome) {
    const auto row = [](const char* name, u64 value, const std::string& more) {
        std::fprintf(stderr, "%-15s %14" PRIu64 "  %s\n", name, value, more.c_str());
    };
    const auto share = [](u64 part, u64 whole) { return std::to_string(whole ? (100 * part + whole / 2) / whole : 0) + " %"; };
    const cpu::Statistics& cpu = cpu::statistics;
    const kernel::KernelCounts& kernel = kernel::kernel_counts;
    row("instructions", outcome.instructions, "executed, by all processes and init");
    row("system calls", kernel.syscalls, "");
    row("page faults", kernel.page_faults, "");
    row("task switches", kernel.context_switches, "");
    row("memory", kernel::usedFrames() * kernel::PAGE_SIZE / 1024, "KiB of the guest's memory were in use at some time");
    row("blocks", cpu.blocks, "built, " + std::to_string(cpu.code_bytes / 1024) + " KiB");
    row("in blocks", cpu.lowered, "instructions; " + share(cpu.lowered - cpu.decoded, cpu.lowered) + " of them known from before");
    row("decoded", cpu.decoded, "");
    row("TLB fills", cpu.tlb_fills, "");
}

u64 maskFrom(const std::string& categories, const char* by_default) {
    const traces::Selection selection = traces::parseCategories(categories.empty() ? by_default : categories);
    if (!selection.error.empty()) throw std::runtime_error("-e trace=" + categories + ": " + selection.error);
    return selection.mask;
}

}  // namespace emu
