// ioctl(2) as strace 6.1 writes it: requests of terminals (ioctl_tty(2), termios(3)) and of every file.
#include "emu/export/strace_structs.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>

namespace emu {

namespace {

// What the third argument is; get: what the kernel writes there, set: what it reads.
enum class Argument : u8 { none, number, queue, flow, pointer, getNumber, setNumber, getSize, setSize, getSettings, setSettings };

struct Request {
    u64 number;
    const char* name;
    Argument argument;
};

// TCSETS and its like have the numbers of requests of sound devices; strace names both.
constexpr Request REQUESTS[] = {{0x5401, "TCGETS", Argument::getSettings},
                                {0x5402, "SNDCTL_TMR_START or TCSETS", Argument::setSettings},
                                {0x5403, "SNDCTL_TMR_STOP or TCSETSW", Argument::setSettings},
                                {0x5404, "SNDCTL_TMR_CONTINUE or TCSETSF", Argument::setSettings},
                                {0x5409, "TCSBRK", Argument::number},
                                {0x540a, "TCXONC", Argument::flow},
                                {0x540b, "TCFLSH", Argument::queue},
                                {0x540e, "TIOCSCTTY", Argument::number},
                                {0x540f, "TIOCGPGRP", Argument::getNumber},
                                {0x5410, "TIOCSPGRP", Argument::setNumber},
                                {0x5411, "TIOCOUTQ", Argument::getNumber},
                                {0x5413, "TIOCGWINSZ", Argument::getSize},
                                {0x5414, "TIOCSWINSZ", Argument::setSize},
                                {0x541b, "FIONREAD", Argument::getNumber},
                                {0x5421, "FIONBIO", Argument::setNumber},
                                {0x5422, "TIOCNOTTY", Argument::none},
                                {0x5424, "TIOCGETD", Argument::getNumber},
                                {0x5425, "TCSBRKP", Argument::number},
                                {0x5429, "TIOCGSID", Argument::getNumber},
                                {0x5450, "FIONCLEX", Argument::none},
                                {0x5451, "FIOCLEX", Argument::none},
                                {0x5452, "FIOASYNC", Argument::setNumber},
                                {0x40045431, "TIOCSPTLCK", Argument::setNumber},
                                {0x80045430, "TIOCGPTN", Argument::getNumber}};

constexpr StraceFlag INPUT[] = {{1, "IGNBRK"}, {2, "BRKINT"}, {4, "IGNPAR"}, {010, "PARMRK"}, {020, "INPCK"}, {040, "ISTRIP"}, {0100, "INLCR"},
                                {0200, "IGNCR"}, {0400, "ICRNL"}, {01000, "IUCLC"}, {02000, "IXON"}, {04000, "IXANY"}, {010000, "IXOFF"},
                                {020000, "IMAXBEL"}, {040000, "IUTF8"}};
constexpr StraceFlag OUTPUT[] = {{1, "OPOST"}, {2, "OLCUC"}, {4, "ONLCR"}, {010, "OCRNL"}, {020, "ONOCR"}, {040, "ONLRET"}, {0100, "OFILL"},
                                 {0200, "OFDEL"}};
constexpr StraceFlag LINE[] = {{0100, "CSTOPB"}, {0200, "CREAD"}, {0400, "PARENB"}, {01000, "PARODD"}, {02000, "HUPCL"}, {04000, "CLOCAL"},
                               {0x40000000, "CMSPAR"}, {0x80000000, "CRTSCTS"}};
constexpr StraceFlag LOCAL[] = {{1, "ISIG"}, {2, "ICANON"}, {4, "XCASE"}, {010, "ECHO"}, {020, "ECHOE"}, {040, "ECHOK"}, {0100, "ECHONL"},
                                {0200, "NOFLSH"}, {0100000, "IEXTEN"}, {01000, "ECHOCTL"}, {02000, "ECHOPRT"}, {04000, "ECHOKE"},
                                {010000, "FLUSHO"}, {040000, "PENDIN"}, {0400, "TOSTOP"}, {0200000, "EXTPROC"}};
constexpr const char* SPEEDS[] = {"B0", "B50", "B75", "B110", "B134", "B150", "B200", "B300", "B600", "B1200", "B1800", "B2400", "B4800", "B9600",
                                  "B19200", "B38400", "BOTHER", "B57600", "B115200", "B230400", "B460800", "B500000", "B576000", "B921600", "B1000000",
                                  "B1152000", "B1500000", "B2000000", "B2500000", "B3000000", "B3500000", "B4000000"};
constexpr const char* QUEUES[] = {"TCIFLUSH", "TCOFLUSH", "TCIOFLUSH"};
constexpr const char* FLOWS[] = {"TCOOFF", "TCOON", "TCIOFF", "TCION"};

// CBAUD: four bits, and one behind the other flags.
const char* speed(u64 flags) { return SPEEDS[(flags & 0xf) | (flags >> 12 & 1) << 4]; }

std::string outputFlags(u64 flags) {
    const auto field = [flags](const char* name, unsigned shift, u64 mask) { return name + std::to_string(flags >> shift & mask) + "|"; };
    const std::string tabs = (flags >> 11 & 3) == 3 ? "XTABS|" : field("TAB", 11, 3);
    return field("NL", 8, 1) + field("CR", 9, 3) + tabs + field("BS", 13, 1) + field("VT", 14, 1) + field("FF", 15, 1) +
           straceFlags(OUTPUT, flags & ~u64{0xff00}, "");
}

std::string lineFlags(u64 flags) {
    constexpr u64 speeds = 0x100f | 0x100f0000, size = 060;
    const u64 input = flags >> 16;
    return speed(flags) + (input & 0x100f ? std::string("|") + speed(input) + "<<IBSHIFT" : "") + "|CS" + std::to_string(5 + (flags >> 4 & 3)) + "|" +
           straceFlags(LINE, flags & ~(speeds | size), "");
}

// struct termios of the kernel.
std::string settings(std::string_view bytes) {
    const auto flags = [&](std::size_t n) { return straceWord(bytes, 4 * n, 4); };
    return "{c_iflag=" + straceFlags(INPUT, flags(0), "") + ", c_oflag=" + outputFlags(flags(1)) + ", c_cflag=" + lineFlags(flags(2)) +
           ", c_lflag=" + straceFlags(LOCAL, flags(3), "") + ", ...}";
}

std::string windowSize(std::string_view bytes) {
    const auto field = [&](std::size_t n) { return std::to_string(straceWord(bytes, 2 * n, 2)); };
    return "{ws_row=" + field(0) + ", ws_col=" + field(1) + ", ws_xpixel=" + field(2) + ", ws_ypixel=" + field(3) + "}";
}

std::string named(std::span<const char* const> names, u64 value) {
    return value < names.size() ? names[value] : hex(value) + " /* TC??? */";
}

std::string pointed(const Request& request, const StraceCall& call, bool ended) {
    constexpr std::size_t settingsSize = 36;
    const u64 at = call.raw[2];
    const auto shown = [at](const std::string& bytes, auto text) { return bytes.empty() ? stracePointer(at) : text(bytes); };
    const auto got = [&](std::size_t size) { return call.worked(ended) ? call.bytes(at, size) : ""; };
    const auto number = [](const std::string& bytes) { return "[" + std::to_string(static_cast<int>(straceWord(bytes, 0, 4))) + "]"; };
    switch (request.argument) {
        case Argument::getNumber: return shown(got(4), number);
        case Argument::setNumber: return shown(call.read(at, 4), number);
        case Argument::getSize: return shown(got(8), windowSize);
        case Argument::setSize: return shown(call.read(at, 8), windowSize);
        case Argument::getSettings: return shown(got(settingsSize), settings);
        case Argument::setSettings: return shown(call.read(at, settingsSize), settings);
        default: return stracePointer(at);
    }
}

}  // namespace

std::optional<StraceText> straceIoctl(const StraceCall& call, bool ended) {
    if (call.name != "ioctl") return std::nullopt;
    const u64 number = call.raw[1] & 0xffffffff;
    const Request* request = std::ranges::find(REQUESTS, number, &Request::number);
    if (request == std::end(REQUESTS)) return StraceText{{call.integer(0), hex(number), call.raw[2] ? hex(call.raw[2]) : "0"}, {}};
    StraceText text{{call.integer(0), request->name}, {}};
    switch (request->argument) {
        case Argument::none: break;
        case Argument::number: text.before.push_back(call.integer(2)); break;
        case Argument::queue: text.before.push_back(named(QUEUES, call.raw[2])); break;
        case Argument::flow: text.before.push_back(named(FLOWS, call.raw[2])); break;
        case Argument::setNumber:
        case Argument::setSize:
        case Argument::setSettings: text.before.push_back(pointed(*request, call, ended)); break;
        default: text.after.push_back(pointed(*request, call, ended));
    }
    return text;
}

}  // namespace emu
