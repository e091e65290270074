#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bad input: a clear message, the documented exit status, nothing changed.
. "$(dirname "$0")/../support/harness.sh"

make_container lxcxt-x
config=$containers/lxcxt-x/config
cp "$config" "$scratch/good"
# The log of what went wrong is all that may come.
tree() { (cd "$containers" && find . ! -name "lxcxt-*.log" -printf '%p %y %m %U %s %l\n' | sort); }
# refused PROMISE STATUS REGEX LINES…: with those lines added, start gives that status and a line that matches, and changes nothing.
refused() {
  local promise=$1 status=$2 regex=$3 before
  shift 3
  { cat "$scratch/good"; printf '%s\n' "$@"; } >"$config"
  before=$(tree)
  check_exit "$promise: refused" "$status" lxcx start lxcxt-x
  check_match "$promise: says what and where" "$regex" "$output"
  check_equal "$promise: nothing changed" "$before" "$(tree)"
  check_equal "$promise: still stopped" STOPPED "$(lxcx info -s -H lxcxt-x 2>/dev/null)"
  cp "$scratch/good" "$config"
}
line=$(($(wc -l <"$scratch/good") + 1))

refused "an unknown key" 10 "config:$line:1: error: .*lxc\.uts\.nam" 'lxc.uts.nam = web'
check_match "an unknown key: did you mean" 'lxc\.uts\.name' "$output"
check_match "an unknown key: a caret points at it" '^ *\^' "$output"
refused "a bad value" 10 "config:$line:[0-9]+: error: " 'lxc.tty.max = many'
refused "several errors" 10 "config:$((line + 1)):" 'lxc.bogus = 1' 'lxc.autodev = 7'
check_match "several errors: all at once" "config:$line:" "$output"
refused "a seccomp proxy that is no address" 10 "config:$line:" 'lxc.seccomp.notify.proxy = tcp:1'
refused "a seccomp proxy with too long a path" 10 'lxc\.seccomp\.notify\.proxy.* 107 bytes' "lxc.seccomp.notify.proxy = unix:/$(printf '%0107d' 0)"
refused "a line without =" 10 "config:$line:" 'lxc.tty.max'
refused "a missing include" 10 'nowhere\.conf' 'lxc.include = /lxcxt/nowhere.conf'
refused "a bridge that is not there" 3 'lxcxt-nobr' 'lxc.net.0.type = veth' 'lxc.net.0.link = lxcxt-nobr' 'lxc.net.0.flags = up'
refused "a network plugin that is not there" 3 'carrier-pigeon' 'lxc.net.0.type = carrier-pigeon'
refused "a setting that the network plugin lacks" 10 "no setting 'colour'" 'lxc.net.0.type = empty' 'lxc.net.0.colour = red'
refused "a storage plugin that is not there" 3 'floppy' 'lxc.rootfs.path = floppy:/dev/fd0'
refused "a misspelt option of a bind mount" 10 "'rro' is no option" "lxc.mount.entry = /tmp mnt none bind,rro,optional 0 0"
refused "a misspelt setting of a hook plugin" 10 "no setting 'lxcx.hook.audit.fil'" 'lxcx.hook.audit.fil = /lxcxt/audit'
refused "a setting of a plugin that is not there" 3 "config:$line:" 'lxcx.storage.floppy.size = 1'
refused "a missing root file system" 3 '/lxcxt/none' 'lxc.rootfs.path = dir:/lxcxt/none'
refused "a missing init" 3 '/sbin/nosuch' 'lxc.init.cmd = /sbin/nosuch' 'lxc.mount.entry ='
check_match "a missing init: a hint" 'hint: ' "$output"
refused "a mount source that is not there" 3 "$line" 'lxc.mount.entry = /lxcxt/nothing mnt none bind 0 0'
refused "a seccomp policy that is not there" 3 'none\.seccomp' 'lxc.seccomp.profile = /lxcxt/none.seccomp'
# hinted PROMISE STATUS REGEX HINT LINE…: refused, with the last line's place and a hint that matches.
hinted() {
  local promise=$1 status=$2 regex=$3 hint=$4
  shift 4
  refused "$promise" "$status" "$regex" "$@"
  check_match "$promise: by its line" "config:$((line + $# - 1)):" "$output"
  check_match "$promise: a hint" "hint: .*$hint" "$output"
}
hinted "a sysctl that is not there" 3 'kernel/nosuch' 'no such key' 'lxc.sysctl.kernel.nosuch = 1'
hinted "a sysctl with a value that is none" 7 'domainname|ipv4' 'no such value' 'lxc.net.0.type = empty' 'lxc.sysctl.net.ipv4.ip_default_ttl = many'
hinted "a limit of open files that no process may have" 5 'prlimit' 'fs\.nr_open' 'lxc.prlimit.nofile = 2000000000'
hinted "a console's log in no directory" 3 '/nosuch/dir' 'directory that exists' 'lxc.console.logfile = /nosuch/dir/file'
check_exit "a console's log in no directory, with --trace-steps" 3 lxcx start --trace-steps -L /nosuch/dir/file lxcxt-x
check_no_match "is found before anything runs" 'clone init' "$output"
hinted "a working directory that is not there" 3 'lxc\.init\.cwd' 'create it' 'lxc.init.cwd = /nosuch'
hinted "a hook that fails" 13 'pre-start' 'take the hook out' 'lxc.hook.pre-start = /bin/false'
hinted "a file system that the kernel lacks" 7 'ext9' '/proc/filesystems' 'lxc.mount.entry = /tmp mnt ext9 defaults 0 0'
hinted "a misspelt 'bind'" 10 "'bindd' is no option" "write 'bind'" 'lxc.mount.entry = /tmp mnt none bindd 0 0'
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then cgroup=lxc.cgroup2; else cgroup=lxc.cgroup; fi
hinted "a cgroup file that is not there" 3 "$cgroup.pids.nosuch" 'pids' "$cgroup.pids.nosuch = 1"
hinted "a cgroup file that refuses a value" 7 "$cgroup.pids.max" 'no such value' "$cgroup.pids.max = many"
refused "a resource limit that does not exist" 10 'nosuch' 'lxc.prlimit.nosuch = 1'

