// /proc/locks (Linux fs/locks.c, lock_get_status; proc(5)).
#include "kernel_model/fs/locks.hpp"
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/version/process.hpp"

#include <functional>
#include <limits>
#include <map>
#include <sys/file.h>

namespace kernel {
namespace {

std::string place(const inode* node, pid_t pid) {
    return format("%d %02x:%02x:%llu ", pid, MAJOR(node->i_dev), MINOR(node->i_dev), static_cast<unsigned long long>(node->i_ino));
}
const char* reading() { return version().process.newerProc ? "READ" : "READ "; }

// A lock of v3.10 that keeps nobody out.
const char* mandatory(unsigned type) {
    if ((type & LOCK_RW) == LOCK_RW) return "RW   ";
    return type & LOCK_READ ? "READ " : type & LOCK_WRITE ? "WRITE" : "NONE ";
}
std::string show(const inode* node, const WholeLock& l) {
    if (l.type & LOCK_MAND) return format("FLOCK  MSNFS     %s ", mandatory(l.type)) + place(node, l.pid) + "0 EOF\n";
    return format("FLOCK  ADVISORY  %s ", l.type == LOCK_EX ? "WRITE" : reading()) + place(node, l.pid) + "0 EOF\n";
}
std::string show(const inode* node, const file_lock& l) {
    const std::string end = l.end == std::numeric_limits<loff_t>::max() ? "EOF" : std::to_string(l.end);
    return format("%s ADVISORY  %s ", l.ofd ? "OFDLCK" : "POSIX ", l.type == F_WRLCK ? "WRITE" : reading()) + place(node, l.pid) +
        format("%lld %s\n", static_cast<long long>(l.start), end.c_str());
}

}  // namespace

// Of record locks, the first who waits for each; who waits for flock(2) is left out.
Result<std::string> showLocks(task_struct*) {
    std::map<u64, std::string, std::greater<>> lines;       // without the number in front; after a newline, who waits
    for (const file_lock_context* locks : lockContexts()) {
        for (const WholeLock& l : locks->flc_flock) lines[l.number] = show(locks->file, l);
        for (const file_lock& l : locks->flc_posix) {
            std::string& line = lines[l.number] += show(locks->file, l);
            if (const file_lock* const waiting = firstWaiter(locks->file, l)) line += "-> " + show(locks->file, *waiting);
        }
    }
    std::string s;
    int number = 0;
    for (const auto& [when, text] : lines) {
        ++number;
        for (u64 begin = 0, end = 0; begin < text.size(); begin = end) {
            end = text.find('\n', begin) + 1;
            s += std::to_string(number) + ": " + text.substr(begin, end - begin);
        }
    }
    return s;
}

}  // namespace kernel
