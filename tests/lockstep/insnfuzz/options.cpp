#include "tests/lockstep/insnfuzz/options.hpp"

#include "tests/lockstep/insnfuzz/policy.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace insnfuzz {

namespace {

constexpr const char USAGE[] =
    "usage: insnfuzz [--seed N] [--cases N] [--case N] [--only MNEMONIC] [--level v1|v2|v3] [--ac] [--keep-going]\n"
    "                [--fail-unsupported] [--coverage FILE] [--findings DIRECTORY] [--inject MNEMONIC]";

ZydisMnemonic mnemonicOf(const std::string& name) {
    for (int i = 1; i <= ZYDIS_MNEMONIC_MAX_VALUE; ++i)
        if (mnemonicName(static_cast<ZydisMnemonic>(i)) == name) return static_cast<ZydisMnemonic>(i);
    throw std::runtime_error("no such mnemonic: " + name);
}
cpu::Level levelOf(const std::string& name) {
    for (cpu::Level level : cpu::LEVELS)
        if (cpu::levelName(level) == "x86-64-" + name) return level;
    throw std::runtime_error("no such level: " + name);
}
u64 numberOf(const std::string& text) {
    char* end = nullptr;
    const u64 number = std::strtoull(text.c_str(), &end, 10);
    if (text.empty() || *end) throw std::runtime_error("not a number: " + text);
    return number;
}

}  // namespace

Options::Options(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        const auto value = [&]() -> std::string {
            if (i + 1 == argc) throw std::runtime_error(USAGE);
            return argv[++i];
        };
        if (name == "--seed") seed = numberOf(value());
        else if (name == "--cases") cases = numberOf(value());
        else if (name == "--case") first = numberOf(value()), cases = STATES;
        else if (name == "--only") only = mnemonicOf(value());
        else if (name == "--inject") inject = mnemonicOf(value());
        else if (name == "--level") level = levelOf(levelText = value());
        else if (name == "--coverage") coverage = value();
        else if (name == "--findings") findings = value();
        else if (name == "--ac") alignmentCheck = true;
        else if (name == "--keep-going") keepGoing = true;
        else if (name == "--fail-unsupported") failUnsupported = true;
        else throw std::runtime_error(USAGE);
    }
}

void Coverage::differs(const Instruction& insn, const std::string& text, const Options& options) {
    constexpr u64 SHOWN = 4;        // of one mnemonic
    ++different_;
    ++now_->different;
    const std::string name = mnemonicName(insn.mnemonic);
    const u64 seen = ++findings_[name];
    if (seen > SHOWN) return;
    if (options.findings.empty()) std::fputs(text.c_str(), stdout);
    else std::ofstream(options.findings + "/" + name + ".txt", seen == 1 ? std::ios::trunc : std::ios::app) << text;
}

int Coverage::finish(const Options& options, const Generator& generator, double seconds) const {
    Counts total;
    nlohmann::json mnemonics, missing = nlohmann::json::object();
    for (const auto& [name, forms] : counts_)
        for (const auto& [form, counts] : forms) {
            total.passed += counts.passed;
            total.trapped += counts.trapped;
            total.unsupported += counts.unsupported;
            mnemonics[name][form] = {{"passed", counts.passed},
                                     {"exceptions", counts.trapped},
                                     {"different", counts.different},
                                     {"unsupported", counts.unsupported}};
            if (counts.unsupported) missing[name][form] = counts.unsupported;
        }
    std::printf("%llu cases agree (%llu with an exception), %llu differ, %llu are not supported; %.0f cases/s\n", static_cast<unsigned long long>(total.passed),
                static_cast<unsigned long long>(total.trapped), static_cast<unsigned long long>(different_),
                static_cast<unsigned long long>(total.unsupported), static_cast<double>(total.passed + different_) / seconds);
    for (const auto& [reason, count] : dialects_)
        std::printf("%8llu are AMD's own: %s\n", static_cast<unsigned long long>(count), reason.c_str());
    for (const auto& [name, count] : findings_) std::printf("differs: %s (%llu)\n", name.c_str(), static_cast<unsigned long long>(count));
    if (!missing.empty()) {
        std::printf("not supported:");
        for (const auto& [name, forms] : missing.items()) std::printf(" %s", name.c_str());
        std::printf("\n");
    }
    if (!options.coverage.empty()) {
        const nlohmann::json all{{"seed", options.seed}, {"cases", total.passed}, {"level", options.levelText}, {"alignmentCheck", options.alignmentCheck},
                                 {"processor", hostName()}, {"excluded", generator.leftOut()}, {"forms", generator.forms()},
                                 {"dialects", dialects_}, {"mnemonics", mnemonics}};
        std::ofstream(options.coverage) << all.dump(1) << "\n";
    }
    return different_ ? 1 : 0;
}

}  // namespace insnfuzz
