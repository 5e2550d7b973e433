#!/bin/sh
# ls, coreutils, gcc that compiles, assembles, links and runs, make-like builds, ar, strip, nm; git; sqlite3; archives.
set -u
export HOME=$PWD LC_ALL=C TZ=UTC0 GIT_CONFIG_NOSYSTEM=1
ls -l /etc/debian_version; ls -d /usr/bin /etc; ls /none; echo $?; id -u; cat /etc/debian_version; wc -l < /etc/passwd | grep -c .
mkdir src && cd src
cat > hello.c << 'C'
#include <math.h>
#include <pthread.h>
#include <stdio.h>
int twice(int);
static void *run(void *n) { return (void *)(long)twice((long)n); }
int main(int argc, char **argv)
{
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, run, (void *)21);
    pthread_join(thread, &result);
    printf("hello %ld %.6f %s\n", (long)result, sqrt(argc), argv[1]);
    return 3;
}
C
echo 'int twice(int n) { return 2 * n; }' > twice.c
gcc -O2 -Wall -c hello.c twice.c && ar rc libtwice.a twice.o && gcc hello.o -L. -ltwice -lm -pthread -o hello && ./hello world; echo $?
gcc -shared -fPIC twice.c -o libtwice.so && gcc hello.c -L. -ltwice -Wl,-rpath,"$PWD" -lm -o dynamic && ./dynamic shared; echo $?
nm hello.o | awk '{ print $NF }'; strip hello && ./hello stripped; size twice.o | awk 'NR == 2 { print $1 > "/dev/null"; print NF }'; objdump -d twice.o | grep -c ret
echo 'int main(void) { return undeclared; }' > wrong.c; gcc wrong.c -o wrong 2>&1 | grep -c error; echo $?
printf '#include <cstdio>\nint main() { try { throw 5; } catch (int n) { std::printf("%%d\\n", n); } }\n' > thrown.cc; g++ thrown.cc -o thrown && ./thrown
cd ..; mkdir repository && cd repository
git init -q -b main . && git config user.email a@example.org && git config user.name Name
export GIT_AUTHOR_DATE='2026-11-22 10:00:00 +0000' GIT_COMMITTER_DATE='2026-11-22 10:00:00 +0000'
for n in 1 2 3; do echo "line $n" >> file; mkdir -p dir; echo $n > dir/$n; git add .; git commit -q -m "commit $n"; done
git log --stat --format='%h %an %ad %s' --date=iso; git status --short; git diff HEAD~2 -- file
git checkout -q -b branch HEAD~1; echo other > other; git add other; git commit -q -m branch; git merge -q -m merged main; git log --graph --oneline --all | cat
git tag v1; git rev-parse HEAD v1; git gc -q; git fsck --full 2>&1; git clone -q . ../cloned; git -C ../cloned log -1 --format=%s; git grep -n line HEAD; git stash list; git blame file | cut -c 1-8; git archive HEAD | tar -t
cd ..; sqlite3 data.db 'create table t (a integer primary key, b text); insert into t (b) values ("x"), ("y"); select count(*), group_concat(b) from t;' '.schema'
printf '1,one\n2,two\n' > in.csv; sqlite3 data.db '.mode csv' '.import in.csv imported' 'select sum(1) from imported' 'pragma integrity_check'
find src repository/dir -type f | sort | head -n 3; tar -czf src.tgz src && tar -xzf src.tgz -O src/twice.c; sort -R src/hello.c | sort | md5sum | cut -c 1-3 | grep -c .
seq 1 20000 | sort -rn | uniq | head -n 2; seq 1 5 | xargs -P 2 -I{} sh -c 'exit 0'; diff src/twice.c src/wrong.c; stat -c '%a %F' src; date -d @86400 +%F; timeout 0.05 sleep 5; echo $?; sha256sum src/twice.c
awk 'BEGIN { "echo command" | getline x; print x; printf "%s\n", "sorted" | "sort"; close("sort"); while ((getline line < "in.csv") > 0) n++; print n, substr("hello", 2, 3), 2 ^ 10, sprintf("%c%5.2f", 65, 2.5) }'
exit 14
