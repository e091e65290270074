#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Called by the names of LXC's tools, lxcx does as these do: each call is made of both, and the two outputs and exit statuses are compared.
. "$(dirname "$0")/../support/harness.sh"
. "$(dirname "$0")/../support/lxc_beside.sh"

both "lxc-ls" ls
# Neither of these takes -P or knows a container.
users() { "$1" -m b:0:100000:65536 -s -- sh -c 'id -u; id -g; cat /proc/self/uid_map; exit 3'; echo "status $?"; "$1" -m x -- true; echo "status $?"; "$1" -m b:0:100000:1 -- /nosuch; echo "status $?"; }
check_equal "lxc-usernsexec" "$(users lxc-usernsexec 2>/dev/null)" "$(users "$names/lxc-usernsexec" 2>/dev/null)"
alone() { "$1" -s 'UTSNAME|MOUNT' -H there -- hostname; "$1" -s USER -u 5 -- cat /proc/self/uid_map; echo "status $?"; "$1" -s NOPE -- true; echo "status $?"; "$1" -s PID -- /nosuch; echo "status $?"; }
check_equal "lxc-unshare" "$(alone lxc-unshare 2>/dev/null)" "$(alone "$names/lxc-unshare" 2>/dev/null)"
# lxc-config takes no -P.
items() { "$1" lxc.lxcpath; "$1" lxc.cgroup.pattern; echo "status $?"; "$1" nosuch; echo "status $?"; "$1" -l | grep -v rbd; echo "status $?"; }
check_equal "lxc-config" "$(items lxc-config 2>&1)" "$(items "$names/lxc-config" 2>&1)"
# Of lxc-checkconfig without the note at its end.
check_equal "lxc-checkconfig" "$(lxc-checkconfig | sed '/^Note :/,$d')" "$("$names/lxc-checkconfig")"
check_exit "lxc-checkconfig of a kernel without a configuration" "$(CONFIG=/nosuch lxc-checkconfig >/dev/null 2>&1; echo $?)" env CONFIG=/nosuch "$names/lxc-checkconfig"
both "lxc-ls -1" ls -1
both "lxc-ls --fancy" ls -f
both "lxc-ls with columns" ls -f -F name,state,autostart,groups
both "lxc-ls --running of nothing that runs" ls --running
both "lxc-ls of a group" ls -g web
both "lxc-ls of another group" ls -g db
both "lxc-info of a stopped container" info -n lxcxt-n
both "lxc-info without -n" info lxcxt-n
both "lxc-info of an undefined one" info -n lxcxt-none
check_match "it says who complains about which container" '^lxc-info: info lxcxt-none: ' "$complaint"
both "lxc-stop of a stopped one" stop -n lxcxt-n
both "lxc-stop of an undefined one" stop -n lxcxt-none
both "lxc-attach to a stopped one" attach -n lxcxt-n -- true
both "lxc-cgroup of a stopped one" cgroup -n lxcxt-n pids.max
both "lxc-device of a stopped one" device -n lxcxt-n add /dev/full
both "lxc-freeze of a stopped one" freeze -n lxcxt-n
both "lxc-wait that need not wait" wait -n lxcxt-n -s STOPPED
both "lxc-wait that runs out of time" wait -n lxcxt-n -s RUNNING -t 0
both "lxc-wait for a state that is none" wait -n lxcxt-n -s ASLEEP
both "lxc-destroy of an undefined one" destroy -n lxcxt-none
both "lxc-start of an undefined one" start -n lxcxt-none
both "lxc-create of what exists" create -n lxcxt-n -t busybox
both "lxc-create without a template" create -n lxcxt-m
both "lxc-info without a name" info
both "an option that is none" info -n lxcxt-n --frob
both "an option by its beginning" info --nam lxcxt-n --stat --no-h
both "a beginning of several" ls --a
both "lxc-execute of an undefined one" execute -n lxcxt-none -- /bin/true
both "--version" start --version

