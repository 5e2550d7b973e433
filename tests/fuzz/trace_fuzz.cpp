// libFuzzer's entry points for the readers of traces.
#include "tests/fuzz/trace_readers.hpp"

#include <algorithm>

extern "C" std::size_t LLVMFuzzerMutate(u8* data, std::size_t size, std::size_t room);

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
    fuzz::readAsTrace({reinterpret_cast<const char*>(data), size});
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(u8* data, std::size_t size, std::size_t room, unsigned seed) {
    if (seed % 4 == 0) return LLVMFuzzerMutate(data, size, room);
    const std::string changed = fuzz::changedTrace({reinterpret_cast<const char*>(data), size}, seed / 4);
    const std::size_t length = std::min(changed.size(), room);
    std::copy_n(changed.begin(), length, data);
    return length;
}
