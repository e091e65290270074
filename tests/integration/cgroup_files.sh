#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lxcx cgroup: what it prints is what the kernel has, what it writes the kernel gets, and no name leads out of the container's group.
. "$(dirname "$0")/../support/harness.sh"

make_container lxcxt-c
check_exit "nothing is read of a container that does not run" 11 lxcx cgroup lxcxt-c pids.max
check_exit "nor of one that does not exist" 3 lxcx cgroup lxcxt-none pids.max
check "start" lxcx start lxcxt-c
group=$(awk -F: '$2 == "pids" || $1 == 0 { print $3; exit }' "/proc/$(init_of lxcxt-c)/cgroup")
directory=$(dirname "$(find /sys/fs/cgroup -path "*$group/pids.max" | head -n 1)")
[ "$directory" != . ] || skip "needs the pids controller"

check "a value is set" lxcx cgroup lxcxt-c pids.max 321
check_equal "the kernel has it" 321 "$(cat "$directory/pids.max")"
check_equal "and it is read" 321 "$(lxcx cgroup lxcxt-c pids.max)"
check_match "in JSON" '^\{"schema":1,"name":"lxcxt-c","file":"pids.max","value":"321"\}$' "$(lxcx --format json cgroup lxcxt-c pids.max)"
check_exit "what the kernel refuses is an error" 7 lxcx cgroup lxcxt-c pids.max -- -5
check_match "with file, value and reason" "'-5' to '$directory/pids.max': Invalid argument" "$output"
check_equal "nothing has changed" 321 "$(lxcx cgroup lxcxt-c pids.max)"

for name in ../pids.max "$directory/pids.max" .. . '' sub/pids.max; do
  check_exit "'$name' is no cgroup file" 2 lxcx cgroup lxcxt-c "$name"
done
check_exit "a file that is not there" 3 lxcx cgroup lxcxt-c pids.nonsense
check_exit "is not made by writing to it" 3 lxcx cgroup lxcxt-c pids.nonsense 1

if [ -d /sys/fs/cgroup/memory ]; then
  check_exit "a name of v2 on a v1 machine" 3 lxcx cgroup lxcxt-c memory.max
  check_match "gets the counterpart told" 'counterpart is memory.limit_in_bytes' "$output"
fi
check_exit "a device rule that is none" 2 lxcx cgroup lxcxt-c devices.allow 'x 1:3 rwm'
check "a device is closed by its path" lxcx cgroup lxcxt-c devices.deny '/dev/full rwm'
check_exit "and does not open inside" 1 inside lxcxt-c sh -c ': </dev/full'
check "and opened again" lxcx cgroup lxcxt-c devices.allow '/dev/full rwm'
check "which opens" inside lxcxt-c sh -c ': </dev/full'
check "stop" lxcx stop -k lxcxt-c
