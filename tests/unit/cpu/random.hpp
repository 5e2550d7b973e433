// Random operands for the tests that compare with this machine's processor: xorshift64*, the same in every run.
#pragma once

#include "traces/types.hpp"

struct Random {
    u64 state = 0x9e3779b97f4a7c15;
    u64 next() {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        return state * 0x2545f4914f6cdd1d;
    }
    u64 below(u64 n) { return (next() >> 11) % n; }
};
