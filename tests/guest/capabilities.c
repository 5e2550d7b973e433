// What capabilities allow, and what set*uid, setfsuid, fork and exec make of them (capabilities(7)). Run by user 0.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// uapi linux/capability.h, which musl's directories lack.
enum { CAP_CHOWN = 0, CAP_DAC_OVERRIDE = 1, CAP_FOWNER = 3, CAP_KILL = 5, CAP_SETGID = 6, CAP_SETUID = 7, CAP_SETPCAP = 8, CAP_SYS_BOOT = 22 };
#define VERSION_3 0x20080522
struct header {
    unsigned version;
    int pid;
};
struct words {
    unsigned effective, permitted, inheritable;
};

typedef unsigned long long set;
#define ONE(cap) (1ull << (cap))
static const set OURS = ONE(CAP_CHOWN) | ONE(CAP_DAC_OVERRIDE) | ONE(CAP_FOWNER) | ONE(CAP_KILL) | ONE(CAP_SETGID) | ONE(CAP_SETUID) | ONE(CAP_SETPCAP);

static int change(set effective, set permitted, set inheritable) {
    struct header head = {VERSION_3, 0};
    struct words data[2];
    for (int i = 0; i < 2; ++i) {
        data[i].effective = (unsigned)(effective >> 32 * i);
        data[i].permitted = (unsigned)(permitted >> 32 * i);
        data[i].inheritable = (unsigned)(inheritable >> 32 * i);
    }
    return syscall(SYS_capset, &head, data) ? errno : 0;
}

static void show(const char* what) {
    struct header head = {VERSION_3, 0};
    struct words d[2];
    syscall(SYS_capget, &head, d);
    const unsigned mask = (unsigned)OURS;
    printf("%s: effective %x permitted %x inheritable %x\n", what, d[0].effective & mask, d[0].permitted & mask, d[0].inheritable & mask);
}

static int failed(long result) { return result < 0 ? errno : 0; }

static void inChild(void (*body)(void)) {
    fflush(stdout);
    if (fork() == 0) {
        body();
        fflush(stdout);
        _exit(0);
    }
    wait(0);
}

static void withoutEffective(void) {
    printf("capset %d\n", change(0, OURS, 0));
    int file = open("/tmp/closed", O_CREAT | O_RDWR, 0);
    printf("setuid %d\n", failed(setuid(1000)));
    printf("setresgid %d\n", failed(setresgid(5, 6, 7)));
    printf("chown %d\n", failed(chown("/tmp/closed", 5, 5)));
    printf("open %d\n", failed(open("/tmp/closed", O_RDONLY)));
    printf("chroot %d\n", failed(chroot("/")));
    printf("back %d\n", change(OURS, OURS, 0));
    printf("setuid %d\n", failed(setuid(1000)));
    close(file);
}

static void keeping(void) {
    const set two = ONE(CAP_KILL) | ONE(CAP_SETUID);
    printf("PR_SET_KEEPCAPS %d\n", prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
    printf("setuid %d\n", failed(setuid(1000)));
    show("kept");
    printf("kill without it %d\n", failed(kill(getppid(), 0)));
    printf("capset %d\n", change(two, two, 0));
    printf("kill %d\n", failed(kill(getppid(), 0)));
    printf("setuid %d\n", failed(setuid(0)));
    show("user 0 again");
}

static void changingIds(void) {
    setfsuid(1000);
    show("fsuid 1000");
    setfsuid(0);
    show("fsuid 0");
    printf("seteuid %d\n", failed(seteuid(1000)));
    show("euid 1000");
    printf("open %d\n", failed(open("/tmp/closed", O_RDONLY)));
    printf("seteuid %d\n", failed(seteuid(0)));
    show("euid 0");
    printf("setuid %d\n", failed(setuid(1000)));
    show("uid 1000");
}

static void refused(void) {
    const set few = OURS & ~ONE(CAP_SETPCAP);
    printf("capset %d\n", change(OURS, OURS, 0));
    printf("more permitted %d\n", change(OURS, OURS | ONE(CAP_SYS_BOOT), 0));
    printf("effective beyond permitted %d\n", change(OURS, OURS & ~ONE(CAP_KILL), 0));
    printf("without CAP_SETPCAP %d\n", change(few, few, 0));
    printf("inheritable beyond permitted %d\n", change(few, few, ONE(CAP_SYS_BOOT)));
    printf("bounding set %d\n", failed(prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0)));
}

static void bounded(void) {
    printf("drop %d", prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0));
    printf(" read %d", prctl(PR_CAPBSET_READ, CAP_KILL, 0, 0, 0));
    printf(" and another %d, no such %d\n", prctl(PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0), failed(prctl(PR_CAPBSET_READ, 99, 0, 0, 0)));
    show("still there");
    fflush(stdout);
    execl("/proc/self/exe", "capabilities", "bounded", (char*)0);
}

static void inherited(void) {
    printf("capset %d\n", change(OURS, OURS, ONE(CAP_CHOWN)));
    show("inheritable");
    inChild(bounded);
    printf("setuid %d\n", failed(setuid(1000)));
    show("inheritable and user 1000");
    fflush(stdout);
    execl("/proc/self/exe", "capabilities", "user 1000", (char*)0);
}

int main(int argc, char** argv) {
    if (argc > 1) {
        show(argv[1]);
        return 0;
    }
    inChild(withoutEffective);
    inChild(keeping);
    inChild(changingIds);
    inChild(refused);
    inChild(inherited);
    unlink("/tmp/closed");
    return 0;
}
