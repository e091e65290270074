#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An ordinary user with ids in /etc/subuid creates, starts, enters, stops and destroys containers of his own. The user and his ids stand in files that
# only this test's mount namespace has.
if [ -z "${LXCXT_IN_MOUNTNS:-}" ] && [ "$(id -u)" = 0 ]; then
  LXCXT_IN_MOUNTNS=1 exec unshare --mount bash "$0"
fi
. "$(dirname "$0")/../support/harness.sh"
. "$(dirname "$0")/../support/ordinary_user.sh"
home=$scratch/home/.local/share/lxc
in_state() { awk -F'\t' -v key="$1" '$1 == key { split($2, part, " "); print part[1] }' "$scratch"/run/lxcx/*/lxcxt-mine/state; }
# What such a test may leave: nothing of the containers, in the home or in the run directory.
left() { find "$home" "$scratch/run/lxcx" -mindepth 1 2>/dev/null; }
test_clean_up() {
  for name in $(mine -q ls -1 2>/dev/null); do mine -q destroy --force "$name"; done
  forget_user
}

check "create" mine create -t busybox lxcxt-mine
check_equal "its files are of the mapped ids" 200000 "$(stat -c %u "$home/lxcxt-mine/rootfs/bin")"
check_equal "its configuration is the user's" $user "$(stat -c %u "$home/lxcxt-mine/config")"
check "start" mine start lxcxt-mine
check_match "ls" '^lxcxt-mine +RUNNING .* true' "$(mine ls --fancy)"
check_equal "attach: root inside" 0 "$(mine attach lxcxt-mine -- id -u)"
init=$(in_state init)
check_equal "a mapped id outside" 200000 "$(awk '/^Uid:/ { print $2 }' "/proc/$init/status")"
check_equal "no capability is inheritable or ambient" "0 0" \
  "$(awk '/^CapInh:|^CapAmb:/ { printf "%s%s", sep, ($2 ~ /^0+$/ ? 0 : $2); sep = " " }' "/proc/$init/status")"
check_match "a filter of seccomp is on" '^Seccomp:[[:space:]]*2' "$(grep ^Seccomp: "/proc/$init/status")"
check_equal "no group of the user's goes in" "" "$(awk '/^Groups:/ { $1 = ""; gsub(/ /, ""); print }' "/proc/$init/status")"
check_exit "a second start is refused" 4 mine start lxcxt-mine
mine attach lxcxt-mine -- reboot
check "reboot from inside" eventually 10 eval '[ -n "$(in_state init)" ] && [ "$(in_state init)" != "$init" ] && [ "$(mine info -s -H lxcxt-mine)" = RUNNING ]'
check "stop" mine stop lxcxt-mine
check_equal "it is stopped" STOPPED "$(mine info -s -H lxcxt-mine)"

# While it reboots there is no init: the namespace to enter is its monitor's.
printf '#!/bin/sh\n: >%s\nsleep 2\n' "$scratch/home/between" >"$scratch/home/slow"
chmod 755 "$scratch/home/slow"
check "start with a hook that takes its time" mine start -s "lxc.hook.post-stop=$scratch/home/slow" lxcxt-mine
mine attach lxcxt-mine -- reboot
check "it reboots" eventually 10 test -e "$scratch/home/between"
check "a stop that meets a reboot" mine stop -k lxcxt-mine
check_equal "stops it" STOPPED "$(mine info -s -H lxcxt-mine)"

check "start again" mine start lxcxt-mine
kill -9 "$(in_state monitor)"
check_equal "attach without a monitor" alive "$(mine attach lxcxt-mine -- echo alive)"
check "stop without a monitor" mine stop -k lxcxt-mine
check "start once more" mine start lxcxt-mine
kill -9 "$(in_state monitor)" "$(in_state init)"
check "the next command finds it ended" eventually 5 eval '[ "$(mine info -s -H lxcxt-mine)" = STOPPED ]'
check "and the next start finishes what was left" mine start lxcxt-mine
check_exit "a device of the host is not his to give" 5 mine device lxcxt-mine add /dev/null /dev/another
if [ "$(in_state cgroup)" = "" ]; then
  check_exit "a container without a cgroup cannot be frozen" 6 mine freeze lxcxt-mine
  check_match "the error says why" 'without cgroups' "$output"
fi
check "stop" mine stop -k lxcxt-mine

# In groups that are his, as a session of libpam-cgfs has them.
groups=$(ls -d /sys/fs/cgroup/memory /sys/fs/cgroup/pids 2>/dev/null)
if [ -n "$groups" ]; then
  for group in $groups; do
    mkdir "$group/lxcxt-session" && chown -R $user:$user "$group/lxcxt-session"
  done
  in_session() { (for group in $groups; do echo 0 >"$group/lxcxt-session/tasks"; done; mine "$@"); }
  check "start in groups of his own" in_session start lxcxt-mine
  check_match "it is in one" lxcxt-session "$(grep memory "/proc/$(in_state init)/cgroup")"
  check_exit "attach passes its status on" 7 in_session attach lxcxt-mine -- sh -c 'exit 7'
  in_session attach lxcxt-mine -- sleep 54321 &
  commands_in() { for process in $(cat "$1"/lxcxt-session/*lxcxt-mine/tasks); do tr '\0' ' ' <"/proc/$process/cmdline"; done; }
  for group in $groups; do check "and is in the container's group of $group" eventually 5 eval "commands_in $group | grep -q 'sleep 54321'"; done
  check "stop" in_session stop -k lxcxt-mine
  wait
  find $groups -depth -type d -path '*lxcxt-session*' -exec rmdir {} +
fi

check_exit "in the foreground, init's status" 7 mine start -F lxcxt-mine -- /bin/sh -c 'exit 7'
check_exit "execute, without a container" 5 mine execute -n lxcxt-none -f "$scratch/home/.config/lxc/default.conf" -- /bin/sh -c 'exit 5'
check "an empty network, whose loopback is up" mine start -s lxc.net.0.type=empty -s lxc.net.0.flags=up lxcxt-mine
check_match "it is" 'lo: <LOOPBACK,UP' "$(mine attach lxcxt-mine -- ip link)"
mine stop -k lxcxt-mine
check "the host's network" mine start -s lxc.net.0.type=none lxcxt-mine
check_equal "is shared" "$(readlink /proc/self/ns/net)" "$(readlink "/proc/$(in_state init)/ns/net")"
mine stop -k lxcxt-mine
check_exit "an interface on the host is not his to make" 5 mine start -s lxc.net.0.type=veth -s lxc.net.0.veth.service=/nowhere lxcxt-mine
check_match "the error says what to do" 'lxc.net.0.type = empty' "$output"

if grep -q overlay /proc/filesystems; then
  check "on an overlay" mine create -t busybox -B overlay lxcxt-layers
  check "it starts" mine start lxcxt-layers
  check "and is written to" mine attach lxcxt-layers -- sh -c 'rm /bin/ls && touch /new'
  check "it stops" mine stop -k lxcxt-layers
  check "and goes" mine destroy lxcxt-layers
fi

own='lxc.idmap='
check_exit "ids that are not his" 10 mine start -s "$own" -s 'lxc.idmap=u 0 300000 10' -s 'lxc.idmap=g 0 200000 10' lxcxt-mine
check_match "the error names them" 'u 0 300000 10 gives away ids' "$output"
check_exit "root's id" 10 mine start -s "$own" -s 'lxc.idmap=u 0 0 1' -s 'lxc.idmap=g 0 200000 10' lxcxt-mine
check_exit "a configuration without a map" 10 mine create -t busybox -f none lxcxt-unmapped
check_match "the error says what to add" 'add lxc.idmap = u 0' "$output"
check_exit "a start in which a hook fails" 13 mine start -s lxc.hook.mount=/bin/false lxcxt-mine
check_exit "newuidmap is not installed" 3 as_user env PATH=/nowhere "$lxcx_program" start lxcxt-mine
ids 'somebody:200000:65536'
check_exit "no subordinate ids" 3 mine start lxcxt-mine
check_match "the error says how to get some" 'usermod --add-subuids' "$output"
ids 'lxcxt:200000:65536'

make_container lxcxt-roots
check "root starts one" lxcx start lxcxt-roots
for verb in 'stop -k' start attach destroy; do
  check "an ordinary user may not: $verb" eval "! mine -P '$containers' $verb lxcxt-roots"
done
check_equal "root's container is untouched" RUNNING "$(lxcx info -s -H lxcxt-roots)"

check "rename" mine rename lxcxt-mine lxcxt-named
echo 'lxc.start.auto = 1' >>"$home/lxcxt-named/config"
check "autostart" mine autostart
check_equal "has started it" RUNNING "$(mine info -s -H lxcxt-named)"
check "and stops it" mine autostart --shutdown --all
check "destroy" mine destroy lxcxt-named
check_equal "nothing is left" "" "$(left)"
