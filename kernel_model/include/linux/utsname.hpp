// What uname(2) and /proc/sys/kernel say (Linux include/linux/utsname.h). nodename is machine().boot.hostname.
#pragma once

#include "kernel_model/include/version/version.hpp"

namespace kernel {

struct UtsStrings { const char *sysname, *release, *version, *machine, *domainname; };
inline UtsStrings uts() { return {"Linux", version().release, version().utsVersion, "x86_64", "(none)"}; }

}  // namespace kernel
