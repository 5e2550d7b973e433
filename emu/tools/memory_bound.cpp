#include "emu/tools/memory_bound.hpp"

#include <algorithm>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

namespace emu {

namespace {

u64 bound() {
    u64 most = u64{8} << 30;
    const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
    if (pages > 0 && size > 0) most = std::min(most, static_cast<u64>(pages) * static_cast<u64>(size) / 3);
    struct ::rlimit limit {};
    if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) most = std::min<u64>(most, limit.rlim_cur / 3);
    return most;
}

}  // namespace

u64 mostMemory() {
    static const u64 most = bound();
    return most;
}

u64 heapInUse() {
    const struct ::mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

std::string tooMuchMemory() {
    return "what the events have made so far needs more than " + std::to_string(mostMemory() >> 20) +
           " MiB, the most that is spent on a trace";
}

}  // namespace emu
