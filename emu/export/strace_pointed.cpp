// What arguments of a fixed size point to, of calls that have no letters for it: read when the call begins, or written when it ends.
#include "emu/export/strace_structs.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>

namespace emu {

namespace {

using Bytes = std::string_view;

std::string number(Bytes bytes) { return "[" + std::to_string(static_cast<int>(straceWord(bytes, 0, 4))) + "]"; }
std::string identity(Bytes bytes) { return "[" + straceId(straceWord(bytes, 0, 4)) + "]"; }
std::string offset(Bytes bytes) { return "[" + std::to_string(static_cast<i64>(straceWord(bytes, 0, 8))) + "]"; }
std::string pointer(Bytes bytes) { return "[" + stracePointer(straceWord(bytes, 0, 8)) + "]"; }

std::string processTimes(Bytes bytes) {
    const auto ticks = [&](std::size_t at) { return straceTicks(straceWord(bytes, at, 8)); };
    return "{tms_utime=" + ticks(0) + ", tms_stime=" + ticks(8) + ", tms_cutime=" + ticks(16) + ", tms_cstime=" + ticks(24) + "}";
}

std::string accessTimes(Bytes bytes) {
    const auto date = [&](std::size_t at) {
        const std::string text = straceDate(straceWord(bytes, at, 8), "");
        return std::to_string(static_cast<i64>(straceWord(bytes, at, 8))) + (text.empty() ? "" : " /* " + text + " */");
    };
    return "{actime=" + date(0) + ", modtime=" + date(8) + "}";
}

std::string accessMicroseconds(Bytes bytes) {
    const auto date = [&](std::size_t at) {
        const u64 microseconds = straceWord(bytes, at + 8, 8);
        const std::string digits = std::to_string(1'000'000 + microseconds % 1'000'000).substr(1),
                          text = microseconds < 1'000'000 ? straceDate(straceWord(bytes, at, 8), microseconds ? "." + digits : "") : "";
        return straceStruct('U', bytes.substr(at, 16)) + (text.empty() ? "" : " /* " + text + " */");
    };
    return "[" + date(0) + ", " + date(16) + "]";
}

// struct sigevent: the value, the signal at 8, sigev_notify at 12, what else it takes from 16 on (sigevent(3type)).
std::string signalEvent(Bytes bytes) {
    static constexpr StraceFlag NOTIFY[] = {{0, "SIGEV_SIGNAL"}, {1, "SIGEV_NONE"}, {2, "SIGEV_THREAD"}, {4, "SIGEV_THREAD_ID"}};
    const u64 value = straceWord(bytes, 0, 8), notify = straceWord(bytes, 12, 4);
    const int signal = static_cast<int>(straceWord(bytes, 8, 4));
    const bool sends = notify == 0 || notify == 2 || notify == 4;
    std::string out = "{";
    if (value) out += "sigev_value={sival_int=" + std::to_string(static_cast<int>(value)) + ", sival_ptr=" + hex(value) + "}, ";
    out += "sigev_signo=" + (sends && signal ? straceSignal(signal) : std::to_string(signal)) +
           ", sigev_notify=" + straceName(NOTIFY, notify, "SIGEV_???");
    if (notify == 4) out += ", sigev_notify_thread_id=" + std::to_string(static_cast<int>(straceWord(bytes, 16, 4)));
    if (notify == 2)
        out += ", sigev_notify_function=" + stracePointer(straceWord(bytes, 16, 8)) +
               ", sigev_notify_attributes=" + stracePointer(straceWord(bytes, 24, 8));
    return out + "}";
}

std::string queueAttributes(Bytes bytes) {
    const auto field = [&](const char* name, std::size_t at) {
        return std::string(name) + std::to_string(static_cast<i64>(straceWord(bytes, at, 8)));
    };
    return "{mq_flags=" + straceFlags(StraceSet::open, straceWord(bytes, 0, 8), "0") + field(", mq_maxmsg=", 8) + field(", mq_msgsize=", 16) +
           field(", mq_curmsgs=", 24) + "}";
}

// What a later version of struct open_how may hold.
std::string longer(Bytes bytes) {
    constexpr std::size_t known = 24;
    const Bytes rest = bytes.substr(std::min(bytes.size(), known));
    if (rest.find_first_not_of('\0') == rest.npos) return "";
    return ", /* bytes 24.." + std::to_string(bytes.size() - 1) + " */ " + straceString(rest, true, rest.size());
}

// struct open_how (openat2(2)).
std::string openHow(Bytes bytes) {
    static constexpr StraceFlag RESOLVE[] = {{1, "RESOLVE_NO_XDEV"}, {2, "RESOLVE_NO_MAGICLINKS"}, {4, "RESOLVE_NO_SYMLINKS"}, {8, "RESOLVE_BENEATH"},
                                             {16, "RESOLVE_IN_ROOT"}, {32, "RESOLVE_CACHED"}};
    const u64 flags = straceWord(bytes, 0, 8), mode = straceWord(bytes, 8, 8);
    const bool makes = flags & 0100 || (flags & 020000000) || mode;
    return "{flags=" + straceOpenFlags(flags) + (makes ? ", mode=" + straceOctal(mode) : "") +
           ", resolve=" + straceFlags(RESOLVE, straceWord(bytes, 16, 8), "0", "RESOLVE_???") + longer(bytes) + "}";
}

std::string fileHandle(Bytes bytes) { return "{handle_bytes=" + std::to_string(straceWord(bytes, 0, 4)) + "}"; }

struct Row {
    std::string_view call;
    std::string_view arguments;         // their numbers
    std::size_t size;
    std::string (*text)(Bytes bytes);
};
constexpr Row ROWS[] = {{"getresuid", "012", 4, identity}, {"getresgid", "012", 4, identity}, {"getcpu", "01", 4, number}, {"timer_create", "2", 4, number},
                        {"sched_setparam", "1", 4, number}, {"sched_setscheduler", "2", 4, number}, {"get_robust_list", "1", 8, pointer},
                        {"get_robust_list", "2", 8, offset}, {"times", "0", 32, processTimes}, {"utime", "1", 16, accessTimes},
                        {"utimes", "1", 32, accessMicroseconds}, {"futimesat", "2", 32, accessMicroseconds}, {"timer_create", "1", 64, signalEvent},
                        {"mq_notify", "1", 64, signalEvent}, {"mq_open", "3", 64, queueAttributes}, {"mq_getsetattr", "12", 64, queueAttributes},
                        {"mq_timedreceive", "3", 4, number}, {"copy_file_range", "13", 8, offset}, {"splice", "13", 8, offset},
                        {"openat2", "2", 24, openHow}, {"rt_sigqueueinfo", "2", 128, straceSignalInfo}, {"rt_tgsigqueueinfo", "3", 128, straceSignalInfo},
                        {"pidfd_send_signal", "2", 128, straceSignalInfo}, {"name_to_handle_at", "2", 4, fileHandle}};

}  // namespace

std::string stracePointed(const StraceCall& call, std::size_t argument, bool written) {
    const u64 address = call.raw[argument];
    for (const Row& row : ROWS) {
        if (row.call != call.name || row.arguments.find(static_cast<char>('0' + argument)) == row.arguments.npos) continue;
        constexpr u64 page = 4096;          // openat2 takes no more
        const bool sized = call.name == "openat2", odd = sized && (call.raw[3] < row.size || call.raw[3] > page);
        const std::size_t size = sized ? call.raw[3] : row.size;
        const std::string bytes = odd ? "" : written ? call.bytes(address, size) : call.read(address, size);
        const std::string text = bytes.empty() ? "" : row.text(bytes);
        return text.empty() ? stracePointer(address) : text;
    }
    return stracePointer(address);
}

}  // namespace emu
