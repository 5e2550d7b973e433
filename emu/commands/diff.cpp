#include "emu/commands.hpp"
#include "emu/report.hpp"
#include "emu/terminal.hpp"
#include "emu/tools/progress.hpp"
#include "emu/tools/story_diff.hpp"
#include "emu/tracing.hpp"

#include <stdexcept>
#include <unistd.h>

namespace emu {

// As diff(1): 0 the same, 1 different.
int diffCommand(const Options& options) {
    const std::string path = options.trace.output.empty() ? "-" : options.trace.output;
    for (const std::string& trace : options.traces) checkApart(path, trace, "a trace that is read");
    if (options.traces[0] == "-" && options.traces[1] == "-")
        throw std::runtime_error("only one of the two traces can come from standard input");
    StorySteps a(options.traces[0]), b(options.traces[1]);
    const Screen screen = path == "-" ? screenOf(STDOUT_FILENO) : Screen{};
    const u64 sizes[] = {a.input().size(), b.input().size()};
    Progress progress("compared", sizes[0] && sizes[1] ? sizes[0] + sizes[1] : 0);
    for (StorySteps* steps : {&a, &b}) steps->watch([&] { progress.at(a.input().taken() + b.input().taken()); });
    StoryDiff diff(a, b, screen);
    const std::string text = diff.tell();
    progress.end();
    checkWritten("the differences", openSink(path, path)->write(text).error);
    return diff.different() ? 1 : 0;
}

}  // namespace emu
