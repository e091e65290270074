#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lxc_checkpoint.sh LAYOUT: lxcx by the name of lxc-checkpoint beside Debian's, option by option, on a kernel where criu works. Run by in-vm, in emulation.
# What neither of them gets to criu with: tests/integration/lxc_options.sh.
. "$(dirname "$0")/../support/harness.sh"
needs_program criu
needs_program lxc-checkpoint
criu check >/dev/null 2>&1 || skip "criu does not work on this kernel: $(criu check 2>&1 | head -n 1)"
. "$(dirname "$0")/../support/lxc_beside.sh"
# Below LXC criu mounts cgroup2 for itself, by which that loses its options (core/checkpoint/cgroup_yard.hpp).
test_clean_up() {
  lxc-stop -P "$theirs" -n lxcxt-n -k 2>/dev/null
  rmdir /sys/fs/cgroup/lxc.{monitor,payload}.lxcxt-n /sys/fs/cgroup/lxc.pivot 2>/dev/null
  case $cgroup_options in *nsdelegate*) mount -o remount,nsdelegate /sys/fs/cgroup ;; esac
}
cgroup_options=$(awk '$5 == "/sys/fs/cgroup" { print $NF }' /proc/self/mountinfo)

# Debian's lets criu shut the network by iptables, which need not be installed, dumps no console, and starts nothing under AppArmor here.
printf 'network-lock nftables\n' >"$scratch/criu.conf"
export CRIU_CONFIG_FILE=$scratch/criu.conf
for side in "$theirs" "$containers"; do
  printf '%s\n' 'lxc.console.path = none' 'lxc.tty.max = 0' >>"$side/lxcxt-n/config"
  cat >"$side/lxcxt-n/rootfs/count" <<'Y'
#!/bin/sh
i=0
while :; do i=$((i + 1)); echo $i >/now.new; mv /now.new /now; sleep 0.2; done
Y
  chmod 755 "$side/lxcxt-n/rootfs/count"
done
echo 'lxc.apparmor.profile = unconfined' >>"$theirs/lxcxt-n/config"
mkdir "$scratch/images" "$scratch/images/theirs" "$scratch/images/ours"
now() { cat "$1/lxcxt-n/rootfs/now"; }
counts() { [ "$(now "$1")" != "$2" ]; }
# How many of the two run, and what both were left with.
both_states() {
  check_equal "$1: $2 with LXC" "$2" "$(lxc-info -P "$theirs" -n lxcxt-n -s -H)"
  check_equal "$1: $2 with lxcx" "$2" "$(lxcx info -s -H lxcxt-n)"
}
start_both() {
  lxc-stop -P "$theirs" -n lxcxt-n -k >/dev/null 2>&1
  lxcx -q stop -k lxcxt-n 2>/dev/null
  lxc-start -P "$theirs" -n lxcxt-n -- /count || failed "LXC starts it"
  lxcx start lxcxt-n -- /count || failed "lxcx starts it"
}
# dump PROMISE STATUS ARGUMENT…: of both tools, each with directories of its own (@), stdout and status.
dump() {
  local promise=$1 status=$2 wanted got
  shift 2
  wanted=$(lxc-checkpoint -P "$theirs" -n lxcxt-n "${@//@/$scratch/images/theirs}" 2>"$scratch/complaint" </dev/null; echo "status $?")
  check_equal "$promise: LXC" "status $status" "$wanted"
  [ "$wanted" = "status $status" ] || cat "$scratch/complaint"
  got=$("$names/lxc-checkpoint" -P "$containers" -n lxcxt-n "${@//@/$scratch/images/ours}" 2>"$scratch/complaint" </dev/null; echo "status $?")
  check_equal "$promise: lxcx" "status $status" "$got"
  [ "$got" = "status $status" ] || cat "$scratch/complaint"
}

