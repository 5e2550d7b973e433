// time(2), sched_setattr(2) and sched_getattr(2) as strace 6.1 writes them.
#include "emu/export/strace_structs.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>
#include <ctime>

namespace emu {

namespace {

constexpr StraceFlag SCHEDULING[] = {{1, "SCHED_FLAG_RESET_ON_FORK"}, {2, "SCHED_FLAG_RECLAIM"}, {4, "SCHED_FLAG_DL_OVERRUN"},
                                     {8, "SCHED_FLAG_KEEP_POLICY"}, {0x10, "SCHED_FLAG_KEEP_PARAMS"}, {0x20, "SCHED_FLAG_UTIL_CLAMP_MIN"},
                                     {0x40, "SCHED_FLAG_UTIL_CLAMP_MAX"}};
constexpr u64 firstSize = 48, wholeSize = 56;       // of struct sched_attr: SCHED_ATTR_SIZE_VER0, and with the two clamps

std::string schedulingFlags(u64 flags) {
    const std::string names = straceFlags(SCHEDULING, flags, "0");
    return names.starts_with("0x") ? names + " /* SCHED_FLAG_??? */" : names;
}

std::string attributes(std::string_view bytes) {
    const auto field = [&](const char* name, std::size_t at, std::size_t size) {
        return std::string(name) + std::to_string(straceWord(bytes, at, size));
    };
    std::string out = field("{size=", 0, 4) + ", sched_policy=" + straceScheduler(straceWord(bytes, 4, 4)) +
                      ", sched_flags=" + schedulingFlags(straceWord(bytes, 8, 8)) +
                      ", sched_nice=" + std::to_string(static_cast<int>(straceWord(bytes, 16, 4))) + field(", sched_priority=", 20, 4) +
                      field(", sched_runtime=", 24, 8) + field(", sched_deadline=", 32, 8) + field(", sched_period=", 40, 8);
    if (bytes.size() >= wholeSize) out += field(", sched_util_min=", 48, 4) + field(", sched_util_max=", 52, 4);
    return out + (straceWord(bytes, 0, 4) > wholeSize ? ", ...}" : "}");
}

StraceText setAttributes(const StraceCall& call) {
    const std::string head = call.read(call.raw[1], 4);
    const u64 told = head.empty() ? 0 : straceWord(head, 0, 4), size = told ? told : firstSize;
    const std::string bytes = head.empty() || size < firstSize ? "" : call.read(call.raw[1], size < wholeSize ? firstSize : wholeSize);
    const std::string known = head.empty() ? stracePointer(call.raw[1]) : "{size=" + std::to_string(told) + "}";
    return {{call.integer(0), bytes.empty() ? known : attributes(bytes), std::to_string(call.raw[2] & 0xffffffff)}, {}};
}

StraceText getAttributes(const StraceCall& call, bool ended) {
    const std::string head = call.worked(ended) ? call.bytes(call.raw[1], firstSize) : "";
    const bool whole = !head.empty() && straceWord(head, 0, 4) >= wholeSize;
    const std::string bytes = whole ? call.bytes(call.raw[1], wholeSize) : head;
    return {{call.integer(0)}, {bytes.empty() ? stracePointer(call.raw[1]) : attributes(bytes), std::to_string(call.raw[2] & 0xffffffff),
                                std::to_string(call.raw[3] & 0xffffffff)}};
}

}  // namespace

std::string straceDate(u64 seconds, const std::string& fraction) {
    const std::time_t time = static_cast<std::time_t>(seconds);
    struct ::tm parts {};
    char text[64];
    if (!::gmtime_r(&time, &parts) || !std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts)) return "";
    return text + fraction + "+0000";
}

std::optional<StraceText> straceTimeCall(const StraceCall& call, bool ended) {
    if (call.name == "sched_setattr") return setAttributes(call);
    if (call.name == "sched_getattr") return getAttributes(call, ended);
    if (call.name != "time") return std::nullopt;
    const std::string bytes = call.worked(ended) ? call.bytes(call.raw[0], 8) : "";
    const u64 seconds = straceWord(bytes, 0, 8);
    return StraceText{{},
                      {bytes.empty() ? stracePointer(call.raw[0]) : "[" + std::to_string(seconds) + " /* " + straceDate(seconds) + " */]"}};
}

std::string straceTimeNote(const StraceCall& call) { return call.name == "time" ? " (" + straceDate(call.result.number) + ")" : ""; }

}  // namespace emu
