#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lxcx monitor: every state that a container enters, once, in order, as it happens.
. "$(dirname "$0")/../support/harness.sh"
needs_program python3

other=$scratch/other
mkdir -p "$other"
seen=$scratch/seen watcher=
test_clean_up() { [ -z "$watcher" ] || kill "$watcher" 2>/dev/null; }

is_watching() { cat /proc/"$watcher"/fdinfo/* 2>/dev/null | grep -q '^inotify wd'; }
# watch ARGUMENT…: in the background, into $seen; returns when it has its watch on the directory.
watch() {
  : >"$seen"
  "$lxcx_program" -P "$containers" monitor "$@" >"$seen" 2>"$scratch/complaint" </dev/null &
  watcher=$!
  eventually 5 is_watching || failed "monitor $* watches" "$(cat "$scratch/complaint")"
}
# ends STATUS: the watch ends by itself, with that status.
ends() {
  wait "$watcher"
  local got=$?
  watcher=
  check_equal "it ends with $1" "$1" "$got"
}
states() { sed -E "s/.*'(.*)' (changed state to|exited with status) \[(.*)\]/\1 \3/; s/^lxcxt-//" "$seen" | tr '\n' ','; }
has_seen() { [ "$(states)" = "$1" ]; }
# saw PROMISE STATES: they are what is shown, in the end.
saw() {
  eventually 10 has_seen "$2"
  check_equal "$1" "$2" "$(states)"
}

make_container lxcxt-a 'lxc.net.0.type = empty'
make_container lxcxt-b 'lxc.net.0.type = empty'

watch
lxcx -q start lxcxt-a
saw "a start" "a STARTING,a RUNNING,"
lxcx -q freeze lxcxt-a
lxcx -q unfreeze lxcxt-a
saw "freeze and unfreeze" "a STARTING,a RUNNING,a FREEZING,a FROZEN,a THAWED,a RUNNING,"
lxcx -q freeze lxcxt-a
lxcx -q freeze lxcxt-a
lxcx -q unfreeze lxcxt-a
lxcx -q unfreeze lxcxt-a
saw "what changes nothing is not shown" "a STARTING,a RUNNING,a FREEZING,a FROZEN,a THAWED,a RUNNING,a FREEZING,a FROZEN,a THAWED,a RUNNING,"
lxcx -q stop -k lxcxt-a
saw "a stop" "a STARTING,a RUNNING,a FREEZING,a FROZEN,a THAWED,a RUNNING,a FREEZING,a FROZEN,a THAWED,a RUNNING,a 0,a STOPPING,a STOPPED,"
check_equal "a line has LXC's layout" "'lxcxt-a' changed state to [STARTING]" "$(head -1 "$seen")"
kill -TERM "$watcher"
ends 0
check_equal "and complains of nothing" "" "$(cat "$scratch/complaint")"

watch --format json
lxcx -q start lxcxt-a -- /bin/sh -c 'sleep 0.2; exit 7'
eventually 10 grep -q STOPPED "$seen"
check_match "JSON tells the status of init" '^\{"schema":1,"time":[0-9.e+]+,"lxcpath":"'"$containers"'","name":"lxcxt-a","event":"exit","state":null,"status":7,"signal":null\}$' "$(cat "$seen")"
check_match "and the states" '"event":"state","state":"RUNNING","status":null,"signal":null\}$' "$(cat "$seen")"
lxcx -q start lxcxt-a
lxcx -q stop -k lxcxt-a
eventually 10 grep -q '"signal":9' "$seen"
check_match "and the signal that ended it" '"event":"exit","state":null,"status":null,"signal":9\}$' "$(cat "$seen")"
kill -INT "$watcher"
ends 0

watch -n 'lxcxt-[b-f].*' 'lxcxt-x'
lxcx -q start lxcxt-a
lxcx -q start lxcxt-b
saw "a pattern chooses" "b STARTING,b RUNNING,"
kill "$watcher"
ends 0
check_exit "a bad pattern is refused" 2 lxcx monitor xcxt-a 'lxcxt-[b'
check_match "and named" "'lxcxt-\[b' is not a regular expression" "$output"
check_exit "a half one cannot be made whole by what lxcx puts around it" 2 lxcx monitor 'a)|(b'

watch 'xcxt-a' 'lxcxt-'
lxcx -q stop -k lxcxt-a
lxcx -q stop -k lxcxt-b
kill "$watcher"
ends 0
check_equal "a pattern is for the whole name" "" "$(states)"

watch
lxcx -q start lxcxt-a -- /bin/nosuch
saw "a start that fails" "a STARTING,a ABORTING,a STOPPING,a STOPPED,"
kill "$watcher"
ends 0

watch
lxcx -q start lxcxt-a
kill -9 "$(monitor_of lxcxt-a)"
kill -9 "$(init_of lxcxt-a)"
saw "init and monitor killed" "a STARTING,a RUNNING,a STOPPING,a STOPPED,"
check_equal "and nothing is left" "" "$(find /run/lxcx -mindepth 2 -name lxcxt-a)"
kill "$watcher"
ends 0

lxcx -q start lxcxt-a
kill -9 "$(monitor_of lxcxt-a)"
watch
kill -9 "$(init_of lxcxt-a)"
saw "an init whose monitor was gone before" "a STOPPING,a STOPPED,"
kill "$watcher"
ends 0

watch --count 2 -t 60
lxcx -q start lxcxt-a
ends 0
check_equal "--count" "a STARTING,a RUNNING," "$(states)"
lxcx -q stop -k lxcxt-a
check_exit "--timeout without events" 0 lxcx monitor -t 0
check_exit "--timeout before --count" 12 lxcx monitor -t 0 --count 3
check_match "tells how many there were" '0 of 3 events within 0 s' "$output"
check_exit "an impossible count" 2 lxcx monitor --count 0
check_exit "-Q" 0 lxcx monitor -Q

watch -P "$other"
cp -a "$containers/lxcxt-b" "$other/"
sed -i "s#$containers#$other#" "$other/lxcxt-b/config"
lxcx -q start lxcxt-a
"$lxcx_program" -q -P "$other" start lxcxt-b
saw "several directories" "a STARTING,a RUNNING,b STARTING,b RUNNING,"
"$lxcx_program" -q -P "$other" destroy --force lxcxt-b
lxcx -q stop -k lxcxt-a
kill "$watcher"
ends 0

watch
lxcx -q start lxcxt-a
lxcx -q stop -k lxcxt-a
rm -f "$run_directory"/.*.lock
rmdir "$run_directory"
eventually 5 test -d "$run_directory"
lxcx -q start lxcxt-a
saw "a directory that goes and comes" "a STARTING,a RUNNING,a 0,a STOPPING,a STOPPED,a STARTING,a RUNNING,"
lxcx -q stop -k lxcxt-a
kill "$watcher"
ends 0

# A queue that runs over: the watch sleeps while more happens than the kernel keeps.
watch lxcxt-a
kill -STOP "$watcher"
python3 - "$run_directory/lxcxt-z" "$(cat /proc/sys/fs/inotify/max_queued_events)" <<'PY'
import os, sys
for _ in range(int(sys.argv[2]) // 2 + 8):
    os.mkdir(sys.argv[1])
    os.rmdir(sys.argv[1])
PY
lxcx -q start lxcxt-a
lxcx -q freeze lxcxt-a
lxcx -q unfreeze lxcxt-a
kill -CONT "$watcher"
saw "a queue that runs over loses nothing" "a STARTING,a RUNNING,a FREEZING,a FROZEN,a THAWED,a RUNNING,"
lxcx -q stop -k lxcxt-a
kill "$watcher"
ends 0

# Nobody reads it any more.
mkfifo "$scratch/pipe"
"$lxcx_program" -P "$containers" monitor >"$scratch/pipe" 2>&1 &
watcher=$!
exec 9<"$scratch/pipe"
eventually 5 is_watching
exec 9<&-
ends 0
