#include "traces/vocabulary.hpp"

#include <algorithm>

namespace traces {
namespace {

using enum AttrType;
constexpr bool optional = false;
constexpr bool required = true;

constexpr AttrInfo headerAttrs[] = {
    {"schema", text, required, "name of this format: execscope-trace"},
    {"version", text, required, "version of this format, MAJOR.MINOR"},
    {"tool", text, required, "version of execscope that wrote the trace"},
    {"profile", text, required, "Linux version that is modelled: v3.10 or v6.1"},
    {"cpu", text, required, "CPU level: x86-64-v1, -v2 or -v3, and +FEATURE for what was added"},
    {"seed", hex, required, "seed of everything random"},
    {"program", text, required, "guest path of the program"},
    {"program_hash", hex, optional, "XXH64 of the program file, 0x0 when there is none"},
    {"argv", texts, required, "arguments, the program's name first"},
    {"env", texts, required, "environment, NAME=VALUE"},
    {"categories", text, required, "what is recorded, as for -e trace="},
    {"options", map, optional,
     "what else changes what the guest sees (root bind cwd uid gid sched aslr chdir max_instructions disk inject terminal) or what is "
     "recorded (steps, only, partly)"},
    {"frames", count, optional, "page frames of the machine; at first all bytes in them are zero"},
};
constexpr AttrInfo taskAttrs[] = {
    {"task", object, required, "the task_struct"},
    {"task_pid", count, required, "its pid"},
    {"tgid", count, required, "its thread group"},
    {"ppid", count, required, "pid of its parent"},
    {"comm", text, required, "its name, at most 15 bytes"},
};
constexpr AttrInfo callAttrs[] = {
    {"function", text, required, "name of the kernel function, as Linux spells it"},
    {"args", map, required, "its arguments by name, in order"},
};
constexpr AttrInfo returnAttrs[] = {
    {"function", text, required, "name of the kernel function"},
    {"result", any, required, "what it returned; null for void"},
    {"injected", boolean, optional, "true when --inject made it fail: its body did not run"},
};
constexpr AttrInfo localAttrs[] = {
    {"name", text, required, "name of the variable, as Linux spells it"},
    {"value", any, required, "its new value"},
};
constexpr AttrInfo setAttrs[] = {
    {"object", object, required, "the kernel object; page#N is frame N and has no object_new"},
    {"field", text, required, "name of its field"},
    {"old", any, required, "value before"},
    {"new", any, required, "value after"},
};
constexpr AttrInfo objectNewAttrs[] = {
    {"object", object, required, "its name from now on, TYPE#N, N counted per type from 0"},
    {"type", text, required, "the C struct"},
    {"from", object, optional, "the object it is a duplicate of"},
};
constexpr AttrInfo objectFreeAttrs[] = {
    {"object", object, required, "its name"},
    {"hash", hex, optional, "XXH64 of the fields that it had (see State hashes)"},
};
constexpr AttrInfo formatsAttrs[] = {
    {"names", texts, required, "the binary formats that exec asks, in this order"},
};
constexpr AttrInfo checkAttrs[] = {
    {"rule", text, required, "what must hold"},
    {"passed", boolean, required, "whether it does"},
    {"seen", any, required, "the value that was looked at"},
};
constexpr AttrInfo vmaAttrs[] = {
    {"op", text, required, "add, change or remove"},
    {"mm", object, required, "the address space"},
    {"start", hex, required, "first address"},
    {"end", hex, required, "first address after it"},
    {"flags", text, required, "r-xp, as in /proc/PID/maps"},
    {"pgoff", hex, required, "offset of its start in the file, in pages"},
    {"file", any, required, "guest path of the mapped file, a name such as [heap], or null"},
    {"old_start", hex, optional, "with change: first address before"},
    {"old_end", hex, optional, "with change: end before"},
    {"old_flags", text, optional, "with change: flags before"},
    {"vm_file", object, optional, "the mapped open file, when there is one"},
};
constexpr AttrInfo pteAttrs[] = {
    {"mm", object, required, "the address space"},
    {"address", hex, required, "virtual address of the page"},
    {"old", hex, required, "entry before: physical address and flag bits (SDM Vol. 3A, 4.5)"},
    {"new", hex, required, "entry after"},
};
constexpr AttrInfo pageFillAttrs[] = {
    {"pfn", hex, required, "page frame number"},
    {"source", text, required, "zero, file, copy (of another frame) or kernel"},
    {"file", text, optional, "source file: its guest path"},
    {"offset", hex, optional, "source file: offset in bytes"},
    {"from", hex, optional, "source copy: the other page frame number"},
    {"blob", text, optional, "id of the blob that holds the content, zeros after its end"},
};
constexpr AttrInfo blobAttrs[] = {
    {"id", text, required, "name for page_fill to refer to, blob#N"},
    {"bytes", bytes, required, "the content; written again only when it was none of the last 4096 blobs"},
};
constexpr AttrInfo userWriteAttrs[] = {
    {"mm", object, optional, "the address space, when it is not the current task's"},
    {"address", hex, required, "virtual address in user memory"},
    {"bytes", bytes, required, "what the kernel wrote there"},
};
constexpr AttrInfo pageWriteAttrs[] = {
    {"pfn", hex, required, "page frame number"},
    {"offset", hex, required, "first byte in the page"},
    {"bytes", bytes, required, "what the kernel wrote there"},
};
constexpr AttrInfo sysEnterAttrs[] = {
    {"nr", count, required, "system call number"},
    {"name", text, required, "its name"},
    {"args", texts, required, "arguments as strace shows them"},
    {"raw", hexes, required, "the argument registers"},
};
constexpr AttrInfo sysExitAttrs[] = {
    {"nr", count, required, "system call number"},
    {"name", text, required, "its name"},
    {"result", any, required, "what it returned: an integer, hex for an address"},
    {"errno", text, optional, "name of the error, ENOENT"},
};
constexpr AttrInfo inputAttrs[] = {
    {"source", text, required, "where it came from: stdin, stdout, stderr or terminal"},
    {"bytes", bytes, required, "what came; empty at the end of input"},
    {"offset", hex, optional, "offset in the file, in bytes"},
    {"error", text, optional, "what a read or a write of a stream failed with, EIO; EINTR: the host's terminal sent a signal"},
    {"left", count, optional, "bytes that a write that failed had not written"},
    {"ahead", text, optional, "typed before the program took the keys, shown by the host: line or unfinished"},
    {"signal", text, optional, "what the host's terminal sent: SIGINT, SIGQUIT or SIGWINCH"},
    {"rows", count, optional, "SIGWINCH: size of the terminal from now on"},
    {"columns", count, optional, "SIGWINCH: the same"},
    {"look", count, optional, "which look at the terminal brought it, from 0; what is not told brought nothing"},
    {"waited", count, optional, "ns of the host that the look took, and of virtual time"},
};
constexpr AttrInfo pageFaultUserAttrs[] = {
    {"address", hex, required, "the address that faulted (CR2)"},
    {"ip", hex, required, "address of the instruction"},
    {"error_code", hex, required, "bits P, W/R, U/S, RSVD, I/D (SDM Vol. 3A, 4.7)"},
};
constexpr AttrInfo exceptionAttrs[] = {
    {"vector", count, required, "exception number (SDM Vol. 3A, 6.3.1)"},
    {"name", text, required, "its mnemonic, #GP"},
    {"error_code", hex, required, "error code, 0 when there is none"},
    {"ip", hex, required, "address of the instruction"},
};
constexpr AttrInfo schedSwitchAttrs[] = {
    {"prev_comm", text, required, "name of the task that stops"},
    {"prev_pid", count, required, "its pid"},
    {"prev_state", text, required, "R runnable, S sleeping, D not interruptible, T stopped, Z zombie, X dead"},
    {"next_comm", text, required, "name of the task that goes on"},
    {"next_pid", count, required, "its pid"},
};
constexpr AttrInfo runQueueAttrs[] = {
    {"op", text, required, "add or remove"},
    {"task", object, required, "a task that can run and does not"},
    {"place", count, required, "its place in the queue, 0 is next; real-time tasks come first"},
};
constexpr AttrInfo forkAttrs[] = {
    {"parent_comm", text, required, "name of the parent"},
    {"parent_pid", count, required, "its pid"},
    {"child_comm", text, required, "name of the child"},
    {"child_pid", count, required, "its pid"},
};
constexpr AttrInfo execAttrs[] = {
    {"filename", text, required, "the program, as given"},
    {"old_pid", count, required, "pid before (a thread takes its leader's)"},
};
constexpr AttrInfo exitAttrs[] = {
    {"comm", text, required, "name of the task"},
    {"exit_code", hex, required, "as wait() reports it: status << 8, or the signal"},
};
constexpr AttrInfo signalGenerateAttrs[] = {
    {"sig", count, required, "signal number"},
    {"name", text, required, "its name, SIGCHLD"},
    {"code", count, required, "si_code"},
    {"comm", text, required, "name of the task it is for"},
    {"target_pid", count, required, "its pid"},
    {"result", text, optional, "delivered, ignored or already_pending"},
    {"error", count, optional, "si_errno, when it is not 0"},
    {"info", bytes, optional, "siginfo_t from its byte 16 on (sigaction(2)), without zeros at its end: the sender, the address, the value"},
};
constexpr AttrInfo signalDeliverAttrs[] = {
    {"sig", count, required, "signal number"},
    {"name", text, required, "its name"},
    {"code", count, required, "si_code"},
    {"sa_handler", hex, required, "address of the handler; 0 SIG_DFL, 1 SIG_IGN"},
    {"sa_flags", hex, required, "flags of the action"},
    {"error", count, optional, "si_errno, when it is not 0"},
    {"info", bytes, optional, "siginfo_t from its byte 16 on (sigaction(2)), without zeros at its end"},
};
constexpr AttrInfo registersAttrs[] = {
    {"task", object, required, "the task that enters user mode"},
    {"mm", object, optional, "its address space, when it is another one than before"},
    {"regs", map, required, "registers that the kernel has changed since it left user mode, and their values"},
    {"hash", hex, required, "XXH64 of all its registers (see State hashes)"},
};
constexpr AttrInfo insnAttrs[] = {
    {"address", hex, required, "where it is"},
    {"symbol", text, optional, "function of the program, NAME+0xOFFSET"},
    {"bytes", bytes, required, "its encoding"},
    {"text", text, required, "assembly, Intel syntax"},
    {"regs", map, required, "registers it changed and their new values"},
    {"memory", AttrType::memory, optional, "bytes it wrote"},
    {"interrupted", boolean, optional, "true when a fault stopped it: this is the part that was done, and not counted; rip is still at it"},
};
constexpr AttrInfo unsupportedAttrs[] = {
    {"what", text, required, "instruction, syscall or feature"},
    {"name", text, required, "mnemonic or name"},
    {"number", count, optional, "system call number"},
    {"bytes", bytes, optional, "encoding of the instruction"},
    {"address", hex, optional, "where the program asked for it"},
    {"consequence", text, required, "what the program gets instead"},
};
constexpr AttrInfo truncatedAttrs[] = {
    {"kinds", texts, required, "kinds of events that are no longer recorded from here on"},
    {"reason", text, required, "why"},
};
constexpr AttrInfo checkpointAttrs[] = {
    {"hash", hex, required, "XXH64 of the machine's state: of the hashes of its parts"},
    {"parts", map, optional, "the hash of each part (see State hashes)"},
};
constexpr AttrInfo footerAttrs[] = {
    {"events", map, required, "how many of each kind, this line not counted"},
    {"exit_status", count, required, "of the machine: the program's status, or 128 + signal"},
    {"instructions", count, required, "instructions executed by all tasks"},
    {"state_hash", hex, optional, "XXH64 of the machine's final state"},
    {"hash", hex, required, "XXH64, seed 0, of every byte before this line"},
};

constexpr KindInfo table[] = {
    {Kind::header, "header", "always", "First line: what was run, by what, and how to run it again.", headerAttrs},
    {Kind::task, "task", "task", "A task exists from now on, or has a new name.", taskAttrs},
    {Kind::call, "call", "kernel", "A kernel function begins.", callAttrs},
    {Kind::ret, "return", "kernel", "A kernel function ends. One whose task dies inside it never does.", returnAttrs},
    {Kind::local, "local", "kernel", "A local variable of the innermost open call got a new value.", localAttrs},
    {Kind::set, "set", "object", "A field of a kernel object got a new value.", setAttrs},
    {Kind::object_new, "object_new", "object", "A kernel object was allocated.", objectNewAttrs},
    {Kind::object_free, "object_free", "object", "A kernel object was freed.", objectFreeAttrs},
    {Kind::check, "check", "check", "The kernel looked whether something holds.", checkAttrs},
    {Kind::formats, "formats", "object", "The list of binary formats changed.", formatsAttrs},
    {Kind::vma, "vma", "mm", "A virtual memory area came, changed or went.", vmaAttrs},
    {Kind::pte, "pte", "mm", "A page table entry changed.", pteAttrs},
    {Kind::page_fill, "page_fill", "mm", "A page frame got its content.", pageFillAttrs},
    {Kind::blob, "blob", "mm", "Bytes that page_fill events refer to.", blobAttrs},
    {Kind::user_write, "user_write", "mm", "The kernel wrote into user memory.", userWriteAttrs},
    {Kind::page_write, "page_write", "mm", "The kernel wrote into a page of a file.", pageWriteAttrs},
    {Kind::sys_enter, "sys_enter", "syscall", "A system call begins.", sysEnterAttrs},
    {Kind::sys_exit, "sys_exit", "syscall", "A system call ends.", sysExitAttrs},
    {Kind::input, "input", "input", "Bytes came from outside the machine.", inputAttrs},
    {Kind::page_fault_user, "page_fault_user", "fault", "An instruction touched a page that its tables do not allow.", pageFaultUserAttrs},
    {Kind::exception, "exception", "fault", "The CPU raised an exception other than a page fault.", exceptionAttrs},
    {Kind::sched_switch, "sched_switch", "sched", "The CPU goes on with another task.", schedSwitchAttrs},
    {Kind::run_queue, "run_queue", "sched", "A task came into the queue of those that can run, or left it.", runQueueAttrs},
    {Kind::sched_process_fork, "sched_process_fork", "task", "A task made another one.", forkAttrs},
    {Kind::sched_process_exec, "sched_process_exec", "task", "A task now runs another program.", execAttrs},
    {Kind::sched_process_exit, "sched_process_exit", "task", "A task ends.", exitAttrs},
    {Kind::signal_generate, "signal_generate", "signal", "A signal was sent.", signalGenerateAttrs},
    {Kind::signal_deliver, "signal_deliver", "signal", "A signal was acted upon.", signalDeliverAttrs},
    {Kind::registers, "registers", "insn", "A task enters user mode with registers that the kernel has changed.", registersAttrs},
    {Kind::insn, "insn", "insn", "One instruction of the program, with what it changed.", insnAttrs},
    {Kind::unsupported, "unsupported", "always", "The program asked for something that execscope does not have.", unsupportedAttrs},
    {Kind::truncated, "truncated", "always", "Some events are left out from here on.", truncatedAttrs},
    {Kind::checkpoint, "checkpoint", "always", "The state of the whole machine at this point.", checkpointAttrs},
    {Kind::footer, "footer", "always", "Last line: how it ended. A trace without it was cut.", footerAttrs},
};

constexpr bool inOrder() {
    if (std::size(table) != kindCount) return false;
    for (std::size_t i = 0; i < kindCount; ++i)
        if (static_cast<std::size_t>(table[i].kind) != i) return false;
    return true;
}
static_assert(inOrder(), "one row per Kind, in its order");

}  // namespace

std::span<const KindInfo> vocabulary() noexcept { return table; }

const KindInfo& info(Kind kind) noexcept { return table[static_cast<std::size_t>(kind)]; }

const KindInfo* findKind(std::string_view name) noexcept {
    const auto* at = std::ranges::find(table, name, &KindInfo::name);
    return at == std::end(table) ? nullptr : at;
}

const AttrInfo* findAttr(const KindInfo& kind, std::string_view name) noexcept {
    const auto at = std::ranges::find(kind.attrs, name, &AttrInfo::name);
    return at == kind.attrs.end() ? nullptr : &*at;
}

}  // namespace traces
