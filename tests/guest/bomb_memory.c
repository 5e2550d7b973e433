/* Fork bombs where memory is the limit (execscope --memory 32): children are killed, who is exempt from that
   goes on, and when the bomb has been ended all memory is there again. Not run natively: the memory would be the host's. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KIB = 1 << 10, MIB = 1 << 20, EACH = 256 * KIB, REST = 16 * MIB, FEW = 8 };

static char* area(int bytes) { return mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

/* One process that forks; each child writes to memory of its own. Who is killed leaves no zombie, so it never ends. */
static void fountain(void) {
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        const pid_t child = fork();
        if (child == 0) {
            char* own = area(EACH);
            if (own != MAP_FAILED) memset(own, 1, EACH);
            for (;;) pause();
        }
    }
}

static void adjust(const char* badness) {
    FILE* file = fopen("/proc/self/oom_score_adj", "w");
    if (!file || fputs(badness, file) < 0 || fclose(file)) printf("oom_score_adj is not taken\n");
}

static pid_t start(void (*bomb)(void)) {
    const pid_t group = fork();
    if (group == 0) {
        setpgid(0, 0);
        adjust("0");
        bomb();
    }
    setpgid(group, group);
    return group;
}

static int freePages(void) {
    char text[4096], *line;
    FILE* file = fopen("/proc/meminfo", "r");
    int kib = 0;
    while ((line = fgets(text, sizeof text, file)))
        if (sscanf(line, "MemFree: %d", &kib) == 1) break;
    fclose(file);
    return kib / 4;
}

static void sleepMilliseconds(int n) {
    const struct timespec time = {0, n * 1000000L};
    nanosleep(&time, 0);
}
/* Everybody forks. */
static void avalanche(void) {
    for (;;)
        if (fork() < 0) sleepMilliseconds(1);
}

static void end(const char* name, pid_t group) {
    int status;
    kill(-group, SIGKILL);
    waitpid(group, &status, 0);
    for (int i = 0; i < 100 && kill(-group, SIGKILL) == 0; i++) sleepMilliseconds(1);
    printf("%s: %s, %s\n", name, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? "killed" : "not killed",
           kill(-group, 0) < 0 && errno == ESRCH ? "gone" : "still there");
}

static int during(void (*bomb)(void), const char* name, char* mine) {
    const pid_t group = start(bomb);
    sleepMilliseconds(2);
    memset(mine, 4, MIB);
    const int least = freePages();
    end(name, group);
    return least;
}

int main(void) {
    adjust("-1000");
    char* mine = area(MIB);
    memset(mine, 3, MIB);
    printf("%s\n", freePages() > 0 ? "start" : "no memory");
    const int before = freePages(), least = during(fountain, "fountain", mine);
    during(avalanche, "avalanche", mine);
    const int after = freePages();
    printf("full: %s\n", least < before / 4 ? "yes" : "no");
    printf("memory: %s\n", after + FEW >= before ? "all there" : "not all there");
    memset(area(REST), 5, REST);
    printf("mine: %d\n", mine[MIB - 1]);
    return 0;
}
