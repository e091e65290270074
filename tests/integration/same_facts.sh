#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Inside a container are the same facts under lxcx as under LXC, when both start the same directory with the same configuration. What is meant to
# differ is listed below with its reason (docs/migrating-from-lxc.md, "What is different inside"). Any other difference breaks the test, and so does
# a line of the list that no longer happens.
#
#   LXCXT_SHEETS=DIRECTORY   keeps the fact sheets there
if [ -z "${LXCXT_IN_NETNS:-}" ] && [ "$(id -u)" = 0 ]; then LXCXT_IN_NETNS=1 exec unshare --net --mount bash "$0"; fi
. "$(dirname "$0")/../support/harness.sh"
for program in lxc-start lxc-attach lxc-stop lxc-info ip nsenter; do needs_program $program; done
case $(lxc-start --version) in 5.0.*) ;; *) skip "the list of differences is for LXC 5.0, this is $(lxc-start --version)" ;; esac
[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || skip "the list of differences is for machines with cgroup v1 hierarchies"

# Where newuidmap(1) is installed LXC asks it, as root too, and that looks here.
if command -v newuidmap >/dev/null; then
  for file in subuid subgid; do
    echo root:100000:65536 >"$scratch/$file"
    mount --bind "$scratch/$file" /etc/$file
  done
fi

# LXC leaves its monitors' groups behind, and the one that it parks them in.
test_clean_up() {
  local name
  lxc-stop -P "$containers" -n "${running:-lxcxt-none}" -k 2>/dev/null
  umount /sys/class/net /sys/devices/virtual/net 2>/dev/null
  for name in min template full keep user none mapped; do rmdir /sys/fs/cgroup/{,*/}lxc.{monitor,payload}.lxcxt-$name; done 2>/dev/null
  rmdir /sys/fs/cgroup/{,*/}lxc.pivot 2>/dev/null
}

# explain LXC LXCX REASON: a line that is in LXC's sheet alone, and the one that is in lxcx's alone in its place; both are regular expressions that match
# the whole line, and either may be empty.
declare -a patterns reasons
declare -A used
explain() {
  patterns+=("${1:+^< $1\$}" "${2:+^> $2\$}")
  reasons+=("$3" "$3")
}
explain 'mount /proc/sys root=/sys options=ro,relatime .*' 'mount /proc/sys root=/sys options=ro,nosuid,nodev,noexec,relatime .*' \
  "LXC's second mount call drops the flags that the first one set; lxcx keeps nosuid, nodev and noexec"
explain 'mount /sys root=/ options=(ro|rw),relatime type=sysfs .*' 'mount /sys root=/ options=(ro|rw),nosuid,nodev,noexec,relatime type=sysfs .*' \
  "the same flags, of sys:ro and sys:rw"
explain 'mount /proc/sys/net root=/sys/net options=rw,.*' '' "with the host's network namespace, proc:mixed of LXC leaves the host's network settings writable"
explain 'mount /sys/devices/virtual/net root=/devices/virtual/net options=rw,.*' '' "with the host's network namespace, sys:mixed of LXC leaves the host's devices writable"
explain 'mount /sys/fs/cgroup root=/ options=rw,nosuid,nodev,noexec,relatime type=tmpfs .*' 'mount /sys/fs/cgroup root=/ options=ro,nosuid,nodev,noexec,relatime type=tmpfs .*' \
  "of cgroup:mixed only the container's own groups are writable; LXC leaves the directory above them writable too"
explain 'mount /sub/(recursive|made/here) root=[^ ]* options=rw,relatime .*' 'mount /sub/(recursive|made/here) root=[^ ]* options=rw,nosuid,nodev,noexec,relatime .*' \
  "LXC ignores nosuid, nodev and noexec of a bind mount; lxcx applies them"
explain 'dev (console|lxc/console|pts/0) device 700 .*' 'dev (console|lxc/console|pts/0) device 620 .*' "LXC makes its console executable and keeps group tty out; lxcx does neither, as for any other terminal"
explain 'dev pts directory 644 .*' 'dev pts directory 755 .*' "LXC's /dev/pts, when nothing is mounted there, is a directory that nobody may enter"
explain 'dev \.lxc-boot-id regular file 444 0:0 0,0 ' '' "LXC writes a boot id also where no /proc shows it"
explain 'fd [012] -> /dev/null' 'fd [012] -> /dev/pts/N' "with lxc.pty.max below 2 init of LXC's daemon has no console, and its output is lost"
explain '' 'env container_ttys=pts/[0-9]+( pts/[0-9]+)*' "LXC sets it and then clears the environment before init runs; systemd's container interface asks for it"
explain 'group [a-z]* [^ ]* (directory|regular (empty )?file) (775|664) 0:100000' 'group [a-z]* [^ ]* (directory|regular (empty )?file) (775|664) 100000:100000' \
  "under LXC the host's root owns the group and container root's group may write to it; under lxcx container root owns it"
explain 'attach cgroup 0::/\.lxc' 'attach cgroup 0::/' "LXC moves what is attached to a leaf of its own; lxcx only where the kernel demands one (cgroup-v2.rst, no internal processes)"
explain 'attach fd 9 -> .*' '' "lxc-attach hands on what its caller left open (CVE-2016-8649, CVE-2024-21626)"
explain 'address eth0 .* brd 0\.0\.0\.255 .*' 'address eth0 .* brd 10\.78\.0\.255 .*' "LXC's broadcast address lacks the network"
explain 'attach session of the caller' 'attach session own' "what lxc-attach runs without a terminal stays in the caller's session (CVE-2016-10124)"

# One line for each fact of process $1, the init of container $2.
facts() {
  local pid=$1 name=$2 process=/proc/$1 file group hierarchy
  awk '{ shared = ""
         for (i = 7; $i != "-"; i++) { sub(/:.*/, "", $i); shared = shared " " $i }
         if ($5 == "/dev/console" || $5 == "/dev/lxc/console") sub(/.*/, "/N", $4)
         print "mount", $5, "root=" $4, "options=" $6, "type=" $(i + 1), "source=" $(i + 2), "super=" $(i + 3), "propagation:" shared }' $process/mountinfo
  (cd $process/root/dev && find . -mindepth 1 -exec stat -c '%n %F %a %u:%g %t,%T %N' {} + |
    sed -E "s#^\./#dev #; s#'[^']*'( -> )?##; s#(dev [^ ]*) character special file#\1 device#; s#^(dev (console|lxc/console|pts/0) .* 88),.*#\1,N#")
  grep -E '^(Uid|Gid|Groups|Umask|Cap|NoNewPrivs|Seccomp|Sig[BIC]|THP|Speculation|Cpus_allowed_list|Mems_allowed_list)' $process/status | sed 's/^/status /'
  awk '/^NS(pgid|sid)/ { print "status", $1, $NF }' $process/status
  sed 's/^/limit /' $process/limits
  ls -l $process/ns /proc/self/ns | awk '/->/ { if ($(NF - 2) in of) print "namespace", $(NF - 2), "is", (of[$(NF - 2)] == $NF ? "that of the host" : "its own"); of[$(NF - 2)] = $NF }'
  sed 's/^/cgroup /' $process/cgroup
  tr '\0' '\n' <$process/environ | sed 's/^/env /'
  ls -l $process/fd | sed -nE 's#.* ([0-9]+ -> )#fd \1#p' | sed -E 's#/dev/pts/[0-9]+#/dev/pts/N#'
  sed -n 's/^flags:.*\([0-7]\)$/fd is open for \1/p' $process/fdinfo/*
  echo "cwd $(readlink $process/cwd)"
  echo "personality $(cat $process/personality), oom_score_adj $(cat $process/oom_score_adj), coredump_filter $(cat $process/coredump_filter)"
  awk '{ sub(/.*\) /, ""); print "terminal", $5, "nice", $17, "policy", $39 }' $process/stat
  for file in uid_map gid_map setgroups timens_offsets; do sed "s/^ */$file /" $process/$file; done
  echo "hostname $(nsenter -t $pid -u hostname)"
  nsenter -t $pid -n ip -o link | sed -E 's/^[0-9]+: ([^:@]+)(@[^:]*)?:/link \1/; s/ qlen [0-9]+//; s/link-netns.*//; s/altname.*//'
  nsenter -t $pid -n ip -o -4 addr | sed -E 's/^[0-9]+: /address /'
  nsenter -t $pid -n ip route | sed 's/^/route /'
  ip -o link show lxcxtf0 2>/dev/null | sed -E 's/^[0-9]+: ([^:@]+)(@[^:]*)?:/host link \1/; s/link-netns.*//; s#link/ether [^ ]*##; s/state [A-Z]+//'
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
    group=$hierarchy/lxc.payload.$name
    [ -d "$group" ] || continue
    (cd "$group" && find . -maxdepth 1 ! -name .lxc -exec stat -c "group ${hierarchy##*/} %n %F %a %u:%g" {} +)
    (cd "$group" && grep -s '' memory.limit_in_bytes pids.max devices.list cpuset.cpus cpuset.mems cgroup.clone_children cpu.shares cgroup.subtree_control \
      freezer.state | sed "s#^#group ${hierarchy##*/} value #")
  done
}

