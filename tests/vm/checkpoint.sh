#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# checkpoint.sh LAYOUT: containers that are dumped and restored, on a kernel where criu works. Run by in-vm, in emulation, where criu takes seconds:
# everything that one dump can show is shown by it.
. "$(dirname "$0")/../support/harness.sh"
needs_program criu
criu check >/dev/null 2>&1 || skip "criu does not work on this kernel: $(criu check 2>&1 | head -n 1)"

images=$scratch/images
mkdir "$images" "$scratch/data"
echo hello >"$scratch/data/file"
ip link add lxcxt-br type bridge
ip address add 10.77.0.1/24 dev lxcxt-br
ip link set lxcxt-br up
test_clean_up() { ip link delete lxcxt-br; }

make_container lxcxt-a 'lxc.net.0.type = veth' 'lxc.net.0.link = lxcxt-br' 'lxc.net.0.flags = up' 'lxc.net.0.ipv4.address = 10.77.0.2/24' \
  "lxc.mount.entry = $scratch/data srv none bind,create=dir 0 0" 'lxc.cgroup2.pids.max = 50' 'lxc.cgroup2.devices.deny = a' \
  'lxc.cgroup2.devices.allow = c 1:3 rwm' 'lxc.cgroup2.devices.allow = c 136:* rw' 'lxc.cgroup2.devices.allow = c 5:* rw' "lxc.console.logfile = $scratch/console"
root=$containers/lxcxt-a/rootfs
# Counts for as long as its memory lasts, and says so on the console when it is asked.
cat >"$root/count" <<'X'
#!/bin/sh
trap 'echo "console: $i"' USR1
i=0
while :; do
  i=$((i + 1))
  echo $i >/now.new
  mv /now.new /now
  usleep 200000
done
X
chmod 755 "$root/count"
now() { cat "$root/now"; }
counts_on() { local from; from=$(now) && eventually 60 eval "[ \"\$(now)\" -gt $from ]"; }
answers() { busybox ping -c 1 -W 2 "$1"; }
check "start" lxcx start lxcxt-a -- /count
check "a program inside counts" eventually 60 test -s "$root/now"
check "its network answers" eventually 60 answers 10.77.0.2
# By the time of a restore its path could lead anywhere on the host.
check "it mounts what it is given once more" inside lxcxt-a sh -c 'mkdir /srv/own && mount --bind /srv/own /mnt'
check_exit "what a container has mounted itself from outside is not dumped" 6 lxcx checkpoint -D "$images/own" lxcxt-a
check "and it runs on" inside lxcxt-a sh -c 'umount /mnt && rmdir /srv/own'

check "dump without --stop" lxcx checkpoint -D "$images/on" lxcxt-a
check "the container runs on" counts_on
check "its network answers on" eventually 60 answers 10.77.0.2
check_equal "the images are root's alone" 700 "$(stat -c %a "$images/on")"

# What a criu that is killed would leave, too: the options of cgroup2 at every stage.
mount -o remount,nsdelegate /sys/fs/cgroup
options() { awk '$5 == "/sys/fs/cgroup" { print $NF }' /proc/self/mountinfo; }
options=$(options)
check_match "the machine's cgroup2 has an option" nsdelegate "$options"
printf '#!/bin/sh\necho "$CRTOOLS_SCRIPT_ACTION" >>%s\nawk '\''$5 == "/sys/fs/cgroup" { print $NF }'\'' /proc/self/mountinfo >>%s\n' "$scratch/stages" "$scratch/options" >"$scratch/stage"
chmod 755 "$scratch/stage"
check "a pre-dump" lxcx checkpoint -p -D "$images/pre" lxcxt-a
dump() { # the first one builds on the pre-dump, the second is told by a script
  case $1 in
    1) lxcx checkpoint -s -D "$images/1" --predump-dir ../pre lxcxt-a ;;
    2) lxcx checkpoint -s -D "$images/2" -A "$scratch/stage" lxcxt-a ;;
  esac
}
for round in 1 2; do
  check "dump and stop, $round" dump $round
  check_equal "it is stopped" STOPPED "$(lxcx info -s -H lxcxt-a)"
  check_equal "with nothing of it left" "" "$(find /sys/fs/cgroup -name 'lxc.payload.lxcxt-a*'; ls -A "$run_directory" | grep -v '\.lock$'; ip -o link | grep veth)"
  before=$(now)
  check "restore, $round" lxcx checkpoint -r -D "$images/$round" -A "$scratch/stage" lxcxt-a
  check "the program counts on" counts_on
  after=$(now)
  check "from where it was" test "$after" -gt "$before" -a "$after" -lt $((before + 1000))
  check_equal "info says that it runs" RUNNING "$(lxcx info -s -H lxcxt-a)"
  check_match "ls has its address" 'lxcxt-a +RUNNING .* 10\.77\.0\.2' "$(lxcx ls -f)"
  check "its network answers" eventually 60 answers 10.77.0.2
