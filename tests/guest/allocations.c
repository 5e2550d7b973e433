/* 60000 allocations, reallocations and frees of many sizes; no byte may change that nobody wrote. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 600 };
static unsigned char* block[BLOCKS];
static size_t size[BLOCKS];

static int intact(int k) {
    for (size_t j = 0; block[k] && j < size[k]; j += size[k] / 7 + 1)
        if (block[k][j] != (unsigned char)(k + size[k])) return 0;
    return 1;
}

static int replace(int k, int how, size_t wanted) {
    if (how == 1 && block[k]) {
        block[k] = realloc(block[k], wanted);
        return block[k] != 0;
    }
    free(block[k]);
    if (how == 2) {
        block[k] = calloc(1, wanted);
        for (size_t j = 0; j < wanted; j += 4097)
            if (block[k][j]) return 0;
        return 1;
    }
    if (how == 3) return posix_memalign((void**)&block[k], 64 << (wanted % 6), wanted) == 0 && (uintptr_t)block[k] % 64 == 0;
    block[k] = malloc(wanted);
    return block[k] != 0;
}

int main(void) {
    uint64_t seed = 42, sum = 0;
    for (int i = 0; i < 60000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int k = (seed >> 33) % BLOCKS;
        size_t wanted = (seed >> 40) % (i % 97 ? 3000 : 400000) + 1;
        if (!intact(k) || !replace(k, (seed >> 20) % 4, wanted)) return printf("wrong at %d\n", i);
        size[k] = wanted;
        memset(block[k], (int)(k + wanted), wanted);
        sum = sum * 31 + wanted;
    }
    char* huge = malloc(300 << 20);
    huge[0] = 1;
    huge[(300 << 20) - 1] = 2;
    huge = realloc(huge, 400u << 20);
    printf("%016llx %d\n", (unsigned long long)sum, huge[0] + huge[(300 << 20) - 1]);
    return 0;
}
