#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cgroup.sh LAYOUT: a container's life on a machine whose control groups are all v2, or all v1. Run by in-vm, in emulation, where each
# command costs a second: what can be seen by one attach is.
. "$(dirname "$0")/../support/harness.sh"

layout=$1
case $layout in
  v2)
    family=lxc.cgroup2 other=lxc.cgroup memory_key=memory.max types=cgroup2
    group_of() { echo "/sys/fs/cgroup/lxc.payload.$1"; }
    frozen() { grep -qx 'frozen 1' "$(group_of "$1")/cgroup.events"; }
    own_pids=/sys/fs/cgroup
    ;;
  v1)
    family=lxc.cgroup other=lxc.cgroup2 memory_key=memory.limit_in_bytes types=cgroup
    group_of() { echo "/sys/fs/cgroup/$2/lxc.payload.$1"; }
    frozen() { grep -qx FROZEN "$(group_of "$1" freezer)/freezer.state"; }
    own_pids=/sys/fs/cgroup/pids
    ;;
esac
groups() { find /sys/fs/cgroup -type d -name "lxc.payload.$1*"; }
check_equal "this machine has cgroup $layout and no other" "$types" \
  "$(awk '{ for (i = 1; i < NF; ++i) if ($i == "-" && $(i + 1) ~ /^cgroup/) print $(i + 1) }' /proc/self/mountinfo | sort -u)"

make_container lxcxt-a "$family.$memory_key = 16M" "$family.pids.max = 12" "$family.cpuset.cpus = 1" \
  "$family.devices.deny = a" "$family.devices.allow = c 1:3 rwm" "$family.devices.allow = c 1:5 r" "$family.devices.allow = c 136:* rw"
check "start" lxcx start lxcxt-a
check_equal "the memory limit is the kernel's" $((16 << 20)) "$(cat "$(group_of lxcxt-a memory)/$memory_key")"
# The output goes to a pipe, which needs no device.
seen=$(inside lxcxt-a sh -c '
  tell() { echo "$1: $2"; }
  tell cgroup "$(grep -v ":/\$" /proc/self/cgroup)"
  tell cpus "$(awk "/^Cpus_allowed_list/ { print \$2 }" /proc/self/status)"
  sh -c ": </dev/null && : >/dev/null" 2>&1; tell allowed $?
  sh -c ": >/dev/zero" 2>&1; tell read-only $?
  sh -c ": </dev/full" 2>&1; tell denied $?
  mknod /tmp/null c 1 3 2>&1; tell mknod-allowed $?
  mknod /tmp/kmsg c 1 11 2>&1; tell mknod-denied $?
  dd if=/dev/zero of=/dev/null bs=1M count=1 2>/dev/null; tell little $?
  dd if=/dev/zero of=/dev/null bs=32M count=1 2>/dev/null; tell much $?
  (for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 2 & done) 2>&1; tell forks $?
')
check_match "attach enters the container's own cgroup, which is the root it sees" '^cgroup: $' "$seen"
check_match "and its CPUs" '^cpus: 1$' "$seen"
check_match "an allowed device opens for reading and writing" '^allowed: 0$' "$seen"
check_match "one that is allowed for reading does not open for writing" '/dev/zero: Operation not permitted' "$seen"
check_match "another does not open" '/dev/full: Operation not permitted' "$seen"
check_match "an allowed device may be made" '^mknod-allowed: 0$' "$seen"
check_match "another may not" 'mknod: /tmp/kmsg: Operation not permitted' "$seen"
check_match "what takes more memory than there is is killed" '^much: 137$' "$seen"
check_match "what takes less is not" '^little: 0$' "$seen"
check_match "no more processes than allowed" "can't fork" "$seen"

case $layout in v2) foreign=memory.limit_in_bytes counterpart=memory.max ;; v1) foreign=memory.max counterpart=memory.limit_in_bytes ;; esac
check "cgroup sets a limit of what runs" lxcx cgroup lxcxt-a pids.max 13
check_equal "the kernel has it" 13 "$(cat "$(group_of lxcxt-a pids)/pids.max")"
check_exit "a file of the other version is not there" 3 lxcx cgroup lxcxt-a $foreign
check_match "the hint names its counterpart" "counterpart is $counterpart" "$output"
check "cgroup opens a device" lxcx cgroup lxcxt-a devices.allow 'c 1:7 r'
check "it opens inside" inside lxcxt-a sh -c ': </dev/full'
check_match "the list has it" 'c 1:7 r' "$(lxcx cgroup lxcxt-a devices.list)"
check "cgroup closes it" lxcx cgroup lxcxt-a devices.deny 'c 1:7 r'
check_exit "then it does not" 1 inside lxcxt-a sh -c ': </dev/full'

