// System V shared memory: keys, attachments, and what fork, exec and exit do to them.
#include "sysv.h"

#include <sys/mman.h>
#include <sys/shm.h>

enum { PAGES = 3, SIZE = PAGES * 4096 - 100 };
static const char* self;

static long attached(int id) {
    struct shmid_ds ds;
    return shmctl(id, IPC_STAT, &ds) ? -1 : (long)ds.shm_nattch;
}
static int stat_mode(int id) {
    struct shmid_ds ds;
    return shmctl(id, IPC_STAT, &ds) ? -1 : (int)ds.shm_perm.mode;
}

static void segments_by_key(void) {
    const key_t key = 0x45780000 + (getpid() & 0xffff);
    SAY(shmget(key, 0, 0600));
    SAY(shmget(key, 0, IPC_CREAT | 0600));
    const int id = shmget(key, SIZE, IPC_CREAT | IPC_EXCL | 0640);
    printf("made %d\n", id >= 0);
    SAY(shmget(key, SIZE, IPC_CREAT | IPC_EXCL | 0600));
    printf("same %d %d\n", shmget(key, 1, 0) == id, shmget(key, 0, IPC_CREAT) == id);
    SAY(shmget(key, SIZE + 1, 0));
    SAY(shmctl(id, 77, NULL));
    DID(shmctl(id, IPC_STAT, NULL));
    struct shmid_ds ds;
    SAY(shmctl(id, IPC_STAT, &ds));
    printf("size %zu mode %o nattch %lu cpid %d lpid %d owner %d times %d %d %d key %d\n", ds.shm_segsz, ds.shm_perm.mode, ds.shm_nattch,
           ds.shm_cpid == getpid(), ds.shm_lpid, ds.shm_perm.uid == geteuid() && ds.shm_perm.cuid == geteuid(), ds.shm_atime != 0,
           ds.shm_dtime != 0, ds.shm_ctime != 0, ds.shm_perm.__key == key);
    ds.shm_perm.mode = 0444;
    SAY(shmctl(id, IPC_SET, &ds));
    printf("mode %o\n", stat_mode(id));
    SAY(shmctl(id, IPC_RMID, NULL));
    SAY(shmctl(id, IPC_RMID, NULL));
    DID(shmat(id, NULL, 0));
    SAY(shmctl(-1, IPC_STAT, &ds));
}

static void attachments(void) {
    const int id = shmget(IPC_PRIVATE, SIZE, 0600);
    char* const p = shmat(id, NULL, 0);
    printf("attached %ld aligned %d zero %d\n", attached(id), !((unsigned long)p & 4095), p[SIZE - 1]);
    strcpy(p, "hello");
    char* const q = shmat(id, NULL, SHM_RDONLY);
    printf("attached %ld reads %s\n", attached(id), q);
    fflush(stdout);
    printf("write to it: %d\n", end_of(CHILD(*(volatile char*)q = 1)));
    SAY(shmdt(q + 1));
    SAY(shmdt(q + 4096));
    SAY(shmdt(q));
    SAY(shmdt(q));
    printf("attached %ld\n", attached(id));
    DID(shmat(id, p + 1, 0));
    DID(shmat(id, p, 0));
    DID(shmat(id, p + 100, SHM_RND));
    printf("in its place %d\n", shmat(id, p + 100, SHM_RND | SHM_REMAP) == p);
    printf("attached %ld\n", attached(id));
    DID(shmat(id, NULL, SHM_REMAP));
    mprotect(p + 4096, 4096, PROT_READ);
    printf("in pieces %ld\n", attached(id));
    char* const moved = mremap(p + 8192, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, p + (1 << 20));
    printf("moved %d %ld\n", moved == p + (1 << 20), attached(id));
    SAY(shmdt(p));
    printf("a piece too far away stays %ld\n", attached(id));
    SAY(munmap(moved, 4096));
    printf("attached %ld\n", attached(id));
    char line[256], name[64] = "";
    shmat(id, NULL, SHM_EXEC | SHM_RDONLY);
    FILE* maps = fopen("/proc/self/maps", "r");
    unsigned long inode = 0;
    char rights[8];
    while (fgets(line, sizeof line, maps))
        if (strstr(line, "SYSV")) sscanf(line, "%*s %7s %*s %*s %lu %63[^\n]", rights, &inode, name);
    fclose(maps);
    printf("%s %s inode %d\n", rights, name, inode == (unsigned long)id);
    SAY(shmctl(id, IPC_RMID, NULL));
    printf("mode %o attached %ld\n", stat_mode(id), attached(id));
}

