// System V semaphores: operations, who waits for them, and what is undone.
#include "sysv.h"

#include <sched.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <time.h>

union semun { int val; void* buf; unsigned short* array; };
static const char* self;

static void values(int id) {
    unsigned short all[3] = {9, 9, 9};
    union semun u = {.array = all};
    semctl(id, 0, GETALL, u);
    printf("values %d %d %d\n", all[0], all[1], all[2]);
}
static int op1(int id, int number, int by, int flags) {
    struct sembuf op = {(unsigned short)number, (short)by, (short)flags};
    return semop(id, &op, 1);
}

static void semaphores(void) {
    SAY(semget(IPC_PRIVATE, 0, 0600));
    SAY(semget(IPC_PRIVATE, -1, 0600));
    SAY(semget(IPC_PRIVATE, 32001, 0600));
    const int id = semget(IPC_PRIVATE, 3, 0600);
    values(id);
    SAY(op1(id, 0, 3, 0));
    SAY(op1(id, 3, 1, 0));
    SAY(op1(id, 1, -1, IPC_NOWAIT));
    SAY(op1(id, 0, 0, IPC_NOWAIT));
    SAY(op1(id, 0, 32767, 0));
    SAY(semop(id, NULL, 0));
    SAY(semop(id, NULL, 1));
    SAY(semop(id, NULL, 1000));
    SAY(semop(-1, NULL, 1));
    struct sembuf both[2] = {{0, -2, 0}, {1, -1, IPC_NOWAIT}};
    SAY(semop(id, both, 2));
    values(id);
    both[1].sem_op = 5;
    SAY(semop(id, both, 2));
    values(id);
    printf("pid %d\n", semctl(id, 1, GETPID) == getpid());
    SAY(semctl(id, 0, SETVAL, 32768));
    SAY(semctl(id, 5, SETVAL, 1));
    SAY(semctl(id, 5, GETVAL));
    SAY(semctl(id, 2, SETVAL, 7));
    const struct timespec soon = {0, 1000000}, wrong = {0, 1000000000};
    struct sembuf never = {0, -100, 0};
    SAY(syscall(SYS_semtimedop, id, &never, 1, &soon));
    SAY(syscall(SYS_semtimedop, id, &never, 1, &wrong));
    unsigned short all[3] = {1, 40000, 3};
    union semun u = {.array = all};
    SAY(semctl(id, 0, SETALL, u));
    all[1] = 2;
    SAY(semctl(id, 0, SETALL, u));
    values(id);
    struct semid_ds ds;
    u.buf = &ds;
    SAY(semctl(id, 0, IPC_STAT, u));
    printf("nsems %lu otime %d ctime %d mode %o\n", (unsigned long)ds.sem_nsems, ds.sem_otime != 0, ds.sem_ctime != 0, ds.sem_perm.mode);
    SAY(semctl(id, 0, IPC_RMID));
    SAY(semctl(id, 0, IPC_RMID));
}

static void nothing(int signal) { (void)signal; }

static void sleepers(void) {
    const int id = semget(IPC_PRIVATE, 3, 0600);
    const pid_t first = CHILD(printf("first %d\n", op1(id, 0, -2, 0)));
    while (semctl(id, 0, GETNCNT) < 1) usleep(1000);
    const pid_t second = CHILD(printf("second %d\n", op1(id, 0, -1, 0)));
    while (semctl(id, 0, GETNCNT) < 2) usleep(1000);
    op1(id, 0, 1, 0);
    end_of(second);
    op1(id, 0, 2, 0);
    end_of(first);
    op1(id, 1, 1, 0);
    const pid_t zero = CHILD(printf("zero %d\n", op1(id, 1, 0, 0)));
    while (semctl(id, 1, GETZCNT) < 1) usleep(1000);
    op1(id, 1, -1, 0);
    end_of(zero);
    const pid_t interrupted = CHILD({
        struct sigaction handler = {.sa_handler = nothing, .sa_flags = SA_RESTART};
        sigaction(SIGUSR1, &handler, NULL);
        SAY(op1(id, 2, -1, 0));
        SAY(op1(id, 2, -1, 0));
    });
    while (semctl(id, 2, GETNCNT) < 1) usleep(1000);
    kill(interrupted, SIGUSR1);
    usleep(20000);
    while (semctl(id, 2, GETNCNT) < 1) usleep(1000);
    semctl(id, 0, IPC_RMID);
    end_of(interrupted);
}

static void undoing(void) {
    const int id = semget(IPC_PRIVATE, 3, 0600);
    op1(id, 0, 5, 0);
    end_of(CHILD({
        op1(id, 0, -3, SEM_UNDO);
        op1(id, 1, 2, SEM_UNDO);
        op1(id, 1, 1, 0);
        values(id);
    }));
    values(id);
    printf("pid of who undid it %d\n", semctl(id, 0, GETPID) != getpid());
    end_of(CHILD({
        op1(id, 0, -5, SEM_UNDO);
        semctl(id, 0, SETVAL, 1);
    }));
    values(id);
    char number[16];
    snprintf(number, sizeof number, "%d", id);
    end_of(CHILD({
        op1(id, 2, 4, SEM_UNDO);
        execl(self, self, "undo", number, NULL);
    }));
    values(id);
    op1(id, 2, 1, 0);
    end_of(CHILD({      // no value goes below 0
        op1(id, 2, 4, SEM_UNDO);
        op1(id, 2, -4, 0);
    }));
    values(id);
    SAY(op1(id, 0, 30000, SEM_UNDO));
    SAY(op1(id, 1, -1, 0));
    SAY(op1(id, 0, -30000, 0));
    SAY(op1(id, 0, 2800, SEM_UNDO));
    SAY(semctl(id, 0, IPC_RMID));
}

static int with_list(void* argument) { return op1(*(int*)argument, 0, -1, SEM_UNDO); }

static void shared_list(void) {
    int id = semget(IPC_PRIVATE, 3, 0600);
    op1(id, 0, 3, 0);
    static char stacks[2][65536];
    end_of(CHILD({
        const int flags[] = {SIGCHLD | CLONE_VM, SIGCHLD | CLONE_VM | CLONE_SYSVSEM};
        for (int i = 0; i < 2; ++i) {
            end_of(clone(with_list, stacks[i] + sizeof stacks[i], flags[i], &id));
            values(id);
        }
    }));
    values(id);
    semctl(id, 0, IPC_RMID);
}

static void permissions(void)
{
    const int id = semget(IPC_PRIVATE, 1, 0604);
    end_of(CHILD({
        become_nobody();
        SAY(semctl(id, 0, GETVAL));
        SAY(semctl(id, 0, SETVAL, 1));
        SAY(op1(id, 0, 1, 0));
        SAY(op1(id, 0, 0, 0));
        SAY(semctl(id, 0, IPC_RMID));
    }));
    semctl(id, 0, IPC_RMID);
}

int main(int argc, char** argv)
{
    self = argv[0];
    if (argc > 2) {                         // executed with something to undo
        values(atoi(argv[2]));
        return 0;
    }
    semaphores();
    sleepers();
    undoing();
    shared_list();
    permissions();
    heading("sem");
    return 0;
}