# The same for a process that attach brought in, told by itself.
attach_facts='
for v in $(env | cut -d= -f1 | grep -v "^_$"); do eval "echo env $v=\$$v"; done
grep -E "^(Uid|Gid|Groups|Umask|Cap|NoNewPrivs|Seccomp|Sig[BIC])" /proc/self/status | sed "s/^/status /"
grep -q "^NSsid:.*[^0-9]0$" /proc/self/status && echo "session of the caller" || echo "session own"
sed "s/^/limit /" /proc/self/limits
ls -l /proc/1/ns /proc/self/ns | awk "/->/ { if (\$(NF - 2) in of) print \"namespace\", \$(NF - 2), \"is\", (of[\$(NF - 2)] == \$NF ? \"that of init\" : \"another\"); of[\$(NF - 2)] = \$NF }"
sed "s/^/cgroup /" /proc/self/cgroup
ls -l /proc/$$/fd
echo "cwd $(pwd)"
echo "personality $(cat /proc/self/personality), oom_score_adj $(cat /proc/self/oom_score_adj), coredump_filter $(cat /proc/self/coredump_filter)"'
attached() { # attached COMMAND…: what it says with those facts as its script, and with a descriptor of the caller open
  "$@" -- /bin/sh -c "$attach_facts" </dev/null 9<"$0" 2>&1 | sed -E '/^total 0$/d; s/^l[rwx-]{9} .* ([0-9]+ -> .*)/fd \1/; s/^/attach /; s/pipe:\[[0-9]+\]/a pipe/'
}

