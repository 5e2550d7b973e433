#include "kernel_model/include/version/exec.hpp"
#include "kernel_model/include/version/ipc.hpp"
#include "kernel_model/include/version/mm.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/include/version/signal.hpp"

#include <algorithm>
#include <iterator>

namespace kernel {
namespace {

// Numbers without a function in syscall_64.tbl of both versions.
bool isUnassigned(u64 number) {
    constexpr u64 without_function[] = {174, 177, 178, 180, 181, 182, 183, 184, 185, 205, 211, 214, 215, 236};
    return std::ranges::find(without_function, number) != std::end(without_function);
}
// Linux 6.1 also lost _sysctl, and its table has a gap before the numbers common to all architectures.
bool isUnassignedLater(u64 number) { return isUnassigned(number) || number == 156 || (number > 334 && number < 424); }

constexpr u64 FINIT_MODULE = 313, SET_MEMPOLICY_HOME_NODE = 450;

constexpr Version v3_10_version{"v3.10", "3.10.0", "#1 SMP execscope", FINIT_MODULE, isUnassigned, "sys_",
                                v3_10::processVersion, v3_10::mmVersion, v3_10::signalVersion, v3_10::execVersion};
constexpr Version v6_1_version{"v6.1", "6.1.187", "#1 SMP PREEMPT_DYNAMIC execscope", SET_MEMPOLICY_HOME_NODE, isUnassignedLater,
                               "__x64_sys_", v6_1::processVersion, v6_1::mmVersion, v6_1::signalVersion, v6_1::execVersion};
constexpr const Version* all[] = {&v3_10_version, &v6_1_version};
const Version* chosen = &v3_10_version;

}  // namespace

const Version& version() { return *chosen; }
const IpcVersion& ipcVersion() { return chosen == &v6_1_version ? v6_1::ipcVersion : v3_10::ipcVersion; }
void setVersion(const Version& v) { chosen = &v; }
std::span<const Version* const> versions() { return all; }
const Version* findVersion(std::string_view profile) {
    const auto found = std::ranges::find(all, profile, &Version::profile);
    return found == std::end(all) ? nullptr : *found;
}

}  // namespace kernel
