// System V IPC: every command, structure and flag that strace knows. Removes what it makes.
#include <linux/ipc.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char buffer[4096];
static struct { long type; char text[100]; } message;

static void sharedMemory(void) {
    long shm = syscall(SYS_shmget, IPC_PRIVATE, 8192L, IPC_CREAT | 0600);
    syscall(SYS_shmget, 0x7e57L, 1L, 0L);
    syscall(SYS_shmget, IPC_PRIVATE, -1L, 0xffffffffL);
    syscall(SYS_shmget, -2L, 4096L, SHM_NORESERVE | 01);
    syscall(SYS_shmat, shm, 0L, 0xffffL);
    long at = syscall(SYS_shmat, shm, 0L, 0L), executable = syscall(SYS_shmat, shm, 0L, SHM_EXEC);
    syscall(SYS_shmat, shm, 0x10001L, SHM_RND | SHM_RDONLY);
    syscall(SYS_shmctl, shm, IPC_STAT, buffer);
    syscall(SYS_shmctl, shm, IPC_SET, buffer);
    syscall(SYS_shmctl, shm, IPC_STAT | 0x100, buffer);
    syscall(SYS_shmctl, shm, IPC_STAT, 8L);
    syscall(SYS_shmctl, shm, IPC_SET, 0L);
    syscall(SYS_shmctl, shm, 99L, buffer);
    syscall(SYS_shmctl, 0L, IPC_INFO, buffer);
    syscall(SYS_shmctl, 0L, SHM_INFO, 8L);
    syscall(SYS_shmctl, -1L, SHM_STAT, buffer);
    syscall(SYS_shmctl, -1L, SHM_STAT_ANY, buffer);
    syscall(SYS_shmctl, shm, SHM_LOCK, 0L);
    syscall(SYS_shmctl, shm, SHM_UNLOCK, buffer);
    syscall(SYS_shmdt, at);
    syscall(SYS_shmdt, 5L);
    syscall(SYS_shmctl, shm, IPC_RMID, 0L);
    syscall(SYS_shmctl, shm, IPC_STAT, buffer);
    syscall(SYS_shmdt, executable);
}

static void semaphores(void) {
    struct sembuf many[40];
    struct timespec soon = {0, 1000};
    memset(many, 0, sizeof many);
    many[0].sem_op = -1;
    many[1].sem_flg = -1;
    many[2].sem_num = 65535;
    long sem = syscall(SYS_semget, IPC_PRIVATE, 3L, IPC_CREAT | IPC_EXCL | 0700);
    syscall(SYS_semget, IPC_PRIVATE, -1L, 0L);
    for (long command = 11; command < 18; ++command) syscall(SYS_semctl, sem, 1L, command, command == 16 ? 7L : (long)buffer);
    syscall(SYS_semctl, sem, -1L, GETVAL, 0L);
    syscall(SYS_semctl, sem, 0L, 99L, 5L);
    syscall(SYS_semctl, sem, 0L, IPC_STAT, 5L);
    syscall(SYS_semctl, sem, 0L, IPC_STAT | 0x100, buffer);
    syscall(SYS_semctl, sem, 0L, IPC_STAT, buffer);
    syscall(SYS_semctl, sem, 0L, IPC_SET, buffer);
    syscall(SYS_semctl, 0L, 0L, SEM_INFO, 8L);
    syscall(SYS_semctl, -1L, 0L, SEM_STAT, buffer);
    syscall(SYS_semctl, -1L, 0L, SEM_STAT_ANY, buffer);
    syscall(SYS_semop, sem, many, 40L);
    syscall(SYS_semop, sem, many + 1, 2L);
    syscall(SYS_semop, sem, many, 0L);
    syscall(SYS_semop, sem, 8L, 3L);
    syscall(SYS_semtimedop, sem, many, 1L, 8L);
    syscall(SYS_semtimedop, sem, many, 1L, &soon);
    many[0].sem_op = 1;
    syscall(SYS_semtimedop, sem, many, 1L, 0L);
    syscall(SYS_semctl, sem, 0L, IPC_RMID, buffer);
}

static void messages(void) {
    long queue = syscall(SYS_msgget, IPC_PRIVATE, IPC_CREAT | IPC_EXCL | 0777);
    message.type = -1;
    strcpy(message.text, "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmn");
    syscall(SYS_msgsnd, queue, &message, 40L, 0L);
    message.type = 3;
    syscall(SYS_msgsnd, queue, &message, 40L, 0xfffff7ffL);
    syscall(SYS_msgsnd, queue, &message, 6L, IPC_NOWAIT);
    syscall(SYS_msgsnd, queue, &message, 0L, 0L);
    syscall(SYS_msgsnd, queue, &message, -1L, 0L);
    syscall(SYS_msgsnd, queue, 8L, 4L, 0L);
    syscall(SYS_msgctl, queue, IPC_STAT, buffer);
    syscall(SYS_msgctl, queue, IPC_SET, buffer);
    syscall(SYS_msgrcv, queue, &message, 4L, 0L, 0L);
    syscall(SYS_msgrcv, queue, &message, 100L, -9L, IPC_NOWAIT | MSG_NOERROR);
    syscall(SYS_msgrcv, queue, &message, 10L, 0L, 0L);
    syscall(SYS_msgrcv, queue, &message, 8L, 4L, MSG_EXCEPT);
    syscall(SYS_msgrcv, queue, &message, 8L, 0L, IPC_NOWAIT);
    syscall(SYS_msgrcv, queue, 0L, -1L, 1L, 0L);
    syscall(SYS_msgctl, 0L, IPC_INFO, buffer + 1024);
    syscall(SYS_msgctl, 0L, MSG_INFO, 8L);
    syscall(SYS_msgctl, -1L, MSG_STAT, buffer);
    syscall(SYS_msgctl, -1L, MSG_STAT_ANY, buffer);
    syscall(SYS_msgctl, queue, 99L, buffer);
    syscall(SYS_msgctl, queue, IPC_RMID, 0L);
}

int main(void) {
    sharedMemory();
    semaphores();
    messages();
    return 0;
}
