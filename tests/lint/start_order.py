"""start_order.py EXECSCOPE ORDER: what emu/start.order lays out is still in the program."""
import subprocess
import sys

program, order = sys.argv[1:]
present = {line.split()[-1] for line in subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout.splitlines()}
with open(order, encoding="ascii") as file:
    named = file.read().split()
gone = [name for name in named if name not in present]
print(len(named), "names,", len(gone), "of them gone")
if not named or len(gone) > len(named) / 10:
    print("emu/start_order.py finds them anew. Gone are, among others:", *gone[:10], sep="\n  ")
    sys.exit(1)