start_both
dump "--pre-dump, in a place that is not there yet" 0 -D @/deep/pre --pre-dump
dump "-p -s is a pre-dump" 0 -D @/pre2 -p -s
both_states "so it runs on" RUNNING
dump "--predump-dir" 0 -D @/on --predump-dir ../pre2
dump "--predump-dir of none" 1 -D @/off --predump-dir ../nosuch
dump "an action script that is not there" 1 -D @/off2 -A /nosuch
dump "a file for a directory" 1 -D "$scratch/criu.conf"
dump "a restore of what runs" 1 -D @/on -r
both_states "it runs" RUNNING
printf '#!/bin/sh\necho "$CRTOOLS_SCRIPT_ACTION" >>"$(dirname "$0")/stages"\n' | tee "$scratch/images/theirs/act" >"$scratch/images/ours/act"
chmod 755 "$scratch"/images/*/act
dump "-s, --verbose and an action script" 0 -s -v --checkpoint-dir=@/1 --action-script=@/act
both_states "it is stopped" STOPPED
check_equal "the script ran at the same stages" "$(cat "$scratch/images/theirs/stages")" "$(cat "$scratch/images/ours/stages")"
for side in theirs ours; do check "criu's log is in the directory: $side" test -s "$scratch/images/$side/1/dump.log"; done
dump "what does not run" 1 -D @/off3
dump "a pre-dump is not restored" 1 -r -D @/pre2
dump "nor what is not there" 1 -r -D @/nosuch
before=$(now "$theirs") ours_before=$(now "$containers")
dump "-r" 0 -r -D @/1
both_states "it runs again" RUNNING
check "it counts on with LXC" eventually 60 counts "$theirs" "$before"
check "it counts on with lxcx" eventually 60 counts "$containers" "$ours_before"
lxc-stop -P "$theirs" -n lxcxt-n -k
lxcx stop -k lxcxt-n
dump "-r -F -d: the last one counts" 0 -r -F -d -D @/1 --predump-dir of-no-use
both_states "so it runs in the background" RUNNING
lxc-stop -P "$theirs" -n lxcxt-n -k
lxcx stop -k lxcxt-n

# Whoever stays in the foreground ends with 0 when the container has been killed.
"$names/lxc-checkpoint" -P "$containers" -n lxcxt-n -r -d -F -D "$scratch/images/ours/1" </dev/null >"$scratch/out" 2>&1 &
ours=$!
lxc-checkpoint -P "$theirs" -n lxcxt-n -r -d -F -D "$scratch/images/theirs/1" </dev/null >/dev/null 2>&1 &
theirs_process=$!
is_up() { [ "$(lxc-info -P "$theirs" -n lxcxt-n -s -H)$(lxcx info -s -H lxcxt-n)" = RUNNINGRUNNING ]; }
check "-r -d -F stays in the foreground" eventually 60 is_up
check "both of them" kill -0 $ours $theirs_process
lxc-stop -P "$theirs" -n lxcxt-n -k
lxcx stop -k lxcxt-n
wait $theirs_process; check_equal "and ends with it: LXC" 0 $?
wait $ours; check_equal "and ends with it: lxcx" 0 $?

# On purpose otherwise: docs/migrating-from-lxc.md.
differ() { # differ PROMISE STATUS-OF-LXC STATUS-OF-LXCX ARGUMENT…
  local promise=$1 wanted="$2 $3" got
  shift 3
  got=$(lxc-checkpoint -P "$theirs" -n lxcxt-n "${@//@/$scratch/images/theirs}" >/dev/null 2>&1 </dev/null; echo $?)
  got+=" $("$names/lxc-checkpoint" -P "$containers" -n lxcxt-n "${@//@/$scratch/images/ours}" >/dev/null 2>&1 </dev/null; echo $?)"
  check_equal "$promise: other than LXC" "$wanted" "$got"
}
start_both
cd "$scratch/images/ours" || exit
differ "a directory by a relative path" 1 0 -D relative
differ "an operand too many" 0 1 -D @/many other
mkdir "$scratch/images/theirs/full" "$scratch/images/ours/full"
touch "$scratch/images/theirs/full/mine" "$scratch/images/ours/full/mine"
differ "into a directory that holds something" 0 1 -D @/full
cd / || exit
lxc-freeze -P "$theirs" -n lxcxt-n
lxcx freeze lxcxt-n
differ "of one that is frozen" 0 1 -D @/frozen
