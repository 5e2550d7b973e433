/* malloc, calloc, realloc, aligned memory and free in all sizes, from several threads; qsort and bsearch on the result. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 256, ROUNDS = 12000, THREADS = 3, NUMBERS = 20000 };

static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static size_t size(uint64_t *state)
{
    static const size_t most[] = {16, 100, 1000, 5000, 100000, 300000};
    uint32_t kind = draw(state) % 100;
    return 1 + draw(state) % most[kind < 50 ? 0 : kind < 70 ? 1 : kind < 85 ? 2 : kind < 97 ? 3 : kind < 99 ? 4 : 5];
}

struct Block {
    unsigned char *at;
    size_t size;
    unsigned char fill;
};

static void verify(const struct Block *block)
{
    for (size_t i = 0; i < block->size; i += 1 + block->size / 16)
        if (block->at[i] != block->fill)
            printf("wrong byte\n");
}

static void obtain(struct Block *block, uint64_t *state)
{
    size_t bytes = size(state);
    switch (draw(state) % 4) {
    case 0:
        block->at = calloc(1, bytes);
        for (size_t i = 0; i < bytes; i++)
            if (block->at[i])
                printf("calloc is not zero\n");
        break;
    case 1:
        if (block->at) {
            verify(block);
            block->at = realloc(block->at, bytes);
            block->size = block->size < bytes ? block->size : bytes;
            verify(block);
            break;
        }
        block->at = malloc(bytes);
        break;
    case 2:
        if (posix_memalign((void **)&block->at, 1u << (4 + draw(state) % 9), bytes))
            printf("posix_memalign\n");
        break;
    default:
        block->at = malloc(bytes);
    }
    block->size = bytes;
    block->fill = draw(state);
    memset(block->at, block->fill, bytes);
}

static void *stress(void *seed)
{
    static __thread struct Block blocks[SLOTS];
    uint64_t state = (uintptr_t)seed, sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct Block *block = &blocks[draw(&state) % SLOTS];
        if (block->at && draw(&state) % 2) {
            verify(block);
            sum += block->size;
            free(block->at);
            *block = (struct Block){0};
        } else if (!block->at) {
            obtain(block, &state);
        }
    }
    for (int i = 0; i < SLOTS; i++)
        free(blocks[i].at);
    return (void *)sum;
}

static int byValue(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

int main(void)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, stress, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++) {
        void *sum;
        pthread_join(threads[i], &sum);
        printf("thread %d: %zu bytes\n", i, (size_t)sum);
    }
    uint32_t *numbers = malloc(NUMBERS * sizeof *numbers);
    uint64_t state = 42, hash = 0;
    for (int i = 0; i < NUMBERS; i++)
        numbers[i] = draw(&state) % (NUMBERS * 2);
    qsort(numbers, NUMBERS, sizeof *numbers, byValue);
    int found = 0;
    for (uint32_t i = 0; i < NUMBERS; i++) {
        hash = hash * 31 + numbers[i];
        found += bsearch(&i, numbers, NUMBERS, sizeof *numbers, byValue) != NULL;
    }
    printf("%016llx %d\n", (unsigned long long)hash, found);
    volatile size_t huge = SIZE_MAX - 4096;
    errno = 0;
    printf("%d %d\n", malloc(huge) == NULL, errno == ENOMEM);
    printf("%d\n", calloc(huge, 2) == NULL);
    char *grown = malloc(1);
    for (size_t bytes = 1; bytes < (16u << 20); bytes *= 3)
        grown = realloc(grown, bytes), grown[bytes - 1] = 'x';
    printf("%d\n", malloc_usable_size(grown) > (4u << 20));
    free(grown);
    free(numbers);
    return 0;
}
