#include "emu/export/strace_structs.hpp"

#include "emu/run_report/signal_codes.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace emu {

namespace {

constexpr unsigned signals = 64;
constexpr u64 mostItems = 32;           // of an array, as strace -s 32 shows them


std::string signalSet(u64 set) {
    const bool most = std::popcount(set) >= static_cast<int>(signals * 2 / 3);
    std::string out;
    for (unsigned i = 0; i < signals; ++i) {
        if ((set >> i & 1) == most) continue;
        out += (out.empty() ? "" : " ") + straceSignal(static_cast<int>(i + 1)).substr(3);
    }
    return (most ? "~[" : "[") + out + "]";
}

std::string signalAction(std::string_view bytes) {
    const u64 handler = straceWord(bytes, 0, 8), flags = straceWord(bytes, 8, 8);
    const std::string out = "{sa_handler=" + (handler == 0 ? "SIG_DFL" : handler == 1 ? "SIG_IGN" : hex(handler)) + ", sa_mask=" + signalSet(straceWord(bytes, 24, 8)) +
                            ", sa_flags=" + straceFlags(StraceSet::action, flags, "0");
    return out + (flags & 0x4000000 ? ", sa_restorer=" + stracePointer(straceWord(bytes, 16, 8)) : "") + "}";
}

std::string timeText(std::string_view bytes, const char* fraction) {
    return "{tv_sec=" + std::to_string(static_cast<i64>(straceWord(bytes, 0, 8))) + ", " + fraction + "=" +
           std::to_string(straceWord(bytes, 8, 8)) + "}";
}

std::string limit(u64 value) {
    if (value == ~u64{0}) return "RLIM64_INFINITY";
    return value > 1024 && value % 1024 == 0 ? std::to_string(value / 1024) + "*1024" : std::to_string(value);
}

}  // namespace

std::string stracePolled(std::string_view bytes, bool answer) {
    std::string out;
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
        const u64 events = straceWord(bytes, i + (answer ? 6 : 4), 2);
        if (answer && !events) continue;
        out += (out.empty() ? "{fd=" : ", {fd=") + std::to_string(static_cast<int>(straceWord(bytes, i, 4))) +
               (answer ? ", revents=" : ", events=") + straceFlags(StraceSet::poll, events, "0") + "}";
    }
    return "[" + out + "]";
}

namespace {

// struct epoll_event is packed.
std::string epollText(std::string_view bytes) {
    std::string out;
    for (std::size_t i = 0; i + 12 <= bytes.size(); i += 12)
        out += (out.empty() ? "{events=" : ", {events=") + straceFlags(StraceSet::epoll, straceWord(bytes, i, 4), "0") + ", data={u32=" +
               std::to_string(straceWord(bytes, i + 4, 4)) + ", u64=" + std::to_string(straceWord(bytes, i + 4, 8)) + "}}";
    return out;
}

}  // namespace

std::string straceAddress(std::string_view bytes) {
    const u64 family = straceWord(bytes, 0, 2);
    if (family == 1 && bytes.size() > 2) {
        const std::string_view path = bytes.substr(2);
        if (path[0] == 0) return "{sa_family=AF_UNIX, sun_path=@" + straceString(path.substr(1)) + "}";
        return "{sa_family=AF_UNIX, sun_path=" + straceString(path.substr(0, path.find('\0'))) + "}";
    }
    if (family == 1) return "{sa_family=AF_UNIX}";
    if (family == 2 && bytes.size() >= 16) {
        const auto byte = [&](std::size_t at) { return std::to_string(straceWord(bytes, at, 1)); };
        return "{sa_family=AF_INET, sin_port=htons(" + std::to_string(straceWord(bytes, 2, 1) << 8 | straceWord(bytes, 3, 1)) + "), sin_addr=inet_addr(\"" +
               byte(4) + "." + byte(5) + "." + byte(6) + "." + byte(7) + "\")}";
    }
    return {};
}

