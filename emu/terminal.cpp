#include "emu/terminal.hpp"

#include <cstdlib>
#include <cstring>
#include <sys/ioctl.h>
#include <unistd.h>

namespace emu {

Screen screenOf(int fd) {
    Screen screen;
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col) screen.width = size.ws_col;
    else if (const char* columns = std::getenv("COLUMNS"); columns && std::atoi(columns) > 0)
        screen.width = static_cast<unsigned>(std::atoi(columns));
    const char* term = std::getenv("TERM");
    const char* refused = std::getenv("NO_COLOR");
    screen.colour = ::isatty(fd) == 1 && !(refused && *refused) && term && std::strcmp(term, "dumb") != 0;
    return screen;
}

}  // namespace emu
