// System V message queues: which message is received, and who waits.
#include "sysv.h"

#include <sys/msg.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

struct message { long type; char text[64]; };

static long receive(int id, long type, size_t most, int flags) {
    struct message m = {-1, ""};
    errno = 0;
    const long n = msgrcv(id, &m, most, type, flags);
    printf("received %ld errno %d type %ld %.*s\n", n, errno, m.type, n > 0 ? (int)n : 0, m.text);
    return n;
}

static void queues(void) {
    const int id = msgget(IPC_PRIVATE, 0600);
    struct message m = {0, "zero"};
    SAY(msgsnd(id, &m, 4, 0));
    m.type = -1;
    SAY(msgsnd(id, &m, 4, 0));
    m.type = 1;
    SAY(msgsnd(id, &m, 8193, 0));
    SAY(msgsnd(-1, &m, 4, 0));
    SAY(msgsnd(id, NULL, 4, 0));
    const struct message sent[] = {{5, "five"}, {3, "three"}, {4, "four"}, {3, "three again"}, {1, "one"}};
    for (int i = 0; i < 5; ++i) msgsnd(id, &sent[i], strlen(sent[i].text), 0);
    struct msqid_ds ds;
    SAY(msgctl(id, IPC_STAT, &ds));
    printf("%lu messages, %lu of %lu bytes, lspid %d lrpid %d stime %d rtime %d\n", (unsigned long)ds.msg_qnum, (unsigned long)ds.__msg_cbytes, (unsigned long)ds.msg_qbytes,
           ds.msg_lspid == getpid(), ds.msg_lrpid, ds.msg_stime != 0, ds.msg_rtime != 0);
    receive(id, 0, 64, MSG_COPY | IPC_NOWAIT);
    receive(id, 4, 64, MSG_COPY | IPC_NOWAIT);
    receive(id, 5, 64, MSG_COPY | IPC_NOWAIT);
    receive(id, 0, 64, MSG_COPY);
    receive(id, 3, 64, 0);
    receive(id, -4, 64, 0);
    receive(id, -4, 64, 0);
    receive(id, 5, 64, MSG_EXCEPT);
    receive(id, 0, 2, 0);
    receive(id, 0, 2, MSG_NOERROR);
    receive(id, 0, 64, IPC_NOWAIT);
    SAY(msgrcv(id, &m, (size_t)-1, 0, 0));
    int n = 0;
    static struct { long type; char bytes[8192]; } large = {1, ""};
    while (!msgsnd(id, &large, 8192, IPC_NOWAIT)) ++n;
    printf("%d, then errno %d\n", n, errno);
    for (n = 0; !msgsnd(id, &m, 0, IPC_NOWAIT); ++n);
    printf("%d empty ones, then errno %d\n", n, errno);
    ds.msg_qbytes = 100;
    SAY(msgctl(id, IPC_SET, &ds));
    SAY(msgctl(id, IPC_STAT, &ds));
    printf("qbytes %lu\n", ds.msg_qbytes);
    SAY(msgctl(id, IPC_RMID, NULL));
    receive(id, 0, 64, 0);
}

static void waiting_for_messages(void) {
    const int id = msgget(IPC_PRIVATE, 0600);
    int ready[2];
    pipe(ready);
    char c;
    const pid_t two = CHILD({ write(ready[1], "", 1); receive(id, 2, 64, 0); });
    read(ready[0], &c, 1);
    usleep(20000);
    const pid_t small = CHILD({ write(ready[1], "", 1); receive(id, 1, 2, 0); });
    read(ready[0], &c, 1);
    usleep(20000);
    struct message m = {1, "one"};
    msgsnd(id, &m, 3, 0);
    end_of(small);
    receive(id, 1, 64, IPC_NOWAIT);
    m.type = 2;
    msgsnd(id, &m, 3, 0);
    end_of(two);
    struct msqid_ds ds;
    msgctl(id, IPC_STAT, &ds);
    printf("left %lu, last receiver %d\n", ds.msg_qnum, ds.msg_lrpid == two);
    ds.msg_qbytes = 3;
    msgctl(id, IPC_SET, &ds);
    msgsnd(id, &m, 3, 0);
    const pid_t sender = CHILD({ write(ready[1], "", 1); SAY(msgsnd(id, &m, 2, 0)); SAY(msgsnd(id, &m, 3, 0)); });
    read(ready[0], &c, 1);
    usleep(20000);
    receive(id, 0, 64, 0);
    usleep(20000);
    msgctl(id, IPC_RMID, NULL);
    end_of(sender);
}

static void permissions(void)
{
    const int id = msgget(IPC_PRIVATE, 0602);
    end_of(CHILD({
        become_nobody();
        struct message m = {1, "x"};
        SAY(msgsnd(id, &m, 1, 0));
        SAY(msgrcv(id, &m, 1, 0, IPC_NOWAIT));
        struct msqid_ds ds;
        SAY(msgctl(id, IPC_STAT, &ds));
    }));
    msgctl(id, IPC_RMID, NULL);
}

int main(void)
{
    queues();
    waiting_for_messages();
    permissions();
    heading("msg");
    return 0;
}
