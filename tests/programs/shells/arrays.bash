# bash: arrays, associative arrays, regular expressions, process substitution, coprocesses, job control, traps, printf, mapfile.
cd /work
declare -a list=(three one "two words"); list+=(four); list[7]=seven
echo "${#list[@]} ${!list[@]} ${list[@]:1:2} ${list[-1]}"; printf '<%s>' "${list[@]/o/0}"; echo
declare -A map=([x]=1 [y]="2 3"); map[z]=4; for key in $(printf '%s\n' "${!map[@]}" | sort); do echo "$key=${map[$key]}"; done
[[ "2026-11-22T10:20" =~ ^([0-9]+)-([0-9]+)-([0-9]+)T(.*)$ ]] && echo "${BASH_REMATCH[@]:1}"
[[ abc == a*c && ! abc < abb && -d / && "a b" != a\ c ]] && echo tests
while read -r a b; do echo "$b$a"; done < <(printf '%s\n' "1 x" "2 y"); diff <(seq 1 5) <(seq 2 6); paste <(seq 3) <(seq 4 6) | tee >(wc -l > lines) ; sleep 0.1; cat lines
mapfile -t rows < <(seq 10 14); echo "${rows[3]} ${#rows[@]}"; readarray -d , -t parts <<< "a,b,c"; echo "${#parts[@]}"
text="Hello World"; echo "${text^^} ${text,,} ${text~~} ${text:(-5):3} ${text//[aeiou]/_} ${text@Q}" {a..c}{1..3} {10..1..3} {01..03}
printf '%q %05.2f %s %(%Y)T %x %-5s| %b\n' "a b" 3.14159 plain 0 255 ab 'tab\there'; printf -v made '%03d' 7; echo "$made $((2**62)) $((16#ff)) $((x = 5, x++ + ++x)) $x"
coproc cat; echo "through coproc" >&"${COPROC[1]}"; read -r line <&"${COPROC[0]}"; echo "$line"; eval "exec ${COPROC[1]}>&-"; wait; jobs > /dev/null
set -m; sleep 0.05 & sleep 100 & jobs | sed 's/ \+/ /g'; kill %2; wait %1; echo $?; wait %2 2>/dev/null; echo $?
(sleep 0.02; exit 5) & fg %% > /dev/null 2>&1; echo $?
sh -c 'kill -STOP $$; echo continued' & sleep 0.1; jobs -s | wc -l; bg %% > /dev/null; wait; set +m
trap 'echo "debug off" ; trap - DEBUG' DEBUG; :; trap 'echo "error $?"' ERR; false; trap - ERR; trap 'echo usr' USR1; kill -USR1 $$; trap 'echo winch' RETURN; f() { return 3; }; f; echo $?
recurse() { (($1 == 0)) && { echo "depth ${#FUNCNAME[@]}"; return; }; recurse $(($1 - 1)); }; recurse 50
select word in a b; do echo "chose $word"; break; done <<< 2 2>/dev/null
exec {fd}<> rw; echo data >&$fd; exec {fd}>&-; cat rw; read -r -t 0.05 never < <(sleep 1); echo $((status = $?, status > 128)); read -n 3 -r some <<< abcdef; echo "$some"; IFS=: read -r -a fields <<< "a:b::d"; echo "${#fields[@]}"
shopt -s extglob globstar nullglob
mkdir -p g/h/i; touch g/a.c g/h/b.c g/h/i/c.h; echo g/**/*.c g/!(*.c) none*; case foobar in +(foo|bar)) echo extglob;; esac
function total { local -n result=$1; local -i sum=0; for n in "${@:2}"; do sum+=n; done; result=$sum; }; total answer 1 2 39; echo $answer
ulimit -c 0; { sh -c 'kill -SEGV $$'; } 2>/dev/null; echo $?; (echo $BASH_SUBSHELL; (echo $BASH_SUBSHELL)); echo "${PIPESTATUS[@]}"; true | false | (exit 3); echo "${PIPESTATUS[@]}"
{ time -p sleep 0; } 2>&1 | wc -l; history 2>&1 | wc -l; let "y = 7 * 6"; echo $y; ((y > 41)) && echo more; until ((y-- < 40)); do :; done; echo $y
cat << 'A' - <<< "string" << B
not this
A
last $((40 + 2))
B
echo "$(< rw)" "${!answer@}" "${answer@A}"; declare -p map 2>/dev/null | wc -c | grep -c .; wait -n 2>/dev/null; kill -l TERM; echo $LINENO; exit 21
