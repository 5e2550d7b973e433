#include "emu/determinism.hpp"

#include "emu/host_gateway.hpp"
#include "emu/log.hpp"
#include "emu/options.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace emu {

ComparingSink::ComparingSink(const std::string& path) : path_(path), file_(path, std::ios::binary), plain_(*file_.rdbuf()), bytes_(plain_) {
    if (!file_) throw std::runtime_error("cannot read " + path + ": " + std::strerror(errno));
}

ComparingSink::Result ComparingSink::write(std::string_view bytes) {
    std::vector<char> theirs(1 << 16);
    for (std::size_t done = 0; done < bytes.size() && !differs_;) {
        const std::streamsize wanted = static_cast<std::streamsize>(std::min(theirs.size(), bytes.size() - done));
        const std::size_t got = static_cast<std::size_t>(bytes_.sgetn(theirs.data(), wanted));
        const auto pair = std::mismatch(theirs.begin(), theirs.begin() + static_cast<std::ptrdiff_t>(got),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(done));
        line_ += static_cast<u64>(std::count(theirs.begin(), pair.first, '\n'));
        differs_ = got == 0 || pair.first != theirs.begin() + static_cast<std::ptrdiff_t>(got);
        done += got;
    }
    return {bytes.size(), 0};
}

u64 ComparingSink::differs() {
    if (!differs_) differs_ = bytes_.sgetc() != std::streambuf::traits_type::eof();
    return differs_ ? line_ : 0;
}

namespace {

int inChild(const std::function<int()>& run) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error(std::string("cannot fork: ") + std::strerror(errno));
    if (child == 0) {
        int status = OWN_FAILURE;
        try {
            status = run();
        } catch (const std::exception& error) {
            say(error.what());
        }
        std::fflush(nullptr);
        ::_exit(status);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void silence() {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
}

std::string problemOf(const std::function<std::string()>& run) {
    try {
        return run();
    } catch (const std::exception& error) {
        return error.what();
    }
}

}  // namespace

int runTwice(const std::function<int()>& first, const std::function<std::string()>& second) {
    const off_t input = ::lseek(STDIN_FILENO, 0, SEEK_CUR);
    const int status = inChild(first);
    if (status == OWN_FAILURE) return status;
    if (input >= 0) ::lseek(STDIN_FILENO, input, SEEK_SET);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error(std::string("cannot make a pipe: ") + std::strerror(errno));
    const Descriptor told(ends[0]);
    {
        const Descriptor tell(ends[1]);
        inChild([&] {
            silence();
            const std::string problem = problemOf(second).substr(0, PIPE_BUF - 1) + '\n';
            return ::write(tell.get(), problem.data(), problem.size()) > 0 ? 0 : OWN_FAILURE;
        });
    }
    char problem[PIPE_BUF];
    const ssize_t size = ::read(told.get(), problem, sizeof problem);
    if (size <= 0) say("the second run did not end, so the runs cannot be compared");
    else if (size > 1) say(std::string(problem, static_cast<std::size_t>(size - 1)));
    if (size != 1) return OWN_FAILURE;
    inform("both runs gave the same trace");
    return status;
}

}  // namespace emu
