// Calls on sockets.
#include "emu/export/strace_structs.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>

namespace emu {

namespace {

constexpr u64 mostVectors = 32, mostBytes = 4096;

constexpr StraceFlag MESSAGE[] = {{1, "MSG_OOB"}, {2, "MSG_PEEK"}, {4, "MSG_DONTROUTE"}, {8, "MSG_CTRUNC"}, {0x20, "MSG_TRUNC"}, {0x40, "MSG_DONTWAIT"},
                                  {0x80, "MSG_EOR"}, {0x100, "MSG_WAITALL"}, {0x4000, "MSG_NOSIGNAL"}, {0x8000, "MSG_MORE"}, {0x40000000, "MSG_CMSG_CLOEXEC"}};
constexpr StraceFlag OPTION[] = {{2, "SO_REUSEADDR"}, {3, "SO_TYPE"}, {4, "SO_ERROR"}, {6, "SO_BROADCAST"}, {7, "SO_SNDBUF"}, {8, "SO_RCVBUF"}, {9, "SO_KEEPALIVE"},
                                 {15, "SO_REUSEPORT"}, {16, "SO_PASSCRED"}, {30, "SO_ACCEPTCONN"}, {32, "SO_SNDBUFFORCE"}, {33, "SO_RCVBUFFORCE"},
                                 {38, "SO_PROTOCOL"}, {39, "SO_DOMAIN"}};
constexpr StraceFlag LEVEL[] = {{0, "SOL_IP"}, {1, "SOL_SOCKET"}, {6, "SOL_TCP"}, {17, "SOL_UDP"}, {41, "SOL_IPV6"}};


// What is there: written by this call, or before.
std::string content(const StraceCall& call, u64 address, u64 size) {
    if (!size || size > mostBytes) return {};
    const std::string bytes = call.bytes(address, size);
    return bytes.empty() ? call.read(address, size) : bytes;
}

std::string bufferText(const StraceCall& call, u64 address, u64 size) {
    const std::string bytes = content(call, address, std::min<u64>(size, straceShown + 1));
    return size == 0 && address ? "\"\"" : bytes.empty() ? stracePointer(address) : straceString(bytes);
}

// msg_iov: of a received message only the bytes that came.
std::string vectorText(const StraceCall& call, u64 address, u64 count, u64 left) {
    if (!address || !count || count > mostVectors) return stracePointer(address);
    const std::string vector = call.read(address, 16 * count);
    std::string out;
    for (std::size_t i = 0; i + 16 <= vector.size(); i += 16) {
        const u64 length = straceWord(vector, i + 8, 8), part = std::min(length, left);
        out += (i ? ", {iov_base=" : "{iov_base=") + bufferText(call, straceWord(vector, i, 8), part) +
               ", iov_len=" + std::to_string(length) + "}";
        left -= part;
    }
    return out.empty() ? stracePointer(address) : "[" + out + "]";
}

// Control messages: descriptors that are passed; cmsg(3).
std::string controlText(const std::string& bytes) {
    std::string out;
    for (std::size_t at = 0; at + 16 <= bytes.size();) {
        const u64 length = straceWord(bytes, at, 8), level = straceWord(bytes, at + 8, 4), type = straceWord(bytes, at + 12, 4);
        if (length < 16 || length > bytes.size() - at) break;
        const bool rights = level == 1 && type == 1;
        out += (at ? ", {cmsg_len=" : "{cmsg_len=") + std::to_string(length) + ", cmsg_level=" + straceName(LEVEL, level) + ", cmsg_type=" +
               (rights ? "SCM_RIGHTS" : level == 1 && type == 2 ? "SCM_CREDENTIALS" : hex(type));
        if (rights) {
            std::string passed;
            for (std::size_t i = 16; i + 4 <= length; i += 4)
                passed += (i > 16 ? ", " : "") + std::to_string(static_cast<int>(straceWord(bytes, at + i, 4)));
            out += ", cmsg_data=[" + passed + "]";
        }
        out += "}";
        at += (length + 7) & ~u64{7};
    }
    return out;
}

std::string headerText(const StraceCall& call, u64 most) {
    const std::string header = content(call, call.raw[1], 56).empty() ? "" : call.read(call.raw[1], 56);
    if (header.empty()) return stracePointer(call.raw[1]);
    const u64 name = straceWord(header, 0, 8), nameSize = straceWord(header, 8, 4), count = straceWord(header, 24, 8), control = straceWord(header, 32, 8),
              controlSize = straceWord(header, 40, 8);
    const std::string address = name && nameSize >= 2 && nameSize <= 128 ? straceAddress(content(call, name, nameSize)) : "";
    std::string out = "{msg_name=" + (address.empty() ? stracePointer(name) : address) + ", msg_namelen=" + std::to_string(nameSize) + ", msg_iov=" +
                      vectorText(call, straceWord(header, 16, 8), count, most) + ", msg_iovlen=" + std::to_string(count);
    if (control && controlSize) {
        const std::string passed = controlText(content(call, control, controlSize));
        out += ", msg_control=" + (passed.empty() ? stracePointer(control) : "[" + passed + "]");
    }
    return out + ", msg_controllen=" + std::to_string(controlSize) + ", msg_flags=" + straceFlags(MESSAGE, straceWord(header, 48, 4), "0") +
           "}";
}

// An address that the call writes, and its size before and after.
std::vector<std::string> answered(const StraceCall& call, bool ended) {
    const std::string size = call.worked(ended) && call.raw[2] ? call.bytes(call.raw[2], 4) : "";
    const u64 got = straceWord(size, 0, 4);
    const std::string address = got >= 2 && got <= 128 ? straceAddress(call.bytes(call.raw[1], got)) : "";
    if (address.empty()) return {stracePointer(call.raw[1]), stracePointer(call.raw[2])};
    const std::string before = std::to_string(straceWord(call.before, 0, 4)), after = std::to_string(got);
    return {address, call.before.empty() || before == after ? "[" + after + "]" : "[" + before + " => " + after + "]"};
}

std::string optionName(const StraceCall& call) {
    const u64 level = call.raw[1] & 0xffffffff, option = call.raw[2] & 0xffffffff;
    return level == 1 ? straceName(OPTION, option) : hex(option);
}

StraceText optionText(const StraceCall& call, bool ended) {
    const bool sets = call.name == "setsockopt";
    const bool shown = sets ? call.raw[4] == 4 : call.worked(ended) && straceWord(content(call, call.raw[4], 4), 0, 4) == 4;
    const std::string value = shown ? content(call, call.raw[3], 4) : "";
    const std::string text =
        value.empty() ? stracePointer(call.raw[3]) : "[" + std::to_string(static_cast<int>(straceWord(value, 0, 4))) + "]";
    const std::vector<std::string> before = {call.integer(0), straceName(LEVEL, call.raw[1] & 0xffffffff), optionName(call)};
    if (!sets) return {before, {text, shown ? "[4]" : stracePointer(call.raw[4])}};
    StraceText out{before, {}};
    out.before.insert(out.before.end(), {text, std::to_string(call.raw[4] & 0xffffffff)});
    return out;
}

}  // namespace

std::optional<StraceText> straceSocketCall(const StraceCall& call, bool ended) {
    const std::string flags = straceFlags(MESSAGE, call.raw[3] & 0xffffffff, "0");
    const u64 got = call.worked(ended) && call.result.asCount() > 0 ? call.result.number : 0;
    if (call.name == "socketpair") {
        const u64 type = call.raw[1], kind = type & 0xf;
        const std::string more = straceFlags(StraceSet::socket, type & 0xfffffff0, ""),
                          pair = call.worked(ended) ? call.bytes(call.raw[3], 8) : "";
        return StraceText{{straceName(StraceEnum::family, call.raw[0]), straceName(StraceEnum::socket, kind) + (more.empty() ? "" : "|" + more), std::to_string(call.raw[2])},
                          {pair.empty() ? stracePointer(call.raw[3]) : "[" + std::to_string(straceWord(pair, 0, 4)) + ", " + std::to_string(straceWord(pair, 4, 4)) + "]"}};
    }
    if (call.name == "sendmsg")
        return StraceText{{call.integer(0), headerText(call, ~u64{0}), straceFlags(MESSAGE, call.raw[2] & 0xffffffff, "0")}, {}};
    if (call.name == "recvmsg")
        return StraceText{
            {call.integer(0)},
            {call.worked(ended) ? headerText(call, got) : stracePointer(call.raw[1]), straceFlags(MESSAGE, call.raw[2] & 0xffffffff, "0")}};
    if (call.name == "sendto") {
        const std::string address =
            call.raw[4] && call.raw[5] >= 2 && call.raw[5] <= 128 ? straceAddress(call.read(call.raw[4], call.raw[5])) : "";
        return StraceText{{call.integer(0), bufferText(call, call.raw[1], call.raw[2]), std::to_string(call.raw[2]), flags,
                           address.empty() ? stracePointer(call.raw[4]) : address, std::to_string(call.raw[5] & 0xffffffff)}, {}};
    }
    if (call.name == "recvfrom")
        return StraceText{{call.integer(0)}, {call.worked(ended) ? bufferText(call, call.raw[1], got) : stracePointer(call.raw[1]), std::to_string(call.raw[2]), flags,
                                              stracePointer(call.raw[4]), stracePointer(call.raw[5])}};
    if (call.name == "setsockopt" || call.name == "getsockopt") return optionText(call, ended);
    if (call.name == "getsockname" || call.name == "getpeername" || call.name == "accept" || call.name == "accept4") {
        StraceText out{{call.integer(0)}, answered(call, ended)};
        if (call.name == "accept4") out.after.push_back(*straceNamed(call, 3));
        return out;
    }
    return std::nullopt;
}

}  // namespace emu
