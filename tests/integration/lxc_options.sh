#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The options of LXC's tools one by one, those that lxc_names.sh does not have: each call is made of Debian's tool and of lxcx by that name.
. "$(dirname "$0")/../support/harness.sh"
. "$(dirname "$0")/../support/lxc_beside.sh"
file=$scratch/written
# differ PROMISE STATUS-OF-LXC STATUS-OF-LXCX TOOL ARGUMENT…: on purpose; docs/migrating-from-lxc.md lists it.
differ() {
  local promise=$1 wanted="$2 $3" tool=$4 got
  shift 4
  got=$(lxc-"$tool" -P "$theirs" "$@" >/dev/null 2>&1 </dev/null; echo $?)
  got+=" $("$names/lxc-$tool" -P "$containers" "$@" >/dev/null 2>&1 </dev/null; echo $?)"
  check_equal "$promise: other than LXC" "$wanted" "$got"
}
fresh() { rm -f "$file" "$file.log"; }

both "lxc-ls --stopped" ls -1 --stopped
both "lxc-ls --frozen of none" ls -1 --frozen
both "lxc-ls --defined" ls -1 --defined
both "lxc-ls --filter" ls -1 --filter '^lxcxt-[a-z]$'
both "lxc-ls --filter of nothing" ls -1 --filter '^other'
both "lxc-ls of a pattern" ls -1 'lxcxt-.*'
both "lxc-ls -F in capitals" ls -f -F NAME,PID,UNPRIVILEGED,INTERFACE,IPV4,IPV6
differ "lxc-ls with a column that is none" 0 1 ls -f -F name,nosuch
both "lxc-info -i of a stopped one" info -n lxcxt-n -i
both "lxc-info -S of a stopped one" info -n lxcxt-n -S
both "lxc-info of several keys" info -n lxcxt-n -c lxc.uts.name -c lxc.rootfs.options
both "lxc-create of a template that is not there" create -n lxcxt-m -t nosuch
differ "lxc-create from a configuration that is not there" 0 1 create -n lxcxt-m -t none -f /nosuch
rm -rf "$theirs/lxcxt-m"
both "lxc-create with a name that is none" create -n a/b -t none
both "lxc-create on a store that is none" create -n lxcxt-m -t busybox -B nosuch
both "lxc-attach -c, a context, of what does not run" attach -n lxcxt-n -c some:context -- true
both "lxc-wait for one of two" wait -n lxcxt-n -s 'RUNNING|STOPPED'
both "lxc-wait of an undefined one" wait -n lxcxt-none -s STOPPED -t 0
# With a criu that works: tests/vm/lxc_checkpoint.sh.
images=$scratch/images
both "lxc-checkpoint of a stopped one" checkpoint -n lxcxt-n -D "$images"
both "lxc-checkpoint without -n" checkpoint lxcxt-n -D "$images"
both "lxc-checkpoint without a directory" checkpoint -n lxcxt-n
both "lxc-checkpoint -r without a directory" checkpoint -n lxcxt-n -r
both "lxc-checkpoint without a name" checkpoint -D "$images"
both "lxc-checkpoint of an undefined one" checkpoint -n lxcxt-none -D "$images"
both "lxc-checkpoint -r of an undefined one" checkpoint -n lxcxt-none -D "$images" -r
both "lxc-checkpoint -r -s" checkpoint -n lxcxt-n -D "$images" -r -s
both "lxc-checkpoint -r -p" checkpoint -n lxcxt-n -D "$images" -r -p
both "lxc-checkpoint -p -s of a stopped one" checkpoint -n lxcxt-n -D "$images" -p -s
both "lxc-checkpoint -d without -r" checkpoint -n lxcxt-n -D "$images" -d
both "lxc-checkpoint -F without -r" checkpoint -n lxcxt-n -D "$images" -F
both "lxc-checkpoint with an option that is none" checkpoint -n lxcxt-n -D "$images" --nosuch
both "lxc-checkpoint with an option without its value" checkpoint -n lxcxt-n -D
both "lxc-checkpoint with a file of options that is not there" checkpoint -n lxcxt-n -D "$images" --rcfile /nosuch
both "lxc-checkpoint --version" checkpoint --version
if command -v criu >/dev/null; then both "lxc-checkpoint -r of nothing" checkpoint -n lxcxt-n -D "$images" -r; fi
check "none of them makes a directory" test ! -e "$images"
differ "lxc-start with a log level that is none" 0 1 start -n lxcxt-n -l nosuch
both "lxc-start -s without a value" start -n lxcxt-n -s lxc.uts.name
lxc-stop -P "$theirs" -n lxcxt-n -k
both "lxc-start -s of a key that is none" start -n lxcxt-n -s lxc.nosuch=1
differ "lxc-unfreeze of a stopped one" 0 1 unfreeze -n lxcxt-n
check_exit "lxc-execute without a command, of which LXC dies" 1 "$names/lxc-execute" -P "$containers" -n lxcxt-n
both "lxc-execute as another user" execute -n lxcxt-n -u 33 -g 44 -- id -u
both "lxc-execute as another group" execute -n lxcxt-n -u 33 -g 44 -- id -g
both "lxc-execute with an option set" execute -n lxcxt-n -s lxc.uts.name=other -- hostname
differ "lxc-execute of what is not there" 255 1 execute -n lxcxt-n -- /nosuch

