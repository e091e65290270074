#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a container finds of itself, and what it does not find of the host.
. "$(dirname "$0")/../support/harness.sh"

host_sys() { awk '$5 == "/sys" { print $6, $NF }' /proc/self/mountinfo; }
host_before=$(host_sys)

make_container lxcxt-i 'lxc.net.0.type = empty'
boot_id=/proc/sys/kernel/random/boot_id
check "start" lxcx start lxcxt-i
first=$(inside lxcxt-i cat $boot_id)
check_match "it has a boot id" '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' "$first"
check "which is not the host's" test "$first" != "$(cat $boot_id)"
check_exit "and not for the container to change" 1 inside lxcxt-i sh -c "echo 0 >$boot_id"
check_equal "the template's sys:ro makes /sys read-only" "ro" "$(inside lxcxt-i awk '$5 == "/sys" { print substr($6, 1, 2) }' /proc/self/mountinfo)"
check "and a second mount of it as well" inside lxcxt-i sh -c 'mkdir /tmp/sys && mount -t sysfs sysfs /tmp/sys && ! echo 1400 >/tmp/sys/class/net/lo/mtu'
check "stop" lxcx stop -k lxcxt-i
check "start again" lxcx start lxcxt-i
check "it is another boot" test "$(inside lxcxt-i cat $boot_id)" != "$first"

make_container lxcxt-o
check "without lxc.autodev" lxcx start -s lxc.autodev=0 lxcxt-o
check_equal "there is nowhere to keep one: the host's is seen" "$(cat $boot_id)" "$(inside lxcxt-o cat $boot_id)"

make_container lxcxt-n 'lxc.net.0.type = none'
check "with the host's network, whose /sys is the host's" lxcx start lxcxt-n
check_equal "sys:ro leaves the host's own as it was" "$host_before" "$(host_sys)"

# On pure v2 the container's own group is mounted there, writable.
own_cgroup=none
[ ! -e /sys/fs/cgroup/cgroup.procs ] || own_cgroup=/sys/fs/cgroup
make_container lxcxt-u 'lxc.net.0.type = none' 'lxc.idmap = u 0 100000 65536' 'lxc.idmap = g 0 100000 65536'
check "a user namespace with the host's network gets the host's /sys" lxcx start lxcxt-u
check_match "read-only with sys:ro" '^ro,' "$(inside lxcxt-u awk '$5 == "/sys" { print $6 }' /proc/self/mountinfo)"
check_no_match "and so are the host's cgroups below it" '^rw' "$(inside lxcxt-u awk '$5 ~ "^/sys/" && $5 != own { print $6 }' own=$own_cgroup /proc/self/mountinfo)"

# Mounts given to a running container: made below a shared directory of the host, they appear inside; what is mounted inside stays there.
shared=$scratch/shared
mkdir "$shared"
mount -t tmpfs lxcxt-shared "$shared" && mount --make-shared "$shared"
chmod 755 "$shared"
test_clean_up() { umount -R "$shared"; }
for ids in '' 'lxc.idmap = u 0 100000 65536'; do
  name=lxcxt-s${ids:+u}
  make_container $name "lxc.mount.auto = shmounts:$shared" $'lxc.net.0.type = empty' "$ids" "${ids/ u / g }"
  check "$name: start with shmounts" lxcx start $name
  mkdir "$shared/$name" && mount -t tmpfs -o mode=755 lxcxt-given "$shared/$name" && echo "for $name" >"$shared/$name/file"
  check_equal "$name: what is mounted there later is inside" "for $name" "$(inside $name cat /dev/.lxc-mounts/$name/file)"
  inside $name mount -t tmpfs none /dev/.lxc-mounts/$name
  check "$name: what is mounted inside stays inside" test -e "$shared/$name/file"
done
make_container lxcxt-sh "lxc.mount.auto = shmounts:$scratch/nowhere"
check_exit "shmounts of a directory that is not there" 3 lxcx start lxcxt-sh
check_match "says which line" 'lxcxt-sh/config:[0-9]+' "$output"
