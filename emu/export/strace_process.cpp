// Calls that change or tell what a process is: capabilities, groups, personality, priorities.
#include "emu/export/strace_structs.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>

namespace emu {

namespace {

constexpr StraceFlag VERSIONS[] = {{0x19980330, "_LINUX_CAPABILITY_VERSION_1"}, {0x20071026, "_LINUX_CAPABILITY_VERSION_2"},
                                   {0x20080522, "_LINUX_CAPABILITY_VERSION_3"}};
constexpr StraceFlag PERSONALITIES[] = {{0, "PER_LINUX"}, {6, "PER_BSD"}, {8, "PER_LINUX32"}, {12, "PER_RISCOS"}, {15, "PER_OSF4"}, {0x10, "PER_HPUX"}};
constexpr StraceFlag PERSONALITY_BITS[] = {{0x20000, "UNAME26"}, {0x40000, "ADDR_NO_RANDOMIZE"}, {0x80000, "FDPIC_FUNCPTRS"}, {0x100000, "MMAP_PAGE_ZERO"},
                                           {0x200000, "ADDR_COMPAT_LAYOUT"}, {0x400000, "READ_IMPLIES_EXEC"}, {0x800000, "ADDR_LIMIT_32BIT"},
                                           {0x1000000, "SHORT_INODE"}, {0x2000000, "WHOLE_SECONDS"}, {0x4000000, "STICKY_TIMEOUTS"},
                                           {0x8000000, "ADDR_LIMIT_3GB"}};
constexpr StraceFlag IO_CLASSES[] = {{0, "IOPRIO_CLASS_NONE"}, {1, "IOPRIO_CLASS_RT"}, {2, "IOPRIO_CLASS_BE"}, {3, "IOPRIO_CLASS_IDLE"}};
constexpr StraceFlag BARRIERS[] = {{1, "MEMBARRIER_CMD_GLOBAL"}, {2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"}, {4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"},
                                   {8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"}, {16, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"},
                                   {32, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE"}, {64, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"},
                                   {128, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ"}, {256, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ"}};
constexpr StraceFlag BARRIER_FLAGS[] = {{1, "MEMBARRIER_CMD_FLAG_CPU"}};
constexpr StraceFlag COMPARED[] = {{0, "KCMP_FILE"}, {1, "KCMP_VM"}, {2, "KCMP_FILES"}, {3, "KCMP_FS"}, {4, "KCMP_SIGHAND"}, {5, "KCMP_IO"},
                                   {6, "KCMP_SYSVSEM"}, {7, "KCMP_EPOLL_TFD"}};


std::string capabilitySet(u64 bits) {
    std::string out;
    for (unsigned i = 0; i < 64; ++i)
        if (bits >> i & 1) out += (out.empty() ? "1<<" : "|1<<") + straceCapability(i);
    return out.empty() ? "0" : out;
}

// struct __user_cap_header_struct, and one or two of __user_cap_data_struct: by the version's number of words.
StraceText capabilities(const StraceCall& call, bool ended) {
    const std::string header = call.read(call.raw[0], 8);
    const u64 version = straceWord(header, 0, 4);
    const bool sets = call.name == "capset", first = version == VERSIONS[0].value;
    const std::size_t size = first ? 12 : 24;
    const bool known = std::ranges::find(VERSIONS, version, &StraceFlag::value) != std::end(VERSIONS);
    const std::string data = !known ? "" : sets ? call.read(call.raw[1], size) : call.worked(ended) ? call.bytes(call.raw[1], size) : "";
    const auto set = [&](std::size_t at) {
        return capabilitySet(straceWord(data, at, 4) | (first ? 0 : straceWord(data, at + 12, 4) << 32));
    };
    const std::string text = data.empty() ? stracePointer(call.raw[1]) : "{effective=" + set(0) + ", permitted=" + set(4) + ", inheritable=" + set(8) + "}",
                      told = header.empty() ? stracePointer(call.raw[0]) : "{version=" + straceName(VERSIONS, version, "_LINUX_CAPABILITY_VERSION_???") +
                                                                               ", pid=" + std::to_string(static_cast<int>(straceWord(header, 4, 4))) + "}";
    return sets ? StraceText{{told, text}, {}} : StraceText{{told}, {text}};
}

StraceText groups(const StraceCall& call, bool ended) {
    constexpr u64 most = 32, limit = 65536;
    const bool sets = call.name == "setgroups";
    const u64 count = sets ? call.raw[0] & 0xffffffff : call.result.number;
    std::string text = stracePointer(call.raw[1]);
    if (call.raw[1] && count <= limit && (sets || (call.worked(ended) && call.raw[0]))) {
        const u64 size = 4 * std::min(count, most);
        const std::string bytes = !size ? "" : sets ? call.read(call.raw[1], size) : call.bytes(call.raw[1], size);
        std::string list;
        for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4)
            list += (i ? ", " : "") + straceId(straceWord(bytes, i, 4));
        if (!count || !bytes.empty()) text = "[" + list + (count > most ? ", ...]" : "]");
    }
    return sets ? StraceText{{call.integer(0), text}, {}} : StraceText{{call.integer(0)}, {text}};
}

std::string personality(u64 value) {
    const std::string bits = straceFlags(PERSONALITY_BITS, value & 0xffffff00, "");
    return straceName(PERSONALITIES, value & 0xff, "PER_???") + (bits.empty() ? "" : "|" + bits);
}

std::string ioPriority(u64 value) {
    constexpr unsigned shift = 13;
    return "IOPRIO_PRIO_VALUE(" + straceName(IO_CLASSES, value >> shift, "IOPRIO_CLASS_???") + ", " +
           std::to_string(value & ((1u << shift) - 1)) + ")";
}

StraceText barrier(const StraceCall& call) {
    const u64 command = call.raw[0] & 0xffffffff, flags = call.raw[1] & 0xffffffff;
    StraceText out{{command ? straceName(BARRIERS, command, "MEMBARRIER_CMD_???") : "MEMBARRIER_CMD_QUERY",
                    straceFlags(BARRIER_FLAGS, flags, "0", "MEMBARRIER_CMD_FLAG_???")}, {}};
    if (flags & 1) out.before.push_back(call.integer(2));
    return out;
}

StraceText comparison(const StraceCall& call) {
    const u64 type = call.raw[2] & 0xffffffff;
    StraceText out{{call.integer(0), call.integer(1), straceName(COMPARED, type, "KCMP_???")}, {}};
    if (type == 0) out.before.insert(out.before.end(), {call.integer(3), call.integer(4)});
    else if (type == 7) out.before.insert(out.before.end(), {call.integer(3), stracePointer(call.raw[4])});
    else if (type > 7) out.before.insert(out.before.end(), {straceHex(call.raw[3]), straceHex(call.raw[4])});
    return out;
}

StraceText kernelLog(const StraceCall& call, bool ended) {
    static constexpr const char* names[] = {"CLOSE", "OPEN", "READ", "READ_ALL", "READ_CLEAR", "CLEAR", "CONSOLE_OFF", "CONSOLE_ON", "CONSOLE_LEVEL",
                                            "SIZE_UNREAD", "SIZE_BUFFER"};
    constexpr u64 read = 2, read_clear = 4;
    const u64 type = call.raw[0] & 0xffffffff, got = call.worked(ended) ? call.result.number : 0;
    const std::string action = call.integer(0) + " /* SYSLOG_ACTION_" + (type < std::size(names) ? names[type] : "???") + " */";
    const std::string bytes = got ? call.bytes(call.raw[1], std::min<u64>(got, straceShown + 1)) : "";
    const bool reads = type >= read && type <= read_clear && call.worked(ended) && call.raw[1] && (!got || !bytes.empty());
    return {{action}, {reads ? straceString(bytes) : stracePointer(call.raw[1]), call.integer(2)}};
}

StraceText hostName(const StraceCall& call) {
    constexpr u64 longest = 64;         // __NEW_UTS_LEN
    const u64 length = call.raw[1] & 0xffffffff;
    const std::string bytes = length && length <= longest ? call.read(call.raw[0], length) : "";
    return {{bytes.empty() ? stracePointer(call.raw[0]) : straceString(bytes, false, longest), std::to_string(length)}, {}};
}

}  // namespace