namespace {

// Where the structure is not known, its address stands.
std::string orPointer(const std::string& text, u64 address) { return text.empty() ? stracePointer(address) : text; }

StraceText futex(const StraceCall& call) {
    enum : u64 { WAIT, WAKE, FD, REQUEUE, CMP_REQUEUE, WAKE_OP, LOCK_PI, UNLOCK_PI, TRYLOCK_PI, WAIT_BITSET, WAKE_BITSET, WAIT_REQUEUE_PI, CMP_REQUEUE_PI, LOCK_PI2 };
    static constexpr const char* names[] = {"WAIT", "WAKE", "FD", "REQUEUE", "CMP_REQUEUE", "WAKE_OP", "LOCK_PI", "UNLOCK_PI", "TRYLOCK_PI", "WAIT_BITSET",
                                            "WAKE_BITSET", "WAIT_REQUEUE_PI", "CMP_REQUEUE_PI", "LOCK_PI2"};
    const u64 operation = call.raw[1] & 0x7f, value = call.raw[2] & 0xffffffff, flags = call.raw[1] & 0xffffffff;
    const bool known = operation < std::size(names) && !(flags & ~u64{0x1ff});
    const std::string name = !known ? hex(flags) + " /* FUTEX_??? */" :
                                      "FUTEX_" + std::string(names[operation]) + (flags & 0x80 ? "_PRIVATE" : "") +
                                          (flags & 0x100 ? "|FUTEX_CLOCK_REALTIME" : "");
    const std::string other = stracePointer(call.raw[4]), last = std::to_string(call.raw[5] & 0xffffffff),
                      second = std::to_string(call.raw[3] & 0xffffffff);
    const std::string mask =
        (call.raw[5] & 0xffffffff) == 0xffffffff ? "FUTEX_BITSET_MATCH_ANY" : straceFlags(StraceSet::none, call.raw[5] & 0xffffffff, "0");
    const auto time = [&] { return orPointer(straceStruct('n', call.read(call.raw[3], 16)), call.raw[3]); };
    StraceText text{{stracePointer(call.raw[0]), name}, {}};
    const auto add = [&](const std::vector<std::string>& more) { text.before.insert(text.before.end(), more.begin(), more.end()); };
    switch (known ? operation : ~u64{0}) {
        case WAIT: add({std::to_string(value), time()}); break;
        case LOCK_PI:
        case LOCK_PI2: add({time()}); break;
        case WAKE:
        case FD: add({std::to_string(value)}); break;
        case REQUEUE: add({std::to_string(value), second, other}); break;
        case CMP_REQUEUE:
        case CMP_REQUEUE_PI: add({std::to_string(value), second, other, last}); break;
        case WAKE_OP: add({std::to_string(value), second, other, hex(call.raw[5] & 0xffffffff)}); break;
        case WAIT_BITSET: add({std::to_string(value), time(), mask}); break;
        case WAKE_BITSET: add({std::to_string(value), mask}); break;
        case WAIT_REQUEUE_PI: add({std::to_string(value), time(), other}); break;
        case UNLOCK_PI:
        case TRYLOCK_PI: break;
        default: add({std::to_string(value), stracePointer(call.raw[3]), other, last});
    }
    return text;
}

StraceText epollWait(const StraceCall& call, bool ended) {
    const u64 ready = call.worked(ended) && call.result.asCount() > 0 ? call.result.number : 0;
    const std::string events =
        call.worked(ended) ? "[" + epollText(ready ? call.bytes(call.raw[1], 12 * ready) : "") + "]" : stracePointer(call.raw[1]);
    StraceText out{{call.integer(0)}, {events, call.integer(2)}};
    out.after.push_back(call.name == "epoll_pwait2" ? orPointer(straceStruct('n', call.read(call.raw[3], 16)), call.raw[3]) :
                                                      call.integer(3));
    if (call.name == "epoll_wait") return out;
    out.after.insert(out.after.end(), {orPointer(straceStruct('s', call.read(call.raw[4], 8)), call.raw[4]), std::to_string(call.raw[5])});
    return out;
}

StraceText clone3(const StraceCall& call, bool ended) {
    const std::string args = call.read(call.raw[0], std::min<u64>(call.raw[1], 88));
    if (args.size() < 64) return {{stracePointer(call.raw[0]), std::to_string(call.raw[1])}, {}};
    const auto field = [&](std::size_t n) { return straceWord(args, 8 * n, 8); };
    const u64 flags = field(0);
    std::string text = "{flags=" + straceFlags(StraceSet::clone, flags, "0");
    if (flags & 0x1200000) text += ", child_tid=" + stracePointer(field(2));
    if (flags & 0x100000) text += ", parent_tid=" + stracePointer(field(3));
    text += ", exit_signal=" + (field(4) ? straceSignal(static_cast<int>(field(4))) : "0") + ", stack=" + stracePointer(field(5)) + ", stack_size=" +
            (field(6) ? hex(field(6)) : "0");
    if (flags & 0x80000) text += ", tls=" + stracePointer(field(7));
    const std::string size = std::to_string(call.raw[1]);
    if (!(flags & 0x100000)) return {{text + "}", size}, {}};
    const std::string tid = call.worked(ended) ? call.bytes(field(3), 4) : "";
    const std::string answer = tid.empty() ? "" : " => {parent_tid=[" + std::to_string(straceWord(tid, 0, 4)) + "]}";
    return {{text + "}"}, {answer + ", " + size}};
}

}  // namespace

