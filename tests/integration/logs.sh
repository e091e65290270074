#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where the log goes: -o and -l, lxc.log.file, lxc.log.level and lxc.log.syslog; who wins, what a line looks like, what happens when it cannot be written.
. "$(dirname "$0")/../support/harness.sh"

own=$scratch/new/directories/own.log other=$scratch/other.log
lines() { grep -c -E "$2" "$1" 2>/dev/null; }
make_container lxcxt-l 'lxc.net.0.type = empty' "lxc.log.file = $own" 'lxc.log.level = DEBUG'

# A file of the container's own.
check "start with lxc.log.file, below directories that are not there" lxcx start lxcxt-l
check_match "each line: program, container, time, level, text" '^lxcx lxcxt-l 20[0-9]{12}\.[0-9]{3} DEBUG +[^ ]' "$(cat "$own")"
check_no_match "lxc.log.level says from which level on" ' TRACE ' "$(cat "$own")"
check_equal "nobody else may write it" 640 "$(stat -c %a "$own")"
started=$(lines "$own" .)
check_exit "attach of a program that is not there" 127 inside lxcxt-l /nosuch
check "stop" lxcx stop -k lxcxt-l
check "the teardown, a process of its own, logs there too" test "$(lines "$own" .)" -gt "$started"

check "start --dry-run" lxcx start --dry-run -s "lxc.log.file=$scratch/dry/log" lxcxt-l
check "touches nothing, the log neither" test ! -e "$scratch/dry"

# What a failure says is in it as well, and the level counts.
: >"$own"
check_exit "a start that fails" 3 lxcx start -s lxc.log.level=ERROR -s lxc.net.0.type=veth -s lxc.net.0.link=lxcxt-none lxcxt-l
check_match "says so in the log" ' ERROR +.*lxcxt-none' "$(cat "$own")"
check_no_match "and nothing below ERROR" ' (TRACE|DEBUG|INFO|NOTICE|WARN) ' "$(cat "$own")"

# The command line wins.
: >"$own"
check "start -o FILE -l trace" lxcx -o "$other" -l trace start lxcxt-l
check_match "logs to that file, at that level" ' TRACE ' "$(cat "$other")"
check_match "each step of the parent" ' DEBUG +make the cgroups: lxc.payload.lxcxt-l' "$(cat "$other")"
check_match "each step of the child" ' TRACE +child: pivot into the root: done' "$(cat "$other")"
check_match "which process runs" ' INFO +init runs, as process [0-9]+$' "$(cat "$other")"
check_equal "and not to lxc.log.file" '' "$(cat "$own")"
started=$(lines "$other" .)
lxcx stop -k lxcxt-l
check "the teardown goes where the start was told to" test "$(lines "$other" .)" -gt "$started"
check_match "how it ended" '^lxcx lxcxt-l .* INFO +init was ended by signal 9$' "$(cat "$other")"
check_match "and what was taken back" " TRACE +undo 'make the cgroups': done" "$(cat "$other")"
: >"$own"
started=$(lxcx -l trace start lxcxt-l 2>&1; lxcx -q stop -k lxcxt-l)
check_match "start -l without -o shows the daemon's steps to who waits" 'child: pivot into the root: done' "$started"
: >"$own"
check "start -l without -o" lxcx -q -l trace start lxcxt-l
check_match "is the level of lxc.log.file" ' TRACE ' "$(cat "$own")"
lxcx -q -l 0 stop -k lxcxt-l
check_match "of the teardown's lines too" ' TRACE .*' "$(cat "$own")"

# What cannot be opened.
check_match "a start that cannot log is refused, by name" "lxc.log.file.*'$containers/lxcxt-l/config/log'" "$(lxcx start -s "lxc.log.file=$containers/lxcxt-l/config/log" lxcxt-l 2>&1)"
check_equal "and nothing is left of it" STOPPED "$(lxcx info -s -H lxcxt-l)"
check "start" lxcx start lxcxt-l
rm -rf "$scratch/new"
: >"$scratch/new"
check "stop goes on without its log" lxcx stop -k lxcxt-l
rm "$scratch/new"

# Where nobody names a file: the container's own.
default=$containers/lxcxt-d/lxcxt-d.log
make_container lxcxt-d 'lxc.net.0.type = empty' 'lxc.hook.post-stop = /bin/false'
check "start without a log" lxcx start lxcxt-d
check "nothing to say, no file" test ! -e "$default"
check_exit "a second start" 4 lxcx start lxcxt-d
check_match "what went wrong stands beside the configuration" '^lxcx lxcxt-d [0-9.]+ ERROR +.*is running already' "$(cat "$default")"
lxcx stop -k lxcxt-d
check_match "what went wrong in the background too" '^lxcx lxcxt-d .* WARN +.*/bin/false' "$(cat "$default")"
check_no_match "and nothing below" ' (TRACE|DEBUG|INFO|NOTICE) ' "$(cat "$default")"
rm "$default"
check "start -o none" lxcx -o none start lxcxt-d
lxcx -o none stop -k lxcxt-d
check "wants no file, of the teardown neither" test ! -e "$default"
check "start -l debug" lxcx -q -l debug start lxcxt-d
check_match "without -o: the container's own log at that level" '^lxcx lxcxt-d .* DEBUG ' "$(cat "$default")"
lxcx -q stop -k lxcxt-d
check "destroy takes it along" lxcx destroy lxcxt-d
check "nothing is left" test ! -e "$containers/lxcxt-d"
check_exit "what is not defined" 3 lxcx start lxcxt-d
check "gets no log" test ! -e "$containers/lxcxt-d"

# syslog(3) writes to /dev/log: here a socket on a /dev of the test's own.
cat >"$scratch/daemon.py" <<'P'
import os, socket, subprocess, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("/dev/log")
listener.settimeout(20)
status = subprocess.call(sys.argv[1:])
listener.setblocking(False)
try:
    while True:
        print(listener.recv(65536).decode())
except BlockingIOError:
    pass
sys.exit(status)
P
syslogged() {
  unshare -m bash -c 'set -e; mkdir -p "$0"; mount -t tmpfs lxcxt "$0"; for node in null zero full random urandom tty; do touch "$0/$node"; mount --bind "/dev/$node" "$0/$node"; done
    mkdir "$0/pts" "$0/shm"; mount --rbind /dev/pts "$0/pts"; ln -s pts/ptmx "$0/ptmx"; ln -s /proc/self/fd "$0/fd"; mount --rbind "$0" /dev; exec python3 "$@"' "$scratch/dev" "$@"
}
sent=$(syslogged "$scratch/daemon.py" "$lxcx_program" -P "$containers" start -s lxc.log.syslog=local3 -s lxc.log.level=INFO -s lxc.net.0.type=veth -s lxc.net.0.link=lxcxt-none lxcxt-l 2>/dev/null)
check_match "lxc.log.syslog: facility 19 and severity 3 in one number, the program, the container" '^<155>.* lxcx\[[0-9]+\]: lxcxt-l: .*lxcxt-none' "$sent"

# A log in the container's own directory does not stand in the way of destroy.
check "start that logs beside its configuration" lxcx start -s "lxc.log.file=$containers/lxcxt-l/lxcxt-l.log" lxcxt-l
lxcx stop -k lxcxt-l
check "destroy takes the log along" lxcx destroy lxcxt-l
check "nothing is left" test ! -e "$containers/lxcxt-l"