fresh
both "lxc-start -d -p" start -n lxcxt-n -d -p "$file"
check_match "a pid is in the file" '^[0-9]+$' "$(cat "$file")"
both "lxc-checkpoint -r of what runs" checkpoint -n lxcxt-n -D "$images" -r
both "lxc-checkpoint -v of an action script that is not there" checkpoint -n lxcxt-n -D "$images" -v -A /nosuch
both "it runs on" info -n lxcxt-n -s -H
both "lxc-attach -a" attach -n lxcxt-n -a i686 -- uname -m
both "lxc-attach -a of none" attach -n lxcxt-n -a nosuch -- true
both "lxc-attach -u -g" attach -n lxcxt-n -u 33 -g 44 -- sh -c 'id -u; id -g'
both "lxc-attach -s" attach -n lxcxt-n -s 'UTSNAME|NETWORK' -- hostname
both "lxc-attach -s of none" attach -n lxcxt-n -s NOSUCH -- true
both "lxc-attach -e" attach -n lxcxt-n -e -- grep CapEff /proc/self/status
both "lxc-attach without it" attach -n lxcxt-n -- grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status
export LXCXT_KEPT=kept
both "lxc-attach --keep-env" attach -n lxcxt-n --keep-env -- sh -c 'echo $LXCXT_KEPT'
both "lxc-attach --clear-env --keep-var" attach -n lxcxt-n --clear-env --keep-var LXCXT_KEPT -- sh -c 'echo $LXCXT_KEPT'
both "lxc-attach -v" attach -n lxcxt-n -v LXCXT_KEPT=set -- sh -c 'echo $LXCXT_KEPT'
both "lxc-attach -R" attach -n lxcxt-n -R -s NETWORK -- sh -c 'ls /sys/class/net'
both "lxc-attach with an option that is none" attach -n lxcxt-n --nosuch -- true
both "lxc-ls --frozen" ls -1 --frozen
both "lxc-ls -f -F of what runs" ls -f -F name,state,autostart,groups,unprivileged
both "lxc-info -S -H" info -n lxcxt-none -S -H
both "lxc-info -i -H" info -n lxcxt-n -i -H
both "lxc-freeze" freeze -n lxcxt-n
both "lxc-freeze again" freeze -n lxcxt-n
both "lxc-ls --frozen of one" ls -1 --frozen
both "lxc-ls --active of a frozen one" ls -1 --active
both "lxc-unfreeze" unfreeze -n lxcxt-n
both "lxc-unfreeze again" unfreeze -n lxcxt-n
both "lxc-wait for what is" wait -n lxcxt-n -s RUNNING
both "lxc-device with a word that is none" device -n lxcxt-n nosuch /dev/null
both "lxc-stop -r" stop -n lxcxt-n -r -t 5
both "it runs" info -n lxcxt-n -s -H
both "lxc-stop -W" stop -n lxcxt-n -W
both "it ends" wait -n lxcxt-n -s STOPPED -t 30