lxcx attach lxcxt-a -- sh -c 'while :; do echo x; usleep 20000; done' </dev/null >"$scratch/beats" 2>&1 &
beating=$!
beats() { stat -c %s "$scratch/beats"; }
check "a process inside is alive" eventually 20 test -s "$scratch/beats"
check "freeze" lxcx freeze lxcxt-a
check_equal "it is frozen" FROZEN "$(lxcx info -s -H lxcxt-a)"
check "the kernel says so too" frozen lxcxt-a
sleep 0.5
before=$(beats)
sleep 1
check_equal "nothing inside moves" "$before" "$(beats)"
check "unfreeze" lxcx unfreeze lxcxt-a
check "it moves again" eventually 20 eval '[ "$(beats)" -gt "$before" ]'
check "a clean stop" lxcx stop lxcxt-a
wait $beating
check_equal "its groups are gone" "" "$(groups lxcxt-a)"

# With mapped ids the container gets its group to divide further. What is written for the other layout is told in the log, and not in the way.
chmod 711 "$containers"
make_container lxcxt-u 'lxc.idmap = u 0 100000 65536' 'lxc.idmap = g 0 100000 65536' "$family.pids.max = 50" "$other.pids.max = 5"
echo 'lxc.mount.auto = cgroup:rw:force' >>"$containers/lxcxt-u/config"  # behind the template's own
check "a container with mapped ids" lxcx -l warn -o "$scratch/log" start lxcxt-u
check_equal "is not limited by what is meant for the other layout" 50 "$(cat "$(group_of lxcxt-u pids)/pids.max")"
seen=$(inside lxcxt-u sh -c "
  mkdir $own_pids/mine 2>&1; echo mkdir: \$?
  sh -c 'echo 0 >$own_pids/mine/cgroup.procs' 2>&1; echo enter: \$?
  sh -c 'echo 60 >$own_pids/pids.max' 2>&1; echo raise: \$?
")
check_match "it may make groups" '^mkdir: 0$' "$seen"
check_match "and enter them" '^enter: 0$' "$seen"
check_match "but not raise its own limit" 'pids.max: Permission denied' "$seen"
check "a frozen container can be killed" eval 'lxcx freeze lxcxt-u && lxcx stop -k lxcxt-u'
check_equal "also the groups that were made inside are gone" "" "$(groups lxcxt-u)"

make_container lxcxt-o "$other.pids.max = 5"
check "a limit for the other layout alone does not keep a container from starting" lxcx -l warn -o "$scratch/log" start lxcxt-o
check_match "the log tells that it is ignored" "$other.pids.max: .*, ignoring" "$(cat "$scratch/log")"
check "stop" lxcx stop -k lxcxt-o

# Without lxc.pty.max the ttys come from a devpts that is mounted nowhere, which this older kernel copies nothing out of (open_tree(2), before 6.15).
make_container lxcxt-b
sed -i '/^lxc.pty.max/d; s/^lxc.tty.max.*/lxc.tty.max = 2/' "$containers/lxcxt-b/config"
check "start with ttys and no devpts of its own" lxcx start lxcxt-b
check_match "the ttys are there, and nothing covers the root" '^/dev/tty1 /dev/tty2 yes$' \
  "$(inside lxcxt-b sh -c 'echo /dev/tty[12] $(test -x /bin/busybox && echo yes)')"
check "stop" lxcx stop -k lxcxt-b

# The host's tree, for a container in the host's cgroup namespace.
host='lxc.namespace.clone=mount pid uts ipc net'
[ $layout = v1 ] || mount -o remount,nsdelegate /sys/fs/cgroup
of_cgroup2() { awk '/ - cgroup2 / { print $NF; exit }' /proc/self/mountinfo; }
options=$(of_cgroup2)
writes() { # writes NAME PATTERN: how many directories of the tree, whose paths match, root inside can make a group in
  inside "$1" sh -c 'for d in $(find /sys/fs/cgroup -name cgroup.procs); do d=${d%/cgroup.procs}; mkdir "$d/lxcxt-new" 2>/dev/null && rmdir "$d/lxcxt-new" && echo "$d/"; done; true' |
    grep -c "$2"
}
for name in lxcxt-b lxcxt-u; do
  user_options=""
  [ $name = lxcxt-b ] || user_options="-s lxc.namespace.clone=user"
  check "$name: cgroup-full:mixed in the host's cgroup namespace" lxcx start -s "$host" $user_options -s 'lxc.mount.auto=proc:rw sys:mixed cgroup-full:mixed' $name
  check_equal "$name: more than its own group is seen" yes "$(inside $name sh -c '[ $(find /sys/fs/cgroup -name cgroup.procs | wc -l) -gt 1 ] && echo yes')"
  check "$name: it can make groups in its own" test "$(writes $name "/lxc.payload.$name/")" -gt 0
  check_equal "$name: and nowhere else" "$(writes $name "/lxc.payload.$name/")" "$(writes $name .)"
  lxcx stop -k $name
done
check "cgroup-full:rw with mapped ids" lxcx start -s "$host" -s lxc.namespace.clone=user -s 'lxc.mount.auto=proc:rw sys:mixed cgroup-full:rw' lxcxt-u
check_equal "nothing but its own group can be written all the same" "$(writes lxcxt-u /lxc.payload.lxcxt-u/)" "$(writes lxcxt-u .)"
lxcx stop -k lxcxt-u
check_equal "the options of cgroup2 are as they were" "$options" "$(of_cgroup2)"

# An ordinary user, in a group that was given to him (cgroups(7), "delegation"), as systemd-run --user --scope -p Delegate=yes does.
if [ $layout = v2 ]; then
  . "$(dirname "$0")/../support/ordinary_user.sh"
  own=/sys/fs/cgroup/lxcxt-own
  mkdir $own
  chown $user $own $own/cgroup.procs $own/cgroup.threads $own/cgroup.subtree_control
  test_clean_up() {
    mine -q destroy --force lxcxt-mine
    rmdir $own/lxc.pivot $own
    forget_user
  }
  delegated() { sh -c "echo 0 >$own/cgroup.procs && exec \"\$@\"" sh setpriv --reuid $user --regid $user --clear-groups \
    env -i "HOME=$scratch/home" "XDG_RUNTIME_DIR=$scratch/run" "PATH=$PATH" "$lxcx_program" "$@" <"$scratch/stdin"; }
  check "an ordinary user creates one" mine create -t busybox lxcxt-mine
  check "and starts it with a limit, in a group of his" delegated start -s lxc.cgroup2.pids.max=50 lxcxt-mine
  check_equal "the kernel has it" 50 "$(cat $own/lxc.payload.lxcxt-mine/pids.max)"
  check "freeze, from elsewhere" mine freeze lxcxt-mine
  check_equal "it is frozen" FROZEN "$(mine info -s -H lxcxt-mine)"
  check "unfreeze" mine unfreeze lxcxt-mine
  check "stop" mine stop -k lxcxt-mine
  check_equal "the groups are gone, but for the pivot" "$own/lxc.pivot" "$(find $own -mindepth 1 -type d)"
  check "destroy" mine destroy lxcxt-mine
fi
