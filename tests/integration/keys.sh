#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Keys that act on a running container and that no other test looks at: each set, and seen from inside or from the kernel.
. "$(dirname "$0")/../support/harness.sh"

# Parents that a configuration names stay: others may be in them.
test_clean_up() { find /sys/fs/cgroup -mindepth 2 -maxdepth 2 -type d -name lxcxt-parent -exec rmdir {} +; }
ns_of() { readlink "/proc/$(init_of "$1")/ns/$2"; }

# Namespaces: kept, shared with another container by name and by pid, and clocks of its own.
make_container lxcxt-a 'lxc.net.0.type = empty' 'lxc.sysctl.net.ipv4.ip_forward = 1' 'lxc.sysctl.kernel.msgmax = 65536' \
  'lxc.proc.oom_score_adj = 17' 'lxc.prlimit.nofile = 300:400' 'lxc.time.offset.boot = 168h' 'lxc.time.offset.monotonic = 1h'
check "start" lxcx start lxcxt-a
check_equal "lxc.sysctl of the network namespace" 1 "$(inside lxcxt-a cat /proc/sys/net/ipv4/ip_forward)"
check_equal "lxc.sysctl of the ipc namespace" 65536 "$(inside lxcxt-a cat /proc/sys/kernel/msgmax)"
check_equal "lxc.proc" 17 "$(cat "/proc/$(init_of lxcxt-a)/oom_score_adj")"
check_equal "lxc.prlimit" '300 400' "$(awk '/^Max open files/ { print $4, $5 }' "/proc/$(init_of lxcxt-a)/limits")"
week=$((7 * 24 * 3600))
apart=$(($(inside lxcxt-a cut -d. -f1 /proc/uptime) - $(cut -d. -f1 /proc/uptime) - week))
check "lxc.time.offset.boot: it is up a week longer" test "${apart#-}" -lt 5
make_container lxcxt-b 'lxc.net.0.type = empty'
check "start with --share-net and --share-pid" lxcx start --share-net=lxcxt-a --share-ipc="$(init_of lxcxt-a)" lxcxt-b
check_equal "the network is the other container's" "$(ns_of lxcxt-a net)" "$(ns_of lxcxt-b net)"
check_equal "ipc is that of the process" "$(ns_of lxcxt-a ipc)" "$(ns_of lxcxt-b ipc)"
check "the mounts are its own" test "$(ns_of lxcxt-a mnt)" != "$(ns_of lxcxt-b mnt)"
lxcx stop -k lxcxt-b
check "the other one runs on" inside lxcxt-a true
# As it stands when monitor and init were killed, and the pid is another process' by now.
state=$(echo /run/lxcx/*/lxcxt-a/state)
cp "$state" "$scratch/state"
sed -i "s/^init\t[0-9]*/init\t$$/" "$state"
check_exit "what has ended shares nothing, and no process that has its pid does" 11 lxcx start --share-net=lxcxt-a lxcxt-b
check_match "it is named" "'lxcxt-a' is not running" "$output"
cp "$scratch/state" "$state"
lxcx stop -k lxcxt-a
check "start that keeps ipc and uts" lxcx start -s 'lxc.namespace.keep=ipc uts net' lxcxt-b
check_equal "they are the host's" "$(readlink /proc/self/ns/ipc) $(readlink /proc/self/ns/net)" "$(ns_of lxcxt-b ipc) $(ns_of lxcxt-b net)"
lxcx stop -k lxcxt-b
check "start with the namespaces that are named" lxcx start -s 'lxc.namespace.clone=mount pid ipc net cgroup' lxcxt-b
check_equal "uts is the host's then" "$(readlink /proc/self/ns/uts)" "$(ns_of lxcxt-b uts)"
lxcx stop -k lxcxt-b
check "start" lxcx start lxcxt-b
check_match "the monitor is called what ps users look for" "^\[lxc monitor\] $containers lxcxt-b" "$(tr '\0' ' ' <"/proc/$(monitor_of lxcxt-b)/cmdline")"
lxcx stop -k lxcxt-b

# Signals: an init that catches what it is told to end by; one that will not end.
listening='trap "echo halted >/tmp/said; exit 0" PWR; trap "echo stopped >/tmp/said; exit 0" USR2; while :; do sleep 0.1; done'
said() { cat "$containers/lxcxt-b/rootfs/tmp/said" 2>/dev/null; rm -f "$containers/lxcxt-b/rootfs/tmp/said"; }
sed -i '/^lxc.signal/d' "$containers/lxcxt-b/config"
check "start an init that listens" lxcx start lxcxt-b -- /bin/sh -c "$listening"
check "stop asks by SIGPWR, unless told otherwise" lxcx stop -t 20 lxcxt-b
check_equal "which it heard" halted "$(said)"
check "start it again" lxcx start -s lxc.signal.halt=SIGUSR2 lxcxt-b -- /bin/sh -c "$listening"
check "lxc.signal.halt" lxcx stop -t 20 lxcxt-b
check_equal "is what it heard" stopped "$(said)"
check "start one that catches and goes on" lxcx start lxcxt-b -- /bin/sh -c 'trap : PWR; while :; do sleep 0.1; done'
check_exit "stop --nokill gives up" 12 lxcx stop -t 1 --nokill lxcxt-b
check "stop -t 1 kills it" lxcx stop -t 1 lxcxt-b
check_equal "it is stopped" STOPPED "$(lxcx info -s -H lxcxt-b)"

check "start one that catches lxc.signal.stop" lxcx start -s lxc.signal.stop=SIGUSR2 lxcxt-b -- /bin/sh -c "$listening"
check "stop -k sends that" lxcx stop -k lxcxt-b
check_equal "which it heard" stopped "$(said)"
lxcx start -F lxcxt-b -- /bin/sh -c 'trap "exit 5" TERM; echo up; while :; do sleep 0.1; done' >"$scratch/foreground" &
foreground=$!
check "a start in the foreground" eventually 20 grep -q up "$scratch/foreground"
kill -TERM "$(pgrep -P $foreground -f lxcxt-b || echo $foreground)"
wait $foreground
check_equal "passes SIGTERM on to init, and init's status back" 5 $?
check_equal "lxc.execute.cmd" 'said so' "$(lxcx execute -s 'lxc.execute.cmd=/bin/echo said so' lxcxt-b)"

# Control groups by name.
group() { sed -n 's/^[0-9]*:pids:\///p' "/proc/$(init_of "$1")/cgroup"; }
if grep -q ':pids:' /proc/self/cgroup; then
  check "lxc.cgroup.dir" lxcx start -s lxc.cgroup.dir=lxcxt-parent lxcxt-b
  check_match "is where its group is" '^lxcxt-parent(/|$)' "$(group lxcxt-b)"
  lxcx stop -k lxcxt-b
  check "lxc.cgroup.dir.container and .inner" lxcx start -s lxc.cgroup.dir.container=lxcxt-outer -s lxc.cgroup.dir.container.inner=in lxcxt-b
  check_equal "init is in the inner one" lxcxt-outer/in "$(group lxcxt-b)"
  lxcx stop -k lxcxt-b
fi

for kind in ro mixed rw; do
  check "start with cgroup-full:$kind:force" lxcx start -s "lxc.mount.auto=proc:rw cgroup-full:$kind:force" lxcxt-b
  shown=$(inside lxcxt-b grep ' /sys/fs/cgroup' /proc/mounts)
  check_match "groups are there" ' cgroup2? ' "$shown"
  [ $kind != ro ] || check_no_match "to look at" ' cgroup2? rw' "$shown"
  [ $kind != rw ] || check_no_match "to write to" ' cgroup2? ro' "$shown"
  check_no_match "no group above its own can be seen" 'lxc.payload' "$(inside lxcxt-b sh -c 'find /sys/fs/cgroup | grep payload')"
  lxcx stop -k lxcxt-b
done
# Without a cgroup namespace it shows the host's whole tree, to look at.
clone='lxc.namespace.clone=mount pid uts ipc net'
for kind in ro mixed; do
  check "start with cgroup-full:$kind in the host's cgroup namespace" lxcx start -s "$clone" -s "lxc.mount.auto=proc:rw cgroup-full:$kind" lxcxt-b
  own=$(inside lxcxt-b find /sys/fs/cgroup -name lxc.payload.lxcxt-b)
  check_equal "its group is seen from the top in every hierarchy" "$(cd / && find /sys/fs/cgroup -name lxc.payload.lxcxt-b | sort)" "$(sort <<<"$own")"
  shown=$(inside lxcxt-b grep ' cgroup2\? ' /proc/mounts)
  check_no_match "nothing above can be written" ' cgroup2? rw' "$(grep -v lxc.payload.lxcxt-b <<<"$shown")"
  check_exit "by root neither" 1 inside lxcxt-b sh -c 'for d in $(find /sys/fs/cgroup -name cgroup.procs | grep -v lxcxt-b); do mkdir "${d%/*}/lxcxt-new" && exit 0; done 2>/dev/null; exit 1'
  writable=0
  [ $kind = ro ] || writable=$(wc -l <<<"$own")
  check_equal "in its own group it can: $writable" "$writable" "$(inside lxcxt-b sh -c 'for d in '"$(echo $own)"'; do mkdir $d/lxcxt-sub && rmdir $d/lxcxt-sub && echo; done 2>/dev/null' | wc -l)"
  lxcx stop -k lxcxt-b
done
check_exit "cgroup-full:rw there is refused" 6 lxcx start -s "$clone" -s 'lxc.mount.auto=proc:rw cgroup-full:rw' lxcxt-b
check_match "and says what is not" 'cgroup-full:mixed' "$output"
check_exit "cgroup:mixed too" 6 lxcx start -s "$clone" -s 'lxc.mount.auto=proc:rw cgroup:mixed' lxcxt-b
bare() { unshare -m sh -c 'umount -l /sys/fs/cgroup && mount -t tmpfs -o ro lxcxt /sys/fs/cgroup; exec "$@"' - "$lxcx_program" -P "$containers" "$@"; }
check "a start where no cgroup is mounted" bare start lxcxt-b
check_equal "it runs" RUNNING "$(lxcx info -s -H lxcxt-b)"
check "attach there" bare attach lxcxt-b -- true
check "stop there" bare stop -k lxcxt-b

# Devices, consoles and mounts.
check "start" lxcx start -s lxc.autodev.tmpfs.size=100000 -s lxc.console.path=none -s "lxc.mount.entry=etc lxcxt/here none bind,create=dir,relative,rslave 0 0" lxcxt-b
check_match "lxc.autodev.tmpfs.size" 'size=(98|100)k' "$(inside lxcxt-b grep ' /dev tmpfs' /proc/mounts)"
check_exit "lxc.console.path = none" 1 inside lxcxt-b test -c /dev/console
check "a source relative to the root" inside lxcxt-b test -e /lxcxt/here/passwd
check_equal "attach --arch" i686 "$(lxcx attach lxcxt-b --arch i686 -- uname -m </dev/null)"
lxcx stop -k lxcxt-b
check "a read-only root" lxcx start -s lxc.rootfs.options=ro lxcxt-b
check_exit "cannot be written" 1 inside lxcxt-b touch /new
lxcx stop -k lxcxt-b

# Hooks that run inside, and when a container is destroyed; what they are told.
printf '%s\n' '#!/bin/sh' 'env >/tmp/start-env' >"$containers/lxcxt-b/rootfs/hook"
printf '%s\n' '#!/bin/sh' "env >$scratch/destroy-env" >"$scratch/destroy"
printf '%s\n' '#!/bin/sh' "env >$scratch/stop-env" >"$scratch/stop"
chmod 755 "$containers/lxcxt-b/rootfs/hook" "$scratch/destroy" "$scratch/stop"
printf '%s\n' 'lxc.hook.version = 1' 'lxc.hook.start = /hook' "lxc.hook.destroy = $scratch/destroy" "lxc.hook.stop = $scratch/stop" \
  'lxc.environment = WHO=container' 'lxc.environment.runtime = RUN=init' 'lxc.environment.hooks = HOOK=hook' >>"$containers/lxcxt-b/config"
check "start with hooks" lxcx start -s lxc.log.level=NOTICE -c "$scratch/console" -L "$scratch/console.log" lxcxt-b
check_match "the start hook ran inside" '^LXC_HOOK_TYPE=start$' "$(cat "$containers/lxcxt-b/rootfs/tmp/start-env")"
check_no_match "without what the host's hooks are given" '^HOOK=' "$(cat "$containers/lxcxt-b/rootfs/tmp/start-env")"
init_env=$(tr '\0' '\n' <"/proc/$(init_of lxcxt-b)/environ")
check_match "init has its own" '^RUN=init$' "$init_env"
check_match "and the common one" '^WHO=container$' "$init_env"
check_no_match "and not the hooks'" '^HOOK=' "$init_env"
lxcx stop -k lxcxt-b
check_match "the stop hook gets the namespaces" '^LXC_MNT_NS=/proc/' "$(cat "$scratch/stop-env")"
check_match "what lxc.environment.hooks says" '^HOOK=hook$' "$(cat "$scratch/stop-env")"
check_match "and the configuration file" "^LXC_CONFIG_FILE=$containers/lxcxt-b/config$" "$(cat "$scratch/stop-env")"
check_match "where the root is" "^LXC_ROOTFS_PATH=.*$containers/lxcxt-b/rootfs$" "$(cat "$scratch/stop-env")"
check_match "the console" "^LXC_CONSOLE=$scratch/console$" "$(cat "$scratch/stop-env")"
check_match "its log" "^LXC_CONSOLE_LOGPATH=$scratch/console.log$" "$(cat "$scratch/stop-env")"
check_match "that there are cgroup namespaces" '^LXC_CGNS_AWARE=1$' "$(cat "$scratch/stop-env")"
check_match "and how much is logged" '^LXC_LOG_LEVEL=NOTICE$' "$(cat "$scratch/stop-env")"
check "destroy" lxcx destroy lxcxt-b
check_match "the destroy hook ran" '^LXC_HOOK_TYPE=destroy$' "$(cat "$scratch/destroy-env")"
