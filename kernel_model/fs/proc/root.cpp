// Files of /proc that belong to no process (Linux fs/proc/root.c, meminfo.c, version.c, uptime.c, ...; proc(5)).
#include "cpu/cpuid.hpp"
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/utsname.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/ipc/util.hpp"

#include <algorithm>

namespace kernel {
namespace {

using Text = Result<std::string>;

Text self(task_struct*) { return std::to_string(current->tgid.get()); }
Text threadSelf(task_struct*) { return format("%d/task/%d", current->tgid.get(), current->pid.get()); }
Text mountsLink(task_struct*) { return std::string("self/mounts"); }

Text cpuinfo(task_struct*) {
    const cpu::ProcessorModel& model = processor().model();
    const cpu::Level level = model.level;
    const cpu::Signature signature = cpu::signature(level);
    std::string flags;
    for (const cpu::FeatureInfo& feature : cpu::features())
        if (cpu::has(model, feature) && !feature.unnamed) flags += " " + std::string(feature.name);
    return format("processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\nstepping\t: %u\nmicrocode\t: 0x1\n",
                  signature.family, signature.model, cpu::brandName(level), signature.stepping) +
        "cpu MHz\t\t: 1000.000\ncache size\t: 4096 KB\nphysical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\napicid\t\t: 0\ninitial apicid\t: 0\n"
        "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: " + std::to_string(cpu::cpuidLeaf(level, 0, 0).eax) +
        "\nwp\t\t: yes\n"
        "flags\t\t:" + flags + "\nbugs\t\t:\nbogomips\t: 2000.00\nclflush size\t: 64\n"
        "cache_alignment\t: 64\naddress sizes\t: 40 bits physical, 48 bits virtual\npower management:\n\n";
}

Text version(task_struct*) { return format("%s version %s (execscope) %s\n", uts().sysname, uts().release, uts().version); }
Text filesystems(task_struct*) {
    return std::string(
        "nodev\tsysfs\nnodev\trootfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tdevpts\nnodev\tmqueue\nnodev\tpipefs\nnodev\texecscope-host\n");
}
Text nothing(task_struct*) { return std::string(); }
Text devices(task_struct*) {
    return std::string(
        "Character devices:\n  1 mem\n  4 ttyS\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n128 ptm\n136 pts\n\nBlock devices:\n");
}
Text partitions(task_struct*) { return std::string("major minor  #blocks  name\n\n"); }
Text swaps(task_struct*) { return std::string("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"); }
Text ttyDrivers(task_struct*) {
    return std::string("/dev/tty             /dev/tty        5       0 system:/dev/tty\n/dev/console         /dev/console    5       1 system:console\n"
                       "/dev/ptmx            /dev/ptmx       5       2 system\nserial               /dev/ttyS       4      64 serial\n"
                       "pty_slave            /dev/pts      136 0-1048575 pty:slave\npty_master           /dev/ptm      128 0-1048575 pty:master\n");
}
Text cmdline(task_struct*) { return std::string("\n"); }

template <std::string (*show)()>
Text sysvipc(task_struct*) { return show(); }

constexpr umode_t readable = S_IFREG | 0444, link = S_IFLNK | 0777;
constexpr ProcEntry entries[] = {
    {"cmdline", readable, cmdline},
    {"cpuinfo", readable, cpuinfo},
    {"devices", readable, devices},
    {"diskstats", readable, nothing},
    {"filesystems", readable, filesystems},
    {"loadavg", readable, showLoadavg},
    {"locks", readable, showLocks},
    {"meminfo", readable, showMeminfo},
    {"modules", readable, nothing},
    {"mounts", link, mountsLink},
    {"partitions", readable, partitions},
    {"self", link, self},
    {"stat", readable, showStat},
    {"swaps", readable, swaps},
    {"sysvipc/msg", readable, sysvipc<showSysvMsg>},
    {"sysvipc/sem", readable, sysvipc<showSysvSem>},
    {"sysvipc/shm", readable, sysvipc<showSysvShm>},
    {"thread-self", link, threadSelf, nullptr, nullptr, true},
    {"tty/drivers", readable, ttyDrivers},
    {"uptime", readable, showUptime},
    {"version", readable, version},
    {"vmstat", readable, showVmstat},
};

}  // namespace

std::span<const ProcEntry> procRootEntries() {
    static const auto& all = *new std::vector<ProcEntry>([] {
        std::vector<ProcEntry> both(std::begin(entries), std::end(entries));
        const auto settings = procSysEntries();
        both.insert(both.end(), settings.begin(), settings.end());
        return both;
    }());
    return all;
}

}  // namespace kernel
