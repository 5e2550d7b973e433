// verify: whether the events of a trace make the states that the machine had.
#include "emu/commands.hpp"

#include "emu/log.hpp"
#include "emu/report.hpp"
#include "emu/tools/progress.hpp"
#include "emu/tools/trace_input.hpp"
#include "emu/verify/verifier.hpp"

#include <cerrno>
#include <cstdio>
#include <new>

namespace emu {

namespace {

constexpr int WRONG = 1, CUT = 2;

std::string partNames(u32 parts) {
    std::string names;
    for (std::size_t i = 0; i < traces::partCount; ++i)
        if (parts >> i & 1) (names += names.empty() ? "" : ", ") += traces::partName(static_cast<traces::Part>(i));
    return names;
}

// What would have to be recorded to verify the rest.
u64 missingKinds(const Verifier& verifier) {
    u64 kinds = 0;
    for (std::size_t i = 0; i < traces::partCount; ++i) kinds |= traces::kindsOf(static_cast<traces::Part>(i));
    return kinds & ~verifier.kinds();
}

void describe(const std::string& name, const Verifier& verifier) {
    std::printf("%s: %llu events hold together", name.c_str(), static_cast<unsigned long long>(verifier.events()));
    if (verifier.checkpoints() && verifier.parts())
        std::printf(", and make the states of %llu checkpoints: %s", static_cast<unsigned long long>(verifier.checkpoints()),
                    partNames(verifier.parts()).c_str());
    std::printf("\n");
    const u32 unknown = ((u32{1} << traces::partCount) - 1) & ~verifier.parts();
    if (unknown)
        std::printf("Not verified, because the trace does not record %s: %s\n", traces::describeMask(missingKinds(verifier)).c_str(),
                    partNames(unknown).c_str());
}

int verify(const Options& options) {
    TraceInput in(options.traces.front(), TraceInput::Cut::isEnd);
    Verifier verifier([&in] { return in.reader().hashBefore(); });
    Progress progress("verified", in.size());
    try {
        while (const std::optional<traces::Event> event = in.next()) {
            verifier.event(*event);
            progress.at(in.taken());
        }
    } catch (const Problem& problem) {
        progress.end();
        std::printf("%s, line %llu: %s\n", in.name().c_str(), static_cast<unsigned long long>(in.reader().line()), problem.what());
        return WRONG;
    } catch (const std::bad_alloc&) {
        in.refuseMemory();
    }
    progress.end();
    describe(in.name(), verifier);
    if (verifier.complete()) return 0;
    std::printf("The trace was cut: it has no footer. What is there is good as far as it goes%s.\n",
                in.reader().cut() ? ", up to its last complete line" : "");
    return CUT;
}

}  // namespace

int verifyCommand(const Options& options) {
    const int status = verify(options);
    checkWritten("the verdict", std::fflush(stdout) != 0 ? errno : 0);
    return status;
}

}  // namespace emu
