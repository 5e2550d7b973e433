// libFuzzer's entry points. The kernel is that of EXECSCOPE_FUZZ_PROFILE, v6.1 unless told.
#include "tests/fuzz/loader_machine.hpp"
#include "tests/fuzz/mutate.hpp"

#include <cstdlib>

extern "C" std::size_t LLVMFuzzerMutate(u8* data, std::size_t size, std::size_t room);

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    const char* profile = std::getenv("EXECSCOPE_FUZZ_PROFILE");
    fuzz::bootMachine(profile ? profile : "v6.1");
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
    fuzz::runInput({data, size});
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(u8* data, std::size_t size, std::size_t room, unsigned seed) {
    if (seed % 3 == 0) return LLVMFuzzerMutate(data, size, room);
    return fuzz::mutateInput({data, room}, size, seed / 3);
}
