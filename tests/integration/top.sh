#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lxcx top: the counters of what runs, in lines and on a terminal, which is left as it was.
. "$(dirname "$0")/../support/harness.sh"
needs_program python3

head=time_ms,container,cpu_nanos,cpu_sys_userhz,cpu_user_userhz,blkio_bytes,blkio_iops,mem_used_bytes,memsw_used_bytes,kernel_mem_used_bytes
check_equal "nothing runs: the head alone" "$head" "$(lxcx top -b -c 1 </dev/null)"
make_container lxcxt-a
make_container lxcxt-b
check "start" lxcx start lxcxt-a
check "start another" lxcx start lxcxt-b
lines=$(lxcx top -b -c 2 -d 0.1 </dev/null)
check_equal "one head, and a line for each container and look" "$head lxcxt-a lxcxt-b lxcxt-a lxcxt-b" "$(awk -F, 'NR == 1 { print; next } { print $2 }' <<<"$lines" | xargs)"
check_equal "of ten numbers" 10 "$(awk -F, 'NR == 2 { print NF }' <<<"$lines")"
check_match "time was used, and memory" '^[0-9]{13},lxcxt-a,[1-9][0-9]*,[0-9]+,[0-9]+,[0-9]+,[0-9]+,[1-9][0-9]*,[0-9]+,[0-9]+$' "$lines"
check_equal "in reverse" "lxcxt-b lxcxt-a" "$(lxcx top -b -c 1 -r </dev/null | awk -F, 'NR > 1 { print $2 }' | xargs)"
inside lxcxt-b sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done'
check_equal "the busiest first" lxcxt-b "$(lxcx top -b -c 1 -s c </dev/null | awk -F, 'NR == 2 { print $2 }')"
check_match "JSON, one document for each look" '^\{"schema":1,"time_ms":[0-9]+,"containers":\[\{"name":"lxcxt-a","cpu_ns":[1-9]' "$(lxcx --format json top -c 1)"
check_equal "the time is info's" "$(lxcx --format json info lxcxt-a | grep -o '"cpu_ns":[0-9]*')" \
  "$(lxcx --format json top -c 1 | grep -o '"cpu_ns":[0-9]*' | head -n 1)"

check_exit "without a terminal it needs --batch" 6 lxcx top </dev/null
check_match "which it says" 'add --batch' "$output"
check_exit "a key that is none" 2 lxcx top -b -s x
check_exit "a delay that is none" 2 lxcx top -b -d soon
check_exit "nor a negative one" 2 lxcx top -b -d -1

# on_terminal KEYS-OR-SIGNAL: runs it on a pseudo terminal of 100 columns; prints what came, and whether the settings are as they were.
cat >"$scratch/terminal.py" <<'END'
import fcntl, os, pty, re, select, signal, struct, sys, termios, time
how, command = sys.argv[1], sys.argv[2:]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 10, 120, 0, 0))
before = termios.tcgetattr(slave)
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2): os.dup2(slave, fd)
    os.execv(command[0], command)
seen = b""
def until(mark):
    global seen
    start, end = len(seen), time.time() + 20
    while mark not in seen[start:] and time.time() < end and select.select([master], [], [], 20)[0]:
        seen += os.read(master, 65536)
until(b"TOTAL 2 of 2")
if how.startswith("SIG"):
    os.kill(child, getattr(signal, how))
elif how == "resize":
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 4, 120, 0, 0))
    os.kill(child, signal.SIGWINCH)
    until(b"TOTAL 1 of 2")
    os.write(master, b"q")
else:
    for key in how:
        os.write(master, key.encode())
        if key not in "q\x03": until(b"TOTAL 2 of 2")
until(b"\x1b[?1049l")
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print("status", status, "restored", termios.tcgetattr(slave) == before, "left", seen.endswith(b"\x1b[?1049l"))
print(re.sub("\x1b\\[[?0-9]*[a-z]", "", seen.decode().split("\x1b[H\x1b[J")[-1]).replace("\r", ""))
END
on_terminal() { python3 "$scratch/terminal.py" "$1" "$lxcx_program" -P "$containers" top -d 60; }
for way in q $'\003' SIGINT SIGTERM SIGHUP SIGQUIT; do
  check_match "$(printf %q "$way") ends it, and the terminal is as it was" '^status 0 restored True left True$' "$(on_terminal "$way")"
done
check_match "the screen has lxc-top's columns" '^lxcxt-a +[0-9]+\.[0-9]{2} +[0-9]+\.[0-9]{2} +[0-9]+\.[0-9]{2} .*\(.*/.*\) ' "$(on_terminal q)"
check_equal "a key sorts at once" "lxcxt-b lxcxt-a" "$(on_terminal cq | grep -o '^lxcxt-.' | xargs)"
check_equal "another reverses" "lxcxt-b lxcxt-a" "$(on_terminal nrq | grep -o '^lxcxt-.' | xargs)"
check_match "a smaller window shows fewer" '^TOTAL 1 of 2 ' "$(on_terminal resize)"
lxcx stop -k lxcxt-a
lxcx stop -k lxcxt-b
