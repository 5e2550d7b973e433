// System V IPC (sysvipc(7)) as strace 6.1 writes it; the structures are those of shmctl(2), semctl(2) and msgctl(2) on x86-64.
#include "emu/export/strace_structs.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>

namespace emu {

namespace {

// What a command of shmctl, semctl or msgctl has as its last argument.
enum class Argument : u8 { pointer, set, status, limits, usage };

struct Command {
    u64 number;
    const char* name;
    Argument argument;
};

struct Field {
    const char* name;
    u8 offset, size;
};

struct Facility {
    std::string_view name;                  // shm: of shmget and shmctl
    const char* unknown;
    std::span<const Command> commands;
    std::span<const Field> status;          // behind struct ipc64_perm
    std::span<const Field> settable;        // of IPC_SET
    std::span<const Field> limits, usage;   // IPC_INFO; SHM_INFO and its like
    u8 statusSize, limitsSize, usageSize;   // bytes
};

constexpr u64 IPC_64 = 0x100;

constexpr Command COMMON[] = {{0, "IPC_RMID", Argument::pointer}, {1, "IPC_SET", Argument::set}, {2, "IPC_STAT", Argument::status},
                              {3, "IPC_INFO", Argument::limits}};
constexpr Command SHM[] = {{11, "SHM_LOCK", Argument::pointer}, {12, "SHM_UNLOCK", Argument::pointer}, {13, "SHM_STAT", Argument::status},
                           {14, "SHM_INFO", Argument::usage}, {15, "SHM_STAT_ANY", Argument::status}};
constexpr Command SEM[] = {{11, "GETPID", Argument::pointer}, {12, "GETVAL", Argument::pointer}, {13, "GETALL", Argument::pointer},
                           {14, "GETNCNT", Argument::pointer}, {15, "GETZCNT", Argument::pointer}, {16, "SETVAL", Argument::pointer},
                           {17, "SETALL", Argument::pointer}, {18, "SEM_STAT", Argument::status}, {19, "SEM_INFO", Argument::usage},
                           {20, "SEM_STAT_ANY", Argument::status}};
constexpr Command MSG[] = {{11, "MSG_STAT", Argument::status}, {12, "MSG_INFO", Argument::usage}, {13, "MSG_STAT_ANY", Argument::status}};

constexpr Field SHM_STATUS[] = {{"shm_segsz", 48, 8}, {"shm_cpid", 80, 4}, {"shm_lpid", 84, 4}, {"shm_nattch", 88, 8}, {"shm_atime", 56, 8},
                                {"shm_dtime", 64, 8}, {"shm_ctime", 72, 8}};
constexpr Field SHM_LIMITS[] = {{"shmmax", 0, 8}, {"shmmin", 8, 8}, {"shmmni", 16, 8}, {"shmseg", 24, 8}, {"shmall", 32, 8}};
constexpr Field SHM_USAGE[] = {{"used_ids", 0, 4}, {"shm_tot", 8, 8}, {"shm_rss", 16, 8}, {"shm_swp", 24, 8}, {"swap_attempts", 32, 8},
                               {"swap_successes", 40, 8}};
constexpr Field SEM_STATUS[] = {{"sem_otime", 48, 8}, {"sem_ctime", 64, 8}, {"sem_nsems", 80, 8}};
constexpr Field SEM_LIMITS[] = {{"semmap", 0, 4}, {"semmni", 4, 4}, {"semmns", 8, 4}, {"semmnu", 12, 4}, {"semmsl", 16, 4}, {"semopm", 20, 4},
                                {"semume", 24, 4}, {"semusz", 28, 4}, {"semvmx", 32, 4}, {"semaem", 36, 4}};
constexpr Field MSG_STATUS[] = {{"msg_stime", 48, 8}, {"msg_rtime", 56, 8}, {"msg_ctime", 64, 8}, {"msg_qnum", 80, 8}, {"msg_qbytes", 88, 8},
                                {"msg_lspid", 96, 4}, {"msg_lrpid", 100, 4}};
constexpr Field MSG_SETTABLE[] = {{"msg_qbytes", 88, 8}};
constexpr Field MSG_LIMITS[] = {{"msgpool", 0, 4}, {"msgmap", 4, 4}, {"msgmax", 8, 4}, {"msgmnb", 12, 4}, {"msgmni", 16, 4}, {"msgssz", 20, 4},
                                {"msgtql", 24, 4}, {"msgseg", 28, 2}};

constexpr Facility FACILITIES[] = {{"shm", " /* SHM_??? */", SHM, SHM_STATUS, {}, SHM_LIMITS, SHM_USAGE, 112, 40, 48},
                                   {"sem", " /* SEM_??? */", SEM, SEM_STATUS, {}, SEM_LIMITS, SEM_LIMITS, 104, 40, 40},
                                   {"msg", " /* MSG_??? */", MSG, MSG_STATUS, MSG_SETTABLE, MSG_LIMITS, MSG_LIMITS, 120, 32, 32}};

constexpr StraceFlag GET[] = {{01000, "IPC_CREAT"}, {02000, "IPC_EXCL"}};
constexpr StraceFlag SHM_GET[] = {{01000, "IPC_CREAT"}, {02000, "IPC_EXCL"}, {04000, "SHM_HUGETLB"}, {010000, "SHM_NORESERVE"}};
constexpr StraceFlag ATTACH[] = {{010000, "SHM_RDONLY"}, {020000, "SHM_RND"}, {040000, "SHM_REMAP"}, {0100000, "SHM_EXEC"}};
constexpr StraceFlag OPERATION[] = {{0x1000, "SEM_UNDO"}, {04000, "IPC_NOWAIT"}};
constexpr StraceFlag MESSAGE[] = {{010000, "MSG_NOERROR"}, {020000, "MSG_EXCEPT"}, {040000, "MSG_COPY"}, {04000, "IPC_NOWAIT"}};

std::string key(u64 value) { return value & 0xffffffff ? hex(value & 0xffffffff) : "IPC_PRIVATE"; }

std::string resourceFlags(std::span<const StraceFlag> names, u64 value, bool pages) {
    constexpr unsigned shift = 26;                          // SHM_HUGE_SHIFT
    const u64 size = pages ? value >> shift & 63 : 0;       // of huge pages, as a power of two
    const std::string flags = straceFlags(names, (value & 0xffffffff & ~u64{0777}) - (size << shift), "");
    return flags + (flags.empty() ? "" : "|") + (size ? std::to_string(size) + "<<SHM_HUGE_SHIFT|" : "") + straceOctal(value & 0777);
}

std::string fields(std::string_view bytes, std::span<const Field> names) {
    std::string out;
    for (const Field& field : names) {
        const u64 value = straceWord(bytes, field.offset, field.size);
        out += (out.empty() ? "" : ", ") + std::string(field.name) + "=" +
               (field.size == 4 ? std::to_string(static_cast<int>(value)) : std::to_string(value));
    }
    return out;
}

std::string permissions(std::string_view bytes, std::string_view name, bool whole) {
    constexpr Field SET[] = {{"uid", 4, 4}, {"gid", 8, 4}}, REST[] = {{"key", 0, 4}, {"cuid", 12, 4}, {"cgid", 16, 4}};
    return "{" + std::string(name) + "_perm={" + fields(bytes, SET) + ", mode=" + straceOctal(straceWord(bytes, 20, 4)) +
           (whole ? ", " + fields(bytes, REST) : "") + "}";
}

std::string status(const Facility& facility, std::string_view bytes, bool whole) {
    const std::string more = fields(bytes, whole ? facility.status : facility.settable);
    return permissions(bytes, facility.name, whole) + (more.empty() ? "" : ", " + more) + "}";
}

StraceText control(const StraceCall& call, const Facility& facility, bool ended) {
    const std::size_t last = facility.name == "sem" ? 3 : 2;
    const u64 at = call.raw[last], number = call.raw[last - 1] & 0xffffffff & ~IPC_64;
    const Command* command = std::ranges::find(COMMON, number, &Command::number);
    if (command == std::end(COMMON)) {
        const auto own = std::ranges::find(facility.commands, number, &Command::number);
        command = own == facility.commands.end() ? nullptr : &*own;
    }
    StraceText text{{call.integer(0)}, {}};
    if (last == 3) text.before.push_back(call.integer(1));
    text.before.push_back((call.raw[last - 1] & IPC_64 ? "IPC_64|" : "") + (command ? command->name : hex(number) + facility.unknown));
    const auto wrote = [&](std::size_t size) { return call.worked(ended) ? call.bytes(at, size) : std::string(); };
    const auto add = [&](std::vector<std::string>& to, const std::string& bytes, auto show) {
        to.push_back(bytes.empty() ? stracePointer(at) : show(bytes));
    };
    const auto braced = [](std::span<const Field> names) {
        return [names](const std::string& bytes) { return "{" + fields(bytes, names) + "}"; };
    };
    switch (command ? command->argument : Argument::pointer) {
        case Argument::pointer: text.before.push_back(stracePointer(at)); break;
        case Argument::set:
            add(text.before, call.read(at, facility.statusSize), [&](const std::string& b) { return status(facility, b, false); });
            break;
        case Argument::status:
            add(text.after, wrote(facility.statusSize), [&](const std::string& b) { return status(facility, b, true); });
            break;
        case Argument::limits: add(text.after, wrote(facility.limitsSize), braced(facility.limits)); break;
        case Argument::usage: add(text.after, wrote(facility.usageSize), braced(facility.usage));
    }
    return text;
}

// struct sembuf: three numbers of 16 bits.
std::string operations(const StraceCall& call) {
    constexpr u64 most = 32, size = 6;
    const u64 count = call.raw[2] & 0xffffffff;
    if (!count) return call.raw[1] ? "[]" : "NULL";
    const std::string bytes = call.read(call.raw[1], size * std::min(count, most));
    if (bytes.empty()) return stracePointer(call.raw[1]);
    std::string out;
    for (std::size_t i = 0; i + size <= bytes.size(); i += size)
        out += (i ? ", {sem_num=" : "{sem_num=") + std::to_string(straceWord(bytes, i, 2)) +
               ", sem_op=" + std::to_string(static_cast<i16>(straceWord(bytes, i + 2, 2))) +
               ", sem_flg=" + straceFlags(OPERATION, straceWord(bytes, i + 4, 2), "0") + "}";
    return "[" + out + (count > most ? ", ...]" : "]");
}

StraceText operate(const StraceCall& call) {
    StraceText text{{call.integer(0), operations(call), std::to_string(call.raw[2] & 0xffffffff)}, {}};
    if (call.name == "semop") return text;
    const std::string time = straceStruct('n', call.read(call.raw[3], straceStructSize('n')));
    text.before.push_back(time.empty() ? stracePointer(call.raw[3]) : time);
    return text;
}

// struct msgbuf: the type, then the text.
std::string message(const std::string& type, const std::string& content, u64 size, u64 at) {
    if (type.empty()) return stracePointer(at);
    return "{mtype=" + std::to_string(static_cast<i64>(straceWord(type, 0, 8))) +
           ", mtext=" + (size && content.empty() ? stracePointer(at + 8) : straceString(content)) + "}";
}

StraceText send(const StraceCall& call) {
    const u64 size = std::min<u64>(call.raw[2], straceShown + 1);
    const std::string type = call.read(call.raw[1], 8), content = size ? call.read(call.raw[1] + 8, size) : "";
    return {{call.integer(0), message(type, content, size, call.raw[1]), std::to_string(call.raw[2]),
             straceFlags(MESSAGE, call.raw[3] & 0xffffffff, "0")},
            {}};
}

// Of the text strace shows what the caller has room for, not what came.
StraceText receive(const StraceCall& call, bool ended) {
    const u64 size = std::min<u64>(call.raw[2], straceShown + 1);
    const std::string type = call.worked(ended) ? call.read(call.raw[1], 8) : "", content = size ? call.read(call.raw[1] + 8, size) : "";
    return {{call.integer(0)},
            {message(type, content, size, call.raw[1]), std::to_string(call.raw[2]), std::to_string(static_cast<i64>(call.raw[3])),
             straceFlags(MESSAGE, call.raw[4] & 0xffffffff, "0")}};
}

}  // namespace

std::optional<StraceText> straceIpcCall(const StraceCall& call, bool ended) {
    for (const Facility& facility : FACILITIES)
        if (call.name.starts_with(facility.name) && call.name.substr(facility.name.size()) == "ctl") return control(call, facility, ended);
    if (call.name == "shmget")
        return StraceText{{key(call.raw[0]), std::to_string(call.raw[1]), resourceFlags(SHM_GET, call.raw[2], true)}, {}};
    if (call.name == "semget") return StraceText{{key(call.raw[0]), call.integer(1), resourceFlags(GET, call.raw[2], false)}, {}};
    if (call.name == "msgget") return StraceText{{key(call.raw[0]), resourceFlags(GET, call.raw[1], false)}, {}};
    if (call.name == "shmat")
        return StraceText{{call.integer(0), stracePointer(call.raw[1]), straceFlags(ATTACH, call.raw[2] & 0xffffffff, "0")}, {}};
    if (call.name == "shmdt") return StraceText{{stracePointer(call.raw[0])}, {}};
    if (call.name == "semop" || call.name == "semtimedop") return operate(call);
    if (call.name == "msgsnd") return send(call);
    if (call.name == "msgrcv") return receive(call, ended);
    return std::nullopt;
}

}  // namespace emu
