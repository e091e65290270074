#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Notify rules of a seccomp policy: a proxy outside decides about calls of init and of attached programs; without one they fail, and nothing hangs.
. "$(dirname "$0")/../support/harness.sh"
needs_program python3
[ "$(uname -m)" = x86_64 ] || skip "tests/support/seccomp-proxy knows x86_64's system calls"

proxy_program=$(dirname "$0")/../support/seccomp-proxy
proxy=$scratch/proxy.socket
journal=$scratch/journal
proxy_pid=
answered="best-effort: prio 5"  # of ionice: no container has it by itself
start_proxy() {
  rm -f "$proxy"
  "$proxy_program" "$proxy" "$journal" &
  proxy_pid=$!
  eventually 10 test -S "$proxy" || failed "the proxy runs"
}
stop_proxy() {
  [ -z "$proxy_pid" ] || { kill "$proxy_pid" && wait "$proxy_pid"; } 2>/dev/null
  proxy_pid=
}
test_clean_up() {
  stop_proxy
  command -v lxc-stop >/dev/null || return 0
  lxc-stop -P "$containers" -n lxcxt-n -k 2>/dev/null
  rmdir /sys/fs/cgroup/{,*/}lxc.{monitor,payload}.lxcxt-n /sys/fs/cgroup/{,*/}lxc.pivot 2>/dev/null
}
# asked FIELD [LINE]: of a request that the proxy has seen; the last one by default.
asked() { sed -n "${2:-\$}p" "$journal" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
listeners_of() { find "/proc/$(monitor_of "$1")/fd" -lname 'anon_inode:seccomp notify' 2>/dev/null | wc -l; }

cat >"$scratch/policy" <<'EOF'
2
denylist
mknod notify
mknodat notify
ioprio_get notify
EOF
configuration=("lxc.seccomp.profile = $scratch/policy" "lxc.net.0.type = empty" "lxc.log.file = $scratch/log")
make_container lxcxt-n "${configuration[@]}" "lxc.seccomp.notify.proxy = unix:$proxy" "lxc.seccomp.notify.cookie = the cookie"
check "config check finds no fault" lxcx config check lxcxt-n

start_proxy
check "it starts, and its init has asked already" lxcx start lxcxt-n -- /bin/sh -c 'ionice >/tmp/prio; exec sleep 1000'
check "init's calls are answered" eventually 10 eval '[ "$(cat "$containers/lxcxt-n/rootfs/tmp/prio")" = "$answered" ]'
check_equal "the proxy sees the cookie" "the cookie" "$(asked cookie)"
check_equal "and init" "$(init_of lxcxt-n)" "$(asked init)"
check_equal "and the monitor, its peer" "$(monitor_of lxcxt-n) $(monitor_of lxcxt-n)" "$(asked monitor) $(asked peer)"
check_equal "and who calls" ionice "$(asked comm)"
check_equal "and the sizes of the kernel's structs" "[80, 24, 64]" "$(asked sizes)"
check_equal "and gets its directory in /proc, its memory and the listener" \
  "['/proc/$(asked pid)', '/proc/$(asked pid)/mem', 'anon_inode:seccomp notify']" "$(asked fds)"

check_equal "an attached program's calls are answered too" "$answered" "$(inside lxcxt-n ionice)"
check "a call that the proxy only says to have done" inside lxcxt-n mknod /tmp/fake c 1 3
check "and has not" inside lxcxt-n test ! -e /tmp/fake
check_equal "its argument was read from the caller's memory" /tmp/fake "$(asked path)"
check "a call that goes on" inside lxcxt-n mknod /tmp/real c 1 3
check "and is done by the kernel" inside lxcxt-n test -c /tmp/real
check "a call that the proxy does itself" inside lxcxt-n mknod /tmp/made c 1 3
check "and has done" inside lxcxt-n test -c /tmp/made
check_exit "a call that the proxy refuses" 1 inside lxcxt-n mknod /tmp/deny c 1 3
check_match "fails as it says" 'Operation not permitted' "$output"
check_exit "an answer that is none" 1 inside lxcxt-n mknod /tmp/junk c 1 3
check_match "is ENOSYS" 'Function not implemented' "$output"
check_match "and in the log" '^lxcx lxcxt-n [0-9.]+ ERROR +seccomp notify: the proxy.s answer is none' "$(cat "$scratch/log")"
check "without the LSM nothing is asked" lxcx attach --elevated-privileges=LSM lxcxt-n -- mknod /tmp/unasked c 1 3

check_equal "one listener while nothing is attached" 1 "$(eventually 5 eval '[ "$(listeners_of lxcxt-n)" = 1 ]'; listeners_of lxcxt-n)"
"$lxcx_program" -P "$containers" attach lxcxt-n -- sleep 1000 </dev/null &
sleeper=$!
check "a second one with an attached program" eventually 10 eval '[ "$(listeners_of lxcxt-n)" = 2 ]'
"$lxcx_program" -P "$containers" attach lxcxt-n -- mknod /tmp/hang c 1 3 </dev/null &
hanging=$!
check "a call without an answer waits" eventually 10 eval '[ "$(asked path)" = /tmp/hang ]'
check_equal "beside it others are answered" "$answered" "$(inside lxcxt-n ionice)"
check "and the monitor itself" eval '[ -n "$(lxcx info lxcxt-n)" ]'
kill $hanging $sleeper
wait $hanging $sleeper 2>/dev/null
check "programs that have ended take their listeners along" eventually 10 eval '[ "$(listeners_of lxcxt-n)" = 1 ]'

# The limit: core/monitor/program/notifier.hpp, max_listeners; one is init's.
sleepers=()
for ((i = 0; i < 63; ++i)); do
  "$lxcx_program" -P "$containers" attach lxcxt-n -- sleep 1000 </dev/null &
  sleepers+=($!)
done
check "64 listeners" eventually 60 eval '[ "$(listeners_of lxcxt-n)" = 64 ]'
check_exit "no more" 4 inside lxcxt-n true
check_match "says why" 'as many seccomp listeners as it takes' "$output"
check_match "and what to do" 'hint: ' "$output"
check_equal "those that are there go on" 64 "$(listeners_of lxcxt-n)"
kill "${sleepers[@]}"
wait "${sleepers[@]}" 2>/dev/null
check "once they end there is room" eventually 20 inside lxcxt-n true

stop_proxy
check_exit "a proxy that has gone" 1 inside lxcxt-n mknod /tmp/gone c 1 3
check_match "is ENOSYS" 'Function not implemented' "$output"
check_match "and in the log" "ERROR +seccomp notify: the proxy cannot be reached: unix:$proxy: ECONNREFUSED" "$(cat "$scratch/log")"
start_proxy
check_equal "a proxy that comes back is asked again" "$answered" "$(inside lxcxt-n ionice)"

"$lxcx_program" -P "$containers" attach lxcxt-n -- mknod /tmp/hang c 1 3 </dev/null &
hanging=$!
check "a call waits" eventually 10 eval '[ "$(asked path)" = /tmp/hang ]'
check "stop ends it" timeout 20 "$lxcx_program" -P "$containers" stop -k lxcxt-n
wait $hanging 2>/dev/null
check_equal "STOPPED" STOPPED "$(lxcx info -s -H lxcxt-n)"

# Hanging in init itself, asked to end.
check "an init that waits for an answer" lxcx start lxcxt-n -- /bin/sh -c 'trap "exit 0" PWR; mknod /tmp/hang2 c 1 3; exit 3'
check "waits" eventually 10 eval '[ "$(asked path)" = /tmp/hang2 ]'
check "stop ends it too" timeout 20 "$lxcx_program" -P "$containers" stop -k lxcxt-n

# What lxcx itself calls on the way to exec: answered while the start waits.
printf '%s\n' 2 denylist 'setsid notify' 'execve notify' 'setgroups notify' 'close notify' 'setresuid notify' 'mknodat notify' 'mknod notify' >"$scratch/policy"
printf '#!/bin/sh\nmknod /tmp/by-hook c 1 3\nexit 0\n' >"$containers/lxcxt-n/rootfs/hook"
chmod 755 "$containers/lxcxt-n/rootfs/hook"
echo 'lxc.hook.start = /hook' >>"$containers/lxcxt-n/config"
check "calls before init's program are answered" timeout 60 "$lxcx_program" -P "$containers" start lxcxt-n -- /bin/sleep 1000
check "those of a start hook too" test -c "$containers/lxcxt-n/rootfs/tmp/by-hook"
check "and those of an attach before its program" timeout 20 "$lxcx_program" -P "$containers" attach lxcxt-n -- true
check "a foreground start, and execute" lxcx stop -k lxcxt-n
check_exit "end with their program's status" 5 timeout 60 "$lxcx_program" -P "$containers" start -F lxcxt-n -- /bin/sh -c 'exit 5'
check_exit "both" 6 timeout 60 "$lxcx_program" -P "$containers" execute lxcxt-n -- /bin/sh -c 'exit 6'

# The call by which a listener is handed over cannot be asked about.
printf '%s\n' 2 denylist 'sendmsg notify' >"$scratch/policy"
check_exit "a rule that would wait for itself is refused" 10 lxcx start lxcxt-n
check_match "with its place" "$scratch/policy:3:1: 'sendmsg' cannot have the action 'notify'" "$output"
printf '%s\n' 2 denylist 'ioprio_get notify' 'mknod notify' 'mknodat notify' >"$scratch/policy"

make_container lxcxt-o "${configuration[@]}"
check_exit "without a proxy in the configuration it starts" 0 lxcx start lxcxt-o -- /bin/sh -c 'ionice; exec sleep 1000'
check_match "with a warning" 'no lxc.seccomp.notify.proxy: those calls will fail with ENOSYS' "$output"
check_match "and the log says so" '^lxcx lxcxt-o [0-9.]+ ERROR +seccomp notify: there is no lxc.seccomp.notify.proxy to ask' "$(eventually 5 grep 'lxcxt-o.*to ask' "$scratch/log"; cat "$scratch/log")"

monitor=$(monitor_of lxcxt-o)
kill -KILL "$monitor"
eventually 5 is_dead "$monitor"
check_exit "without its monitor it is entered all the same" 0 inside lxcxt-o true
check_match "with a warning" 'monitor has gone: what the seccomp policy would ask about fails with ENOSYS' "$output"

# The same proxy under LXC: what it gets is the same, but for pids.
facts() { grep '"path": "/tmp/fake"' "$journal" | tail -1 | sed -E 's/("(monitor|init|pid|peer)": )[0-9]+/\1N/g; s/[0-9]{10,}/ID/; s#/proc/[0-9]+#/proc/N#g'; }
if command -v lxc-start >/dev/null && command -v lxc-attach >/dev/null; then
  lxc_configuration=$containers/lxcxt-n/lxc.conf
  grep -v '^lxc.hook.start' "$containers/lxcxt-n/config" >"$lxc_configuration"
  printf '%s\n' 'lxc.apparmor.profile = unconfined' >>"$lxc_configuration"
  check "LXC starts with the same proxy" lxc-start -P "$containers" -n lxcxt-n -f "$lxc_configuration" -- /bin/sleep 1000
  check "which answers it" lxc-attach -P "$containers" -n lxcxt-n -- mknod /tmp/fake c 1 3 </dev/null
  of_lxc=$(facts)
  lxc-stop -P "$containers" -n lxcxt-n -k
  check "lxcx after it" eval 'eventually 20 lxcx start lxcxt-n -- /bin/sleep 1000'
  check "is answered" inside lxcxt-n mknod /tmp/fake c 1 3
  check_match "LXC has sent what it had to" '"cookie": "the cookie"' "$of_lxc"
  check_equal "what a proxy gets is what it gets from LXC" "$of_lxc" "$(facts)"
fi
