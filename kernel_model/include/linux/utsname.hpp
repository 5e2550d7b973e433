// What uname(2) and /proc/sys/kernel say (Linux include/linux/utsname.h). nodename is machine().boot.hostname.
#pragma once

namespace kernel {

struct UtsStrings { const char *sysname, *release, *version, *machine, *domainname; };
constexpr UtsStrings uts() { return {"Linux", "3.10.0", "#1 SMP execscope", "x86_64", "(none)"}; }

}  // namespace kernel
