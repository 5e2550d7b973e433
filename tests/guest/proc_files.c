// Files of /proc that libraries and tools read: what is there, and that it has the form that they expect.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int newer;

static char* content(const char* path)
{
    static char text[1 << 18];
    const int fd = open(path, O_RDONLY);
    long size = 0, n;
    while (fd >= 0 && (n = read(fd, text + size, sizeof text - 1 - (size_t)size)) > 0) size += n;
    if (fd >= 0) close(fd);
    else printf("%s: errno %d\n", path, errno);
    text[size] = 0;
    return text;
}

// Which of the words a line begins with.
static void lines(const char* path, const char* const* names)
{
    const char* text = content(path);
    printf("%s:", path);
    for (; *names; ++names) {
        int found = 0;
        for (const char* at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
            found |= !strncmp(at, *names, strlen(*names));
        printf(" %s%s", found ? "" : "no ", *names);
    }
    printf("\n");
}

// The form: numbers become 0, spaces one space.
static void form(const char* path, int most)
{
    const char* text = content(path);
    printf("%s: ", path);
    for (char before = 0; *text && most; ++text) {
        const char c = *text >= '0' && *text <= '9' ? '0' : *text == '\t' ? ' ' : *text;
        if ((c == '0' || c == ' ') && c == before) continue;
        putchar(c);
        before = c;
        most -= c == '\n';
    }
}
static void whole(const char* path) { printf("%s: %s", path, content(path)); }

static int go[2], done[2];
static pid_t worker_id;
static void* worker(void* unused)
{
    char c;
    prctl(PR_SET_NAME, "worker");
    worker_id = (pid_t)syscall(SYS_gettid);
    char link[64] = "", expected[64];
    if (newer) {
        readlink("/proc/thread-self", link, sizeof link - 1);
        snprintf(expected, sizeof expected, "%d/task/%d", getpid(), worker_id);
        printf("thread-self %d\n", !strcmp(link, expected));
    }
    write(done[1], "", 1);
    read(go[0], &c, 1);
    return unused;
}

static void threads(void)
{
    pipe(go);
    pipe(done);
    pthread_t thread;
    char c, path[64];
    pthread_create(&thread, NULL, worker, NULL);
    read(done[0], &c, 1);
    DIR* task = opendir("/proc/self/task");
    int found = 0;
    for (struct dirent* e; task && (e = readdir(task));)
        if (e->d_name[0] != '.') found += atoi(e->d_name) == worker_id ? 10 : atoi(e->d_name) == getpid() ? 1 : 100;
    if (task) closedir(task);
    printf("task %d\n", found);
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", worker_id);
    printf("%s", content(path));
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", worker_id);
    printf("stat %d\n", atoi(content(path)) == worker_id);
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", getpid(), worker_id);
    const char* text = content(path);
    printf("Tgid %d Pid %d\n", atoi(strstr(text, "\nTgid:") + 6) == getpid(), atoi(strstr(text, "\nPid:") + 5) == worker_id);
    snprintf(path, sizeof path, "/proc/self/task/%d/task", worker_id);
    const int below = access(path, F_OK) ? errno : 0, others = access("/proc/self/task/1", F_OK) ? errno : 0;
    printf("no task below task: errno %d; not ours: errno %d\n", below, others);
    write(go[1], "", 1);
    pthread_join(thread, NULL);
}

static void descriptors(void)
{
    char path[64];
    const int fd = open("/tmp/proc_files", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    write(fd, "hello", 5);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    form(path, 1);
    unsigned flags = 0;
    long pos = -1;
    sscanf(content(path), "pos: %ld flags: %o", &pos, &flags);
    printf("pos %ld flags %o getfl %o\n", pos, flags, fcntl(fd, F_GETFL));
    close(fd);
    unlink("/tmp/proc_files");
}

static void field(const char* begin, const char* name)
{
    const char* at = strstr(begin, name);
    int value = -1;
    if (at) sscanf(at + strlen(name), " %d", &value);
    printf(" %s %d", name, value);
}
static void mapping(const char* what, const void* at)
{
    char begin[32];
    snprintf(begin, sizeof begin, "%08lx-", (unsigned long)at);
    const char* text = strstr(content("/proc/self/smaps"), begin);
    const char* names[] = {"Size:", "Rss:", "Shared_Clean:", "Shared_Dirty:", "Private_Clean:", "Private_Dirty:", "Anonymous:", "Swap:", "Locked:"};
    printf("%s:", what);
    for (int i = 0; text && i < 9; ++i) field(text, names[i]);
    const char* flags = text ? strstr(text, "VmFlags:") : NULL;
    printf(" %.24s\n", flags ? flags : "");
}

static void memory(void)
{
    char* const p = mmap(NULL, 5 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 4096;
    mprotect(p, 3 * 4096, PROT_READ | PROT_WRITE);
    p[0] = p[4096] = 1;
    mapping("private", p);
    fflush(stdout);
    if (!fork()) {
        mapping("of two", p);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    if (!newer) return;
    const char* rollup = content("/proc/self/smaps_rollup");
    printf("rollup %d %d\n", strstr(rollup, "[rollup]\nRss:") != NULL, strstr(rollup, "Pss_Anon:") != NULL);
}

static const char *const meminfo[] = {"MemTotal:", "MemFree:", "Buffers:", "Cached:", "SwapCached:", "Active:", "Inactive:", "Active(anon):",
    "Unevictable:", "Mlocked:", "SwapTotal:", "SwapFree:", "Dirty:", "Writeback:", "AnonPages:", "Mapped:", "Shmem:", "Slab:", "SReclaimable:",
    "SUnreclaim:", "KernelStack:", "PageTables:", "CommitLimit:", "Committed_AS:", "VmallocTotal:", NULL};
static const char *const cpuinfo[] = {"processor\t: 0\n", "vendor_id\t: ", "cpu family\t: ", "model\t\t: ", "model name\t: ", "stepping\t: ",
    "microcode\t: ", "cpu MHz\t\t: ", "cache size\t: ", "physical id\t: 0\n", "siblings\t: ", "core id\t\t: 0\n", "cpu cores\t: ", "apicid\t\t: 0\n",
    "initial apicid\t: 0\n", "fpu\t\t: yes\n", "cpuid level\t: ", "wp\t\t: yes\n", "flags\t\t: fpu ", "bogomips\t: ", "clflush size\t: 64\n",
    "cache_alignment\t: 64\n", "address sizes\t: ", "power management:", NULL};
static const char *const stat_lines[] = {"cpu  ", "cpu0 ", "intr ", "ctxt ", "btime ", "processes ", "procs_running ", "procs_blocked ", "softirq ", NULL};
static const char *const vmstat[] = {"nr_free_pages ", "nr_mapped ", "pgpgin ", "pgpgout ", "pswpin ", "pswpout ", "pgfault ", "pgmajfault ", NULL};

static void namespaces(void)
{
    const char* names[] = {"ipc", "mnt", "net", "pid", "user", "uts"};
    for (int i = 0; i < 6; ++i) {
        char path[32], link[64] = "";
        unsigned number = 0;
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        readlink(path, link, sizeof link - 1);
        char* colon = strchr(link, ':');
        if (colon) sscanf(colon, ":[%u]", &number), *colon = 0;
        printf("%s %d\n", link, number != 0);
    }
}

int main(int argc, char** argv)
{
    newer = argc > 1 && !strcmp(argv[1], "later");
    threads();
    descriptors();
    memory();
    lines("/proc/meminfo", meminfo);
    lines("/proc/cpuinfo", cpuinfo);
    lines("/proc/stat", stat_lines);
    lines("/proc/vmstat", vmstat);
    form("/proc/loadavg", 1);
    form("/proc/uptime", 1);
    form("/proc/swaps", 1);
    form("/proc/partitions", 1);
    form("/proc/self/schedstat", 1);
    form("/proc/self/oom_score", 1);
    whole("/proc/self/uid_map");
    printf("mountinfo %d\n", strstr(content("/proc/self/mountinfo"), " - proc ") != NULL);
    const char* numbers[] = {"kernel/threads-max", "kernel/cap_last_cap", "kernel/pid_max", "kernel/tainted", "vm/max_map_count", "vm/mmap_min_addr",
        "vm/swappiness", "vm/overcommit_ratio", "fs/file-max", "fs/nr_open", "fs/pipe-max-size", "net/core/somaxconn"};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
        char path[64];
        snprintf(path, sizeof path, "/proc/sys/%s", numbers[i]);
        form(path, 1);
    }
    namespaces();
    return 0;
}
