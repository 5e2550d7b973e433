#include "traces/sink.hpp"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace traces {

Sink::Result MemorySink::write(std::string_view bytes) {
    text_ += bytes;
    return {bytes.size(), 0};
}

void MemorySink::truncate(u64 size) {
    if (size < text_.size()) text_.resize(size);
}

FdSink::~FdSink() {
    if (ownership_ == Ownership::owned) ::close(fd_);
}

Sink::Result FdSink::write(std::string_view bytes) {
    std::size_t written = 0;
    while (written < bytes.size()) {
        const ssize_t n = ::write(fd_, bytes.data() + written, bytes.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return {written, errno};
        if (n == 0) return {written, EIO};
        written += static_cast<std::size_t>(n);
    }
    return {written, 0};
}

void FdSink::truncate(u64 size) {
    struct stat status {};
    if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return;
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return;
    static_cast<void>(::lseek(fd_, static_cast<off_t>(size), SEEK_SET));
}

}  // namespace traces
