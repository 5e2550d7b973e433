/* Every way a child can end, as wait sees it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void exitZero(void) { _exit(0); }
static void exit255(void) { _exit(255); }
static void exit256(void) { _exit(256); }
static void killSelf(void) { kill(getpid(), SIGKILL); }
static void termSelf(void) { raise(SIGTERM); }
static void abortSelf(void) { abort(); }
static void readNull(void) { (void)*(volatile int*)0; }
static void divideByZero(void) { __asm__ volatile("xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx" ::: "eax", "ecx", "edx"); }
static void undefinedInstruction(void) { __asm__ volatile("ud2"); }
static void breakpoint(void) { __asm__ volatile("int3"); }
static void privileged(void) { __asm__ volatile("hlt"); }
static void nonCanonical(void) { (void)*(volatile int*)0x800000000000; }
static void ignoredSignal(void) { raise(SIGCHLD); _exit(5); }

static void inChild(const char* name, void (*body)(void)) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        body();
        _exit(99);
    }
    int status = -1;
    pid_t waited = waitpid(child, &status, 0);
    printf("%-14s %s ", name, waited == child ? "waited" : "lost");
    if (WIFEXITED(status)) printf("exit %d\n", WEXITSTATUS(status));
    else printf("signal %d\n", WTERMSIG(status));
}

int main(void) {
    inChild("exit 0", exitZero);
    inChild("exit 255", exit255);
    inChild("exit 256", exit256);
    inChild("SIGKILL", killSelf);
    inChild("SIGTERM", termSelf);
    inChild("abort", abortSelf);
    inChild("read NULL", readNull);
    inChild("idiv 0", divideByZero);
    inChild("ud2", undefinedInstruction);
    inChild("int3", breakpoint);
    inChild("hlt", privileged);
    inChild("non-canonical", nonCanonical);
    inChild("ignored", ignoredSignal);
    int status;
    pid_t none = wait(&status);
    printf("no child: %d %s\n", none, errno == ECHILD ? "ECHILD" : "?");
    return 0;
}
