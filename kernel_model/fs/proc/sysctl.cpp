// /proc/sys (Linux kernel/sysctl.c and others; proc(5)).
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/linux/coredump.hpp"
#include "kernel_model/include/linux/utsname.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/ipc/msg.hpp"
#include "kernel_model/ipc/shm.hpp"

#include <algorithm>

namespace kernel {
namespace {

using Text = Result<std::string>;
unsigned long long ull(u64 n) { return n; }

Text osrelease(task_struct*) { return format("%s\n", uts().release); }
Text ostype(task_struct*) { return format("%s\n", uts().sysname); }
Text osversion(task_struct*) { return format("%s\n", uts().version); }
Text hostname(task_struct*) { return machine().boot.hostname + "\n"; }
Text msgmni(task_struct*) { return format("%d\n", msg_ctlmni()); }
Text semLimits(task_struct*) {
    const IpcVersion& limits = ipcVersion();
    return format("%d\t%d\t%d\t%d\n", limits.semmsl, limits.semmns, limits.semopm, limits.semmni);
}
Text shmall(task_struct*) { return format("%llu\n", ull(ipcVersion().shmall)); }
Text shmmax(task_struct*) { return format("%llu\n", ull(ipcVersion().shmmax)); }
Text fileMax(task_struct*) {
    return format("%llu\n", ull(version().process.newerProc ? ~u64{0} >> 1 : machine().memory->frames() * 4 / 10));
}
Text lastCapability(task_struct*) { return format("%d\n", version().process.lastCapability); }
Text domainname(task_struct*) { return std::string("(none)\n"); }
Text threadsMax(task_struct*) { return format("%d\n", max_threads); }
template <int n>
Text number(task_struct*) { return std::to_string(n) + "\n"; }
Text randomize(task_struct*) { return std::string(machine().boot.randomize ? "2\n" : "0\n"); }

std::string makeUuid() {                    // RFC 4122 version 4
    const u64 high = (randomU64("uuid") & ~u64{0xf000}) | 0x4000;
    const u64 low = (randomU64("uuid") & ~(u64{3} << 62)) | u64{1} << 63;
    return format("%08llx-%04llx-%04llx-%04llx-%012llx\n", ull(high >> 32), ull(high >> 16 & 0xffff), ull(high & 0xffff), ull(low >> 48),
                  ull(low & 0xffff'ffff'ffff));
}
Text uuid(task_struct*) { return makeUuid(); }
Text bootId(task_struct*) {
    static const std::string id = makeUuid();
    return id;
}

Text corePattern(task_struct*) { return core_pattern + "\n"; }
int setCorePattern(task_struct*, const std::string& text) {     // proc_dostring: one line of at most 127 bytes
    core_pattern = text.substr(0, std::min<std::size_t>(text.find_first_of(std::string_view("\n\0", 2)), 127));
    return 0;
}
Text coreUsesPid(task_struct*) { return std::string(core_uses_pid ? "1\n" : "0\n"); }
int setCoreUsesPid(task_struct*, const std::string& text) {
    const Result<u64> value = parseNumber(text, 10);
    if (!value.ok()) return value.error();
    core_uses_pid = value.value() != 0;
    return 0;
}

constexpr umode_t readable = S_IFREG | 0444, setting = S_IFREG | 0644;
constexpr ProcEntry entries[] = {
    {"sys/fs/file-max", setting, fileMax},
    {"sys/fs/mqueue/msg_default", setting, number<10>},
    {"sys/fs/mqueue/msg_max", setting, number<10>},
    {"sys/fs/mqueue/msgsize_default", setting, number<8192>},
    {"sys/fs/mqueue/msgsize_max", setting, number<8192>},
    {"sys/fs/mqueue/queues_max", setting, number<256>},
    {"sys/fs/nr_open", setting, number<1048576>},
    {"sys/fs/pipe-max-size", setting, number<1048576>},
    {"sys/fs/suid_dumpable", setting, number<0>},
    {"sys/kernel/cap_last_cap", readable, lastCapability},
    {"sys/kernel/core_pattern", setting, corePattern, nullptr, setCorePattern},
    {"sys/kernel/core_pipe_limit", setting, number<0>},
    {"sys/kernel/core_uses_pid", setting, coreUsesPid, nullptr, setCoreUsesPid},
    {"sys/kernel/dmesg_restrict", setting, number<0>},
    {"sys/kernel/domainname", setting, domainname},
    {"sys/kernel/hostname", setting, hostname},
    {"sys/kernel/msgmax", setting, number<MSGMAX_DEFAULT>},
    {"sys/kernel/msgmnb", setting, number<MSGMNB_DEFAULT>},
    {"sys/kernel/msgmni", setting, msgmni},
    {"sys/kernel/ngroups_max", readable, number<65536>},
    {"sys/kernel/osrelease", readable, osrelease},
    {"sys/kernel/ostype", readable, ostype},
    {"sys/kernel/panic", setting, number<0>},
    {"sys/kernel/pid_max", setting, number<32768>},
    {"sys/kernel/random/boot_id", readable, bootId},
    {"sys/kernel/random/uuid", readable, uuid},
    {"sys/kernel/randomize_va_space", setting, randomize},
    {"sys/kernel/sem", setting, semLimits},
    {"sys/kernel/shm_rmid_forced", setting, number<0>},
    {"sys/kernel/shmall", setting, shmall},
    {"sys/kernel/shmmax", setting, shmmax},
    {"sys/kernel/shmmni", setting, number<SHMMNI_DEFAULT>},
    {"sys/kernel/tainted", setting, number<0>},
    {"sys/kernel/threads-max", setting, threadsMax},
    {"sys/kernel/version", readable, osversion},
    {"sys/net/core/somaxconn", setting, number<4096>},
    {"sys/vm/max_map_count", setting, number<65530>},
    {"sys/vm/mmap_min_addr", setting, number<65536>},
    {"sys/vm/nr_hugepages", setting, number<0>},
    {"sys/vm/overcommit_memory", setting, number<0>},
    {"sys/vm/overcommit_ratio", setting, number<50>},
    {"sys/vm/panic_on_oom", setting, number<0>},
    {"sys/vm/swappiness", setting, number<60>},
};

}  // namespace

std::span<const ProcEntry> procSysEntries() { return entries; }

}  // namespace kernel
