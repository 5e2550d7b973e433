// A thread that is not the leader execs: the other threads die, the process keeps its pid and has one thread.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void* sleeper(void* unused) {
    for (;;) pause();
    return unused;
}

static void* execute(void* pid) {
    char* arguments[] = {"thread_exec", pid, NULL};
    execv("/proc/self/exe", arguments);
    perror("execv");
    return NULL;
}

int main(int argc, char** argv) {
    if (argc > 1) {
        printf("same pid: %d, is leader: %d\n", atoi(argv[1]) == getpid(), syscall(SYS_gettid) == getpid());
        return 7;
    }
    static char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    pthread_t thread;
    for (int i = 0; i < 3; ++i) pthread_create(&thread, NULL, sleeper, NULL);
    pthread_create(&thread, NULL, execute, pid);
    for (;;) pause();
}
