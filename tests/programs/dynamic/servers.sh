#!/bin/sh
# redis with a client on its socket and a background save; lighttpd with curl over loopback; tmux with a window on a pseudo-terminal.
set -u
export HOME=$PWD LC_ALL=C TZ=UTC0 TERM=linux
redis-server --port 0 --unixsocket "$PWD/redis" --dir "$PWD" --save "" --logfile "$PWD/redis.log" > /dev/null &
server=$!
ask() { redis-cli -s "$PWD/redis" "$@" 2> /dev/null; }
until ask ping; do sleep 0.1; done | tail -n 1
ask set counter 41; ask incr counter; ask lpush list x y z; ask lrange list 0 -1; ask hset hash a 1 b 2; ask hgetall hash
ask eval 'return redis.call("get", KEYS[1]) .. "!"' 1 counter
ask bgsave; until [ -s dump.rdb ]; do sleep 0.1; done; head -c 5 dump.rdb; echo
ask setex soon 1 gone; ask ttl soon; sleep 1.2; ask exists soon
ask shutdown nosave; wait $server; echo "redis: $?"

mkdir web && seq 1 20000 > web/numbers && echo front > web/index.html
cat > web.conf << C
server.document-root = "$PWD/web"
server.port = 18391
server.bind = "127.0.0.1"
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html")
C
lighttpd -D -f web.conf 2> lighttpd.log &
server=$!
until curl -s http://127.0.0.1:18391/; do sleep 0.1; done
curl -s http://127.0.0.1:18391/numbers | sha256sum
curl -s -r 100-109 http://127.0.0.1:18391/numbers; echo
curl -s -o /dev/null -w '%{http_code} %{content_type} %{size_download}\n' http://127.0.0.1:18391/none http://127.0.0.1:18391/index.html
for n in 1 2 3 4; do curl -s http://127.0.0.1:18391/numbers -o part$n & pids="${pids-} $!"; done; wait $pids; cmp part1 web/numbers && cmp part4 part2 && echo equal
kill $server; wait $server; echo "lighttpd: $?"

tmux -S "$PWD/tmux" -f /dev/null new-session -d -x 60 -y 10 'stty size; echo inside; read line; echo "got $line"; sleep 60'
until tmux -S "$PWD/tmux" capture-pane -p | grep -q '^inside'; do sleep 0.1; done
tmux -S "$PWD/tmux" send-keys 'typed' Enter
until tmux -S "$PWD/tmux" capture-pane -p | grep -q '^got'; do sleep 0.1; done
tmux -S "$PWD/tmux" capture-pane -p | grep .
tmux -S "$PWD/tmux" split-window -h cat; tmux -S "$PWD/tmux" list-panes -F '#{pane_index} #{pane_width} #{pane_height}'
tmux -S "$PWD/tmux" kill-server; echo "tmux: $?"
