#include "cpu/statistics.hpp"
#include "emu/survey/survey.hpp"
#include "emu/tools/text.hpp"
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>
#include <cstdio>

namespace emu {

namespace {

struct Line {
    u64 count;
    std::string name, remark;
};

std::string errorsText(const Use& use) {
    std::string text;
    for (const auto& [error, times] : use.errors)
        text += (text.empty() ? "" : ", ") + error + (times > 1 ? " " + std::to_string(times) + " times" : "");
    return text;
}

// The most frequent first, then by name; names aligned.
std::string section(const std::string& title, std::vector<Line> lines, unsigned width) {
    std::ranges::sort(lines, [](const Line& a, const Line& b) { return a.count != b.count ? a.count > b.count : a.name < b.name; });
    std::size_t longest = 0;
    for (const Line& line : lines) longest = std::max(longest, std::min<std::size_t>(columns(line.name), 48));
    std::string text = title + ": " + std::to_string(lines.size()) + "\n";
    for (const Line& line : lines) {
        char number[24];
        std::snprintf(number, sizeof number, "%9llu  ", static_cast<unsigned long long>(line.count));
        std::string row = number + line.name;
        if (!line.remark.empty())
            row += std::string(columns(line.name) < longest ? longest - columns(line.name) : 0, ' ') + "  " + line.remark;
        text += cut(row, width) + "\n";
    }
    return text + "\n";
}

std::string callsText(const Survey& survey, unsigned width) {
    using Extent = kernel::SyscallCoverage::Extent;
    std::vector<Line> lines;
    for (const auto& [number, use] : survey.calls()) {
        const char* name = kernel::syscallNameOfLinux(number);
        if (!name) {
            lines.push_back({use.count, "number " + std::to_string(number), "no call of this Linux: ENOSYS"});
            continue;
        }
        const kernel::SyscallCoverage coverage = kernel::coverageOf(number);
        std::string remark = errorsText(use);
        if (coverage.extent == Extent::absent) remark = "missing: ENOSYS";
        if (coverage.extent == Extent::none) remark = "no call of this Linux: ENOSYS";
        if (coverage.extent == Extent::partial) remark += std::string(remark.empty() ? "" : "; ") + "partial (" + coverage.missing + ")";
        lines.push_back({use.count, name, remark});
    }
    return section("System calls", std::move(lines), width);
}

std::string ioctlsText(const Survey& survey, unsigned width) {
    std::vector<Line> lines;
    for (const auto& [request, use] : survey.ioctls())
        lines.push_back({use.count, ioctlName(request).empty() ? hex(request) : ioctlName(request), errorsText(use)});
    return lines.empty() ? "" : section("ioctl requests", std::move(lines), width);
}

std::string filesText(const Survey& survey, unsigned width) {
    std::vector<Line> lines;
    for (const auto& [path, use] : survey.files()) {
        const bool missing = use.errors.contains("ENOENT") && linuxHasFile(path);
        lines.push_back({use.count, printable(path), (missing ? "missing: " : "") + errorsText(use)});
    }
    return lines.empty() ? "" : section("Files of /proc, /dev and /sys", std::move(lines), width);
}

std::string extensionsText(unsigned width) {
    std::string text = "Instructions\n", line = "  base";
    std::string lacking;
    for (const cpu::ExtensionUse& use : cpu::extensionsUsed()) {
        if (use.base) continue;
        if (use.lacking) {
            lacking += "  " + use.name + ": not on this processor (--cpu), SIGILL\n";
            continue;
        }
        if (line.size() + use.name.size() + 3 > width) {
            text += line + ",\n";
            line = "  " + use.name;
        } else {
            line += ", " + use.name;
        }
    }
    return text + line + "\n" + lacking + "\n";
}

std::string missingText(const Survey& survey, unsigned width) {
    const std::vector<MissingThing> missing = survey.missing();
    if (missing.empty()) return "Nothing is missing.\n";
    std::string text = "Missing: " + std::to_string(missing.size()) + (survey.stopped() ? " (stopped at the first, --strict)" : "") + "\n";
    for (const MissingThing& one : missing) {
        const std::string times = one.count > 1 ? ", " + std::to_string(one.count) + " times" : "";
        text += cut("  " + one.what + " " + printable(one.name) + ": the program got " + one.consequence + times, width) + "\n";
    }
    return text;
}

std::string endText(const Survey& survey, const Outcome& outcome) {
    if (survey.stopped()) return "was stopped";
    if (outcome.ending == Ending::exit) return "exited with " + std::to_string(outcome.number);
    return outcome.message.empty() ? "ended" : outcome.message;
}

}  // namespace

std::string describeSurvey(const Survey& survey, const Outcome& outcome, const WorldOptions& world, unsigned width) {
    std::string program;
    for (const std::string& word : world.program) program += (program.empty() ? "" : " ") + word;
    return cut(printable(program), width) + "\nLinux " + world.profile + ", " + world.cpu + ": " + endText(survey, outcome) + "\n\n" +
           callsText(survey, width) + ioctlsText(survey, width) + filesText(survey, width) + extensionsText(width) +
           missingText(survey, width);
}

}  // namespace emu
