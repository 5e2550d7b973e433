// The machine's randomness. Ours: xoshiro256** (Blackman, Vigna, prng.di.unimi.it) seeded by splitmix64 from the machine's
// seed and the purpose's name, so that asking for one purpose never changes what another one gets.
#include "kernel_model/include/machine.hpp"
#include "traces/hash.hpp"

#include <bit>
#include <cstring>
#include <map>

namespace kernel {
namespace {

class Stream {
public:
    explicit Stream(u64 seed) {
        for (u64& word : state_) {
            seed += 0x9e3779b97f4a7c15;
            u64 z = seed;
            z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
            z = (z ^ z >> 27) * 0x94d049bb133111eb;
            word = z ^ z >> 31;
        }
    }
    u64 next() {
        const u64 result = std::rotl(state_[1] * 5, 7) * 9;
        const u64 shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

private:
    u64 state_[4]{};
};

}  // namespace

u64 randomU64(const char* purpose) {
    static auto& streams = *new std::map<std::string, Stream>;
    auto it = streams.find(purpose);
    if (it == streams.end())
        it = streams.emplace(purpose, Stream(machine().boot.seed ^ traces::xxh64(purpose, std::strlen(purpose)))).first;
    return it->second.next();
}

}  // namespace kernel
