// prctl(2).
#include "emu/export/strace_structs.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>

namespace emu {

namespace {

// What follows the option of a prctl.
enum class Rest : u8 { none, number, numberAndThree, four, signal, signalWritten, numberWritten, pointerWritten, dumpable, name, nameWritten, capability,
                       bits, setTimeStamp, timeStamp, ambient, map, area, unaligned, machineCheck, floating, vector, matrix, speculation, setSpeculation,
                       resetKeys, tagged, dispatch, enableKeys, core, tracer };

struct Option {
    u64 number;
    const char* name;
    Rest rest;
};
constexpr Option OPTIONS[] = {{1, "PR_SET_PDEATHSIG", Rest::signal}, {2, "PR_GET_PDEATHSIG", Rest::signalWritten}, {3, "PR_GET_DUMPABLE", Rest::none},
                              {4, "PR_SET_DUMPABLE", Rest::dumpable}, {5, "PR_GET_UNALIGN", Rest::numberWritten}, {6, "PR_SET_UNALIGN", Rest::unaligned}, {9, "PR_GET_FPEMU", Rest::numberWritten},
                              {10, "PR_SET_FPEMU", Rest::number}, {11, "PR_GET_FPEXC", Rest::numberWritten}, {12, "PR_SET_FPEXC", Rest::number},
                              {19, "PR_GET_ENDIAN", Rest::numberWritten}, {20, "PR_SET_ENDIAN", Rest::number}, {35, "PR_SET_MM", Rest::map}, {7, "PR_GET_KEEPCAPS", Rest::none},
                              {8, "PR_SET_KEEPCAPS", Rest::number}, {13, "PR_GET_TIMING", Rest::none}, {14, "PR_SET_TIMING", Rest::number},
                              {15, "PR_SET_NAME", Rest::name}, {16, "PR_GET_NAME", Rest::nameWritten}, {21, "PR_GET_SECCOMP", Rest::none},
                              {22, "PR_SET_SECCOMP", Rest::four}, {23, "PR_CAPBSET_READ", Rest::capability}, {24, "PR_CAPBSET_DROP", Rest::capability},
                              {25, "PR_GET_TSC", Rest::timeStamp}, {26, "PR_SET_TSC", Rest::setTimeStamp}, {27, "PR_GET_SECUREBITS", Rest::none}, {28, "PR_SET_SECUREBITS", Rest::bits},
                              {29, "PR_SET_TIMERSLACK", Rest::number}, {30, "PR_GET_TIMERSLACK", Rest::none},
                              {31, "PR_TASK_PERF_EVENTS_DISABLE", Rest::none}, {32, "PR_TASK_PERF_EVENTS_ENABLE", Rest::none},
                              {33, "PR_MCE_KILL", Rest::machineCheck}, {34, "PR_MCE_KILL_GET", Rest::four}, {36, "PR_SET_CHILD_SUBREAPER", Rest::number},
                              {37, "PR_GET_CHILD_SUBREAPER", Rest::numberWritten}, {38, "PR_SET_NO_NEW_PRIVS", Rest::numberAndThree},
                              {39, "PR_GET_NO_NEW_PRIVS", Rest::four}, {40, "PR_GET_TID_ADDRESS", Rest::pointerWritten},
                              {41, "PR_SET_THP_DISABLE", Rest::numberAndThree}, {42, "PR_GET_THP_DISABLE", Rest::four},
                              {43, "PR_MPX_ENABLE_MANAGEMENT", Rest::four}, {44, "PR_MPX_DISABLE_MANAGEMENT", Rest::four},
                              {45, "PR_SET_FP_MODE", Rest::floating}, {46, "PR_GET_FP_MODE", Rest::none}, {47, "PR_CAP_AMBIENT", Rest::ambient},
                              {50, "PR_SVE_SET_VL", Rest::vector}, {51, "PR_SVE_GET_VL", Rest::none}, {52, "PR_GET_SPECULATION_CTRL", Rest::speculation},
                              {53, "PR_SET_SPECULATION_CTRL", Rest::setSpeculation}, {54, "PR_PAC_RESET_KEYS", Rest::resetKeys},
                              {55, "PR_SET_TAGGED_ADDR_CTRL", Rest::tagged}, {56, "PR_GET_TAGGED_ADDR_CTRL", Rest::four},
                              {59, "PR_SET_SYSCALL_USER_DISPATCH", Rest::dispatch}, {60, "PR_PAC_SET_ENABLED_KEYS", Rest::enableKeys},
                              {61, "PR_PAC_GET_ENABLED_KEYS", Rest::four}, {62, "PR_SCHED_CORE", Rest::core}, {63, "PR_SME_SET_VL", Rest::matrix},
                              {64, "PR_SME_GET_VL", Rest::none}, {0x59616d61, "PR_SET_PTRACER", Rest::tracer}, {57, "PR_SET_IO_FLUSHER", Rest::numberAndThree},
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
constexpr StraceFlag UNALIGNED[] = {{1, "PR_UNALIGN_NOPRINT"}, {2, "PR_UNALIGN_SIGBUS"}};
constexpr StraceFlag TIME_STAMP[] = {{1, "PR_TSC_ENABLE"}, {2, "PR_TSC_SIGSEGV"}};
constexpr StraceFlag MACHINE_CHECK[] = {{0, "PR_MCE_KILL_CLEAR"}, {1, "PR_MCE_KILL_SET"}};
constexpr StraceFlag KILL[] = {{0, "PR_MCE_KILL_LATE"}, {1, "PR_MCE_KILL_EARLY"}, {2, "PR_MCE_KILL_DEFAULT"}};
constexpr StraceFlag FLOATING[] = {{1, "PR_FP_MODE_FR"}, {2, "PR_FP_MODE_FRE"}};
constexpr StraceFlag VECTOR[] = {{1 << 18, "PR_SVE_SET_VL_ONEXEC"}, {1 << 17, "PR_SVE_VL_INHERIT"}};
constexpr StraceFlag MATRIX[] = {{1 << 18, "PR_SME_SET_VL_ONEXEC"}, {1 << 17, "PR_SME_VL_INHERIT"}};
constexpr StraceFlag SPECULATION[] = {{0, "PR_SPEC_STORE_BYPASS"}, {1, "PR_SPEC_INDIRECT_BRANCH"}, {2, "PR_SPEC_L1D_FLUSH"}};
constexpr StraceFlag SPECULATES[] = {{1, "PR_SPEC_PRCTL"}, {2, "PR_SPEC_ENABLE"}, {4, "PR_SPEC_DISABLE"}, {8, "PR_SPEC_FORCE_DISABLE"},
                                     {16, "PR_SPEC_DISABLE_NOEXEC"}};
constexpr StraceFlag KEYS[] = {{1, "PR_PAC_APIAKEY"}, {2, "PR_PAC_APIBKEY"}, {4, "PR_PAC_APDAKEY"}, {8, "PR_PAC_APDBKEY"}, {16, "PR_PAC_APGAKEY"}};
constexpr StraceFlag TAG_CHECKS[] = {{0, "PR_MTE_TCF_NONE"}, {2, "PR_MTE_TCF_SYNC"}, {4, "PR_MTE_TCF_ASYNC"}, {6, "PR_MTE_TCF_MASK"}};
constexpr StraceFlag DISPATCH[] = {{0, "PR_SYS_DISPATCH_OFF"}, {1, "PR_SYS_DISPATCH_ON"}};
constexpr StraceFlag CORE[] = {{0, "PR_SCHED_CORE_GET"}, {1, "PR_SCHED_CORE_CREATE"}, {2, "PR_SCHED_CORE_SHARE_TO"}, {3, "PR_SCHED_CORE_SHARE_FROM"}};
constexpr const char* PIDS[] = {"PIDTYPE_PID", "PIDTYPE_TGID", "PIDTYPE_PGID"};

// What the kernel wrote at the second argument.
std::string answer(const StraceCall& call, Rest rest, bool ended) {
    const std::size_t size = rest == Rest::nameWritten ? 16 : rest == Rest::pointerWritten ? 8 : 4;
    const std::string bytes = call.worked(ended) ? call.bytes(call.raw[1], size) : "";
    const u64 value = straceWord(bytes, 0, std::min<std::size_t>(size, 8));
    if (bytes.empty()) return stracePointer(call.raw[1]);
    if (rest == Rest::nameWritten) return straceString(std::string_view(bytes).substr(0, bytes.find('\0')), false, 16);
    return "[" + (rest == Rest::signalWritten  ? value ? straceSignal(static_cast<int>(value)) : "0" :
                  rest == Rest::pointerWritten ? stracePointer(value) :
                  rest == Rest::timeStamp      ? straceName(TIME_STAMP, value, "PR_TSC_???") :
                                                 std::to_string(static_cast<int>(value))) + "]";
}

// Text up to its NUL byte, of so many bytes at most.
std::string textRead(const StraceCall& call, std::size_t argument, std::size_t most) {
    const std::optional<std::string> text = call.raw[argument] ? straceTextAt(call, call.raw[argument], most) : std::nullopt;
    return text ? straceString(*text, false, most) + (text->size() == most ? "..." : "") : stracePointer(call.raw[argument]);
}

std::string vectorLength(std::span<const StraceFlag> names, u64 value) {
    constexpr u64 length = 0xffff;
    const std::string flags = straceFlags(names, value & ~length, "");
    return flags + (flags.empty() ? "" : "|") + straceHex(value & length);
}

std::string taggedAddresses(u64 value) {
    constexpr u64 enable = 1, checks = 6, tags = 0x7fff8, shift = 3;
    const u64 rest = value & ~(enable | checks | tags);
    std::string out = (value & enable ? "PR_TAGGED_ADDR_ENABLE|" : "!PR_TAGGED_ADDR_ENABLE|") + straceName(TAG_CHECKS, value & checks);
    if (value & tags) out += "|" + hex((value & tags) >> shift) + "<<PR_MTE_TAG_SHIFT";
    return rest ? out + "|" + hex(rest) : out;
}

std::string coreScope(u64 type) { return straceHex(type) + " /* " + (type < std::size(PIDS) ? PIDS[type] : "PIDTYPE_???") + " */"; }

// Options of other architectures, and the newer ones.
std::vector<std::string> seldomOption(const StraceCall& call, Rest rest) {
    const u64 first = call.raw[1], second = call.raw[2];
    const auto rests = [&](std::vector<std::string> out) {
        while (out.size() < 4) out.push_back(straceHex(call.raw[out.size() + 1]));
        return out;
    };
    switch (rest) {
        case Rest::unaligned: return {straceFlags(UNALIGNED, first, "0", "PR_UNALIGN_???")};
        case Rest::machineCheck:
            return rests({straceName(MACHINE_CHECK, first, "PR_MCE_KILL_???"), first == 1 ? straceName(KILL, second, "PR_MCE_KILL_???") : straceHex(second)});
        case Rest::floating: return {straceFlags(FLOATING, first, "0", "PR_FP_MODE_???")};
        case Rest::vector: return {vectorLength(VECTOR, first)};
        case Rest::matrix: return {vectorLength(MATRIX, first)};
        case Rest::speculation: return {straceName(SPECULATION, first, "PR_SPEC_???")};
        case Rest::setSpeculation:
            return {straceName(SPECULATION, first, "PR_SPEC_???"), first <= 2 ? straceName(SPECULATES, second, "PR_SPEC_???") : straceHex(second)};
        case Rest::resetKeys: return rests({straceFlags(KEYS, first, "0", "PR_PAC_???")});
        case Rest::enableKeys: {
            const std::span<const StraceFlag> keys = std::span(KEYS).first(4);
            return rests({straceFlags(keys, first, "0", "PR_PAC_???"), straceFlags(keys, second, "0", "PR_PAC_???")});
        }
        case Rest::tagged: return rests({taggedAddresses(first)});
        case Rest::dispatch: {
            std::vector<std::string> out = rests({straceName(DISPATCH, first, "PR_SYS_DISPATCH_???")});
            out.back() = stracePointer(call.raw[4]);
            return out;
        }
        case Rest::core:
            return {straceName(CORE, first, "PR_SCHED_CORE_???"), std::to_string(static_cast<int>(second)), coreScope(call.raw[3] & 0xffffffff),
                    stracePointer(call.raw[4])};
        case Rest::tracer: return {static_cast<int>(first) == -1 ? "PR_SET_PTRACER_ANY" : std::to_string(static_cast<int>(first))};
        default: return {};
    }
}

}  // namespace

StraceText stracePrctl(const StraceCall& call, bool ended) {
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
        case Rest::name: add(textRead(call, 1, 15)); break;
        case Rest::capability: add(straceCapability(first)); break;
        case Rest::setTimeStamp: add(straceName(TIME_STAMP, first & 0xffffffff, "PR_TSC_???")); break;
        case Rest::bits: add(straceFlags(SECURE_BITS, first, "0", "SECBIT_???")); break;
        case Rest::ambient:
            add(straceName(AMBIENT, first, "PR_CAP_AMBIENT_???")), add(first >= 1 && first <= 3 ? straceCapability(call.raw[2]) : straceHex(call.raw[2])),
                words(3);
            break;
        case Rest::map:
            add(first && first <= std::size(MAP) ? "PR_SET_MM_" + std::string(MAP[first - 1]) : straceUnknown(first, "PR_SET_MM_???")),
                words(2);
            break;
        case Rest::area:
            add(first ? straceUnknown(first, "PR_SET_VMA_???") : "PR_SET_VMA_ANON_NAME"), add(stracePointer(call.raw[2]));
            add(std::to_string(call.raw[3])), add(textRead(call, 4, 80));
            break;
        case Rest::signalWritten: case Rest::numberWritten: case Rest::pointerWritten: case Rest::nameWritten: case Rest::timeStamp:
            out.after.push_back(answer(call, option->rest, ended));
            break;
        default:
            for (const std::string& text : seldomOption(call, option->rest)) add(text);
    }
    return out;
}

std::string straceCapability(u64 number) {
    return number < std::size(CAPABILITIES) ? "CAP_" + std::string(CAPABILITIES[number]) : straceUnknown(number, "CAP_???");
}

std::string stracePrctlResult(const StraceCall& call) {
    const u64 value = call.result.number, option = call.raw[0] & 0xffffffff;
    if (option == 3) return std::to_string(value) + " (" + straceName(DUMPABLE, value) + ")";
    return option == 27 && value ? hex(value) + " (" + straceFlags(SECURE_BITS, value, "") + ")" : "";
}

}  // namespace emu
