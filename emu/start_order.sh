#!/bin/sh
# Writes emu/start.order: the functions of execscope that run when it starts a static program, in the order in which they are
# reached, found by execscope itself. The linker lays them out like that, so that a start touches few pages.
# Usage: emu/start_order.sh EXECSCOPE PROGRAM (PROGRAM: a static hello)
set -eu
execscope=$(realpath "$1")
program=$(realpath "$2")
"$execscope" trace --profile v6.1 -e trace=insn -o - --bind "$program:/hello" -- "$execscope" run -- /hello |
    grep -o '"symbol":"[^"+]*' | cut -d'"' -f4 | awk '!reached[$0]++' >"$(dirname "$0")/start.order"
