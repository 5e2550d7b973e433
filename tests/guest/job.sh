#!/bin/sh
# What a shell script commonly does; busybox sh and bash must print the same as natively. Ends with status 13.
x=0
for i in 1 2 3 4 5; do x=$((x + i * i)); done
echo sum $x
f() { local y=$1; [ $y -le 1 ] && { echo 1; return; }; echo $((y * $(f $((y - 1))))); }
echo factorial $(f 8)
seq 1 200 | while read n; do [ $((n % 50)) = 0 ] && echo got $n; done
(exit 7)
echo subshell $?
trap 'echo trapped USR1' USR1
kill -USR1 $$
trap 'echo bye' EXIT
cat <<EOF | tr a-z A-Z | sort -r
here $x
doc
EOF
sleep 0.05 &
p=$!
wait $p
echo waited $?
(sleep 5 & q=$!; kill $q; wait $q; echo killed $?) 2>/dev/null
{ echo out; echo err >&2; } 2>&1 | wc -l
for f in /data/*; do printf '%s ' "${f##*/}"; done
echo
case abc in a?c) echo glob ;; esac
false | true
echo pipe $?
echo a b c | { read p q r; echo $r-$p; }
mkdir /tmp/j && cd /tmp/j && echo one > a && mv a b && cp b c && cat b c && ls && cd / && rm -r /tmp/j
set -- one two three
echo $# ${2} "$*"
exit 13
