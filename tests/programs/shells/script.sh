#!/bin/sh
# What ash does: functions, loops, expansions, here-documents, traps, background jobs, pipes, subshells, redirections.
cd /work
fact() { local n=$1; [ "$n" -le 1 ] && { echo 1; return; }; echo $((n * $(fact $((n - 1))))); }
echo $(fact 10) $((0x10 + 010 + (5 > 3 ? 7 : 1))) $((-7 / 2)) $((-7 % 3)) $((1 << 40))
name=archive.tar.gz
echo "${name%.*} ${name%%.*} ${name#*.} ${name##*.} ${#name} ${name:3:4} ${name/a/A} ${name//a/A} ${none:-default} ${none:+set}"
(: ${none:?is not set}) 2>&1; echo $?
for i in a "b c" d; do for j in 1 2; do [ $j = 2 ] && continue 2; echo "$i $j"; done; done
i=0; until [ $i -ge 3 ]; do i=$((i + 1)); case $i in 1) echo one;; [2-3]) echo few; break;; esac; done
cat << EOF | tr a-z A-Z | sort -r
here $i
$(echo nested; cat << 'IN'
quoted $i
IN
)
EOF
trap 'echo usr1' USR1; trap 'echo hup' HUP; kill -USR1 $$; kill -HUP $$; trap - HUP; trap '' TERM; kill -TERM $$; echo alive
(trap 'echo in subshell; exit 9' USR2; sh -c 'kill -s USR2 $PPID'; echo never); echo $?
sleep 0.05 & a=$!; (exit 4) & b=$!; wait $b; echo $?; wait $a; echo $?
{ echo out; echo err >&2; } 2>&1 >/dev/null | sed 's/^/only /'
exec 3> three; echo to three >&3; exec 3>&-; cat three; exec 4< three; read -r line <&4; echo "$line"; echo more >> three; wc -l < three
seq 1 500 | while read -r n; do [ $((n % 100)) = 0 ] && echo "at $n"; done | { read first; cat > rest; echo "$first"; wc -l < rest; }
false | true; echo $?; ! true; echo $?; set -o pipefail; false | true; echo $?
set -- one "two three" four; echo $# "$2" "$*"; shift; echo "$@"; IFS=,; set -- $(echo a,b,c); echo $#; unset IFS
mkdir -p d; touch d/b d/a d/.c; echo d/* d/.[a-z]*; set -f; echo d/*; set +f
while getopts ab:c option -a -b value -c; do echo "$option ${OPTARG-none}"; done
eval 'x=5; y=$x'; echo $y; readonly fixed=1; (fixed=2) 2>&1; alias hi='echo hello'; hi 2>/dev/null; type fact | head -n 1; command -v ls
set -e; (false || true; echo survived); set +e; (set -e; false; echo never); echo $?; (set -u; echo $undefined) 2>&1; echo $?
yes | head -n 1; (while :; do echo x; done) | head -n 2; ulimit -n 64; ulimit -n; umask 027; umask; touch made; ls -l made | cut -c 1-10
sh -c 'kill -9 $$'; echo $?; sh -c 'exit 300'; echo $?; /nowhere 2>/dev/null; echo $?; echo > notexec; ./notexec 2>/dev/null; echo $?
for n in 1 2 3; do (sleep 0.0$n; exit $n) & done; wait; jobs | wc -l; wait %9 2>/dev/null || echo no such job
echo 'echo "sourced $1"; return 3' > lib; . ./lib arg; echo $?
mkdir -p tree/src tree/doc; for i in 1 2 3; do echo "int f$i;" > tree/src/f$i.c; echo "about $i" > tree/doc/$i; done
tar -cf - tree | (mkdir other; cd other; tar -xf -); find other -type f | sort | xargs cat
trap 'echo bye $?' EXIT
exit 13
