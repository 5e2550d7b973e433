// The vDSO: its program headers, symbols and notes, and what its functions say.
#define _GNU_SOURCE
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char *base;
static const Elf64_Sym *symbols;
static const char *names;
static unsigned count;

static void *function(const char *name) {
    for (unsigned i = 0; i < count; i++)
        if (!strcmp(names + symbols[i].st_name, name)) return (void *)(base + symbols[i].st_value);
    return NULL;
}

static void readDynamic(const Elf64_Dyn *d) {
    for (; d->d_tag; d++) {
        const void *const at = base + d->d_un.d_ptr;
        if (d->d_tag == DT_SYMTAB) symbols = at;
        if (d->d_tag == DT_STRTAB) names = at;
        if (d->d_tag == DT_HASH) count = ((const unsigned *)at)[1];
    }
}

static void showNotes(const Elf64_Phdr *p) {
    const char *at = base + p->p_offset, *const end = at + p->p_filesz;
    while (at < end) {
        const Elf64_Nhdr *const n = (const void *)at;
        const char *const name = at + sizeof *n, *const text = name + ((n->n_namesz + 3) & ~3u);
        printf("note %s %u: %x\n", name, n->n_type, *(const unsigned *)text);
        at = text + ((n->n_descsz + 3) & ~3u);
    }
}

static void callAll(void) {
    int (*const getres)(clockid_t, struct timespec *) = function("__vdso_clock_getres");
    int (*const gettime)(clockid_t, struct timespec *) = function("__vdso_clock_gettime");
    for (int clock = -1; clock < 13; clock++) {
        struct timespec mine = {7, 7}, theirs = {7, 7};
        const long result = getres ? getres(clock, &mine) : 0, other = getres ? syscall(SYS_clock_getres, clock, &theirs) : 0;
        const int time = gettime(clock, &mine);
        syscall(SYS_clock_gettime, clock, &theirs);
        if (!!result != !!other || mine.tv_sec > theirs.tv_sec) printf("clock %d: %ld %ld %d\n", clock, result, other, time);
    }
    struct timeval t = {0};
    unsigned cpu = 99;
    ((int (*)(struct timeval *, void *))function("__vdso_gettimeofday"))(&t, NULL);
    const long now = ((long (*)(long *))function("__vdso_time"))(NULL);
    const int result = ((int (*)(unsigned *, void *, void *))function("__vdso_getcpu"))(&cpu, NULL, NULL);
    printf("called: %d %d %u\n", now - t.tv_sec <= 1, result, cpu);
}

// struct sgx_enclave_run (uapi/asm/sgx.h)
struct run {
    unsigned long tcs;
    unsigned function;
    unsigned short vector, error;
    unsigned long address;
    void *handler, *data;
    unsigned long reserved[27];
};
typedef int Enter(unsigned long, unsigned long, unsigned long, unsigned, unsigned long, unsigned long, struct run *);

static int handler(long vector, long error, long address, long stack, long r8, long r9, struct run *r) {
    (void)r8, (void)r9;         // not those of the call when the enclave is entered again
    printf("handler: %ld %ld %ld %d, run %u\n", vector, error, address, stack != 0, r->function);
    return r->data ? (r->data = NULL, 2) : -7;
}

static void callEnclave(Enter *enter) {
    struct run r = {.function = 9};
    if (!enter) return;
    printf("enclave: %d %d", enter(1, 2, 3, 1, 5, 6, &r), enter(1, 2, 3, 4, 5, 6, &r));
    printf(" %d", enter(1, 2, 3, 2, 5, 6, &r));
    printf(" %u %u %u %lu\n", r.function, r.vector, r.error, r.address);
    r.handler = (void *)handler;
    r.data = &r;
    printf("%d\n", enter(1, 2, 3, 3, 5, 6, &r));
    r.reserved[26] = 1;
    printf("%d\n", enter(1, 2, 3, 2, 5, 6, &r));
}

int main(void) {
    base = (const char *)getauxval(AT_SYSINFO_EHDR);
    const Elf64_Ehdr *const header = (const void *)base;
    const Elf64_Phdr *const segments = (const void *)(base + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++) {
        printf("segment %x flags %x\n", segments[i].p_type, segments[i].p_flags);
        if (segments[i].p_type == PT_NOTE) showNotes(&segments[i]);
        if (segments[i].p_type == PT_DYNAMIC) readDynamic((const void *)(base + segments[i].p_offset));
    }
    for (unsigned i = 1; i < count; i++)
        printf("%s%s %d\n", names + symbols[i].st_name, ELF64_ST_BIND(symbols[i].st_info) == STB_WEAK ? " weak" : "",
               ELF64_ST_TYPE(symbols[i].st_info));
    callAll();
    callEnclave((Enter *)function("__vdso_sgx_enter_enclave"));
    return 0;
}