# 8 KiB are less than any process needs.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then tiny='lxc.cgroup2.memory.max = 8K'; else tiny='lxc.cgroup.memory.limit_in_bytes = 8K'; fi
if grep -q '^memory.*1$' /proc/cgroups || [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  refused "a memory limit in which nothing runs" 7 'was killed' "$tiny"
  check_match "a memory limit in which nothing runs: a hint" 'hint: .*memory limit' "$output"
fi

# An init for another machine: the ELF header says aarch64.
init=$containers/lxcxt-x/rootfs/bin/foreign
cp "$containers/lxcxt-x/rootfs/bin/busybox" "$init"
printf '\267\000' | dd of="$init" bs=1 seek=18 conv=notrunc status=none
refused "an init for another architecture" 6 'built for aarch64' 'lxc.init.cmd = /bin/foreign' 'lxc.mount.entry ='
rm "$init"

for name in 'a/b' '..' '-x' '.hidden'; do
  before=$(tree)
  check_exit "the name '$name' is refused" 2 lxcx create -t busybox -f none -- -n "$name" -n "$name"
  check_exit "the name '$name' is refused at start" 2 lxcx start -n "$name"
  check_equal "the name '$name': nothing changed" "$before" "$(tree)"
done

check_exit "a template that is not there" 3 lxcx create -t lxcxt-nosuch -n lxcxt-y -f none
check "leaves no directory" test ! -e "$containers/lxcxt-y"
check_exit "an option that the template lacks" 2 lxcx create -t busybox -n lxcxt-y -f none -- --nosuch
check "leaves no directory either" test ! -e "$containers/lxcxt-y"
printf 'lxc.bogus = 1\n' >"$scratch/bad.conf"
check_exit "a bad configuration at create" 10 lxcx create -t busybox -n lxcxt-y -f "$scratch/bad.conf"
check "leaves nothing" test ! -e "$containers/lxcxt-y"
check_exit "an unknown option" 2 lxcx start --nosuch lxcxt-x
check_exit "an unknown command" 2 lxcx strat lxcxt-x
check_match "is met with a guess" 'start' "$output"

# A full disk.
mkdir "$scratch/small"
mount -t tmpfs -o size=64k lxcxt-small "$scratch/small"
check_exit "a full disk at create" 7 "$lxcx_program" -P "$scratch/small" create -t busybox -n lxcxt-f -f none
check_match "is called by its name" 'No space left' "$output"
check "and leaves nothing" test -z "$(ls -A "$scratch/small")"
umount "$scratch/small"

# Someone else.
check_exit "no permission" 5 setpriv --reuid 65534 --regid 65534 --clear-groups "$lxcx_program" -P "$containers" start lxcxt-x

check_exit "an lxcpath that is no directory" 7 "$lxcx_program" -P "$config" ls
chmod 700 "$containers"
check_exit "an lxcpath that may not be read" 5 setpriv --reuid 65534 --regid 65534 --clear-groups "$lxcx_program" -P "$containers" ls
chmod 755 "$containers"

# Limits where nothing can keep them.
{ cat "$scratch/good"; echo 'lxc.cgroup.pids.max = 5'; } >"$config"
check_exit "a limit without a cgroup file system" 6 unshare -m sh -c 'umount -l /sys/fs/cgroup; "$@"' - "$lxcx_program" -P "$containers" start lxcxt-x
check_match "says which, and where it stands" "config:$line:" "$output"
cp "$scratch/good" "$config"

# What a program said stands below what went wrong.
printf '%s\n' '#!/bin/sh' 'echo one' 'echo two >&2' 'exit 3' >"$scratch/hook"
chmod 755 "$scratch/hook"
{ cat "$scratch/good"; echo "lxc.hook.pre-start = $scratch/hook"; } >"$config"
check_exit "a hook that fails" 13 lxcx start lxcxt-x
check_match "its output is shown line by line" '^ *\|? ?two$' "$output"
check_no_match "and no line break as an escape" '\\n' "$output"
cp "$scratch/good" "$config"

# A root file system outside of the container's directory: destroy takes what create made, and nothing else.
check_exit "create with --dir" 0 lxcx create -t busybox -f none --dir "$scratch/elsewhere" lxcxt-dir
check "it is made there" test -x "$scratch/elsewhere/bin/busybox"
check_exit "destroy" 0 lxcx destroy lxcxt-dir
check "removes it" test ! -e "$scratch/elsewhere"
mkdir "$scratch/adopted"
check_exit "create in a directory that was there, empty" 0 lxcx create -t busybox -f none --dir "$scratch/adopted" lxcxt-dir
check_exit "destroy" 0 lxcx destroy lxcxt-dir
check_equal "empties it, and leaves it" "" "$(ls -A "$scratch/adopted" 2>&1)"

# The names of before LXC 2.1.
{ grep -v -E 'uts.name|tty.max' "$scratch/good"; echo 'lxc.utsname = oldname'; echo 'lxc.tty = 2'; } >"$config"
check_exit "old key names are accepted" 0 lxcx start lxcxt-x
check_match "with a warning that says the new one" 'lxc\.uts\.name' "$output"
check_equal "and they act" oldname "$(inside lxcxt-x hostname)"
lxcx stop -k lxcxt-x

# A start that goes on in the background: what it warns of reaches the caller's terminal, and the log once.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then limit=lxc.cgroup.memory.limit_in_bytes; else limit=lxc.cgroup2.memory.max; fi
{ cat "$scratch/good"; echo "$limit = 64M"; } >"$config"
check_exit "a limit that this machine's cgroups cannot keep" 0 lxcx -o "$scratch/log" -l warn start -d lxcxt-x
check_match "is warned of, by its line" "^lxcx: warning: $config:$line: .*ignoring\$" "$output"
check_equal "once" 1 "$(grep -c ignoring <<<"$output")"
check_equal "and in the log" 1 "$(grep -c "WARN .*$config:$line: " "$scratch/log")"
lxcx stop -k lxcxt-x
check_exit "--quiet" 0 lxcx -q start lxcxt-x
check_equal "silences it" '' "$output"
lxcx stop -k lxcxt-x
{ cat "$scratch/good"; echo "$limit = 64M"; echo 'lxc.hook.start-host = /bin/false'; } >"$config"
check_exit "a start that fails after a warning" 13 lxcx start lxcxt-x
check_match "has told it too" "^lxcx: warning: $config:$line: " "$output"
cp "$scratch/good" "$config"

# A file in a directory that is not there: which option names it, and what would do.
for option in '-L lxc.console.logfile' '-c lxc.console.path' '-p --pidfile'; do
  check_exit "start ${option% *} in no directory" 3 lxcx start "${option% *}" /nonexistent/file lxcxt-x
  check_match "names the file and what to give" "hint: ${option#* } " "$output"
done
check_exit "create -f of no file" 3 lxcx create -t busybox -f /nonexistent/file lxcxt-new
check_match "says what it was to be" "read the configuration to begin with: .*'/nonexistent/file'" "$output"
check_exit "users are mapped, and no groups" 10 lxcx start -s 'lxc.idmap=u 0 100000 65536' lxcxt-x
check_match "says which kind is missing" 'maps users, and no groups' "$output"
check_exit "info of a key that is none" 2 lxcx info lxcxt-x -c lxc.bogus

# The line that an error of a start is about.
for setting in 'lxc.init.cmd = /nosuch' 'lxc.init.cwd = /nosuch' "lxc.console.path = $scratch/no/such" 'lxc.hook.pre-start = /bin/false' 'lxc.rootfs.options = bogus' \
  "lxc.rootfs.mount = $scratch/nowhere"; do
  { cat "$scratch/good"; echo "$setting"; } >"$config"
  lxcx start lxcxt-x >"$scratch/complaint" 2>&1 && failed "$setting: a start is refused"
  check_match "${setting%% =*}: with its line" "config:$line:" "$(cat "$scratch/complaint")"
done
check "what was to be mounted on is not made" test ! -e "$scratch/nowhere"
{ cat "$scratch/good"; printf 'lxc.net.0.%s\n' 'type = veth' 'link = lxcxt-none'; } >"$config"
check_exit "no such bridge" 3 lxcx start lxcxt-x
check_match "is about the line of the link" "config:$((line + 1)):" "$output"
cp "$scratch/good" "$config"

# What only stands there is no configuration.
mkdir "$containers/lxcxt-pipe"
mkfifo "$containers/lxcxt-pipe/config"
check_exit "a FIFO as a configuration" 10 timeout 10 "$lxcx_program" -P "$containers" config check lxcxt-pipe
check "does not stop ls" timeout 10 "$lxcx_program" -P "$containers" ls -f
check "one that the shell hands over does" lxcx config check -f <(echo 'lxc.tty.max = 1')
rm -r "$containers/lxcxt-pipe"
check_exit "a name longer than a host name" 2 lxcx create -t busybox "$(printf 'x%.0s' {1..65})"

# A restart of what nobody would start again.
check "start" lxcx start lxcxt-x
monitor=$(monitor_of lxcxt-x)
kill -9 "$monitor"
eventually 5 is_dead "$monitor"
check_exit "a second start" 4 lxcx start lxcxt-x
check_no_match "is about no line" "config:[0-9]" "$output"
check_exit "stop -r without a monitor" 6 timeout 20 "$lxcx_program" -P "$containers" stop -r lxcxt-x
check_equal "leaves it running" RUNNING "$(lxcx info -s -H lxcxt-x)"
lxcx stop -k lxcxt-x

# What an ordinary user may not see is not said to be missing.
unprivileged() { (cd / && HOME=/nonexistent exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"); }
chmod 755 "$containers"
if unprivileged test -x "$lxcx_program"; then
  for verb in info 'config check'; do
    check_exit "$verb as a user without access" 5 unprivileged "$lxcx_program" -P "$containers" $verb lxcxt-x
    check_match "says that it may not" "lxcxt-x.*: Permission denied" "$output"
  done
  lxcx start lxcxt-x
  check_exit "wait as an ordinary user" 5 unprivileged "$lxcx_program" -P "$containers" wait -s STOPPED -t 0 lxcxt-x
  lxcx stop -k lxcxt-x
  for verb in 'create -t busybox' start stop 'rename lxcxt-x' destroy; do
    check_exit "$verb as an ordinary user" 5 unprivileged "$lxcx_program" -P "$containers" $verb lxcxt-x
    check_match "says whose it is not" "${verb%% *} lxcxt-x: the containers in .* are not this user.s" "$output"
  done
fi

# Where a start that fails spent its time.
check_exit "a start that fails, with --trace-steps" 13 lxcx start --trace-steps -s lxc.hook.mount=/bin/false lxcxt-x
check_match "shows its steps" '^child +run the pre-mount hooks' "$output"
check_exit "in JSON" 13 lxcx --format json start --trace-steps -s lxc.hook.mount=/bin/false lxcxt-x
check_match "too" '"trace":\[\{' "$output"
check_exit "in the foreground" 0 lxcx start -F --trace-steps lxcxt-x -- /bin/true
check_match "a trace comes before the program" '^parent +clone init' "$output"

# --dry-run finds what a start would stumble over.
sed -i '$a lxc.mount.fstab = /lxcxt-no-fstab' "$containers/lxcxt-x/config"
check_exit "--dry-run without the fstab" 3 lxcx start --dry-run lxcxt-x
check_match "names the line" 'config:[0-9]+:' "$output"
sed -i '$d' "$containers/lxcxt-x/config"
mv "$containers/lxcxt-x/rootfs" "$containers/lxcxt-x/away"
check_exit "--dry-run without the root" 3 lxcx start --dry-run lxcxt-x
check_match "names the line too" 'config:[0-9]+:' "$output"
mv "$containers/lxcxt-x/away" "$containers/lxcxt-x/rootfs"
check "with both, it shows the steps" lxcx start --dry-run lxcxt-x

# What has no bearing on its removal keeps nothing from being removed.
make_container lxcxt-nic
printf '%s\n' 'lxc.net.0.type = ipvlan' 'lxc.net.0.link = lxcxt-none' >>"$containers/lxcxt-nic/config"
check_exit "a network type that is not there" 3 lxcx start lxcxt-nic
check "destroy all the same" lxcx destroy lxcxt-nic

# What LXC has, and lxcx has not yet, is no typing error.
check_exit "snapshot" 6 lxcx snapshot lxcxt-x
check_match "is told as what is not there yet" "there is no command 'snapshot' yet" "$output"

# A program that is not there is an error like others.
cp "$scratch/good" "$config"
lxcx start -q lxcxt-x
check_exit "attach of a program that is not there" 127 lxcx attach --format json lxcxt-x -- /nosuch
check_match "in JSON" '^{"schema":1,"error":{.*"message":".*/nosuch.: not found inside the container"' "$output"
check_exit "attach -e CAP" 127 lxcx attach -e lxcxt-x -- CAP
check_match "a hint says where the value of -e stands" 'hint: .*-eCAP' "$output"
lxcx stop -k lxcxt-x
check_exit "--dry-run of an init that is not there" 3 lxcx start --dry-run -s lxc.init.cmd=/bin/nosuch lxcxt-x
check_match "is told as the start would" "the root file system has no '/bin/nosuch'" "$output"
check_exit "nor there after --" 3 lxcx start --dry-run lxcxt-x -- /bin/nosuch
ln -s /bin/busybox "$containers/lxcxt-x/rootfs/inner"
check "a link is followed inside the root" lxcx start --dry-run -s lxc.init.cmd=/inner lxcxt-x
ln -sf /../../../../../../../../../../bin/bash "$containers/lxcxt-x/rootfs/inner"
[ ! -e "$containers/lxcxt-x/rootfs/bin/bash" ] && check_exit "and never out of it" 3 lxcx start --dry-run -s lxc.init.cmd=/inner -s lxc.mount.entry= lxcxt-x
rm "$containers/lxcxt-x/rootfs/inner"
check_exit "what a mount may bring is not missing" 0 lxcx start --dry-run -s lxc.init.cmd=/mnt/init -s 'lxc.mount.entry=/tmp mnt none bind,create=dir 0 0' lxcxt-x
plan=$(lxcx start --dry-run -s lxc.cap.drop=sys_time -s lxc.net.0.type=veth -s lxc.net.0.veth.mode=router -s lxc.net.0.link=lo \
  -s lxc.net.0.name=eth7 -s lxc.net.0.ipv4.address=10.9.8.7/24 -s lxc.init.cmd='/bin/busybox init' lxcxt-x)
check_match "the plan has the cgroup" '^ +lxc\.payload\.lxcxt-x' "$plan"
check_match "the network" 'veth.*link lo, name eth7, ipv4.address 10\.9\.8\.7/24' "$plan"
check_match "the capabilities" '^ +.*sys_time' "$plan"
check_match "and what is executed" '^ +/bin/busybox init$' "$plan"