static void life_of_processes(void) {
    const int id = shmget(IPC_PRIVATE, SIZE, 0600);
    int* const p = shmat(id, NULL, 0);
    int ready[2], go[2];
    pipe(ready);
    pipe(go);
    const pid_t child = CHILD({
        p[0] = 41;
        write(ready[1], "", 1);
        char c;
        read(go[0], &c, 1);
    });
    char c;
    read(ready[0], &c, 1);
    printf("after fork %ld\n", attached(id));
    write(go[1], "", 1);
    end_of(child);
    printf("after exit %ld, wrote %d\n", attached(id), p[0]);
    char number[16];
    snprintf(number, sizeof number, "%d", id);
    end_of(CHILD(execl(self, self, "segment", number, NULL)));
    end_of(CHILD({
        SAY(shmctl(id, IPC_RMID, NULL));
        printf("removed: mode %o attached %ld\n", stat_mode(id), attached(id));
        shmdt(p);
    }));
    printf("still here %d %ld\n", p[0], attached(id));
    struct shmid_ds ds;
    shmctl(id, IPC_STAT, &ds);
    printf("key %d lpid %d\n", ds.shm_perm.__key, ds.shm_lpid == getpid());
    end_of(CHILD(execl(self, self, "segment", number, NULL)));
    SAY(shmdt(p));
    SAY(shmctl(id, IPC_STAT, &ds));
}

static void execution(void) {
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};      // mov $42, %eax; ret
    const int id = shmget(IPC_PRIVATE, 4096, 0700);
    memcpy(shmat(id, NULL, 0), code, sizeof code);
    int (*const runs)(void) = (int (*)(void))shmat(id, NULL, SHM_RDONLY | SHM_EXEC);
    printf("runs %d\n", runs());
    int (*const not)(void) = (int (*)(void))shmat(id, NULL, SHM_RDONLY);
    printf("does not: %d\n", end_of(CHILD(not())));
    shmctl(id, IPC_RMID, NULL);
}

static void permissions(void)
{
    const int id = shmget(IPC_PRIVATE, 4096, 0640), others = shmget(IPC_PRIVATE, 4096, 0604);
    end_of(CHILD({
        become_nobody();
        DID(shmat(id, NULL, SHM_RDONLY));
        DID(shmat(others, NULL, SHM_RDONLY));
        DID(shmat(others, NULL, 0));
        DID(shmat(others, NULL, SHM_RDONLY | SHM_EXEC));
        struct shmid_ds ds;
        SAY(shmctl(id, IPC_STAT, &ds));
        SAY(shmctl(others, IPC_STAT, &ds));
        SAY(shmctl(others, IPC_SET, &ds));
        SAY(shmctl(id, IPC_RMID, NULL));
    }));
    shmctl(id, IPC_RMID, NULL);
    shmctl(others, IPC_RMID, NULL);
}

int main(int argc, char** argv)
{
    self = argv[0];
    if (argc > 2) {                         // executed with the segment attached
        printf("after exec %ld\n", attached(atoi(argv[2])));
        return 0;
    }
    segments_by_key();
    attachments();
    life_of_processes();
    execution();
    permissions();
    heading("shm");
    return 0;
}
