/* The C library on top: formatted files, sorting, strings across page ends, big allocations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int byValue(const void* a, const void* b) {
    int x = *(const int*)a, y = *(const int*)b;
    return (x > y) - (x < y);
}

static void lines(void) {
    char line[100];
    long sum = 0;
    FILE* file = fopen("/tmp/lines", "w+");
    if (!file) return;
    for (int i = 0; i < 3000; i++) fprintf(file, "line %d %x %s\n", i, i * 7919, i % 3 ? "odd" : "third");
    rewind(file);
    for (int n; fgets(line, sizeof line, file); sum += n * (long)strlen(line)) n = atoi(line + 5);
    printf("lines %ld at %ld\n", sum, ftell(file));
    fclose(file);
}

static void sorting(void) {
    int values[1000], ordered = 1;
    unsigned seed = 1;
    for (int i = 0; i < 1000; i++) values[i] = (seed = seed * 1103515245 + 12345) >> 8;
    qsort(values, 1000, sizeof *values, byValue);
    for (int i = 1; i < 1000; i++) ordered &= values[i - 1] <= values[i];
    printf("ordered %d first %d last %d\n", ordered, values[0], values[999]);
}

static void stringsAtPageEnds(void) {
    char* pages = mmap(0, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(pages + 4096, 4096);
    unsigned long sum = 0;
    for (int length = 0; length < 70; length++) {
        char* text = pages + 4096 - length - 1;
        memset(text, 'a', length);
        text[length] = 0;
        char copy[80];
        strcpy(copy, text);
        sum = sum * 31 + strlen(text) + (strchr(text, 'b') == 0) + (strcmp(copy, text) == 0) +
              (memchr(text, 0, length + 1) == text + length) + (memcmp(copy, text, length + 1) == 0);
    }
    printf("strings %lx\n", sum);
}

static void allocations(void) {
    char* blocks[64];
    unsigned long sum = 0;
    for (int i = 0; i < 64; i++) {
        size_t size = (size_t)1 << (i % 22);
        blocks[i] = malloc(size);
        memset(blocks[i], i, size);
    }
    for (int i = 0; i < 64; i += 2) blocks[i] = realloc(blocks[i], ((size_t)2 << (i % 22)));
    for (int i = 0; i < 64; i++) sum = sum * 31 + (unsigned char)blocks[i][((size_t)1 << (i % 22)) - 1];
    for (int i = 0; i < 64; i++) free(blocks[i]);
    printf("allocations %lx\n", sum);
}

int main(void) {
    lines();
    sorting();
    stringsAtPageEnds();
    allocations();
    fprintf(stderr, "to stderr\n");
    return 0;
}