done
check_match "the action script ran at every stage" '^post-dump$' "$(cat "$scratch/stages")"
check_match "of a restore too" '^post-resume$' "$(cat "$scratch/stages")"
check_equal "the options of cgroup2 were the same all the time" "$options" "$(sort -u "$scratch/options")"
check_equal "and are" "$options" "$(options)"
seen=$(inside lxcxt-a sh -c '
  echo "data: $(cat /srv/file)"
  echo "group: $(cat /proc/self/cgroup)"
  echo "seccomp: $(grep -c "^Seccomp:.*2" /proc/1/status)"
  (: >/dev/null) && echo "null: 0"
  (: </dev/zero) 2>/dev/null || echo "zero: denied"
  kill -USR1 1
')
check_match "attach enters it; what is mounted from here is there" '^data: hello$' "$seen"
check_match "it is in its own cgroup" '^group: 0::/$' "$seen"
check_match "its system calls are filtered" '^seccomp: 1$' "$seen"
check_match "an allowed device opens" '^null: 0$' "$seen"
check_match "another does not" '^zero: denied$' "$seen"
check_equal "its limits hold" 50 "$(cat /sys/fs/cgroup/lxc.payload.lxcxt-a/pids.max)"
check "its console is connected, and kept as before" eventually 60 grep -q '^console: [0-9]' "$scratch/console"
check "stop" lxcx stop -k lxcxt-a
check_equal "all of it is gone" "" "$(find /sys/fs/cgroup -name 'lxc.payload.lxcxt-a*'; ip -o link | grep veth)"

# Mapped ids, and an init with terminals.
chmod 711 "$containers"
make_container lxcxt-u 'lxc.idmap = u 0 100000 65536' 'lxc.idmap = g 0 100000 65536' 'lxc.net.0.type = empty'
check "start with mapped ids" lxcx start lxcxt-u
check "getty runs" eventually 60 eval 'inside lxcxt-u ps | grep -q getty'
check "dump and stop it" lxcx checkpoint -s -D "$images/u" lxcxt-u
# A restore that is killed has nothing to close again.
printf '#!/bin/sh\nstat -c "%%a %%u %%g" %s >>%s\n' "$images/u" "$scratch/modes" >"$scratch/mode"
chmod 755 "$scratch/mode"
check "restore it" lxcx checkpoint -r -D "$images/u" -A "$scratch/mode" lxcxt-u
check_equal "the images are root's alone all the time" "700 0 0" "$(sort -u "$scratch/modes")"
check_match "getty runs on" getty "$(inside lxcxt-u ps)"
check_equal "as an id of the map" 100000 "$(stat -c %u "/proc/$(init_of lxcxt-u)")"
check "its init listens" lxcx stop -t 60 lxcxt-u

# The checkpoint of before --stop is still one; broken, it leaves nothing.
printf 'no image' >"$images/on/images/pstree.img"
check_exit "restore of a broken image" 7 lxcx checkpoint -r -D "$images/on" lxcxt-a
check_match "tells where criu's log is" "criu's log: $images/on/restore.log" "$output"
check_equal "it is stopped" STOPPED "$(lxcx info -s -H lxcxt-a)"
check_equal "with nothing of it left" "" "$(find /sys/fs/cgroup -name 'lxc.payload.lxcxt-a*'; ls -A "$run_directory" | grep -v '\.lock$'; ip -o link | grep veth)"
