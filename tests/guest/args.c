/* argv, environment and the entries of the auxiliary vector that do not depend on the machine. */
#include <elf.h>
#include <stdio.h>

static void printAux(const Elf64_auxv_t* aux) {
    switch (aux->a_type) {
        case AT_PAGESZ: printf("AT_PAGESZ %lu\n", aux->a_un.a_val); break;
        case AT_CLKTCK: printf("AT_CLKTCK %lu\n", aux->a_un.a_val); break;
        case AT_PHDR: printf("AT_PHDR %#lx\n", aux->a_un.a_val); break;
        case AT_PHENT: printf("AT_PHENT %lu\n", aux->a_un.a_val); break;
        case AT_PHNUM: printf("AT_PHNUM %lu\n", aux->a_un.a_val); break;
        case AT_BASE: printf("AT_BASE %#lx\n", aux->a_un.a_val); break;
        case AT_ENTRY: printf("AT_ENTRY %#lx\n", aux->a_un.a_val); break;
        case AT_UID: printf("AT_UID %lu\n", aux->a_un.a_val); break;
        case AT_EUID: printf("AT_EUID %lu\n", aux->a_un.a_val); break;
        case AT_SECURE: printf("AT_SECURE %lu\n", aux->a_un.a_val); break;
        case AT_RANDOM: printf("AT_RANDOM %s\n", aux->a_un.a_val ? "there" : "missing"); break;
        case AT_EXECFN: printf("AT_EXECFN %s\n", (const char*)aux->a_un.a_val); break;
        case AT_PLATFORM: printf("AT_PLATFORM %s\n", (const char*)aux->a_un.a_val); break;
    }
}

int main(int argc, char** argv, char** envp) {
    printf("argc %d\n", argc);
    for (int i = 0; argv[i]; i++) printf("argv[%d] %s\n", i, argv[i]);
    for (int i = 0; envp[i]; i++) printf("envp[%d] %s\n", i, envp[i]);
    while (*envp) envp++;
    for (const Elf64_auxv_t* aux = (const Elf64_auxv_t*)(envp + 1); aux->a_type != AT_NULL; aux++) printAux(aux);
    return argc;
}
