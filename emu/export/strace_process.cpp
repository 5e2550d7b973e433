// Calls that change or tell what a process is: prctl(2), capabilities, groups, personality, priorities.
#include "emu/export/strace_structs.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>

namespace emu {

namespace {

// What follows the option of a prctl.
enum class Rest : u8 { none, number, numberAndThree, four, signal, signalWritten, numberWritten, pointerWritten, dumpable, name, nameWritten, capability,
                       bits, timeStamp, ambient, map, area };

struct Option {
    u64 number;
    const char* name;
    Rest rest;
};
constexpr Option OPTIONS[] = {{1, "PR_SET_PDEATHSIG", Rest::signal}, {2, "PR_GET_PDEATHSIG", Rest::signalWritten}, {3, "PR_GET_DUMPABLE", Rest::none},
                              {4, "PR_SET_DUMPABLE", Rest::dumpable}, {5, "PR_GET_UNALIGN", Rest::numberWritten}, {9, "PR_GET_FPEMU", Rest::numberWritten},
                              {10, "PR_SET_FPEMU", Rest::number}, {11, "PR_GET_FPEXC", Rest::numberWritten}, {12, "PR_SET_FPEXC", Rest::number},
                              {19, "PR_GET_ENDIAN", Rest::numberWritten}, {20, "PR_SET_ENDIAN", Rest::number}, {35, "PR_SET_MM", Rest::map}, {7, "PR_GET_KEEPCAPS", Rest::none},
                              {8, "PR_SET_KEEPCAPS", Rest::number}, {13, "PR_GET_TIMING", Rest::none}, {14, "PR_SET_TIMING", Rest::number},
                              {15, "PR_SET_NAME", Rest::name}, {16, "PR_GET_NAME", Rest::nameWritten}, {21, "PR_GET_SECCOMP", Rest::none},
                              {22, "PR_SET_SECCOMP", Rest::four}, {23, "PR_CAPBSET_READ", Rest::capability}, {24, "PR_CAPBSET_DROP", Rest::capability},
                              {25, "PR_GET_TSC", Rest::timeStamp}, {27, "PR_GET_SECUREBITS", Rest::none}, {28, "PR_SET_SECUREBITS", Rest::bits},
                              {29, "PR_SET_TIMERSLACK", Rest::number}, {30, "PR_GET_TIMERSLACK", Rest::none},
                              {31, "PR_TASK_PERF_EVENTS_DISABLE", Rest::none}, {32, "PR_TASK_PERF_EVENTS_ENABLE", Rest::none},
                              {34, "PR_MCE_KILL_GET", Rest::four}, {36, "PR_SET_CHILD_SUBREAPER", Rest::number},
                              {37, "PR_GET_CHILD_SUBREAPER", Rest::numberWritten}, {38, "PR_SET_NO_NEW_PRIVS", Rest::numberAndThree},
                              {39, "PR_GET_NO_NEW_PRIVS", Rest::four}, {40, "PR_GET_TID_ADDRESS", Rest::pointerWritten},
                              {41, "PR_SET_THP_DISABLE", Rest::numberAndThree}, {42, "PR_GET_THP_DISABLE", Rest::four},
                              {43, "PR_MPX_ENABLE_MANAGEMENT", Rest::four}, {44, "PR_MPX_DISABLE_MANAGEMENT", Rest::four},
                              {47, "PR_CAP_AMBIENT", Rest::ambient}, {57, "PR_SET_IO_FLUSHER", Rest::numberAndThree},
                              {58, "PR_GET_IO_FLUSHER", Rest::four}, {0x53564d41, "PR_SET_VMA", Rest::area}};
constexpr StraceFlag DUMPABLE[] = {{0, "SUID_DUMP_DISABLE"}, {1, "SUID_DUMP_USER"}, {2, "SUID_DUMP_ROOT"}};
constexpr StraceFlag SECURE_BITS[] = {{1, "SECBIT_NOROOT"}, {2, "SECBIT_NOROOT_LOCKED"}, {4, "SECBIT_NO_SETUID_FIXUP"},
                                      {8, "SECBIT_NO_SETUID_FIXUP_LOCKED"}, {16, "SECBIT_KEEP_CAPS"}, {32, "SECBIT_KEEP_CAPS_LOCKED"},
                                      {64, "SECBIT_NO_CAP_AMBIENT_RAISE"}, {128, "SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED"}};
constexpr StraceFlag AMBIENT[] = {
    {1, "PR_CAP_AMBIENT_IS_SET"}, {2, "PR_CAP_AMBIENT_RAISE"}, {3, "PR_CAP_AMBIENT_LOWER"}, {4, "PR_CAP_AMBIENT_CLEAR_ALL"}};
constexpr const char* MAP[] = {"START_CODE", "END_CODE", "START_DATA", "END_DATA", "START_STACK", "START_BRK", "BRK", "ARG_START",
                               "ARG_END", "ENV_START", "ENV_END", "AUXV", "EXE_FILE", "MAP", "MAP_SIZE"};
constexpr const char* CAPABILITIES[] = {
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE",
    "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN",
    "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE",
    "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"};
constexpr StraceFlag VERSIONS[] = {{0x19980330, "_LINUX_CAPABILITY_VERSION_1"}, {0x20071026, "_LINUX_CAPABILITY_VERSION_2"},
                                   {0x20080522, "_LINUX_CAPABILITY_VERSION_3"}};
constexpr StraceFlag PERSONALITIES[] = {{0, "PER_LINUX"}, {6, "PER_BSD"}, {8, "PER_LINUX32"}, {0x10, "PER_HPUX"}};
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

std::string name(std::string_view bytes) { return straceString(bytes.substr(0, bytes.find('\0')), false, 16); }
std::string capability(u64 number) {
    return number < std::size(CAPABILITIES) ? "CAP_" + std::string(CAPABILITIES[number]) : straceUnknown(number, "CAP_???");
}

// What the kernel wrote at the second argument.
std::string answer(const StraceCall& call, Rest rest, bool ended) {
    const std::size_t size = rest == Rest::nameWritten ? 16 : rest == Rest::pointerWritten ? 8 : 4;
    const std::string bytes = call.worked(ended) ? call.bytes(call.raw[1], size) : "";
    const u64 value = straceWord(bytes, 0, std::min<std::size_t>(size, 8));
    if (bytes.empty()) return stracePointer(call.raw[1]);
    if (rest == Rest::nameWritten) return name(bytes);
    return "[" + (rest == Rest::signalWritten  ? value ? straceSignal(static_cast<int>(value)) : "0" :
                  rest == Rest::pointerWritten ? stracePointer(value) :
                  rest == Rest::timeStamp      ? std::string(value == 1 ? "PR_TSC_ENABLE" : "PR_TSC_SIGSEGV") :
                                                 std::to_string(static_cast<int>(value))) + "]";
}

std::string nameRead(const StraceCall& call, std::size_t argument, std::size_t most) {
    const std::string text = call.read(call.raw[argument], most);
    return text.empty() ? stracePointer(call.raw[argument]) : name(text);
}

StraceText prctl(const StraceCall& call, bool ended) {
    const u64 number = call.raw[0] & 0xffffffff, first = call.raw[1];
    const Option* option = std::ranges::find(OPTIONS, number, &Option::number);
    const bool known = option != std::end(OPTIONS);
    StraceText out{{known ? option->name : straceUnknown(number, "PR_???")}, {}};
    const auto words = [&](std::size_t from) {
        for (std::size_t i = from; i < 5; ++i) out.before.push_back(straceHex(call.raw[i]));
    };
    const auto add = [&](const std::string& text) { out.before.push_back(text); };
    switch (known ? option->rest : Rest::four) {
        case Rest::none: break;
        case Rest::number: add(std::to_string(first)); break;
        case Rest::numberAndThree: add(std::to_string(first)), words(2); break;
        case Rest::four: words(1); break;
        case Rest::signal: add(first ? straceSignal(static_cast<int>(first)) : "0"); break;
        case Rest::dumpable: add(straceName(DUMPABLE, first, "SUID_DUMP_???")); break;
        case Rest::name: add(nameRead(call, 1, 16)); break;
        case Rest::capability: add(capability(first)); break;
        case Rest::bits: add(straceFlags(SECURE_BITS, first, "0", "SECBIT_???")); break;
        case Rest::ambient:
            add(straceName(AMBIENT, first, "PR_CAP_AMBIENT_???")), add(first == 4 ? straceHex(call.raw[2]) : capability(call.raw[2])),
                words(3);
            break;
        case Rest::map:
            add(first && first <= std::size(MAP) ? "PR_SET_MM_" + std::string(MAP[first - 1]) : straceUnknown(first, "PR_SET_MM_???")),
                words(2);
            break;
        case Rest::area:
            add(first ? straceUnknown(first, "PR_SET_VMA_???") : "PR_SET_VMA_ANON_NAME"), add(stracePointer(call.raw[2]));
            add(std::to_string(call.raw[3])), add(nameRead(call, 4, 80));
            break;
        default: out.after.push_back(answer(call, option->rest, ended));
    }
    return out;
}

std::string capabilitySet(u64 bits) {
    std::string out;
    for (unsigned i = 0; i < 64; ++i)
        if (bits >> i & 1) out += (out.empty() ? "1<<" : "|1<<") + capability(i);
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
            list += (i ? ", " : "") + std::to_string(static_cast<int>(straceWord(bytes, i, 4)));
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

// Numbers of ptrace(2) and how many arguments strace shows; of what it does not name, all.
StraceText tracing(const StraceCall& call) {
    static constexpr StraceFlag REQUESTS[] = {
        {0, "PTRACE_TRACEME"}, {1, "PTRACE_PEEKTEXT"}, {2, "PTRACE_PEEKDATA"}, {3, "PTRACE_PEEKUSER"}, {4, "PTRACE_POKETEXT"}, {5, "PTRACE_POKEDATA"},
        {6, "PTRACE_POKEUSER"}, {7, "PTRACE_CONT"}, {8, "PTRACE_KILL"}, {9, "PTRACE_SINGLESTEP"}, {12, "PTRACE_GETREGS"}, {13, "PTRACE_SETREGS"},
        {14, "PTRACE_GETFPREGS"}, {15, "PTRACE_SETFPREGS"}, {16, "PTRACE_ATTACH"}, {17, "PTRACE_DETACH"}, {24, "PTRACE_SYSCALL"},
        {0x4206, "PTRACE_SEIZE"}, {0x4207, "PTRACE_INTERRUPT"}, {0x4208, "PTRACE_LISTEN"}};
    const u64 request = call.raw[0];
    StraceText out{{straceName(REQUESTS, request, "PTRACE_???")}, {}};
    if (request == 0) return out;
    out.before.push_back(call.integer(1));
    const bool alone = request == 8 || request == 16 || request == 0x4207 || request == 0x4208,
               without_address = request >= 12 && request <= 15;
    if (alone) return out;
    if (!without_address) out.before.push_back(stracePointer(call.raw[2]));
    const bool signals = request == 7 || request == 9 || request == 17 || request == 24;
    out.before.push_back(signals ? call.raw[3] ? straceSignal(static_cast<int>(call.raw[3])) : "0" : stracePointer(call.raw[3]));
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
    if (call.name == "prctl") return prctl(call, ended);
    if (call.name == "capget" || call.name == "capset") return capabilities(call, ended);
    if (call.name == "getgroups" || call.name == "setgroups") return groups(call, ended);
    if (call.name == "membarrier") return barrier(call);
    if (call.name == "kcmp") return comparison(call);
    if (call.name == "ptrace") return tracing(call);
    if (call.name == "syslog") return kernelLog(call, ended);
    if (call.name == "sethostname" || call.name == "setdomainname") return hostName(call);
    if (call.name == "ioprio_set") return StraceText{{*straceNamed(call, 0), call.integer(1), ioPriority(call.raw[2] & 0xffffffff)}, {}};
    if (call.name != "personality") return std::nullopt;
    const u64 value = call.raw[0] & 0xffffffff;
    return StraceText{{value == 0xffffffff ? hex(value) : personality(value)}, {}};
}

std::string straceProcessResult(const StraceCall& call) {
    const u64 value = call.result.number, option = call.raw[0] & 0xffffffff;
    if (call.name == "personality") return straceHex(value) + " (" + personality(value) + ")";
    if (call.name == "ioprio_get") return std::to_string(value) + " (" + ioPriority(value) + ")";
    if (call.name == "membarrier" && !option && value) return hex(value) + " (" + straceFlags(BARRIERS, value, "") + ")";
    if (call.name != "prctl") return {};
    if (option == 3) return std::to_string(value) + " (" + straceName(DUMPABLE, value) + ")";
    return option == 27 && value ? hex(value) + " (" + straceFlags(SECURE_BITS, value, "") + ")" : "";
}

}  // namespace emu
