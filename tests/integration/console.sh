#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `lxcx console` on a container that runs, as somebody at a terminal uses it; lxc.console.path; and lxc-console.
. "$(dirname "$0")/../support/harness.sh"
needs_program python3
on_terminal=$(dirname "$0")/../support/on-terminal
at() { output=$("$on_terminal" "$@" 2>&1); status=$?; } # at SCRIPT COMMAND…
steps() { # steps PROMISE: the last one came to its end, and the command ended well
  if [ $status = 0 ]; then passed "$1"; else failed "$1" "status $status: $output"; fi
}
console() { at "$1" "$lxcx_program" -P "$containers" console lxcxt-c "${@:2}"; }

# An init that talks on three terminals.
make_container lxcxt-c 'lxc.net.0.type = empty'
sed -i 's/^lxc.tty.max.*/lxc.tty.max = 2/; s/^lxc.pty.max.*/lxc.pty.max = 8/' "$containers/lxcxt-c/config"
cat >"$containers/lxcxt-c/rootfs/talk" <<'END'
#!/bin/sh
talk() { exec <"$1" >"$1" 2>&1; trap 'echo resized to $(stty size)' WINCH; while :; do while read -r line; do echo "got $line, $1, $(stty size)"; done; done; }
setsid sh -c "$(sed -n '/^talk()/p' /talk); talk /dev/tty1" &
setsid sh -c "$(sed -n '/^talk()/p' /talk); talk /dev/tty2" &
echo the console speaks
talk /dev/console
END
chmod 755 "$containers/lxcxt-c/rootfs/talk"
check "start" lxcx start lxcxt-c -- /talk

console $'wait connected to tty2\ntype hello\\r\nwait got hello, /dev/tty2, 24 80\ntype \\x01q' -t 2
steps "tty2 by its number: what is typed arrives, with this terminal's size; Ctrl-a q leaves"
console $'wait connected to tty1\ntype there\\r\nwait got there, /dev/tty1\ntype \\x01q'
steps "without a number the first free one"
console $'wait connected to tty1\nsize 33 77\ntype again\\r\nwait got again, /dev/tty1, 33 77\ntype \\x01q'
steps "the size follows"
console $'wait connected to tty1\ntype a\\x02\\x02b\\r\nwait got a\x02b, /dev/tty1\ntype \\x02q' -e '^b'
steps "another escape leaves"
check_match "and twice is itself once" 'got a.b, /dev/tty1' "$output"
console $'wait connected to the console\ntype anyone\\r\nwait got anyone, /dev/console\ntype \\x01q' -t 0
steps "the console itself"
ln -s "$lxcx_program" "$scratch/lxc-console"
at $'wait tty2\ntype by name\\r\nwait got by name, /dev/tty2\ntype \\x01q' "$scratch/lxc-console" -P "$containers" -n lxcxt-c -t 2
steps "lxc-console"
check_exit "a terminal that is not there" 3 lxcx console lxcxt-c -t 9 </dev/null

# One is taken by one.
mkfifo "$scratch/hold"
script -qfec "'$lxcx_program' -P '$containers' console lxcxt-c -t 1" /dev/null 0<>"$scratch/hold" >"$scratch/held" 2>&1 &
holder=$!
check "somebody has tty1" eventually 20 grep -q 'connected to tty1' "$scratch/held"
check_exit "nobody else gets it" 4 lxcx console lxcxt-c -t 1 </dev/null
console $'wait connected to tty2\ntype \\x01q'
steps "but the next one"
script -qfec "'$lxcx_program' -P '$containers' console lxcxt-c -t 2" /dev/null 0<>"$scratch/hold" >"$scratch/held2" 2>&1 &
second=$!
check "somebody has tty2" eventually 20 grep -q 'connected to tty2' "$scratch/held2"
check_exit "then none is free" 4 lxcx console lxcxt-c </dev/null
kill $second
wait $second 2>/dev/null
console $'wait connected to tty2\ntype \\x01q' -t 2
steps "who is killed lets go of his"

# The end of the container is the end of the connection.
check "stop" lxcx stop -k lxcxt-c
wait $holder
check_match "whoever is connected is told" 'lxcxt-c has ended' "$(cat "$scratch/held")"
check_exit "console of a stopped one" 11 lxcx console lxcxt-c </dev/null

# lxc.console.path: a terminal of the host's. A program sits on it that does nothing.
script -qfec "tty >'$scratch/tty'; sleep 60" /dev/null 0<>"$scratch/hold" >"$scratch/screen" 2>&1 &
screen=$!
eventually 20 test -s "$scratch/tty"
check "start with lxc.console.path" lxcx start -c "$(cat "$scratch/tty")" lxcxt-c -- /talk
check "what the console says is on that terminal" eventually 20 grep -q 'the console speaks' "$scratch/screen"
lxcx stop -k lxcxt-c
kill $screen
wait $screen 2>/dev/null
check "start without a console" lxcx start -s lxc.console.path=none lxcxt-c -- /bin/sleep 100
check_exit "has none to connect to" 3 lxcx console lxcxt-c -t 0 </dev/null
lxcx stop -k lxcxt-c