fresh
: >"$file"
differ "lxc-start -F -c of a plain file" 1 0 start -n lxcxt-n -F -c "$file" -- /bin/echo on the console
check_match "is written to the file" 'on the console' "$(cat "$file")"
fresh
both "lxc-start -L" start -n lxcxt-n -L "$file"
both "lxc-stop --kill" stop -n lxcxt-n --kill
check "the console's log is there" test -e "$file"
both "lxc-start -o -l" start -n lxcxt-n -o "$file.log" -l INFO
check "the log too" test -s "$file.log"
both "lxc-destroy -f of what runs" destroy -n lxcxt-n -f
both "then there is none" ls -1
fresh

# lxc-info -c gives values in LXC's form, however they were written. An empty line behind a list is LXC's alone.
mkdir -p "$containers/lxcxt-f" "$containers/lxcxt-d"
cat >"$containers/lxcxt-f/config" <<END
lxc.arch = linux64
lxc.rootfs.path = dir:$containers/lxcxt-f/rootfs
lxc.cap.drop = sys_module mac_admin
lxc.cap.drop = sys_time
lxc.group = a b
lxc.group = c
lxc.signal.halt = SIGPWR
lxc.signal.reboot = SIGRTMIN+5
lxc.signal.stop = 15
lxc.monitor.signal.pdeath = SIGTERM
lxc.log.level = 3
lxc.console.size = 100000
lxc.console.buffer.size = auto
lxc.time.offset.boot = 3h
lxc.time.offset.monotonic = 5ms
lxc.namespace.keep = net user uts
lxc.net.0.type = veth
lxc.net.1.type = empty
lxc.mount.auto = cgroup sys proc:rw
lxc.prlimit.nofile = 1024:2048
lxc.prlimit.core = unlimited
lxc.sysctl.net.ipv4.ip_forward = 1
lxc.cgroup2.memory.max = 1G
lxc.init.groups = 1,2
lxc.start.delay = 010
lxc.environment = A=1
lxc.autodev.tmpfs.size = 700000
END
echo 'lxc.net.0.type = macvlan' >"$containers/lxcxt-d/config"
cp -a "$containers/lxcxt-f" "$containers/lxcxt-d" "$theirs/"
sed -i "s#$containers#$theirs#" "$theirs/lxcxt-f/config"
keys="arch rootfs.path cap.drop group signal.halt signal.reboot signal.stop log.level console.size console.buffer.size console.rotate
  time.offset.boot time.offset.monotonic namespace.keep namespace.clone net net.0.type net.0.veth.mode net.0.veth.vlan.id net.0.l2proxy
  net.0.macvlan.mode net.0.link net.0 net.7.type mount.auto prlimit prlimit.nofile prlimit.core prlimit.cpu sysctl cgroup cgroup2 cgroup2.memory.max
  init.groups init.uid init.gid start.delay start.order start.auto environment autodev autodev.tmpfs.size sched.core ephemeral no_new_privs
  rootfs.managed rootfs.options tty.max pty.max tty hook hook.version hook.start uts.name utsname mount.fstab apparmor.allow_nesting
  seccomp.allow_nesting cgroup.relative monitor.unshare log.syslog idmap nosuch"
for container in lxcxt-f lxcxt-d; do
  for key in $keys; do
    theirs_says=$(lxc-info -P "$theirs" -n $container -c "lxc.$key" 2>/dev/null | sed '/^$/d')
    ours_says=$("$names/lxc-info" -P "$containers" -n $container -c "lxc.$key" 2>/dev/null)
    check_equal "lxc-info -c lxc.$key of $container" "$(plain <<<"$theirs_says")" "$(plain <<<"$ours_says")"
  done
done
check_equal "lxcx info -c has it as it was written" "lxc.rootfs.path = dir:$containers/lxcxt-f/rootfs" "$(lxcx info -c lxc.rootfs.path lxcxt-f)"
check_equal "lxc.monitor.signal.pdeath as a number" 'lxc.monitor.signal.pdeath = 15' \
  "$("$names/lxc-info" -P "$containers" -n lxcxt-f -c lxc.monitor.signal.pdeath)"
rm -rf "$containers"/lxcxt-[fd] "$theirs"/lxcxt-[fd]
