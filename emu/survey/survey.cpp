#include "emu/survey/survey.hpp"

#include "emu/exec_failure.hpp"
#include "emu/tools/text.hpp"
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/machine.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace emu {

namespace {

using traces::Kind;

constexpr u64 IOCTL = 16, EXECVE = 59;
constexpr std::size_t MOST_KEYS = 10000;        // of requests and files: a guest can make up as many as it likes

constexpr u64 USED_KINDS = traces::bit(Kind::sys_enter) | traces::bit(Kind::sys_exit) | traces::bit(Kind::unsupported);

std::string userString(u64 address) {
    std::string text;
    while (text.size() < 4096) {
        const u8* byte = kernel::processor().userByte(address + text.size(), cpu::Access::read);
        if (!byte || !*byte) break;
        text += static_cast<char>(*byte);
    }
    return text;
}

std::string directoryOf(i64 fd) {
    if (static_cast<int>(fd) == AT_FDCWD) {
        const kernel::fs_struct* fs = kernel::current_task->fs;
        return fs ? kernel::d_path(fs->pwd ? fs->pwd : kernel::rootDentry()) : "/";
    }
    kernel::file* file = kernel::fget_raw(static_cast<unsigned>(fd));
    if (!file) return "";
    const std::string path = kernel::d_path(file->f_path);
    kernel::fput(file);
    return path;
}

bool isOfSystem(const std::string& path) {
    return std::ranges::any_of(std::array{"/proc", "/dev", "/sys"},
                               [&](const std::string& top) { return path == top || path.starts_with(top + "/"); });
}

// /proc/3/fd/12 as /proc/N/fd/N.
std::string withoutNumbers(const std::string& path) {
    if (!path.starts_with("/proc/")) return path;
    std::string out;
    for (const auto& part : std::filesystem::path(path)) {
        const std::string name = part.string();
        if (name == "/") continue;
        out += "/" + (name.find_first_not_of("0123456789") == std::string::npos && !name.empty() ? "N" : name);
    }
    return out;
}

void count(Use& use, const std::string& error) {
    ++use.count;
    if (!error.empty()) ++use.errors[error];
}

bool isTerminal(u64 fd) {
    kernel::file* file = kernel::fget(static_cast<unsigned>(fd));
    if (!file) return false;
    const bool is = file->f_inode->i_rdev == (4u << 20 | 64);        // ttyS0
    kernel::fput(file);
    return is;
}

}  // namespace

Survey::Survey(bool strict) : strict_(strict) {
    traces::tracer().addObserver(this);
    traces::tracer().setMask(USED_KINDS | traces::bit(Kind::check));     // checks: for ExecWatcher
}

Survey::~Survey() {
    traces::tracer().setMask(0);
    traces::tracer().removeObserver(this);
}

void Survey::stop() {
    if (!strict_ || stopped_) return;
    stopped_ = true;
    kernel::machine().boot.max_instructions = std::max<u64>(kernel::processor().instructions(), 1);
}

void Survey::event(const traces::Event& event) {
    if (!started_) {
        const bool begins = event.kind == Kind::sys_exit && event.pid == MAIN_PID && showText(event, "name") == "execve" &&
                            emu::count(event, "result") == 0;
        if (begins) {
            started_ = true;
            traces::tracer().setMask(USED_KINDS);
        }
        return;
    }
    if (event.pid == 1) return;
    if (event.kind == Kind::sys_enter) enter(event);
    if (event.kind == Kind::sys_exit) leave(event);
    if (event.kind == Kind::unsupported) stop();
}

void Survey::enter(const traces::Event& event) {
    Call& call = in_[event.pid];
    call.nr = static_cast<u64>(emu::count(event, "nr"));
    const auto& raw = event.find("raw")->items;
    for (std::size_t i = 0; i < call.raw.size(); ++i) call.raw[i] = i < raw.size() ? raw[i].number : 0;
    ++calls_[call.nr].count;
}

void Survey::leave(const traces::Event& event) {
    const auto call = in_.find(event.pid);
    if (call == in_.end()) return;
    const std::string error = event.find("errno") ? showText(event, "errno") : "";
    if (!error.empty() && call->second.nr == static_cast<u64>(emu::count(event, "nr"))) ++calls_[call->second.nr].errors[error];
    const u64 nr = call->second.nr;
    if (nr == IOCTL && ioctls_.size() < MOST_KEYS) {
        const u64 request = call->second.raw[1] & 0xffffffff;
        count(ioctls_[request], error);
        if (error == "ENOTTY" && isTerminal(call->second.raw[0])) {
            ++refused_[request];
            stop();
        }
    }
    if (nr != EXECVE || !error.empty()) noteFiles(event.pid, error);
    in_.erase(call);
}

void Survey::noteFiles(u64 pid, const std::string& error) {
    const Call& call = in_.at(pid);
    const kernel::SyscallDefinition* definition = kernel::syscallByNumber(call.nr);
    for (std::size_t i = 0; definition && i < static_cast<std::size_t>(definition->argument_count); ++i) {
        if (std::strcmp(definition->arguments[i].type, "UserPtr<const char>")) continue;
        const std::string name = userString(call.raw[i]);
        if (name.empty()) continue;
        const bool below = i > 0 && !std::strcmp(definition->arguments[i - 1].type, "int");
        const std::string directory = name[0] == '/' ? "" : directoryOf(below ? static_cast<i64>(call.raw[i - 1]) : AT_FDCWD) + "/";
        std::string path = std::filesystem::path(directory + name).lexically_normal().string();
        if (path.size() > 1 && path.ends_with('/')) path.pop_back();
        if (!isOfSystem(path) || files_.size() >= MOST_KEYS) continue;
        const std::string key = withoutNumbers(path);
        count(files_[key], error);
        if (error == "ENOENT" && linuxHasFile(key)) stop();
    }
}

std::vector<MissingThing> Survey::missing() const {
    std::vector<MissingThing> all;
    for (const kernel::UnsupportedRecord& r : kernel::unsupportedRecords()) all.push_back({r.what, r.name, r.count, r.consequence});
    for (const auto& [request, times] : refused_)
        all.push_back({"ioctl", ioctlName(request).empty() ? hex(request) : ioctlName(request), times, "ENOTTY"});
    for (const auto& [path, use] : files_) {
        const auto absent = use.errors.find("ENOENT");
        if (absent != use.errors.end() && linuxHasFile(path)) all.push_back({"file", path, absent->second, "ENOENT"});
    }
    return all;
}

}  // namespace emu
