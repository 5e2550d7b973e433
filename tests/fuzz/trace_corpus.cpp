// Reads the traces of some folders and one that it records, and changes of each, as the fuzzer does.
//   trace_corpus CHANGES FOLDER...
#include "tests/fuzz/trace_readers.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const unsigned changes = static_cast<unsigned>(std::atoi(argv[1]));
    std::map<std::string, std::string> seeds{{"recorded", fuzz::recordedTrace()}};
    for (int i = 2; i < argc; ++i)
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            std::ifstream file(entry.path(), std::ios::binary);
            if (entry.path().extension() != ".py") seeds[entry.path().string()] = {std::istreambuf_iterator<char>(file), {}};
        }
    for (const auto& [name, trace] : seeds) {
        std::fprintf(stderr, "%s: %zu bytes\n", name.c_str(), trace.size());
        fuzz::readAsTrace(trace);
        for (unsigned seed = 0; seed < changes; ++seed) {
            if (std::getenv("EXECSCOPE_FUZZ_SHOW")) std::fprintf(stderr, "change %u\n", seed);
            fuzz::readAsTrace(fuzz::changedTrace(trace, seed));
        }
    }
    std::fprintf(stderr, "%zu traces, %u changes of each: no finding\n", seeds.size(), changes);
    return seeds.size() < 2;
}
