// insnfuzz: random instructions from random states, executed by this machine's processor and by the model; they must agree.
// docs/lockstep.md says how to use it.
#include "tests/lockstep/insnfuzz/dialect.hpp"
#include "tests/lockstep/insnfuzz/model.hpp"
#include "tests/lockstep/insnfuzz/options.hpp"
#include "tests/lockstep/insnfuzz/values.hpp"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace insnfuzz {

namespace {

u64 mix(u64 a, u64 b) {         // a seed for each number: splitmix64's finaliser
    u64 z = a * 0x9e3779b97f4a7c15 + b + 0x632be59bd9b4e019;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) | 1;
}

class Fuzzer {
public:
    explicit Fuzzer(const Options& options)
        : options_(options), generator_(options.level, options.only), host_(options.level), model_(options.level), memory_(std::make_unique<u8[]>(DATA_SIZE)),
          initial_(std::make_unique<u8[]>(DATA_SIZE)) {
        if (generator_.mnemonics().empty()) throw std::runtime_error("no such mnemonic");
    }
    int run();

private:
    void group(u64 number);
    void one(const Instruction& insn, u64 number);
    void runHost(const Instruction& insn);
    void inject(const Instruction& insn);
    void differ(const Instruction& insn, u64 number, const Sides& sides, const std::string& found);

    const Options& options_;
    Generator generator_;
    Host host_;
    Model model_;
    std::unique_ptr<u8[]> memory_, initial_;     // before the present case; before the first of its instruction
    u64 contents_ = ~u64{0};
    cpu::Registers before_;
    Outcome hostOutcome_, modelOutcome_;
    Coverage coverage_;
    bool breakpoint_ = false;
};

void Fuzzer::runHost(const Instruction& insn) {
    std::memcpy(host_.allData(), memory_.get(), DATA_SIZE);
    if (insn.valid && !insn.inLevel && !insn.cut) {
        hostOutcome_.after = before_;
        if (options_.level < cpu::Level::v3) hostOutcome_.after.x87.operand = 0;        // see Host::run
        hostOutcome_.trap = {cpu::Trap::Kind::exception, cpu::VECTOR_UD, 0, 0, false};
        return;
    }
    host_.run(before_, breakpoint_, hostOutcome_);
}

// The harness's own test: a wrong flag that must be found.
void Fuzzer::inject(const Instruction& insn) {
    if (options_.inject != ZYDIS_MNEMONIC_INVALID && insn.valid && insn.mnemonic == options_.inject)
        modelOutcome_.after.rflags ^= cpu::FLAG_CF;
}

void Fuzzer::differ(const Instruction& insn, u64 number, const Sides& sides, const std::string& found) {
    const std::string rerun = "insnfuzz --seed " + std::to_string(options_.seed) + " --case " + std::to_string(number) + " --level " +
                              std::string(options_.levelText) + (options_.only ? " --only " + mnemonicName(options_.only) : "") +
                              (options_.alignmentCheck ? " --ac" : "");
    const std::string text =
        mnemonicName(insn.mnemonic) + " " + insn.form + ": " + describe(insn, sides) + found + "  again: " + rerun + "\n\n";
    coverage_.differs(insn, text, options_);
}

void Fuzzer::one(const Instruction& insn, u64 number) {
    Random random{mix(options_.seed ^ 0x5555, number)};
    if (!randomState(insn, {options_.alignmentCheck}, random, before_, memory_.get())) return;
    runHost(insn);
    std::memcpy(model_.data(), memory_.get(), DATA_SIZE);
    model_.run(before_, modelOutcome_);
    inject(insn);
    const Sides sides{before_, hostOutcome_, modelOutcome_, memory_.get(), host_.allData(), model_.data()};
    if (modelOutcome_.trap.unsupported && insn.inLevel && !options_.failUnsupported) return coverage_.unsupported(insn);
    std::string found = differences(insn, sides);
    if (!found.empty() && hostIsAmd()) {        // a context switch while no x87 exception waits loses FOP, FIP and FDP there
        runHost(insn);
        found = differences(insn, sides);
    }
    if (found.empty()) coverage_.passed(insn, hostOutcome_.trap);
    else if (const char* reason = dialect(insn, sides)) coverage_.speaks(reason);
    else differ(insn, number, sides, found);
}

// Cases of one instruction: number is that of its first.
void Fuzzer::group(u64 number) {
    const u64 group = number / Options::STATES;
    Random random{mix(options_.seed, group)};
    const Instruction insn = generator_.next(random);
    if (!insn.valid && hostIsAmd()) return;         // it might know it, and be somewhere else then
    if (group / 16 != contents_) {
        contents_ = group / 16;
        Random contents{mix(options_.seed, contents_)};
        fillMemory(contents, initial_.get(), DATA_SIZE);
    }
    std::memcpy(memory_.get(), initial_.get(), DATA_SIZE);
    host_.place(insn.bytes, insn.offset);
    model_.place(host_.code());
    breakpoint_ = insn.valid && (insn.mnemonic == ZYDIS_MNEMONIC_INT3 || insn.mnemonic == ZYDIS_MNEMONIC_INT);
    coverage_.begin(insn);
    for (u64 i = 0; i < Options::STATES; ++i) {
        one(insn, number + i);
        if (coverage_.stop(options_)) return;
    }
}

int Fuzzer::run() {
    const auto start = std::chrono::steady_clock::now();
    const u64 first = options_.first / Options::STATES * Options::STATES;
    for (u64 number = first; number < first + options_.cases && !coverage_.stop(options_); number += Options::STATES) group(number);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return coverage_.finish(options_, generator_, seconds);
}

}  // namespace

}  // namespace insnfuzz

int main(int argc, char** argv) {
    try {
        const insnfuzz::Options options(argc, argv);
        const std::string_view missing = cpu::missingOnHost(options.level);
        if (!missing.empty()) {
            std::printf("skipped: this processor lacks %.*s\n", static_cast<int>(missing.size()), missing.data());
            return 77;
        }
        return insnfuzz::Fuzzer(options).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "insnfuzz: %s\n", error.what());
        return 2;
    }
}