u64 straceWord(std::string_view bytes, std::size_t at, std::size_t size) {
    u64 value = 0;
    if (at + size <= bytes.size()) std::memcpy(&value, bytes.data() + at, size);
    return value;
}

std::string straceSignal(int number) {
    constexpr int first = 32, last = 64;        // of the kernel's real-time signals
    if (number < 1 || number > last) return std::to_string(number);
    if (number == 29) return "SIGIO";          // SIGPOLL has the same number
    if (number < first) return signalName(number);
    return number == first ? "SIGRTMIN" : "SIGRT_" + std::to_string(number - first);
}

std::string straceHex(u64 value) { return value ? hex(value) : "0"; }
std::string straceId(u64 id) { return static_cast<u32>(id) == ~u32{0} ? "-1" : std::to_string(static_cast<u32>(id)); }
std::string straceDirectory(u64 descriptor) {
    const int fd = static_cast<int>(descriptor);
    return fd == -100 ? "AT_FDCWD" : std::to_string(fd);
}
// 100 a second (USER_HZ).
std::string straceTicks(u64 ticks) {
    const std::string hundredths = std::to_string(100 + ticks % 100).substr(1);
    return std::to_string(ticks) + (ticks ? " /* " + std::to_string(ticks / 100) + "." + hundredths + " s */" : "");
}
std::string stracePointer(u64 address) { return address ? hex(address) : "NULL"; }

std::size_t straceStructSize(char letter) {
    switch (letter) {
        case 's': return 8;
        case 'n':
        case 'U':
        case 'l': return 16;
        case 'y': return 24;
        case 'A':
        case 'N':
        case 'I': return 32;
        default: return 0;
    }
}

