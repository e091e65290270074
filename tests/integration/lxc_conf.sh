#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What lxc.conf and default.conf say: where containers live, what new ones begin with, how their control groups are called and which are used.
. "$(dirname "$0")/../support/harness.sh"
needs_program unshare
[ -d /etc/lxc ] || skip "there is no /etc/lxc to mount on"
mkdir "$scratch/etc"
# with_etc COMMAND…: with /etc/lxc as this test has it, for that command and what it starts.
with_etc() { unshare -m sh -c 'mount --bind "$0" /etc/lxc && exec "$@"' "$scratch/etc" "$@"; }
ours() { with_etc "$lxcx_program" "$@"; }

# lxc.lxcpath and lxc.default_config.
printf '%s\n' "lxc.lxcpath = $containers" "lxc.default_config = $scratch/mine.conf" >"$scratch/etc/lxc.conf"
printf '%s\n' 'lxc.net.0.type = empty' 'lxc.group = from-default' >"$scratch/mine.conf"
check "create without -P and -f" ours create -q -t busybox lxcxt-e
check_match "begins with lxc.default_config" '^lxc.group = from-default$' "$(cat "$containers/lxcxt-e/config")"
check_equal "ls looks there too" lxcxt-e "$(ours ls -1)"

# lxc.cgroup.pattern.
hierarchies() { awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts; }
groups_of() { sed -E 's/^[^:]*:[^:]*://' "/proc/$(init_of "$1")/cgroup" | sort -u; }
there() { local mount; for mount in $(hierarchies); do compgen -G "$mount/$1"; done; }
printf '%s\n' "lxc.lxcpath = $containers" 'lxc.cgroup.pattern = /lxcxt-all/%n/' >"$scratch/etc/lxc.conf"
check "start" ours start lxcxt-e -- /bin/sleep 1000
check_equal "lxc.cgroup.pattern: its groups" /lxcxt-all/lxcxt-e/payload "$(groups_of lxcxt-e)"
check "attach goes there" test "$(inside lxcxt-e cat /proc/self/cgroup | sed 's/.*://' | sort -u)" = /
check "stop" ours stop -k lxcxt-e
check_equal "what was named after it goes with it" '' "$(there lxcxt-all/lxcxt-e)"
check_match "what was not stays: others may be in it" lxcxt-all "$(there lxcxt-all)"
for mount in $(hierarchies); do rmdir "$mount/lxcxt-all" 2>/dev/null; done
check "start by another name of its own" ours start -s lxc.cgroup.dir=lxcxt-own lxcxt-e -- /bin/sleep 1000
check_equal "lxc.cgroup.dir of the container wins" /lxcxt-own/lxc.payload.lxcxt-e "$(groups_of lxcxt-e)"
lxcx stop -k lxcxt-e
for mount in $(hierarchies); do rmdir "$mount/lxcxt-own" 2>/dev/null; done
printf '%s\n' "lxc.lxcpath = $containers" 'lxc.cgroup.pattern = lxcxt-all' >"$scratch/etc/lxc.conf"
check "create another" ours create -q -t busybox -f "$scratch/mine.conf" lxcxt-g
check "a pattern without a name" ours start lxcxt-e -- /bin/sleep 1000
check "is one for all" ours start lxcxt-g -- /bin/sleep 1000
check_equal "the first has it" /lxcxt-all/payload "$(groups_of lxcxt-e)"
check_equal "the second a suffix" /lxcxt-all/payload-1 "$(groups_of lxcxt-g)"
lxcx stop -k lxcxt-e
lxcx stop -k lxcxt-g
for mount in $(hierarchies); do rmdir "$mount/lxcxt-all" 2>/dev/null; done
printf '%s\n' "lxc.lxcpath = $containers" 'lxc.cgroup.pattern = ../%n' >"$scratch/etc/lxc.conf"
check_exit "a pattern that leaves the place" 2 ours start lxcxt-e
check_equal "starts nothing" STOPPED "$(lxcx info -s -H lxcxt-e)"

# lxc.cgroup.use: of v1.
printf '%s\n' "lxc.lxcpath = $containers" 'lxc.cgroup.use = pids, nosuch' >"$scratch/etc/lxc.conf"
check_exit "a controller that is not there" 6 ours start lxcxt-e
check_match "is named" "lxc.cgroup.use: .*'nosuch'" "$output"
if grep -q '^[0-9]*:pids:' /proc/self/cgroup; then
  printf '%s\n' "lxc.lxcpath = $containers" 'lxc.cgroup.use = pids,freezer' >"$scratch/etc/lxc.conf"
  check "start with two v1 controllers" ours start lxcxt-e -- /bin/sleep 1000
  check_equal "it has groups in these" 'freezer pids ' "$(grep lxc.payload.lxcxt-e "/proc/$(init_of lxcxt-e)/cgroup" | cut -d: -f2 | grep . | sort | tr '\n' ' ')"
  check "freeze" ours freeze lxcxt-e
  check "unfreeze" ours unfreeze lxcxt-e
  check "attach" inside lxcxt-e true
  check "stop" ours stop -k lxcxt-e
else
  echo "SKIPPED lxc.cgroup.use: there is no v1 hierarchy here"
fi
