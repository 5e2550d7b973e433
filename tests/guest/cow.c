/* Copy on write, in both orders: who writes first gets the copy, and neither sees the other's write. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int data = 1;
static char page[3 * 4096];

static void turn(int to) { if (write(to, "x", 1) != 1) _exit(90); }
static void await(int from) { char c; if (read(from, &c, 1) != 1) _exit(91); }

static void childBody(int childFirst, int in, int out, int* shared, int* private) {
    if (!childFirst) await(in);
    int before = data + page[4096] + *private;
    data += 10;
    page[4096] = 20;
    *private += 30;
    *shared += 40;
    turn(out);
    _exit(before == 1 + 2 + 3 && data == 11 && page[4096] == 20 && *private == 33 ? 0 : 1);
}

static void order(int childFirst) {
    int toChild[2], toParent[2], status;
    data = 1;
    page[4096] = 2;
    int* shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int* private = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *shared = 4;
    *private = 3;
    if (pipe(toChild) || pipe(toParent)) _exit(92);
    fflush(stdout);
    if (fork() == 0) childBody(childFirst, toChild[0], toParent[1], shared, private);
    if (childFirst) await(toParent[0]);
    int before = data + page[4096] + *private;
    data += 100;
    page[4096] = 101;
    *private += 102;
    turn(toChild[1]);
    wait(&status);
    printf("%s first: parent saw %d, child %s; data %d page %d private %d shared %d\n", childFirst ? "child" : "parent",
           before, status == 0 ? "right" : "wrong", data, page[4096], *private, *shared);
    munmap(shared, 4096);
    munmap(private, 4096);
}

int main(void) {
    memset(page, 7, sizeof page);
    order(1);
    order(0);
    printf("untouched %d %d\n", page[0], page[3 * 4096 - 1]);
    return 0;
}
