# zsh: arrays, globs and their qualifiers, parameter flags, floating arithmetic, process substitution, jobs, traps, functions.
cd /work
list=(three one two); print $list[1] ${#list} ${(o)list} ${(O)list} ${(j:,:)list} ${list[2,-1]} ${(U)list} ${list:#t*} ${(s:,:)${:-a,b,c}}
typeset -A map=(x 1 y 2); for k v in ${(kv)map}; do print $k=$v; done | command sort; print ${(k)map[(r)2]} ${+map[z]}
print $((7.0 / 2)) $((2 ** 10)) $((16#ff)) $(( [#16] 255 )) $((5 > 3 && 2 > 1)); float f=1.5; ((f *= 3)); print $f; integer i=7/2; print $i
setopt extendedglob; [[ 2026-11-22 = (#b)([0-9]##)-([0-9]##)* ]] && print $match[1] $match[2]; [[ abc = (a|b)*c ]] && print glob
mkdir -p d/e; touch d/a.c d/b.h d/e/c.c d/.hidden; print d/**/*.c d/*(.) d/*(/) d/*(.on[1]); setopt extendedglob; print d/^*.c d/*~*.h(N) none*(N)
diff <(seq 3) <(seq 2 4); cat =(print temporary); print -l one two | while read line; do print "<$line>"; done; print a b c | read first rest; print $rest
fun() { local x=$1; (( x == 0 )) && { print done; return 4 }; fun $((x - 1)) }; fun 20; print $?
trap 'print usr1' USR1; kill -USR1 $$; TRAPUSR2() { print "function $1" }; kill -USR2 $$; { print try; false } always { print always }
sleep 0.02 & wait $!; print $?; (exit 6) & wait $!; print $?; print ${(l:5::0:)42} ${(r:5::.:)ab} ${(%):-%%} ${${:-a.b.c}:e} ${${:-/x/y.z}:t:r} ${(q)${:-a b}}
repeat 3 print -n x; print; for ((i = 0; i < 3; i++)) print -n $i; print; case foo in (f*) print f;& (b) print fall;; esac; select w in a b; do print $w; break; done <<< 1 2>/dev/null; 
print -r -- ${(f)"$(seq 3)"} $pipestatus; false | true; print $pipestatus; print {1..5} {a..c}x; printf '%05.1f|%s\n' 2.25 end 
coproc cat; print -p hello; read -p line; print $line; coproc exit; exec 5> out; print -u5 five; exec 5>&-; print "$(<out)"; print multi > m1 > m2; cat m1 m2
zmodload zsh/datetime 2>/dev/null; zmodload zsh/mathfunc 2>/dev/null && print $((sqrt(16))) ; whence -w print fun ls; emulate -R sh -c 'x="a b"; set -- $x; echo $#'; setopt errexit; (false; print never) || print failed; exit 17