std::optional<StraceText> straceProcessCall(const StraceCall& call, bool ended) {
    if (call.name == "prctl") return stracePrctl(call, ended);
    if (call.name == "capget" || call.name == "capset") return capabilities(call, ended);
    if (call.name == "getgroups" || call.name == "setgroups") return groups(call, ended);
    if (call.name == "membarrier") return barrier(call);
    if (call.name == "kcmp") return comparison(call);
    if (call.name == "ptrace") return stracePtrace(call);
    if (call.name == "syslog") return kernelLog(call, ended);
    if (call.name == "sethostname" || call.name == "setdomainname") return hostName(call);
    if (call.name == "ioprio_set") return StraceText{{*straceNamed(call, 0), call.integer(1), ioPriority(call.raw[2] & 0xffffffff)}, {}};
    if (call.name != "personality") return std::nullopt;
    const u64 value = call.raw[0] & 0xffffffff;
    return StraceText{{value == 0xffffffff ? hex(value) : personality(value)}, {}};
}

std::string straceProcessResult(const StraceCall& call) {
    const u64 value = call.result.number;
    if (call.name == "personality") return straceHex(value) + " (" + personality(value) + ")";
    if (call.name == "ioprio_get") return std::to_string(value) + " (" + ioPriority(value) + ")";
    if (call.name == "membarrier" && !(call.raw[0] & 0xffffffff) && value) return hex(value) + " (" + straceFlags(BARRIERS, value, "") + ")";
    return call.name == "prctl" ? stracePrctlResult(call) : "";
}

}  // namespace emu
