// Calls that wait: for descriptors, signals and children; and who runs where.
#include "emu/export/strace_structs.hpp"
#include "emu/run_report/signal_codes.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

namespace emu {

namespace {

constexpr u64 mostSet = 128, mostPolled = 32;       // bytes of a set, items of an array


std::string structureAt(const StraceCall& call, char letter, u64 address) {
    const std::string text = straceStruct(letter, call.read(address, straceStructSize(letter)));
    return text.empty() ? stracePointer(address) : text;
}

// The numbers of the bits that are set.
std::string bitNumbers(std::string_view bytes, u64 most) {
    std::string out;
    for (u64 i = 0; i < std::min<u64>(8 * bytes.size(), most); ++i)
        if (static_cast<u8>(bytes[i / 8]) >> i % 8 & 1) out += (out.empty() ? "" : " ") + std::to_string(i);
    return "[" + out + "]";
}

// An fd_set is words of 64 bits.
std::string descriptorsAt(const StraceCall& call, std::size_t i, bool after) {
    const u64 most = std::min<u64>(call.raw[0] & 0x7fffffff, 8 * mostSet), size = (most + 63) / 64 * 8;
    if (!call.raw[i] || !size) return stracePointer(call.raw[i]);
    std::string bytes = after ? call.bytes(call.raw[i], size) : "";
    if (bytes.empty()) bytes = call.read(call.raw[i], size);
    return bytes.empty() ? stracePointer(call.raw[i]) : bitNumbers(bytes, most);
}

StraceText selectText(const StraceCall& call) {
    StraceText out{{call.integer(0)}, {}};
    for (std::size_t i = 1; i < 4; ++i) out.before.push_back(descriptorsAt(call, i, false));
    out.before.push_back(structureAt(call, call.name == "select" ? 'U' : 'n', call.raw[4]));
    if (call.name == "select") return out;
    const std::string pair = call.read(call.raw[5], 16);
    out.before.push_back(pair.empty() ? stracePointer(call.raw[5])
                                      : "{sigmask=" + structureAt(call, 's', straceWord(pair, 0, 8)) + ", sigsetsize=" + std::to_string(straceWord(pair, 8, 8)) + "}");
    return out;
}

std::string left(const StraceCall& call, std::size_t i, char letter) {
    const std::string bytes = call.raw[i] ? call.bytes(call.raw[i], 16) : "";
    return bytes.empty() ? "" : "left " + straceStruct(letter, bytes);
}

std::string selectNote(const StraceCall& call) {
    if (call.result.number == 0) return " (Timeout)";
    static constexpr const char* names[] = {"in ", "out ", "except "};
    std::string out;
    const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
    for (std::size_t i = 1; i < 4; ++i)
        if (const std::string set = descriptorsAt(call, i, true); set.size() > 2 && set[0] == '[') add(names[i - 1] + set);
    if (const std::string rest = left(call, 4, call.name == "select" ? 'U' : 'n'); !rest.empty()) add(rest);
    return out.empty() ? "" : " (" + out + ")";
}

StraceText ppollText(const StraceCall& call) {
    const std::string fds = call.raw[1] && call.raw[1] <= mostPolled ? call.read(call.raw[0], 8 * call.raw[1]) : "";
    return {{fds.empty() ? stracePointer(call.raw[0]) : stracePolled(fds, false), std::to_string(call.raw[1] & 0xffffffff), structureAt(call, 'n', call.raw[2]),
             structureAt(call, 's', call.raw[3]), std::to_string(call.raw[4])}, {}};
}

std::string ppollNote(const StraceCall& call) {
    if (call.result.number == 0) return " (Timeout)";
    const std::string fds = call.raw[1] <= mostPolled ? call.read(call.raw[0], 8 * call.raw[1]) : "", rest = left(call, 2, 'n');
    return fds.empty() ? "" : " (" + stracePolled(fds, true) + (rest.empty() ? "" : ", " + rest) + ")";
}

}  // namespace

// struct rusage: two struct timeval, then counts that strace shows with -v only.
std::string straceUsage(std::string_view bytes) {
    return bytes.size() < 32 ?
               "" :
               "{ru_utime=" + straceStruct('U', bytes.substr(0, 16)) + ", ru_stime=" + straceStruct('U', bytes.substr(16, 16)) + ", ...}";
}

namespace {

std::string signalValue(std::string_view bytes) {
    return ", si_int=" + std::to_string(static_cast<int>(straceWord(bytes, 24, 4))) + ", si_ptr=" + stracePointer(straceWord(bytes, 24, 8));
}

std::string signalSender(std::string_view bytes) {
    return ", si_pid=" + std::to_string(static_cast<int>(straceWord(bytes, 16, 4))) +
           ", si_uid=" + std::to_string(straceWord(bytes, 20, 4));
}

std::string sentByProcess(std::string_view bytes, int code) {
    constexpr int user = 0, timer = -2, io = -5, thread = -6;
    if (code == timer)
        return ", si_timerid=" + straceHex(straceWord(bytes, 16, 4)) + ", si_overrun=" + std::to_string(static_cast<int>(straceWord(bytes, 20, 4))) +
               signalValue(bytes);
    if (code == io)
        return ", si_band=" + std::to_string(static_cast<i64>(straceWord(bytes, 16, 8))) +
               ", si_fd=" + std::to_string(static_cast<int>(straceWord(bytes, 24, 4)));
    const bool value = code != user && code != thread && straceWord(bytes, 24, 8);
    return signalSender(bytes) + (value ? signalValue(bytes) : "");
}

std::string sentByKernel(std::string_view bytes, int signal, int code) {
    constexpr int exited = 1;
    if (signal == SIGCHLD) {
        const u64 status = straceWord(bytes, 24, 4);
        return signalSender(bytes) +
               ", si_status=" + (code == exited ? std::to_string(static_cast<int>(status)) : straceSignal(static_cast<int>(status))) +
               ", si_utime=" + straceTicks(straceWord(bytes, 32, 8)) + ", si_stime=" + straceTicks(straceWord(bytes, 40, 8));
    }
    if (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE || signal == SIGTRAP)
        return ", si_addr=" + stracePointer(straceWord(bytes, 16, 8));
    return (straceWord(bytes, 16, 8) ? signalSender(bytes) : "") + (straceWord(bytes, 24, 8) ? signalValue(bytes) : "");
}

}  // namespace

// siginfo_t: si_signo at 0, si_errno at 4, si_code at 8, then by what it is (sigaction(2)).
std::string straceSignalInfo(std::string_view bytes, bool whole) {
    if (bytes.size() < 48) return "";
    const int signal = static_cast<int>(straceWord(bytes, 0, 4)), error = static_cast<int>(straceWord(bytes, 4, 4)),
              code = static_cast<int>(straceWord(bytes, 8, 4));
    if (!signal) return "{}";
    const std::string known = signalCodeName(signal, code), name = straceSignal(signal);
    const char* const errorName = ::strerrorname_np(error);
    return "{si_signo=" + name + ", si_code=" + (known.empty() ? straceHex(straceWord(bytes, 8, 4)) : known) +
           (error ? ", si_errno=" + (errorName ? errorName : std::to_string(error)) : "") +
           (!whole    ? ", ..." :
            code <= 0 ? sentByProcess(bytes, code) : sentByKernel(bytes, signal, code)) + "}";
}

std::string straceSignalInfo(std::string_view bytes) { return straceSignalInfo(bytes, true); }

std::string straceProcessors(const StraceCall& call, u64 address, u64 size, bool after) {
    const std::string bytes = !size || size > mostSet ? "" : after ? call.bytes(address, size) : call.read(address, size);
    return bytes.empty() ? stracePointer(address) : bitNumbers(bytes, 8 * bytes.size());
}

std::optional<StraceText> straceWaitingCall(const StraceCall& call) {
    if (call.name == "select" || call.name == "pselect6") return selectText(call);
    if (call.name == "ppoll") return ppollText(call);
    return std::nullopt;
}

std::string straceWaitingNote(const StraceCall& call) {
    if (call.name == "select" || call.name == "pselect6") return selectNote(call);
    if (call.name == "ppoll") return ppollNote(call);
    if (call.name == "rt_sigtimedwait") return " (" + straceSignal(static_cast<int>(call.result.number)) + ")";
    if (call.name == "sched_getscheduler") return " (" + straceScheduler(call.result.number) + ")";
    return "";
}

}  // namespace emu
