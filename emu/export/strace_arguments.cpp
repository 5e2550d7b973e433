#include "emu/export/strace_arguments.hpp"

#include "emu/export/strace_structs.hpp"
#include "emu/run_report/signal_codes.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>
#include <cstring>

namespace emu {

using traces::Value;

namespace {

// How each argument is written, a letter each; an argument without a letter stands as the trace shows it.
// Known when the call begins:
//   d int     u unsigned, of 64 bits   % of 32   x address or NULL   o mode in octal   . as in the trace
//   O flags of open   M of mmap   W of wait   T of AT_   G of getrandom   B of TIMER_ABSTIME   K of mlockall   E of epoll_create1
//   F a directory's descriptor   r resource   a arch_prctl   e whence   f access mode   k signal   h how of sigprocmask
//   C clock   j itimer   m mode with the file's type   c mask of processors   X user or group
//   + i64     # hex or 0   s A n I N y l structures that the call reads (strace_structs.hpp)   @ others (strace_pointed.cpp)
//   i iovec with what is in the buffers, as many as the next argument says   8 without   $ string
// Known when it has ended:
//   b bytes, as many as the result   H the same in hexadecimal   w status of wait   S stat   L limits   p two descriptors
//   z Z t J Y U Q structures that it writes: s A n I y, struct timeval and N   R iovec of a read   V bytes of mincore
//   q struct rusage   g siginfo_t   D mask of processors   P struct sched_param   v a structure of the call's own   & others
//   (strace_pointed.cpp)
const std::map<std::string_view, std::string_view> LETTERS = {
    {"read", "dbu"}, {"write", "d.u"}, {"pread64", "dbud"}, {"pwrite64", "d.ud"}, {"open", ".Oo"}, {"openat", "F.Oo"}, {"creat", ".o"},
    {"close", "d"}, {"stat", ".S"}, {"lstat", ".S"}, {"fstat", "dS"}, {"newfstatat", "F.ST"}, {"lseek", "dde"}, {"mmap", "xu.Mdx"},
    {"munmap", "xu"}, {"brk", "x"}, {"access", ".f"}, {"faccessat", "F.f"}, {"pipe", "p"}, {"pipe2", "pO"}, {"dup", "d"},
    {"dup2", "dd"}, {"dup3", "ddO"}, {"mkdir", ".o"}, {"chmod", ".o"}, {"fchmod", "do"}, {"umask", "o"}, {"readlink", ".bu"},
    {"readlinkat", "F.bu"}, {"getcwd", "bu"}, {"getrandom", "HuG"}, {"arch_prctl", "ax"}, {"set_tid_address", "x"}, {"set_robust_list", "xu"},
    {"rseq", "##d#"}, {"prlimit64", "drlL"}, {"getrlimit", "rL"}, {"wait4", "dwWq"}, {"kill", "dk"}, {"tkill", "dk"}, {"tgkill", "ddk"},
    {"exit", "d"}, {"rt_sigpending", "zu"}, {"rt_sigsuspend", "su"}, {"nanosleep", "nx"}, {"clock_nanosleep", "CBnx"}, {"clock_gettime", "Ct"},
    {"clock_getres", "Ct"}, {"clock_settime", "Cn"}, {"gettimeofday", "Ux"}, {"setitimer", "jIJ"}, {"getitimer", "jJ"}, {"setrlimit", "rl"},
    {"sigaltstack", "yY"}, {"epoll_create1", "E"}, {"mlockall", "K"}, {"mincore", "xuV"}, {"exit_group", "d"},
    {"ftruncate", "du"}, {"mprotect", "xu."}, {"rt_sigprocmask", "hszu"},
    {"rt_sigaction", "kAZu"}, {"writev", "d.d"}, {"readv", "dRd"},
    {"fchdir", "d"}, {"fsync", "d"}, {"fdatasync", "d"}, {"syncfs", "d"}, {"flock", "d."}, {"listen", "dd"}, {"eventfd2", "u."}, {"timerfd_create", "C."},
    {"timerfd_settime", "d.NQ"}, {"timerfd_gettime", "dQ"}, {"signalfd4", "dsu."}, {"chown", ".XX"}, {"lchown", ".XX"}, {"fchown", "dXX"},
    {"fchownat", "F.XXT"}, {"mkdirat", "F.o"}, {"unlinkat", "F.T"}, {"renameat", "F.F."}, {"renameat2", "F.F.."}, {"linkat", "F.F.T"}, {"symlinkat", ".F."},
    {"fchmodat", "F.o"}, {"faccessat2", "F.f."}, {"mknod", ".mx"}, {"mknodat", "F.mx"}, {"waitid", ".dgWq"}, {"getrusage", ".q"},
    {"rt_sigtimedwait", "sgnu"}, {"sched_setaffinity", "duc"}, {"sched_getaffinity", "duD"}, {"sched_getparam", "dP"}, {"uname", "v"}, {"sysinfo", "v"},
    {"statfs", ".v"}, {"fstatfs", "dv"}, {"getxattr", "..bu"}, {"lgetxattr", "..bu"}, {"fgetxattr", "d.bu"}, {"listxattr", ".bu"}, {"llistxattr", ".bu"},
    {"flistxattr", "dbu"}, {"fremovexattr", "d."}, {"pwritev", "d.dd"}, {"preadv", "dRdd"}, {"sendfile", "ddxu"}, {"fallocate", "d.++"},
    {"fadvise64", "d+u."}, {"setpriority", ".dd"}, {"getpriority", ".d"},
    {"setuid", "X"}, {"setgid", "X"}, {"setreuid", "XX"}, {"setregid", "XX"}, {"setresuid", "XXX"}, {"setresgid", "XXX"}, {"setfsuid", "X"}, {"setfsgid", "X"},
    {"getresuid", "&&&"}, {"getresgid", "&&&"}, {"getcpu", "&&x"}, {"times", "&"}, {"get_robust_list", "d&&"}, {"sched_setparam", "d@"},
    {"sched_setscheduler", "d.@"}, {"sched_rr_get_interval", "dt"}, {"utime", ".@"}, {"utimes", ".@"}, {"futimesat", "F.@"}, {"timer_create", "C@&"},
    {"timer_settime", "dBNQ"}, {"timer_gettime", "dQ"}, {"mq_open", ".Oo@"}, {"mq_getsetattr", "d@&"}, {"mq_timedreceive", "dbu&n"},
    {"mq_timedsend", "d.u%n"}, {"mq_notify", "d@"}, {"ioprio_get", ".d"}, {"process_vm_readv", "dRu8uu"}, {"process_vm_writev", "diu8uu"},
    {"preadv2", "dRd+."}, {"pwritev2", "did+."}, {"vmsplice", "diu."}, {"splice", "d@d@u."}, {"copy_file_range", "d@d@u%"}, {"sync_file_range", "d++."},
    {"readahead", "d+u"}, {"truncate", ".u"}, {"pkey_alloc", "#."}, {"close_range", "%%."}, {"openat2", "F.@u"}, {"signalfd", "dsu"},
    {"inotify_rm_watch", "dd"}, {"name_to_handle_at", "F.@x."}, {"mbind", "xu.xu."}, {"set_mempolicy", ".xu"}, {"get_mempolicy", "xxux."},
    {"rt_sigqueueinfo", "dk@"}, {"rt_tgsigqueueinfo", "ddk@"}, {"futex_waitv", "xuuxC"}, {"pidfd_open", "d."}, {"pidfd_send_signal", "dk@u"},
    {"pidfd_getfd", "ddu"}, {"alarm", "%"}, {"eventfd", "%"}, {"epoll_create", "d"}, {"getpgid", "d"}, {"getsid", "d"}, {"setpgid", "dd"}, {"mlock2", "xu."},
    {"open_by_handle_at", "dxO"}};

constexpr std::string_view LATE = "bHwSLpzZtJYURVQqgDPv&";

std::string waitStatus(u64 status) {
    const u64 low = status & 0x7f;
    const std::string signal = straceSignal(static_cast<int>(low == 0x7f ? status >> 8 & 0xff : low));
    if (status == 0xffff) return "{WIFCONTINUED(s)}";
    if (low == 0x7f) return "{WIFSTOPPED(s) && WSTOPSIG(s) == " + signal + "}";
    if (low == 0) return "{WIFEXITED(s) && WEXITSTATUS(s) == " + std::to_string(status >> 8 & 0xff) + "}";
    return "{WIFSIGNALED(s) && WTERMSIG(s) == " + signal + (status & 0x80 ? " && WCOREDUMP(s)}" : "}");
}

// struct stat of x86-64: st_mode at 24, st_rdev at 40, st_size at 48.
std::string statText(std::string_view bytes) {
    const u64 mode = straceWord(bytes, 24, 4), device = straceWord(bytes, 40, 8);
    const std::string out = "{st_mode=" + straceMode(mode);
    if (const u64 kind = mode & 0170000; kind == 020000 || kind == 060000)
        return out + ", st_rdev=makedev(" + hex(device >> 8 & 0xfff) + ", " + hex((device & 0xff) | (device >> 12 & 0xffffff00)) +
               "), ...}";
    return out + ", st_size=" + std::to_string(straceWord(bytes, 48, 8)) + ", ...}";
}

// A structure that a call writes, by the letter of one that it reads.
char written(char letter) {
    constexpr std::string_view writes = "zZtJYUQ", reads = "sAnIyUN";
    const std::size_t at = writes.find(letter);
    return at == std::string_view::npos ? 0 : reads[at];
}

std::string lateArgument(const StraceCall& call, char letter, std::size_t argument) {
    const u64 raw = call.raw[argument];
    const i64 result = call.result.asCount();
    const auto size = [&] { return letter == 'S' ? 144u : letter == 'L' ? 16u : letter == 'p' ? 8u : letter == 'w' || letter == 'P' ? 4u : letter == 'q' ? 32u : letter == 'g' ? 48u : 0u; };
    const bool counted = letter == 'b' || letter == 'H';
    if (!call.error.empty() || raw == 0) return stracePointer(raw);
    if (counted && result == 0) return "\"\"";
    if (letter == 'R') return straceVectorWritten(call);
    if (letter == 'V') return stracePagesInCore(call);
    if (letter == 'v') return straceWholeStruct(call, raw);
    if (letter == '&') return stracePointed(call, argument, true);
    if (letter == 'D') return straceProcessors(call, raw, static_cast<u64>(result), true);
    if (const char structure = written(letter)) {
        const std::string text = straceStruct(structure, call.bytes(raw, straceStructSize(structure)));
        return text.empty() ? stracePointer(raw) : text;
    }
    // Of a long read, what strace shows of it is enough.
    std::string bytes = call.bytes(raw, counted ? static_cast<std::size_t>(std::min<i64>(result, 33)) : size());
    if (letter == 'g' && bytes.empty()) bytes = call.read(raw, size());       // waitid writes its fields one by one
    if (bytes.empty()) return stracePointer(raw);
    switch (letter) {
        case 'w': return "[" + waitStatus(straceWord(bytes, 0, 4)) + "]";
        case 'S': return statText(bytes);
        case 'L': return straceStruct('l', bytes);
        case 'q': return straceUsage(bytes);
        case 'g': return straceSignalInfo(bytes);
        case 'P': return "[" + std::to_string(static_cast<int>(straceWord(bytes, 0, 4))) + "]";
        case 'p': return "[" + std::to_string(straceWord(bytes, 0, 4)) + ", " + std::to_string(straceWord(bytes, 4, 4)) + "]";
        default:
            return straceString(call.name == "getcwd" ? std::string_view(bytes).substr(0, bytes.size() - (result <= 33)) : bytes,
                                letter == 'H');
    }
}

bool isOffset(const StraceCall& call) { return call.name == "lseek" || call.name.starts_with("pread") || call.name.starts_with("pwrite"); }

// What is read when the call begins.
std::optional<std::string> pointedArgument(const StraceCall& call, char letter, std::size_t i) {
    const u64 raw = call.raw[i];
    switch (letter) {
        case '@': return stracePointed(call, i, false);
        case 'i':
        case '8': return straceVectorRead(call, i, letter == 'i');
        case '$': return straceStringRead(call, raw);
        case 'c': return straceProcessors(call, raw, call.raw[1], false);
        case 's': case 'A': case 'n': case 'I': case 'N': case 'y': case 'l': {
            const std::string text = straceStruct(letter, call.read(raw, straceStructSize(letter)));
            return text.empty() ? stracePointer(raw) : text;
        }
        default: return std::nullopt;
    }
}

std::string earlyArgument(const StraceCall& call, char letter, std::size_t i) {
    const u64 raw = call.raw[i];
    switch (letter) {
        case 'd': return std::to_string(i && isOffset(call) ? static_cast<i64>(raw) : static_cast<int>(raw));
        case 'u': return std::to_string(raw);
        case '%': return std::to_string(raw & 0xffffffff);
        case '+': return std::to_string(static_cast<i64>(raw));
        case '#': return raw ? hex(raw) : "0";
        case 'x': return call.name == "mmap" ? (raw || i == 0 ? stracePointer(raw) : "0") : stracePointer(raw);
        case 'o': return straceOctal(raw & 07777);
        case 'O':
            return call.name.starts_with("pipe") || call.name == "dup3" ? straceFlags(StraceSet::open, raw, "0") : straceOpenFlags(raw);
        case 'M': return std::string(raw & 1 ? raw & 2 ? "MAP_SHARED_VALIDATE" : "MAP_SHARED" : raw & 2 ? "MAP_PRIVATE" : "MAP_FILE") +
                         (raw & ~u64{3} ? "|" + straceFlags(StraceSet::mmap, raw & ~u64{3}, "") : "");
        case 'W': return straceFlags(StraceSet::wait, raw & 0xffffffff, "0");
        case 'T': return straceFlags(StraceSet::at, raw, "0");
        case 'G': return straceFlags(StraceSet::random, raw, "0");
        case 'F': return straceDirectory(raw);
        case 'X': return straceId(raw);
        case 'r': return straceName(StraceEnum::resource, raw);
        case 'a': return straceName(StraceEnum::arch, raw);
        case 'e': return straceName(StraceEnum::seek, raw);
        case 'h': return straceName(StraceEnum::mask, raw);
        case 'k': return raw ? straceSignal(static_cast<int>(raw)) : "0";
        case 'm': return straceMode(raw & 0xffff);
        case 'C': return straceName(StraceEnum::clock, raw & 0xffffffff);
        case 'j': return straceName(StraceEnum::itimer, raw);
        case 'B': return straceFlags(StraceSet::timer, raw, "0");
        case 'K': return straceFlags(StraceSet::lockAll, raw, "0");
        case 'E': return straceFlags(StraceSet::epollMake, raw, "0");
        case 'f': {
            static constexpr StraceFlag modes[] = {{4, "R_OK"}, {2, "W_OK"}, {1, "X_OK"}};
            return straceFlags(modes, raw & 0xffffffff, "F_OK", "?_OK");
        }
        default:
            if (const std::optional<std::string> pointed = pointedArgument(call, letter, i)) return *pointed;
            if (const std::optional<std::string> named = straceNamed(call, i)) return *named;
            return i < call.shown.size() ? call.shown[i] : hex(raw);
    }
}

// clone(2) of x86-64 takes flags, stack, parent_tid, child_tid, tls; strace writes the stack first.
StraceText cloneArguments(const StraceCall& call) {
    const u64 flags = call.raw[0];
    const u64 signal = flags & 0xff;
    std::string text = flags > 0xff || !signal ? straceFlags(StraceSet::clone, flags & ~u64{0xff}, "0") : "";
    if (signal) text += (text.empty() ? "" : "|") + straceSignal(static_cast<int>(signal));
    StraceText out{{"child_stack=" + stracePointer(call.raw[1]), "flags=" + text}, {}};
    if (flags & 0x100000) {
        const std::string tid = call.bytes(call.raw[2], 4);
        out.after.push_back("parent_tid=" + (tid.empty() ? stracePointer(call.raw[2]) : "[" + std::to_string(straceWord(tid, 0, 4)) + "]"));
    }
    if (flags & 0x80000) out.after.push_back("tls=" + stracePointer(call.raw[4]));
    if (flags & 0x1200000) out.after.push_back("child_tidptr=" + stracePointer(call.raw[3]));
    return out;
}

StraceText fcntlArguments(const StraceCall& call) {
    const u64 command = call.raw[1], argument = call.raw[2];
    StraceText out{{std::to_string(static_cast<int>(call.raw[0])), straceName(StraceEnum::fcntl, command)}, {}};
    if (command == 2) out.before.push_back(straceFlags(StraceSet::descriptor, argument, "0"));
    else if (command == 4) out.before.push_back(straceOpenFlags(argument));
    else if (command != 1 && command != 3 && command != 9 && command != 1032)
        out.before.push_back(command == 0 || command >= 1030 ? std::to_string(argument) : stracePointer(argument));
    return out;
}

}  // namespace

std::string StraceCall::bytes(u64 address, std::size_t size) const {
    std::string out;
    while (out.size() < size) {
        auto at = written.upper_bound(address + out.size());
        if (at == written.begin()) return {};
        --at;
        const u64 skip = address + out.size() - at->first;
        if (skip >= at->second.size()) return {};
        out += at->second.substr(skip, size - out.size());
    }
    return out;
}

StraceText straceArguments(const StraceCall& call, bool ended) {
    if (call.name == "clone") return cloneArguments(call);
    if (call.name == "fcntl") return fcntlArguments(call);
    if (std::optional<StraceText> special = straceSpecial(call, ended)) return *special;
    const auto known = LETTERS.find(call.name);
    const std::string_view letters = known == LETTERS.end() ? std::string_view() : known->second;
    std::size_t count = call.shown.size();
    constexpr u64 makes = 0100 | 020000000;         // O_CREAT, __O_TMPFILE
    if (call.name == "open" && !(call.raw[1] & makes)) count = std::min<std::size_t>(count, 2);     // the mode of a file that is made
    if (call.name == "mq_open" && !(call.raw[1] & 0100)) count = std::min<std::size_t>(count, 2);
    if (call.name == "reboot" && (call.raw[2] & 0xffffffff) != 0xa1b2c3d4) count = std::min<std::size_t>(count, 3);    // RESTART2's command
    if (call.name == "openat" && !(call.raw[2] & makes)) count = std::min<std::size_t>(count, 3);
    if (call.name == "mremap" && !(call.raw[3] & 2)) count = std::min<std::size_t>(count, 4);     // the new address of MREMAP_FIXED
    if (const std::size_t mode = call.name == "mknod"   ? 1 :
                                 call.name == "mknodat" ? 2 :
                                                          0;
        mode && (call.raw[mode] & 0170000) != 020000 && (call.raw[mode] & 0170000) != 060000)
        count = std::min(count, mode + 1);      // the number of a device
    if (call.name == "pwritev" || call.name == "preadv") count = std::min<std::size_t>(count, 4);
    if (call.name == "pwritev2" || call.name == "preadv2") count = std::min<std::size_t>(count, 5);
    StraceText out;
    for (std::size_t i = 0; i < count; ++i) {
        const char letter = i < letters.size() ? letters[i] : '.';
        const bool late = LATE.find(letter) != std::string_view::npos;
        if (!out.after.empty() || late)
            out.after.push_back(late ? ended ? lateArgument(call, letter, i) : "" : earlyArgument(call, letter, i));
        else out.before.push_back(earlyArgument(call, letter, i));
    }
    return out;
}

std::string straceResult(const StraceCall& call) {
    const i64 result = call.result.asCount();
    if (!call.error.empty()) {
        static const std::map<std::string_view, const char*> restarts = {{"ERESTARTSYS", "To be restarted if SA_RESTART is set"},
                                                                         {"ERESTARTNOINTR", "To be restarted"},
                                                                         {"ERESTARTNOHAND", "To be restarted if no handler"},
                                                                         {"ERESTART_RESTARTBLOCK", "Interrupted by signal"}};
        if (const auto restart = restarts.find(call.error); restart != restarts.end())
            return "? " + call.error + " (" + restart->second + ")";
        const char* text = ::strerrordesc_np(static_cast<int>(0 - call.result.number));
        return "-1 " + call.error + " (" + (text ? text : "?") + ")";
    }
    if (const std::string text = straceProcessResult(call); !text.empty()) return text;
    if (call.result.type == Value::Type::hex) return stracePointer(call.result.number);
    if (call.name == "umask") return straceOctal(static_cast<u64>(result));
    if (call.name == "fcntl" && call.raw[1] == 3) return hex(call.result.number) + " (flags " + straceOpenFlags(call.result.number) + ")";
    if (call.name == "fcntl" && call.raw[1] == 1 && result)
        return hex(call.result.number) + " (flags " + straceFlags(StraceSet::descriptor, call.result.number, "0") + ")";
    return std::to_string(result) + straceResultNote(call);
}

}  // namespace emu
