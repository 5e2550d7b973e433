// Runs the inputs of a folder as the fuzzer does, in the order of their names, then each of them with changes.
//   fuzz_corpus PROFILE FOLDER [CHANGES]
#include "tests/fuzz/loader_machine.hpp"
#include "tests/fuzz/mutate.hpp"
#include "traces/json_writer.hpp"
#include "traces/tracer.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

namespace {

std::vector<u8> readFile(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

int runAll(const std::string& profile, const std::string& folder, unsigned changes) {
    fuzz::bootMachine(profile);
    std::set<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.insert(entry.path());
    for (const auto& path : paths) {
        std::vector<u8> bytes = readFile(path);
        fuzz::runInput(bytes);
        for (unsigned seed = 0; seed < changes; ++seed) {
            bytes.resize(fuzz::mutateInput(bytes, bytes.size(), seed));
            fuzz::runInput(bytes);
        }
    }
    traces::flushWriters();
    const u64 programs = traces::tracer().emitted(traces::Kind::sched_process_exec);
    std::printf("%zu inputs, %u changes of each: no finding; %llu of the traced ones were executed\n", paths.size(), changes,
                static_cast<unsigned long long>(programs));
    return programs == 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    try {
        return runAll(argv[1], argv[2], argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 0);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
