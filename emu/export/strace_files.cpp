// Calls that tell of files and of the system.
#include "emu/export/strace_structs.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>

namespace emu {

namespace {

constexpr u64 mostEntries = 65536;      // bytes of a directory's
constexpr StraceFlag STATX_AT[] = {{0x100, "AT_SYMLINK_NOFOLLOW"}, {0x800, "AT_NO_AUTOMOUNT"}, {0x1000, "AT_EMPTY_PATH"}};
constexpr StraceFlag STATX[] = {{0xfff, "STATX_ALL"}, {0x7ff, "STATX_BASIC_STATS"}, {1, "STATX_TYPE"}, {2, "STATX_MODE"}, {4, "STATX_NLINK"}, {8, "STATX_UID"},
                                {0x10, "STATX_GID"}, {0x20, "STATX_ATIME"}, {0x40, "STATX_MTIME"}, {0x80, "STATX_CTIME"}, {0x100, "STATX_INO"},
                                {0x200, "STATX_SIZE"}, {0x400, "STATX_BLOCKS"}, {0x800, "STATX_BTIME"}, {0x1000, "STATX_MNT_ID"}};
constexpr StraceFlag ATTRIBUTES[] = {{4, "STATX_ATTR_COMPRESSED"}, {16, "STATX_ATTR_IMMUTABLE"}, {32, "STATX_ATTR_APPEND"}, {64, "STATX_ATTR_NODUMP"},
                                     {2048, "STATX_ATTR_ENCRYPTED"}, {4096, "STATX_ATTR_AUTOMOUNT"}, {8192, "STATX_ATTR_MOUNT_ROOT"}};
constexpr StraceFlag MAGIC[] = {{0xef53, "EXT2_SUPER_MAGIC"}, {0x1021994, "TMPFS_MAGIC"}, {0x9fa0, "PROC_SUPER_MAGIC"}, {0x62656572, "SYSFS_MAGIC"},
                                {0x794c7630, "OVERLAYFS_SUPER_MAGIC"}, {0x50495045, "PIPEFS_MAGIC"}, {0x1cd1, "DEVPTS_SUPER_MAGIC"}, {0x858458f6, "RAMFS_MAGIC"}};
constexpr StraceFlag MOUNT[] = {{1, "ST_RDONLY"}, {2, "ST_NOSUID"}, {4, "ST_NODEV"}, {8, "ST_NOEXEC"}, {16, "ST_SYNCHRONOUS"}, {32, "ST_VALID"}, {64, "ST_MANDLOCK"},
                                {1024, "ST_NOATIME"}, {2048, "ST_NODIRATIME"}, {4096, "ST_RELATIME"}};

constexpr StraceFlag MOUNTS[] = {{1, "MS_RDONLY"}, {2, "MS_NOSUID"}, {4, "MS_NODEV"}, {8, "MS_NOEXEC"}, {16, "MS_SYNCHRONOUS"}, {32, "MS_REMOUNT"},
                                {64, "MS_MANDLOCK"}, {128, "MS_DIRSYNC"}, {256, "MS_NOSYMFOLLOW"}, {1024, "MS_NOATIME"}, {2048, "MS_NODIRATIME"},
                                {4096, "MS_BIND"}, {8192, "MS_MOVE"}, {16384, "MS_REC"}, {32768, "MS_SILENT"}, {1 << 16, "MS_POSIXACL"},
                                {1 << 17, "MS_UNBINDABLE"}, {1 << 18, "MS_PRIVATE"}, {1 << 19, "MS_SLAVE"}, {1 << 20, "MS_SHARED"},
                                {1 << 21, "MS_RELATIME"}, {1 << 22, "MS_KERNMOUNT"}, {1 << 23, "MS_I_VERSION"}, {1 << 24, "MS_STRICTATIME"},
                                {1 << 25, "MS_LAZYTIME"}};

// struct statx: stx_mask at 0, stx_attributes at 8, stx_mode at 28, stx_size at 40 (statx(2)).
std::string statxText(std::string_view bytes) {
    return "{stx_mask=" + straceFlags(STATX, straceWord(bytes, 0, 4), "0") +
           ", stx_attributes=" + straceFlags(ATTRIBUTES, straceWord(bytes, 8, 8), "0") +
           ", stx_mode=" + straceMode(straceWord(bytes, 28, 2)) + ", stx_size=" + std::to_string(straceWord(bytes, 40, 8)) + ", ...}";
}

StraceText statx(const StraceCall& call, bool ended) {
    const u64 flags = call.raw[2] & 0xffffffff, sync = flags & 0x6000;
    const std::string more = straceFlags(STATX_AT, flags & ~u64{0x6000}, "");
    const std::string answer = call.worked(ended) ? call.bytes(call.raw[4], 256) : "";
    return {{straceDirectory(call.raw[0]), call.shown.size() > 1 ? call.shown[1] : hex(call.raw[1]),
             std::string(sync == 0      ? "AT_STATX_SYNC_AS_STAT" :
                         sync == 0x2000 ? "AT_STATX_FORCE_SYNC" :
                                          "AT_STATX_DONT_SYNC") +
                 (more.empty() ? "" : "|" + more),
             straceFlags(STATX, call.raw[3] & 0xffffffff, "0")},
            {answer.empty() ? stracePointer(call.raw[4]) : statxText(answer)}};
}

// struct statfs of x86-64: fifteen words.
std::string statfsText(std::string_view bytes) {
    const auto word = [&](std::size_t i) { return std::to_string(straceWord(bytes, 8 * i, 8)); };
    std::string out = "{f_type=" + straceName(MAGIC, straceWord(bytes, 0, 8));
    static constexpr const char* names[] = {"f_bsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree"};
    for (std::size_t i = 0; i < std::size(names); ++i) out += ", " + std::string(names[i]) + "=" + word(i + 1);
    const auto half = [&](std::size_t at) {
        const u64 id = straceWord(bytes, at, 4);
        return id ? hex(id) : "0";
    };
    return out + ", f_fsid={val=[" + half(56) + ", " + half(60) + "]}, f_namelen=" + word(8) + ", f_frsize=" + word(9) + ", f_flags=" +
           straceFlags(MOUNT, straceWord(bytes, 80, 8), "0") + "}";
}

std::string sysinfoText(std::string_view bytes) {
    const auto word = [&](std::size_t at) { return std::to_string(straceWord(bytes, at, 8)); };
    std::string out = "{uptime=" + word(0) + ", loads=[" + word(8) + ", " + word(16) + ", " + word(24) + "]";
    static constexpr const char* names[] = {"totalram", "freeram", "sharedram", "bufferram", "totalswap", "freeswap"};
    for (std::size_t i = 0; i < std::size(names); ++i) out += ", " + std::string(names[i]) + "=" + word(32 + 8 * i);
    return out + ", procs=" + std::to_string(straceWord(bytes, 80, 2)) + ", totalhigh=" + word(88) + ", freehigh=" + word(96) + ", mem_unit=" +
           std::to_string(straceWord(bytes, 104, 4)) + "}";
}

// struct utsname: six texts of 65 bytes.
std::string unameText(std::string_view bytes) {
    const auto text = [&](std::size_t i) { return straceString(bytes.substr(65 * i, bytes.substr(65 * i).find('\0')), false, 65); };
    return "{sysname=" + text(0) + ", nodename=" + text(1) + ", ...}";
}

// struct linux_dirent64 and linux_dirent: d_reclen at 16.
StraceText entries(const StraceCall& call, bool ended) {
    const u64 size = call.worked(ended) ? std::min<u64>(call.result.number, mostEntries) : 0;
    const std::string bytes = size ? call.bytes(call.raw[1], size) : "";
    u64 count = 0;
    for (u64 at = 0; at + 19 <= bytes.size() && straceWord(bytes, at + 16, 2); at += straceWord(bytes, at + 16, 2)) ++count;
    const bool known = call.worked(ended) && bytes.size() == call.result.number;
    return {{std::to_string(static_cast<int>(call.raw[0]))},
            {stracePointer(call.raw[1]) + (known ? " /* " + std::to_string(count) + " entries */" : ""),
             std::to_string(call.raw[2] & 0xffffffff)}};
}

StraceText setAttribute(const StraceCall& call) {
    StraceText out{call.shown, {}};
    if (call.name == "fsetxattr") out.before[0] = std::to_string(static_cast<int>(call.raw[0]));
    const std::string value = call.raw[3] && call.raw[3] <= mostEntries ? call.read(call.raw[2], call.raw[3]) : "";
    out.before[2] = value.empty() ? stracePointer(call.raw[2]) : straceString(value);
    out.before[3] = std::to_string(call.raw[3]);
    out.before[4] = straceNamed(call, 4).value_or(call.shown[4]);
    return out;
}

// One of utimensat's times: its date is told in UTC.
std::string fileTime(std::string_view bytes) {
    const u64 nanoseconds = straceWord(bytes, 8, 8);
    constexpr u64 now = 0x3fffffff, omit = 0x3ffffffe, second = 1'000'000'000;
    if (nanoseconds == now) return "UTIME_NOW";
    if (nanoseconds == omit) return "UTIME_OMIT";
    const std::string out = straceStruct('n', bytes.substr(0, 16));
    const std::string digits = std::to_string(second + nanoseconds % second).substr(1),
                      date = nanoseconds < second ? straceDate(straceWord(bytes, 0, 8), nanoseconds ? "." + digits : "") : "";
    return date.empty() ? out : out + " /* " + date + " */";
}

StraceText fileTimes(const StraceCall& call) {
    const std::string times = call.read(call.raw[2], 32);
    return {{straceDirectory(call.raw[0]), call.shown.size() > 1 ? call.shown[1] : hex(call.raw[1]),
             times.empty() ? stracePointer(call.raw[2]) : "[" + fileTime(times) + ", " + fileTime(std::string_view(times).substr(16)) + "]",
             straceFlags(StraceSet::at, call.raw[3] & 0xffffffff, "0")}, {}};
}

// mount(2) looks at a type only when it mounts something new, and at data then and when it mounts again.
StraceText mounting(const StraceCall& call) {
    constexpr u64 magic = 0xc0ed0000, again = 32, others = 4096 | 8192 | 1 << 17 | 1 << 18 | 1 << 19 | 1 << 20;
    const bool old = (call.raw[3] & 0xffff0000) == magic;
    const u64 flags = call.raw[3] & (old ? 0xffff : ~u64{0});
    const std::string names = straceFlags(MOUNTS, flags, old ? "" : "0", old ? "" : "MS_???");
    const auto shown = [&](std::size_t i) { return i < call.shown.size() ? call.shown[i] : stracePointer(call.raw[i]); };
    const bool pure = !(flags & again) && (flags & others);
    return {{shown(0), shown(1), pure || flags & again ? stracePointer(call.raw[2]) : shown(2),
             (old ? "MS_MGC_VAL" + std::string(names.empty() ? "" : "|") : "") + names,
             pure ? stracePointer(call.raw[4]) : straceStringRead(call, call.raw[4])}, {}};
}

// Its offset before and after, which is further by what was sent.
StraceText sendFile(const StraceCall& call, bool ended) {
    const std::string bytes = call.read(call.raw[2], 8);
    const u64 now = straceWord(bytes, 0, 8), sent = call.worked(ended) ? call.result.number : 0;
    return {{call.integer(0), call.integer(1)},
            {bytes.empty() ? stracePointer(call.raw[2])
                           : "[" + std::to_string(now - sent) + "]" + (sent ? " => [" + std::to_string(now) + "]" : ""),
             std::to_string(call.raw[3])}};
}

}  // namespace

std::string straceWholeStruct(const StraceCall& call, u64 address) {
    const std::size_t size = call.name == "uname" ? 390 : call.name == "sysinfo" ? 112 : 120;
    const std::string bytes = call.bytes(address, size);
    if (bytes.empty()) return stracePointer(address);
    return call.name == "uname" ? unameText(bytes) : call.name == "sysinfo" ? sysinfoText(bytes) : statfsText(bytes);
}

std::optional<StraceText> straceFileCall(const StraceCall& call, bool ended) {
    if (call.name == "statx") return statx(call, ended);
    if (call.name == "getdents64" || call.name == "getdents") return entries(call, ended);
    if (call.name == "utimensat") return fileTimes(call);
    if (call.name == "mount") return mounting(call);
    if (call.name == "sendfile") return sendFile(call, ended);
    if ((call.name == "setxattr" || call.name == "lsetxattr" || call.name == "fsetxattr") && call.shown.size() >= 5) return setAttribute(call);
    return std::nullopt;
}

}  // namespace emu