std::string straceStruct(char letter, std::string_view bytes) {
    if (bytes.empty()) return {};
    switch (letter) {
        case 's': return signalSet(straceWord(bytes, 0, 8));
        case 'A': return signalAction(bytes);
        case 'n': return timeText(bytes, "tv_nsec");
        case 'U': return timeText(bytes, "tv_usec");
        case 'I':
            return "{it_interval=" + timeText(bytes.substr(0, 16), "tv_usec") + ", it_value=" + timeText(bytes.substr(16), "tv_usec") + "}";
        case 'N':
            return "{it_interval=" + timeText(bytes.substr(0, 16), "tv_nsec") + ", it_value=" + timeText(bytes.substr(16), "tv_nsec") + "}";
        case 'l': return "{rlim_cur=" + limit(straceWord(bytes, 0, 8)) + ", rlim_max=" + limit(straceWord(bytes, 8, 8)) + "}";
        case 'y':
            return "{ss_sp=" + stracePointer(straceWord(bytes, 0, 8)) +
                   ", ss_flags=" + straceFlags(StraceSet::stack, straceWord(bytes, 8, 4), "0") +
                   ", ss_size=" + std::to_string(straceWord(bytes, 16, 8)) + "}";
        default: return {};
    }
}

std::optional<StraceText> straceSpecial(const StraceCall& call, bool ended) {
    const auto number = [&](std::size_t i) { return std::to_string(static_cast<int>(call.raw[i])); };
    if (call.name == "futex") return futex(call);
    if (call.name == "clone3") return clone3(call, ended);
    if (call.name == "socket") {
        const u64 type = call.raw[1], kind = type & 0xf;
        const std::string more = straceFlags(StraceSet::socket, type & 0xfffffff0, "");
        return StraceText{{straceName(StraceEnum::family, call.raw[0]),
                           straceName(StraceEnum::socket, kind) + (more.empty() ? "" : "|" + more), std::to_string(call.raw[2])},
                          {}};
    }
    if (call.name == "restart_syscall") return StraceText{{"<... resuming interrupted " + call.interrupted + " ...>"}, {}};
    if (call.name == "rt_sigreturn") {      // uc_sigmask of the frame that the stack pointer is at
        const std::string mask = call.read(call.stack + 0x128, 8);
        return StraceText{{mask.empty() ? "" : "{mask=" + straceStruct('s', mask) + "}"}, {}};
    }
    if (call.name == "poll") {
        const std::string fds = call.raw[1] && call.raw[1] <= mostItems ? call.read(call.raw[0], 8 * call.raw[1]) : "";
        return StraceText{
            {fds.empty() ? stracePointer(call.raw[0]) : stracePolled(fds, false), std::to_string(call.raw[1] & 0xffffffff), number(2)}, {}};
    }
    if (call.name == "epoll_ctl") {
        const std::string event = epollText(call.read(call.raw[3], 12));
        return StraceText{{number(0), straceName(StraceEnum::epoll, call.raw[1]), number(2), orPointer(event, call.raw[3])}, {}};
    }
    if (call.name == "epoll_wait" || call.name.starts_with("epoll_pwait")) return epollWait(call, ended);
    if (call.name == "connect" || call.name == "bind") {
        const std::string address = call.raw[2] >= 2 && call.raw[2] <= 128 ? straceAddress(call.read(call.raw[1], call.raw[2])) : "";
        return StraceText{{number(0), orPointer(address, call.raw[1]), number(2)}, {}};
    }
    if (std::optional<StraceText> text = straceSocketCall(call, ended)) return text;
    if (std::optional<StraceText> text = straceWaitingCall(call)) return text;
    if (std::optional<StraceText> text = straceIoctl(call, ended)) return text;
    if (std::optional<StraceText> text = straceTimeCall(call, ended)) return text;
    if (std::optional<StraceText> text = straceIpcCall(call, ended)) return text;
    if (std::optional<StraceText> text = straceProcessCall(call, ended)) return text;
    return straceFileCall(call, ended);
}

std::string straceResultNote(const StraceCall& call) {
    if (!call.error.empty()) return {};
    if (call.name != "poll") return straceWaitingNote(call) + straceTimeNote(call);
    if (call.result.number == 0) return " (Timeout)";
    const std::string fds = call.raw[1] <= mostItems ? call.read(call.raw[0], 8 * call.raw[1]) : "";
    return fds.empty() ? "" : " (" + stracePolled(fds, true) + ")";
}

}  // namespace emu
