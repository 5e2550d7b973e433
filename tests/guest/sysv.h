// What the programs about System V IPC share.
#pragma once

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void say(const char* what, long result)
{
    if (result == -1) printf("%s: errno %d\n", what, errno);
    else printf("%s: %ld\n", what, result);
}
#define SAY(call) (errno = 0, say(#call, (long)(call)))
#define DID(call) (errno = 0, say(#call, (long)(call) == -1 ? -1 : 0))

static inline int end_of(pid_t child)
{
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}
#define CHILD(...) ({ fflush(stdout); pid_t child_ = fork(); if (!child_) { __VA_ARGS__; fflush(stdout); _exit(0); } child_; })

static inline void become_nobody(void)
{
    setresgid(1000, 1000, 1000);
    setresuid(1000, 1000, 1000);
}

// The heading of a file of /proc/sysvipc.
static inline void heading(const char* name)
{
    char path[32], line[512];
    snprintf(path, sizeof path, "/proc/sysvipc/%s", name);
    FILE* f = fopen(path, "r");
    if (f && fgets(line, sizeof line, f)) fputs(line, stdout);
    if (f) fclose(f);
}