# compare NAME CONFIGURATION LINE…: the sheets of a container with that configuration, both ways, and what in them is not explained.
root=$containers/lxcxt-root/rootfs
compare() {
  local name=$1 difference line i known unexplained matched
  running=$name
  shift
  mkdir "$containers/$name"
  chmod 711 "$containers/$name"
  printf '%s\n' "lxc.rootfs.path = dir:$root" "lxc.uts.name = $name" "$@" >"$containers/$name/config"
  cp "$containers/$name/config" "$scratch/config"
  check "$name: LXC starts it" lxc-start -P "$containers" -n $name -- /bin/sleep 1000
  [ "$(lxc-info -P "$containers" -n $name -s -H)" = RUNNING ] || return
  facts "$(lxc-info -P "$containers" -n $name -p -H)" $name >"$scratch/$name.lxc"
  case "$*" in *proc:*) attached lxc-attach -P "$containers" -n $name >>"$scratch/$name.lxc" ;; esac
  check "$name: and stops it" lxc-stop -P "$containers" -n $name -k
  check "$name: lxcx starts it" lxcx start $name -- /bin/sleep 1000
  [ "$(lxcx info -s -H $name)" = RUNNING ] || return
  facts "$(init_of $name)" $name >"$scratch/$name.lxcx"
  case "$*" in *proc:*) attached lxcx attach $name >>"$scratch/$name.lxcx" ;; esac
  check "$name: and stops it" lxcx stop -k $name
  check "$name: the sheets are not empty" test "$(wc -l <"$scratch/$name.lxcx")" -gt 80
  difference=$(diff <(sort "$scratch/$name.lxc") <(sort "$scratch/$name.lxcx") | grep '^[<>]')
  unexplained=
  matched=()
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    known=
    for i in "${!patterns[@]}"; do
      if [[ -n ${patterns[i]} && $line =~ ${patterns[i]} ]]; then known=1 used[$i]=1 matched[$i]=$((${matched[i]:-0} + 1)); fi
    done
    [ -n "$known" ] || unexplained+=$line$'\n'
  done <<<"$difference"
  # What stands in another's place has to stand there.
  for ((i = 0; i < ${#patterns[@]}; i += 2)); do
    [ -z "${patterns[i]}" ] || [ -z "${patterns[i + 1]}" ] || [ "${matched[i]:-0}" = "${matched[i + 1]:-0}" ] ||
      unexplained+="${matched[i]:-0} times ${patterns[i]}, but ${matched[i + 1]:-0} times ${patterns[i + 1]}"$'\n'
  done
  check_equal "$name: the same facts, but for what is explained" "" "$unexplained"
  check "$name: nobody changed the configuration" cmp "$scratch/config" "$containers/$name/config"
  [ -z "${LXCXT_SHEETS:-}" ] || cp "$scratch/$name".lxc* "$LXCXT_SHEETS"
}

# What this test's own caller left open is not the question.
for file in /proc/self/fd/*; do [ "${file##*/}" -le 2 ] || [ "${file##*/}" = 255 ] || eval "exec ${file##*/}>&-"; done
ip link set lo up
ip link add lxcxt-br0 type bridge
ip link set lxcxt-br0 up
world_before=$(world)

# lxc-start looks for its bridge in /sys, which shows another network than this one.
mkdir "$scratch/sys"
mount -t sysfs sysfs "$scratch/sys"
for directory in devices/virtual/net class/net; do mount --bind "$scratch/sys/$directory" /sys/$directory; done
umount "$scratch/sys"

make_container lxcxt-root
mkdir "$root/sub" "$root/sub/recursive" "$scratch/shared"
echo shared >"$scratch/shared/file"
printf '2\nblacklist\nswapon errno 1\n' >"$scratch/policy"

compare lxcxt-min
compare lxcxt-template 'lxc.autodev = 1' 'lxc.tty.max = 5' 'lxc.pty.max = 1' 'lxc.cap.drop = sys_module mac_admin mac_override sys_time' \
  'lxc.mount.auto = cgroup:mixed proc:mixed sys:ro' 'lxc.mount.entry = shm dev/shm tmpfs nosuid,nodev,create=dir 0 0' \
  'lxc.mount.entry = mqueue dev/mqueue mqueue defaults,optional,create=dir 0 0' "lxc.seccomp.profile = $scratch/policy"
compare lxcxt-full 'lxc.mount.auto = proc:mixed sys:mixed cgroup:rw:force' 'lxc.cap.drop = sys_module sys_time' 'lxc.tty.max = 2' 'lxc.pty.max = 64' \
  'lxc.net.0.type = veth' 'lxc.net.0.link = lxcxt-br0' 'lxc.net.0.flags = up' 'lxc.net.0.veth.pair = lxcxtf0' 'lxc.net.0.hwaddr = 00:16:3e:11:22:44' \
  'lxc.net.0.mtu = 1400' 'lxc.net.0.ipv4.address = 10.78.0.2/24' 'lxc.net.0.ipv4.gateway = 10.78.0.1' \
  'lxc.prlimit.nofile = 500:1000' 'lxc.prlimit.nproc = 900' 'lxc.prlimit.core = 0' 'lxc.proc.oom_score_adj = 100' 'lxc.no_new_privs = 1' \
  'lxc.environment = COLOUR=dark blue' 'lxc.environment = PATH=/bin:/sbin' \
  "lxc.mount.entry = $scratch/shared mnt none bind,ro 0 0" "lxc.mount.entry = $scratch/shared sub/recursive none rbind,nosuid,nodev,noexec 0 0" \
  "lxc.mount.entry = $scratch/shared/file sub/file none bind,create=file 0 0" "lxc.mount.entry = $scratch/shared sub/made/here none bind,create=dir,nosuid,nodev,noexec 0 0" "lxc.mount.entry = $scratch/shared sub/read-only none rbind,ro,create=dir 0 0" \
  'lxc.mount.entry = tmpfs tmp tmpfs nosuid,nodev,size=1m,mode=1777 0 0' 'lxc.mount.entry = /lxcxt/nothing opt none bind,optional 0 0'
compare lxcxt-keep 'lxc.mount.auto = proc:rw sys:rw cgroup:mixed:force' 'lxc.cap.keep = chown kill setuid setgid net_admin' 'lxc.tty.dir = lxc' \
  'lxc.tty.max = 2' 'lxc.pty.max = 64' 'lxc.net.0.type = empty' 'lxc.net.0.flags = up'
compare lxcxt-user 'lxc.mount.auto = proc:mixed' 'lxc.net.0.type = empty' 'lxc.tty.max = 1' 'lxc.pty.max = 5' 'lxc.init.uid = 33' 'lxc.init.gid = 44' \
  'lxc.init.groups = 5,6' 'lxc.init.cwd = /tmp' 'lxc.arch = i686' 'lxc.sysctl.net.ipv4.ip_forward = 1' 'lxc.cgroup.memory.limit_in_bytes = 256M' \
  'lxc.cgroup.pids.max = 50' 'lxc.cgroup.devices.deny = a' 'lxc.cgroup.devices.allow = c 1:3 rwm' 'lxc.cgroup.cpu.shares = 512'
compare lxcxt-none 'lxc.mount.auto = proc:mixed sys:mixed' 'lxc.net.0.type = none' 'lxc.tty.max = 1' 'lxc.pty.max = 5'
cp -a "$root" "$scratch/mapped"
chown -hR 100000:100000 "$scratch/mapped"
root=$scratch/mapped
# A user namespace gets a sysfs only where the one of its creator is wholly visible (kernel: mount_too_revealing()).
umount /sys/class/net /sys/devices/virtual/net
compare lxcxt-mapped 'lxc.idmap = u 0 100000 65536' 'lxc.idmap = g 0 100000 65536' 'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed:force' \
  'lxc.tty.max = 2' 'lxc.pty.max = 64' 'lxc.net.0.type = empty' 'lxc.net.0.flags = up'

for i in "${!patterns[@]}"; do
  [ -z "${patterns[i]}" ] || check "still so: ${reasons[i]}" test -n "${used[$i]:-}"
done
