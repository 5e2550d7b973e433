/* What the guest programs about sockets share. Everything is static: each program is one file. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SHOW(call) do { errno = 0; long r_ = (long)(call); printf("%s: %ld, errno %d\n", #call, r_, r_ < 0 ? errno : 0); } while (0)

/* A name of this process in the abstract namespace of AF_UNIX; its length. */
static inline socklen_t abstract(struct sockaddr_un *a, const char *text) {
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    snprintf(a->sun_path + 1, sizeof a->sun_path - 1, "%s.%d", text, (int)getpid());
    return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a->sun_path + 1);
}

/* Sets an option unless `set` is negative, and reads it back. */
static inline void option(int s, int level, int which, const char *text, int set) {
    int v = -1;
    socklen_t l = sizeof v;
    errno = 0;
    int a = set < 0 ? 0 : setsockopt(s, level, which, &set, sizeof set), e = a ? errno : 0;
    errno = 0;
    int b = getsockopt(s, level, which, &v, &l);
    printf("%s: set %d errno %d, get %d errno %d, %d of %d\n", text, a, e, b, b ? errno : 0, v, (int)l);
}
