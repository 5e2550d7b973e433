#!/bin/sh
# awk over a file of 100 MB.
export LC_ALL=C
awk 'BEGIN { for (i = 0; i < 1000; i++) printf "%d word%d %s\n", i, i * 7919 % 97, "the quick brown fox jumps over the lazy dog and runs away" }' > block
for i in 1 2 3 4 5 6 7 8 9 10; do cat block block block block block block block block block block; done | cat > part
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do cat part; done | cat > large
wc -c < large
awk '{ n++; b += length($0) } /word96/ { hits++ } END { print n, b, hits }' large
rm large
