#include "emu/tools/read_trace.hpp"

#include "emu/log.hpp"

#include <new>

namespace emu {

using traces::Event;
using traces::Kind;

void readTrace(const std::string& path, const std::string& verb, Progress::Meanwhile meanwhile,
               const std::function<traces::Observer&()>& begin) {
    TraceInput input(path);
    Progress progress(verb, input.size(), meanwhile);
    std::optional<Event> event = input.next();
    traces::Observer& observer = begin();
    Kind last = Kind::header;
    for (; event; event = input.next()) {
        if (last == Kind::footer) input.refuse(input.reader().line(), "something stands behind the footer");
        last = event->kind;
        progress.at(input.taken());
        try {
            observer.event(*event);
        } catch (const TraceProblem& problem) {
            input.refuse(input.reader().line(), problem.what());
        } catch (const std::bad_alloc&) {
            input.refuseMemory();
        }
    }
    progress.end();
    if (last != Kind::footer) warn(input.name() + " was cut: it has no footer; this is what its complete lines say");
}

}  // namespace emu
