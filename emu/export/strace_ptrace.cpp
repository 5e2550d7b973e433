// ptrace(2).
#include "emu/export/strace_structs.hpp"
#include "emu/tools/text.hpp"

#include <algorithm>

namespace emu {

namespace {

// What follows the pid.
enum class Rest : u8 { words, nothing, data, signal, user, options, registers, size };

struct Request {
    u64 number;
    const char* name;
    Rest rest = Rest::words;
};
constexpr Request REQUESTS[] = {
    {0, "PTRACE_TRACEME"}, {1, "PTRACE_PEEKTEXT"}, {2, "PTRACE_PEEKDATA"}, {3, "PTRACE_PEEKUSER", Rest::user}, {4, "PTRACE_POKETEXT"}, {5, "PTRACE_POKEDATA"},
    {6, "PTRACE_POKEUSER", Rest::user}, {7, "PTRACE_CONT", Rest::signal}, {8, "PTRACE_KILL", Rest::nothing}, {9, "PTRACE_SINGLESTEP", Rest::signal},
    {12, "PTRACE_GETREGS", Rest::data}, {13, "PTRACE_SETREGS", Rest::data}, {14, "PTRACE_GETFPREGS", Rest::data}, {15, "PTRACE_SETFPREGS", Rest::data},
    {16, "PTRACE_ATTACH", Rest::nothing}, {17, "PTRACE_DETACH", Rest::signal}, {18, "PTRACE_GETFPXREGS"}, {19, "PTRACE_SETFPXREGS"},
    {21, "PTRACE_OLDSETOPTIONS", Rest::options}, {24, "PTRACE_SYSCALL", Rest::signal}, {25, "PTRACE_GET_THREAD_AREA"}, {26, "PTRACE_SET_THREAD_AREA"},
    {30, "PTRACE_ARCH_PRCTL"}, {31, "PTRACE_SYSEMU", Rest::signal}, {32, "PTRACE_SYSEMU_SINGLESTEP", Rest::signal}, {33, "PTRACE_SINGLEBLOCK", Rest::signal},
    {0x4200, "PTRACE_SETOPTIONS", Rest::options}, {0x4201, "PTRACE_GETEVENTMSG"}, {0x4202, "PTRACE_GETSIGINFO"}, {0x4203, "PTRACE_SETSIGINFO"},
    {0x4204, "PTRACE_GETREGSET", Rest::registers}, {0x4205, "PTRACE_SETREGSET", Rest::registers}, {0x4206, "PTRACE_SEIZE", Rest::options},
    {0x4207, "PTRACE_INTERRUPT", Rest::nothing}, {0x4208, "PTRACE_LISTEN", Rest::nothing}, {0x4209, "PTRACE_PEEKSIGINFO"},
    {0x420a, "PTRACE_GETSIGMASK", Rest::size}, {0x420b, "PTRACE_SETSIGMASK", Rest::size}, {0x420c, "PTRACE_SECCOMP_GET_FILTER", Rest::size},
    {0x420d, "PTRACE_SECCOMP_GET_METADATA", Rest::size}, {0x420e, "PTRACE_GET_SYSCALL_INFO", Rest::size}, {0x420f, "PTRACE_GET_RSEQ_CONFIGURATION"}};
constexpr StraceFlag OPTIONS[] = {{1, "PTRACE_O_TRACESYSGOOD"}, {2, "PTRACE_O_TRACEFORK"}, {4, "PTRACE_O_TRACEVFORK"}, {8, "PTRACE_O_TRACECLONE"},
                                  {16, "PTRACE_O_TRACEEXEC"}, {32, "PTRACE_O_TRACEVFORKDONE"}, {64, "PTRACE_O_TRACEEXIT"}, {128, "PTRACE_O_TRACESECCOMP"},
                                  {1 << 20, "PTRACE_O_EXITKILL"}, {1 << 21, "PTRACE_O_SUSPEND_SECCOMP"}};
constexpr StraceFlag NOTES[] = {{1, "NT_PRSTATUS"}, {2, "NT_FPREGSET"}, {3, "NT_PRPSINFO"}, {4, "NT_PRXREG"}, {5, "NT_PLATFORM"}, {6, "NT_AUXV"},
                                {7, "NT_GWINDOWS"}, {0x200, "NT_386_TLS"}, {0x201, "NT_386_IOPERM"}, {0x202, "NT_X86_XSTATE"}};
// struct user_regs_struct, as far as strace names it.
constexpr const char* REGISTERS[] = {"R15", "R14", "R13", "R12", "RBP", "RBX", "R11", "R10", "R9", "R8", "RAX", "RCX", "RDX", "RSI",
                                     "RDI", "ORIG_RAX", "RIP", "CS", "EFL", "RSP", "SS"};
constexpr StraceFlag USER[] = {{216, "u_fpvalid"}, {224, "i387"}, {736, "u_tsize"}, {744, "u_dsize"}, {752, "u_ssize"}, {760, "start_code"},
                               {768, "start_stack"}, {776, "signal"}, {784, "reserved"}, {792, "u_ar0"}, {800, "u_fpstate"}, {808, "magic"},
                               {816, "u_comm"}, {848, "u_debugreg"}};
constexpr u64 USER_SIZE = 912;

// A place in struct user, which begins with the registers.
std::string userPlace(u64 offset) {
    if (offset == USER_SIZE) return "sizeof(struct user)";
    if (offset > USER_SIZE) return stracePointer(offset);
    std::string name;
    u64 start = 0;
    if (offset < USER[0].value) {
        const u64 last = std::min<u64>(offset / 8, std::size(REGISTERS) - 1);
        name = "8*" + std::string(REGISTERS[last]), start = 8 * last;
    } else
        for (const StraceFlag& field : USER)
            if (field.value <= offset) name = "offsetof(struct user, " + std::string(field.name) + ")", start = field.value;
    return name + (offset > start ? "+" + std::to_string(offset - start) : "");
}

std::string registerSet(const StraceCall& call, u64 address) {
    const std::string vector = call.read(address, 16);
    return vector.empty() ? stracePointer(address) :
                            "{iov_base=" + stracePointer(straceWord(vector, 0, 8)) + ", iov_len=" + std::to_string(straceWord(vector, 8, 8)) + "}";
}

}  // namespace

StraceText stracePtrace(const StraceCall& call) {
    const u64 number = call.raw[0], address = call.raw[2], data = call.raw[3];
    const Request* request = nullptr;
    for (const Request& each : REQUESTS)
        if (each.number == number) request = &each;
    StraceText out{{request ? request->name : straceUnknown(number, "PTRACE_???")}, {}};
    if (number == 0) return out;
    out.before.push_back(call.integer(1));
    const auto add = [&](const std::string& one, const std::string& two) { out.before.insert(out.before.end(), {one, two}); };
    switch (request ? request->rest : Rest::words) {
        case Rest::nothing: break;
        case Rest::data: out.before.push_back(stracePointer(data)); break;
        case Rest::words: add(stracePointer(address), stracePointer(data)); break;
        case Rest::signal: add(stracePointer(address), data ? straceSignal(static_cast<int>(data)) : "0"); break;
        case Rest::user: add(userPlace(address), stracePointer(data)); break;
        case Rest::options: add(stracePointer(address), straceFlags(OPTIONS, data, "0", "PTRACE_O_???")); break;
        case Rest::registers: add(straceName(NOTES, address, "NT_???"), registerSet(call, data)); break;
        case Rest::size: add(std::to_string(address), stracePointer(data)); break;
    }
    return out;
}

}  // namespace emu