both "lxc-autostart -L of none" autostart -L
both "lxc-autostart -L -A" autostart -L -A
both "lxc-autostart -L -A of a group" autostart -L -A -g db,web
both "lxc-autostart -L -A -a" autostart -L -A -a
both "lxc-autostart -L -A of no group" autostart -L -A -g ,
both "lxc-autostart -L of what does not run" autostart -L -A -a -s
both "lxc-start" start -n lxcxt-n
both "lxc-start of what runs" start -n lxcxt-n
check_match "it says that it runs" 'is running already' "$complaint"
both "lxc-ls of what runs" ls -f
both "lxc-ls --active" ls --active -1
both "lxc-autostart -L of what runs" autostart -L -A -a
both "lxc-autostart -L -s" autostart -L -A -a -s
both "lxc-autostart -L -k" autostart -L -A -a -k
both "lxc-autostart -L -r" autostart -L -A -a -r
both "lxc-info -s" info -n lxcxt-n -s
both "lxc-info -s -H" info -n lxcxt-n -s -H
both "lxc-info -p" info -n lxcxt-n -p
both "lxc-info -p -H" info -n lxcxt-n -p -H
both "lxc-info -c" info -n lxcxt-n -c lxc.uts.name
both "lxc-info -c -H" info -n lxcxt-n -c lxc.uts.name -H
both "lxc-info" info -n lxcxt-n
both "lxc-attach passes the status on" attach -n lxcxt-n -- sh -c 'exit 7'
both "lxc-attach passes a signal on" attach -n lxcxt-n -- sh -c 'kill -TERM $$'
both "lxc-attach of a program that is not there" attach -n lxcxt-n -- /bin/nosuch
both "lxc-attach of a file that is no program" attach -n lxcxt-n -- /etc/passwd
both "lxc-attach where the caller is" attach -n lxcxt-n -- pwd
here=$PWD
cd /usr/bin || exit 1
both "lxc-attach where the caller is, which is not inside" attach -n lxcxt-n -- pwd
cd "$here" || exit 1
cd /bin || exit 1
both "lxc-attach in a directory of both" attach -n lxcxt-n -- pwd
cd "$here" || exit 1
both "lxc-ls of interfaces" ls -f -F name,interface
both "lxc-ls -F without -f" ls -F name
both "lxc-cgroup of an empty value" cgroup -n lxcxt-n memory.limit_in_bytes ''
both "lxc-autostart -t -1" autostart -L -A -a -s -t -1
both "lxc-freeze" freeze -n lxcxt-n
for states in --running --active --frozen --stopped '--running --frozen' '--frozen --stopped' '--active --stopped'; do
  both "lxc-ls $states of a frozen one" ls -1 $states
done
both "lxc-unfreeze" unfreeze -n lxcxt-n
both "lxc-attach's output" attach -n lxcxt-n -- hostname
both "lxc-attach --clear-env" attach -n lxcxt-n --clear-env -v A=1 -- sh -c 'echo $A $container $HOME'
# LXC's own has an empty line behind the value, which $() takes off.
check_equal "lxc-cgroup reads" "$(lxc-cgroup -P "$theirs" -n lxcxt-n pids.max)" "$("$names/lxc-cgroup" -P "$containers" -n lxcxt-n pids.max)"
both "lxc-cgroup sets" cgroup -n lxcxt-n pids.max 777
check_equal "what it set" 777 "$("$names/lxc-cgroup" -P "$containers" lxcxt-n pids.max)"
both "lxc-cgroup of a file that is not there" cgroup -n lxcxt-n no.such
both "lxc-cgroup of what the kernel refuses" cgroup -n lxcxt-n pids.max many
both "lxc-cgroup without a file" cgroup -n lxcxt-n
both "lxc-device adds a node" device -n lxcxt-n -- add /dev/full /dev/full
both "what it added" attach -n lxcxt-n -- stat -c '%t:%T' /dev/full
both "lxc-device removes it" device -n lxcxt-n del /dev/full
both "what is left" attach -n lxcxt-n -- stat /dev/full
both "lxc-device of what is not there" device -n lxcxt-n add /dev/lxcxt-none
both "lxc-device without a device" device -n lxcxt-n add
# LXC's wants a terminal, reads it, and does not end by itself.
mkfifo "$scratch/no-keys"
script -qfec "lxc-top -P $theirs -b -d 1" /dev/null 0<>"$scratch/no-keys" >"$scratch/their-top" 2>/dev/null &
their_top=$!
eventually 30 test -s "$scratch/their-top"
kill $their_top
wait $their_top 2>/dev/null
check_equal "lxc-top -b: the head" "$(head -n 1 "$scratch/their-top" | tr -d '\r')" "$("$names/lxc-top" -P "$containers" -b -c 1 | head -n 1)"
both "lxc-top without a terminal" top -d 1
both "lxc-freeze" freeze -n lxcxt-n
both "lxc-info of a frozen one" info -n lxcxt-n -s -H
both "lxc-unfreeze" unfreeze -n lxcxt-n
both "lxc-destroy of what runs" destroy -n lxcxt-n
both "lxc-stop -k" stop -n lxcxt-n -k
both "lxc-stop with options that contradict each other" stop -n lxcxt-n -k -r
both "lxc-start with an option set" start -n lxcxt-n -s lxc.uts.name=other -- /bin/sleep 100
both "what it set" attach -n lxcxt-n -- hostname
both "lxc-stop" stop -n lxcxt-n -t 5
both "lxc-start -F ends with 0 whatever init says" start -n lxcxt-n -F -- /bin/sh -c 'exit 4'
both "lxc-execute" execute -n lxcxt-n -- /bin/sh -c 'echo inside; exit 3'
both "lxc-autostart" autostart -A -a
both "it runs" info -n lxcxt-n -s
both "lxc-autostart -k" autostart -A -a -k
both "it does not" info -n lxcxt-n -s
both "lxc-monitor -n with a bad pattern" monitor -n '('
both "lxc-destroy" destroy -n lxcxt-n
both "then there is none" ls -1
