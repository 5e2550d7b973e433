#include <nlohmann/json.hpp>          // first: Linux's `current` is a macro

#include "cpu/statistics.hpp"
#include "emu/survey/survey.hpp"
#include "emu/tools/text.hpp"
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace emu {

namespace {

using Json = nlohmann::ordered_json;

Json errorsJson(const Use& use) {
    Json out = Json::object();
    for (const auto& [error, times] : use.errors) out[error] = times;
    return out;
}

Json callsJson(const Survey& survey) {
    constexpr const char* extents[] = {"full", "partial", "absent", "none"};
    Json all = Json::array();
    for (const auto& [number, use] : survey.calls()) {
        const bool named = kernel::syscallNameOfLinux(number);
        const kernel::SyscallCoverage coverage = kernel::coverageOf(number);
        all.push_back({{"number", number}, {"name", named ? Json(coverage.name) : Json(nullptr)}, {"count", use.count}, {"errors", errorsJson(use)},
                       {"extent", extents[static_cast<int>(coverage.extent)]}, {"lacks", coverage.missing.empty() ? Json(nullptr) : Json(coverage.missing)}});
    }
    return all;
}

Json ioctlsJson(const Survey& survey) {
    Json all = Json::array();
    for (const auto& [request, use] : survey.ioctls()) {
        const std::string name = ioctlName(request);
        all.push_back({{"request", hex(request)},
                       {"name", name.empty() ? Json(nullptr) : Json(name)},
                       {"count", use.count},
                       {"errors", errorsJson(use)}});
    }
    return all;
}

Json filesJson(const Survey& survey) {
    Json all = Json::array();
    for (const auto& [path, use] : survey.files()) all.push_back({{"path", path}, {"count", use.count}, {"errors", errorsJson(use)}});
    return all;
}

Json extensionsJson() {
    Json all = Json::array();
    for (const cpu::ExtensionUse& use : cpu::extensionsUsed())
        all.push_back({{"name", use.name}, {"forms", use.forms}, {"base", use.base}, {"on_processor", !use.lacking}});
    return all;
}

Json missingJson(const Survey& survey) {
    Json all = Json::array();
    for (const MissingThing& one : survey.missing())
        all.push_back({{"what", one.what}, {"name", one.name}, {"count", one.count}, {"consequence", one.consequence}});
    return all;
}

}  // namespace

std::string surveyJson(const Survey& survey, const Outcome& outcome, const WorldOptions& world) {
    Json out = {{"schema", "urn:execscope-survey:1.0"}, {"tool", EXECSCOPE_VERSION}, {"profile", world.profile}, {"cpu", world.cpu}, {"argv", world.program}};
    out["program_status"] = survey.stopped() ? Json(nullptr) : Json(outcome.status);
    out["stopped"] = survey.stopped();
    out["message"] = outcome.message.empty() || survey.stopped() ? Json(nullptr) : Json(outcome.message);
    out["syscalls"] = callsJson(survey);
    out["ioctls"] = ioctlsJson(survey);
    out["files"] = filesJson(survey);
    out["extensions"] = extensionsJson();
    out["missing"] = missingJson(survey);
    return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace emu
