#include "emu/commands.hpp"
#include "emu/report.hpp"
#include "emu/survey/survey.hpp"
#include "emu/terminal.hpp"

#include <unistd.h>

namespace emu {

namespace {

constexpr int SOMETHING_MISSING = 1;

bool began(const Outcome& outcome) { return outcome.ending != Ending::exec_failed && outcome.ending != Ending::not_started; }

}  // namespace

int surveyCommand(const Options& options) {
    const std::string path = options.trace.output.empty() ? "-" : options.trace.output;
    checkApartFromProgram(path, options.world);
    const auto sink = openSink(path, "the survey " + path);
    GuestMachine machine(options.world, path == "-" ? GuestOutput::standardError : GuestOutput::standardOutput);
    Survey survey(options.survey.strict);
    const Outcome outcome = machine.run();
    if (!began(outcome)) {
        reportEnd(outcome);
        return outcome.status;
    }
    const unsigned width = path == "-" ? screenOf(STDOUT_FILENO).width : 100;
    const std::string text =
        options.survey.json ? surveyJson(survey, outcome, options.world) : describeSurvey(survey, outcome, options.world, width);
    checkWritten("the survey", sink->write(text).error);
    if (!survey.missing().empty()) return SOMETHING_MISSING;
    const bool ours = outcome.ending == Ending::limit || outcome.ending == Ending::timeout || outcome.ending == Ending::panic;
    if (ours) say(outcome.message);
    return ours ? outcome.status : 0;
}

}  // namespace emu
