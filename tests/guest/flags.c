/* Every condition after every flag producer. flags.py writes the tests; here they run over corner values. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

uint64_t left, right, memory, result;
uint32_t jumped, set, moved, borrow;
extern const struct {
    void (*run)(void);
    const char* name;
    uint64_t defined;       // a bit for each condition that the SDM defines after the producer
} tests[];

static const uint64_t values[] = {0, 1, 2, 3, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
                                  0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0x123456789abcdef0};
enum { VALUES = sizeof values / sizeof *values };

int main(void) {
    for (int i = 0; tests[i].run; i++) {
        uint64_t sum = 0, defined = tests[i].defined;
        for (int k = 0; k < VALUES * VALUES; k++) {
            left = values[k / VALUES];
            right = values[k % VALUES];
            if (strstr(tests[i].name, "_c") && (right & 31) == 0) continue;     // a shift by 0 keeps the flags, whatever they were
            tests[i].run();
            if (((jumped ^ set) | (set ^ moved)) & defined || (defined & 4 && (borrow != 0) != ((jumped >> 2) & 1)))
                printf("%s of %lx, %lx: jcc %lx setcc %lx cmovcc %lx sbb %x\n", tests[i].name, left, right, jumped & defined,
                       set & defined, moved & defined, borrow);
            sum = (sum * 31 + (jumped & defined)) * 31 + memory;
            if (tests[i].name[0] != 'b' || right) sum = sum * 31 + result;
        }
        printf("%s %016lx\n", tests[i].name, sum);
    }
    return 0;
}
