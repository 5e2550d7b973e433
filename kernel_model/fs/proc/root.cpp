// Files of /proc that belong to no process (Linux fs/proc/root.c, meminfo.c, version.c, uptime.c, ...; proc(5)).
#include "cpu/cpuid.hpp"
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/linux/coredump.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/utsname.hpp"
#include "kernel_model/include/machine.hpp"

#include <algorithm>

namespace kernel {
namespace {

using Text = Result<std::string>;
constexpr u64 second = 1'000'000'000;
unsigned long long ull(u64 n) { return n; }

Text self(task_struct*) { return std::to_string(current->tgid.get()); }
Text mountsLink(task_struct*) { return std::string("self/mounts"); }

Text meminfo(task_struct*) {
    const u64 total = machine().memory->frames() * 4, free = nr_free_pages() * 4;
    std::string s;
    const auto line = [&s](const char* name, u64 kb) { s += format("%-15s %8llu kB\n", (std::string(name) + ":").c_str(), ull(kb)); };
    line("MemTotal", total);
    line("MemFree", free);
    line("Buffers", 0);
    line("Cached", 0);
    line("SwapCached", 0);
    line("SwapTotal", 0);
    line("SwapFree", 0);
    return s;
}

Text cpuinfo(task_struct*) {
    const cpu::ProcessorModel& model = processor().model();
    const cpu::Level level = model.level;
    const cpu::Signature signature = cpu::signature(level);
    std::string flags;
    for (const cpu::FeatureInfo& feature : cpu::features())
        if (cpu::has(model, feature) && !feature.unnamed) flags += " " + std::string(feature.name);
    return format("processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n",
                  signature.family, signature.model, cpu::brandName(level), signature.stepping) +
        "cpu MHz\t\t: 1000.000\ncache size\t: 4096 KB\nphysical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\n"
        "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: " + std::to_string(cpu::cpuidLeaf(level, 0, 0).eax) +
        "\nwp\t\t: yes\n"
        "flags\t\t:" + flags + "\nbogomips\t: 2000.00\nclflush size\t: 64\n"
        "cache_alignment\t: 64\naddress sizes\t: 40 bits physical, 48 bits virtual\npower management:\n\n";
}

Text version(task_struct*) { return format("%s version %s (execscope) %s\n", uts().sysname, uts().release, uts().version); }
Text uptime(task_struct*) {
    const u64 now = ktime_get();
    return format("%llu.%02llu 0.00\n", ull(now / second), ull(now % second / 10'000'000));
}
Text loadavg(task_struct*) {
    const auto& tasks = all_tasks();
    pid_t last = 0;
    for (const task_struct* t : tasks) last = std::max(last, t->pid.get());
    return format("0.00 0.00 0.00 1/%zu %d\n", tasks.size(), last);
}
Text stat(task_struct*) {
    const u64 jiffies = ktime_get() / 10'000'000;
    return format("cpu  %llu 0 0 0 0 0 0 0 0 0\ncpu0 %llu 0 0 0 0 0 0 0 0 0\nintr 0\nctxt 0\nbtime %lld\nprocesses %zu\n"
                  "procs_running 1\nprocs_blocked 0\n",
                  ull(jiffies), ull(jiffies), static_cast<long long>(machine().boot.epoch_ns / static_cast<i64>(second)), all_tasks().size());
}
Text filesystems(task_struct*) { return std::string("nodev\trootfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tpipefs\nnodev\texecscope-host\n"); }
Text cmdline(task_struct*) { return std::string("\n"); }

Text osrelease(task_struct*) { return format("%s\n", uts().release); }
Text ostype(task_struct*) { return format("%s\n", uts().sysname); }
Text osversion(task_struct*) { return format("%s\n", uts().version); }
Text hostname(task_struct*) { return machine().boot.hostname + "\n"; }
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

constexpr umode_t readable = S_IFREG | 0444, setting = S_IFREG | 0644, link = S_IFLNK | 0777;
constexpr ProcEntry entries[] = {
    {"cmdline", readable, cmdline},
    {"cpuinfo", readable, cpuinfo},
    {"filesystems", readable, filesystems},
    {"loadavg", readable, loadavg},
    {"meminfo", readable, meminfo},
    {"mounts", link, mountsLink},
    {"self", link, self},
    {"stat", readable, stat},
    {"sys/kernel/core_pattern", setting, corePattern, nullptr, setCorePattern},
    {"sys/kernel/core_uses_pid", setting, coreUsesPid, nullptr, setCoreUsesPid},
    {"sys/kernel/hostname", setting, hostname},
    {"sys/kernel/ngroups_max", readable, number<65536>},
    {"sys/kernel/osrelease", readable, osrelease},
    {"sys/kernel/ostype", readable, ostype},
    {"sys/kernel/pid_max", setting, number<32768>},
    {"sys/kernel/random/boot_id", readable, bootId},
    {"sys/kernel/random/uuid", readable, uuid},
    {"sys/kernel/randomize_va_space", setting, randomize},
    {"sys/kernel/version", readable, osversion},
    {"sys/vm/overcommit_memory", setting, number<0>},
    {"uptime", readable, uptime},
    {"version", readable, version},
};

}  // namespace

std::span<const ProcEntry> procRootEntries() { return entries; }

}  // namespace kernel
