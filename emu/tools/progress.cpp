#include "emu/tools/progress.hpp"

#include <cstdio>
#include <sys/stat.h>
#include <unistd.h>

namespace emu {

using namespace std::chrono_literals;

Progress::Progress(std::string what, u64 total, Meanwhile meanwhile)
    : what_(std::move(what)),
      total_(total),
      terminal_(meanwhile == Meanwhile::nothing && ::isatty(STDERR_FILENO)),
      next_(std::chrono::steady_clock::now() + 1s) {}

void Progress::at(u64 bytes) {
    if (!terminal_ || ++calls_ % 4096 != 0) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + 200ms;
    show(bytes);
}

void Progress::show(u64 bytes) {
    visible_ = true;
    if (total_) std::fprintf(stderr, "\r%3llu %% %s\033[K", static_cast<unsigned long long>(bytes * 100 / total_), what_.c_str());
    else std::fprintf(stderr, "\r%llu MiB %s\033[K", static_cast<unsigned long long>(bytes >> 20), what_.c_str());
    std::fflush(stderr);
}

void Progress::end() {
    if (visible_) std::fputs("\r\033[K", stderr);
    visible_ = false;
}

Progress::Meanwhile meanwhileTo(const std::string& output) {
    struct ::stat status {};
    const int found = output == "-" ? ::fstat(STDOUT_FILENO, &status) : ::stat(output.c_str(), &status);
    const bool read = found == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ||
                                     (S_ISCHR(status.st_mode) && (output != "-" || ::isatty(STDOUT_FILENO))));
    return read ? Progress::Meanwhile::writes : Progress::Meanwhile::nothing;
}

}  // namespace emu
