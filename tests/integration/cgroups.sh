#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whose cgroup it is: a start that finds one taken leaves it, and all that runs in it, alone.
. "$(dirname "$0")/../support/harness.sh"

group=lxcxt-group-$$
make_container lxcxt-one "lxc.cgroup.dir.container = $group"
make_container lxcxt-two "lxc.cgroup.dir.container = $group"
check "start in a cgroup by name" lxcx start lxcxt-one
init=$(init_of lxcxt-one)
check_match "it is there" "$group" "$(cat "/proc/$init/cgroup")"
check_exit "another container is not started in the same one" 4 lxcx start lxcxt-two
check_match "the error names it" "$group" "$output"
check_equal "the first one lives on, untouched" "RUNNING $init" "$(lxcx info -s -H lxcxt-one) $(init_of lxcxt-one)"
check "in its cgroup" grep -q "$group" "/proc/$init/cgroup"
check "stop" lxcx stop -k lxcxt-one
check "the name is free again" lxcx start lxcxt-two
lxcx stop -k lxcxt-two

# The same name in two places: each gets a group of its own, also when both start at once.
other=$scratch/other
mkdir "$other"
test_clean_up() {
  "$lxcx_program" -q -P "$other" destroy --force lxcxt-one 2>/dev/null
  rmdir /sys/fs/cgroup/{,*/}lxcxt-pivot-$$ 2>/dev/null
}
"$lxcx_program" -q -P "$other" create -t busybox -n lxcxt-one -f none || failed "create for the test"
lxcx destroy lxcxt-one
make_container lxcxt-one
lxcx start lxcxt-one &
first=$!
"$lxcx_program" -P "$other" start lxcxt-one &
second=$!
wait $first && wait $second && passed "two of one name start at once" || failed "two of one name start at once"
one=$(init_of lxcxt-one) two=$("$lxcx_program" -P "$other" info -H -p lxcxt-one)
check "both run" kill -0 "$one" "$two"
check_no_match "in different cgroups" "^$(grep -m1 -o 'lxc.payload.*' "/proc/$one/cgroup")\$" "$(grep -o 'lxc.payload.*' "/proc/$two/cgroup")"
check "stop one" lxcx stop -k lxcxt-one
check "the other goes on" kill -0 "$two"
check "stop the other" "$lxcx_program" -P "$other" stop -k lxcxt-one

# lxcx execute -d leaves nothing of the caller's open: whoever waits for its output does not wait for the program.
check_equal "a daemon does not hold the caller's pipe" done "$(timeout 20 sh -c 'echo done; '"'$lxcx_program' -P '$containers'"' execute -d lxcxt-two -- sleep 1000' || echo hangs)"
check "and runs" lxcx stop -k lxcxt-two

# The monitor's own place: a cgroup, with one to go to at the end, and a mount namespace.
monitor_group=lxcxt-monitor-$$ pivot=lxcxt-pivot-$$
make_container lxcxt-mon "lxc.cgroup.dir.container = $group" "lxc.cgroup.dir.monitor = $monitor_group" 'lxc.monitor.unshare = 1'
shared=$scratch/shared
mkdir "$shared" && mount -t tmpfs lxcxt-shared "$shared" && mount --make-shared "$shared"
check "start with a monitor's cgroup" lxcx start lxcxt-mon
monitor=$(monitor_of lxcxt-mon)
check_equal "the monitor is in it, in every hierarchy" "$(wc -l <"/proc/$monitor/cgroup")" "$(grep -c "/$monitor_group\$" "/proc/$monitor/cgroup")"
check_match "init is in its own" "/$group\$" "$(cat "/proc/$(init_of lxcxt-mon)/cgroup")"
check_no_match "and has no part in the monitor's" "$monitor_group" "$(cat "/proc/$(init_of lxcxt-mon)/cgroup")"
check "the monitor has mounts of its own" [ "$(readlink "/proc/$monitor/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]
mkdir "$shared/late" && mount -t tmpfs lxcxt-late "$shared/late"
check_match "which follow the host's" " $shared/late " "$(cat "/proc/$monitor/mountinfo")"
umount "$shared/late" "$shared"
check "stop" lxcx stop -k lxcxt-mon
check_equal "its cgroup is gone" "" "$(find /sys/fs/cgroup -maxdepth 3 -name "$monitor_group")"
printf '%s\n' "lxc.cgroup.dir.monitor.pivot = $pivot" >>"$containers/lxcxt-mon/config"
check "with a pivot" lxcx start lxcxt-mon
check "stop" lxcx stop -k lxcxt-mon
check_equal "the monitor's cgroup is gone" "" "$(find /sys/fs/cgroup -maxdepth 3 -name "$monitor_group")"
check_match "the pivot is left, as with LXC" "$pivot" "$(find /sys/fs/cgroup -maxdepth 3 -name "$pivot")"
check "start again" lxcx start lxcxt-mon
kill -9 "$(monitor_of lxcxt-mon)"
check "a monitor that was killed" lxcx stop -k lxcxt-mon
check_equal "its cgroup is gone as well" "" "$(find /sys/fs/cgroup -maxdepth 3 -name "$monitor_group")"

# lxc.cgroup.relative: below the group of whoever starts it, and found there by those who are elsewhere.
place=lxcxt-place-$$
freezer=$(dirname "$(find /sys/fs/cgroup -maxdepth 2 -name tasks -path '*freezer*' | head -n 1)")
if [ -d "$freezer" ]; then
  mkdir "$freezer/$place"
  make_container lxcxt-relative 'lxc.cgroup.relative = 1'
  check "start below another group" sh -c "echo 0 >$freezer/$place/cgroup.procs && exec \"\$@\"" sh "$lxcx_program" -P "$containers" start lxcxt-relative
  check "there it is" test -d "$freezer/$place/lxc.payload.lxcxt-relative"
  check "it can be frozen from elsewhere" lxcx freeze lxcxt-relative
  check_equal "info knows" FROZEN "$(lxcx info -s -H lxcxt-relative)"
  check_match "so does ls" 'lxcxt-relative +FROZEN' "$(lxcx ls -f)"
  check "unfrozen" lxcx unfreeze lxcxt-relative
  check "a program can be attached" inside lxcxt-relative true
  kill -9 "$(monitor_of lxcxt-relative)"
  check "and stopped, without its monitor" lxcx stop -k lxcxt-relative
  check "the group is gone" test ! -e "$freezer/$place/lxc.payload.lxcxt-relative"
  rmdir "$freezer/$place"
fi

# Core scheduling: where the kernel has none, a start that asks for it is refused, and says why.
make_container lxcxt-cookie 'lxc.sched.core = 1'
if output=$(lxcx start lxcxt-cookie 2>&1); then
  passed "start with a scheduling cookie"
  lxcx stop -k lxcxt-cookie
else
  check_match "no core scheduling here: said plainly" 'lxc\.sched\.core: (this kernel has no core scheduling|the processors have no hyper-threads)' "$output"
fi
