#!/bin/sh
# Applets of busybox on real input.
export TZ=UTC0 LC_ALL=C
cd /work
say() { echo "== $*"; }
awk 'BEGIN { s = 1; for (i = 0; i < 3000; i++) { s = (s * 69069 + 12345) % 2147483648
    printf "%d word%d %x the quick %s\n", i, s % 97, s, s % 3 ? "fox" : "dog" } }' > text
head -n 200 text > small
say text
wc text; md5sum text; sha1sum text; sha256sum text; sha512sum text; sha3sum text; crc32 text
sed -n -e 's/word\([0-9]*\)7 /<\1>/p' -e '/dog$/{s/the \(quick\)/\1 the/;h}' -e '${x;p}' small | head -n 20
sed -i.old '5,$d; 2i inserted' small; cat small; mv small.old small
grep -c dog text; grep -n -E 'word(1|2)[0-9] [a-f].*dog' text | head -n 3; fgrep -o 'word96' text | uniq -c; egrep -v 'fox|dog' text; echo $?
awk '{ n[$2]++; last[$2] = $1 } END { for (w in n) printf "%s %d %d\n", w, n[w], last[w] }' text | sort -k2,2nr -k1,1 | head -n 5
awk -F'[ :]' '{ x += length($0) + substr($3, 2, 2) } END { print x, NR, toupper($NF), match($0, /q+/), RSTART }' text
sort -t ' ' -k 6,6 -k 2.5n text | sed -n '1p;1500p;$p'; sort -u -k2,2 text | wc -l; sort -rn text | sort -c -n 2>&1 | head -n 1
cut -d ' ' -f 2,6 text | sort | uniq -c | tail -n 2; cut -c 1-4 small | paste -s -d , - | cut -c 1-60
tr a-z A-Z < text | tr -d '0-9' | tr -s ' ' | tail -n 1; rev small | head -n 1; tac small | head -n 1; nl small | tail -n 1
fold -w 30 small | head -n 3; expand -t 4 small | unexpand -a | head -n 1; paste small small | head -n 1; head -c 30 text; echo; tail -c 30 text
shuf -i 1-50 | sort -n | paste -s -d + - | bc; seq -s , -w 8 11; factor 1234567890 97; expr 6 \* 7 : '\(.\)'; expr abcdef : 'a.*d'
echo '2 20 ^ p 3 k 7 3 / p' | dc; echo 'scale=10; define f(n) {
if (n < 2) return (1)
return (n * f(n - 1))
}
f(20)
sqrt(2)
l(2)' | bc -l
dd if=text of=part bs=1000 count=20 2>/dev/null; cmp part text; comm=$(cat part | wc -c); echo $comm
say coding
base64 small | head -n 1; base64 small | base64 -d | cmp - small && echo same; uuencode small name | head -n 2; uuencode small out | uudecode; cmp out small && echo same
xxd text | head -n 2; xxd -p small | xxd -r -p | cmp - small && echo same; od -A d -t x1 text | head -n 2; hexdump -C text | tail -n 2; hd text 2>/dev/null | head -n 1
strings -n 12 /bin/busybox | wc -l | grep -c '[0-9]'; unix2dos < small | dos2unix | cmp - small && echo same; printf '%05.1f|%-6s|%x|%b|%q\n' 3.14159 ab 255 'a\tb' 'q q' 2>&1
mkpasswd -m sha512 -S saltsalt secret; echo 'a b' | cat -A; crc32 small; ascii | head -n 3 | tail -n 1; cal 2 2024; dc -e '10 16 o p'
say compressing
gzip -c text > t.gz; gzip -t t.gz; gunzip -c t.gz | cmp - text && echo gzip; zcat t.gz | wc -c; bzip2 -c text > t.bz2; bunzip2 -c t.bz2 | cmp - text && echo bzip2
bzcat t.bz2 | wc -c; xz -dc /data/text.xz | md5sum; xzcat /data/text.xz | cmp - /work/numbers 2>/dev/null; unxz < /data/text.xz | wc -l; ls -l t.gz t.bz2 | awk '{ print ($5 > 0) }'
mkdir -p tree/a/b tree/c; for i in 1 2 3 4 5 6; do echo file $i > tree/a/f$i; ln -s f$i tree/a/l$i; touch -h -d '2001-02-03 04:05:06' tree/a/l$i; done; ln tree/a/f1 tree/a/b/hard; cp text tree/c/big; chmod 640 tree/a/f2; touch -d '2001-02-03 04:05:06' tree/a/* tree/a/b/* tree/c/* tree/a/b tree/a tree/c tree
tar -cf t.tar tree; tar -tvf t.tar | awk '{ print $1, $3, $6 }' | sort | head -n 8; mkdir out.d; tar -xf t.tar -C out.d; diff -r tree out.d/tree && echo tar; tar -czf t.tgz tree && tar -tzf t.tgz | wc -l
find tree -depth | cpio -o -H newc 2>/dev/null > t.cpio; cpio -t < t.cpio 2>/dev/null | sort | tail -n 2; mkdir out.c; (cd out.c && cpio -id < ../t.cpio 2>/dev/null); diff -r tree out.c/tree && echo cpio
printf '!<arch>\nsmall/          0           0     0     644     4         `\nabc\n' > t.a; ar t t.a; ar p t.a; stat -c '%A %h %s %F %Y %n' tree/a/f1 tree/a/l1; stat -c '%A %h %Y' tree/c
say files
find tree -name 'f[1-3]' -newer text -o -type l -name 'l[12]' | sort; find tree -size +10k -exec ls {} \; ; find tree -type f | sort | xargs -n 2 md5sum | tail -n 1
find tree -perm 640 -print0 | xargs -0 ls -l | awk '{ print $1, $NF }'; du -a tree/a/b | awk '{ print $2 }'; ls -1F tree/a | head -n 4; ls -lR tree | awk '/f1|l2/ { print $1, $2, $5, $6, $7, $8, $9, $10, $11 }'
readlink tree/a/l1; realpath tree/a/../c/big; basename /a/b.txt .txt; dirname /a/b/c; mkfifo pipe; (cat pipe | wc -c) & echo through > pipe; wait; test -p pipe && echo fifo
cp -a tree copy; diff -r tree copy && echo copied; mv copy/a moved; rmdir copy/c 2>&1; rm -r copy; ls moved | wc -l; truncate -s 5000 out; stat -c %s out; dd if=text of=out bs=100 skip=2 seek=3 count=4 conv=notrunc 2>&1 | head -n 2
head -n 4 small > new; echo five >> new; head -n 6 small > base; diff -u base new > p; sed 1,2d p; patch base < p; cmp base new && echo patched
mktemp -d /tmp/XXXXXX | wc -c; cp small installed; chmod 700 installed; stat -c %a installed; unlink installed; ls installed 2>&1; tee copy1 copy2 < small | wc -l; cmp copy1 copy2; sync
say editing
printf '2d\n$a\nend of it\n.\n1,2s/word/WORD/\nw\nq\n' | ed small; tail -n 1 small; vi -c '2,$d' -c wq small < /dev/null > /dev/null 2>&1; wc -l < small
printf 'more\nlines\n' | more; printf 'x\n' | less
say processes
uname -s; hostname; id -u; id -un; whoami; groups; logname 2>&1 | head -c 8; echo; pwd; time -f '' true; which awk; env -i A=1 B=2 env; nohup echo hup 2>/dev/null
timeout 1 sleep 0.01; echo $?; timeout 0.05 sleep 10; echo $?; sleep 100 & kill $!; wait $!; echo $?; setsid echo session; usleep 1000
ps -o pid,comm | grep -c "^ *$$ "; getopt -o ab: -- -a -b x y; xargs -n 1 -P 2 echo < /dev/null; yes yes | head -n 2
run-parts --test /none 2>&1 | tail -n 1; start-stop-daemon -S -x /bin/echo -- started; chroot / /bin/echo chrooted; date -d '2026-11-22 10:00:00' '+%a %j %s %Y-%m-%dT%H:%M:%S'; date -u -d @86400 +%F; ts x < /dev/null; watch -n 1 2>&1 | head -n 1
true && false; echo $?; [ -s text -a ! -d text ]; echo $?; test 5 -gt 3 -o a = b; echo $?; ipcalc -n -b 192.168.1.77/20; tty; stty 2>&1 | head -n 1; setpriv echo setpriv
