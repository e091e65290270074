#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lxcx device: nodes and interfaces come and go in a running container, and a hostile one makes nothing happen outside its root.
# Everything happens in a network namespace of this test's own.
if [ -z "${LXCXT_IN_NETNS:-}" ] && [ "$(id -u)" = 0 ]; then LXCXT_IN_NETNS=1 exec unshare --net bash "$0"; fi
. "$(dirname "$0")/../support/harness.sh"

node=$scratch/lxcxt-full
mknod -m 640 "$node" c 1 7
make_container lxcxt-d 'lxc.net.0.type = empty' 'lxc.cgroup.devices.deny = c 1:7 rwm' 'lxc.cgroup2.devices.deny = c 1:7 rwm'
check_exit "nothing is given to a container that does not run" 11 lxcx device lxcxt-d add "$node" /dev/lxcxt
check "start" lxcx start lxcxt-d
reads() { inside "$1" dd if="$2" of=/dev/null bs=1 count=1; }

check "a node under another name" lxcx device lxcxt-d add "$node" /dev/lxcxt
check_equal "it has the numbers and the mode of the host's" "character special file 1:7 640" "$(inside lxcxt-d stat -c '%F %t:%T %a' /dev/lxcxt)"
check "the cgroup is open for it" reads lxcxt-d /dev/lxcxt
check "to add it again is no error" lxcx device lxcxt-d add "$node" /dev/lxcxt
check "and directories are made" lxcx device lxcxt-d add "$node" /dev/lxcxt-x/y/full
check "which can be read" reads lxcxt-d /dev/lxcxt-x/y/full
check "it is taken away" lxcx device lxcxt-d del /dev/lxcxt
check_exit "it is gone" 1 inside lxcxt-d test -e /dev/lxcxt
check_exit "and the cgroup is closed" 1 reads lxcxt-d /dev/lxcxt-x/y/full
check "the other one, by its place" lxcx device lxcxt-d del "$node" /dev/lxcxt-x/y/full
check_exit "to take away what is not there" 3 lxcx device lxcxt-d del /dev/lxcxt

check_exit "a device that does not exist" 3 lxcx device lxcxt-d add /dev/lxcxt-none
check_exit "a file that is no device" 2 lxcx device lxcxt-d add "$containers/lxcxt-d/config" /dev/lxcxt
check_exit "a place that is no path" 2 lxcx device lxcxt-d add "$node" lxcxt
check_exit "a place with .." 2 lxcx device lxcxt-d add "$node" /dev/../lxcxt
check_exit "a place that is taken" 4 lxcx device lxcxt-d add "$node" /dev/null
check_match "says so" "'/dev/null' exists inside already" "$output"
check_exit "an unknown action" 2 lxcx device lxcxt-d move "$node"

# What a hostile container plants.
inside lxcxt-d sh -c 'ln -s /tmp /dev/evil; ln -s /tmp/lxcxt-escaped /dev/link; mkfifo /dev/fifo; touch /dev/file; ln -s .. /dev/up'
check_exit "a link on the way is refused" 5 lxcx device lxcxt-d add "$node" /dev/evil/lxcxt-escaped
check_match "and the reason is said" 'leads over a link' "$output"
check_exit "a link at the end is not replaced" 4 lxcx device lxcxt-d add "$node" /dev/link
check_exit "also a relative one" 5 lxcx device lxcxt-d add "$node" /dev/up/lxcxt
check_exit "a FIFO is not waited for" 4 timeout 20 "$lxcx_program" -P "$containers" device lxcxt-d add "$node" /dev/fifo
check_exit "a file is no directory" 5 lxcx device lxcxt-d add "$node" /dev/file/lxcxt
check_exit "a file is not removed" 2 lxcx device lxcxt-d del /dev/file
check_exit "nor what a link points at" 5 lxcx device lxcxt-d del /dev/evil/x
inside lxcxt-d sh -c 'mkdir /dev/a /dev/swap; while :; do mv /dev/swap /dev/a/d; ln -s /tmp /dev/swap; rm /dev/swap; mv /dev/a/d /dev/swap; done' >/dev/null 2>&1 &
racing=$!
for _ in $(seq 25); do
  lxcx -q device lxcxt-d add "$node" /dev/swap/lxcxt-escaped
  lxcx -q device lxcxt-d del /dev/swap/lxcxt-escaped
done
check_equal "whoever races makes nothing outside" "" "$(find /tmp -maxdepth 1 -name lxcxt-escaped)"
lxcx stop -k lxcxt-d
wait $racing

# With mapped ids the node is bound.
make_container lxcxt-u 'lxc.idmap = u 0 100000 65536' 'lxc.idmap = g 0 100000 65536' 'lxc.net.0.type = empty'
check "start with mapped ids" lxcx start lxcxt-u
check "a node" lxcx device lxcxt-u add /dev/full /dev/lxcxt-x/full
check_equal "the directory is the container's" "0:0" "$(inside lxcxt-u stat -c %u:%g /dev/lxcxt-x)"
check "can be read" reads lxcxt-u /dev/lxcxt-x/full
check "the rest still can" reads lxcxt-u /dev/zero
check "and is taken away" lxcx device lxcxt-u del /dev/lxcxt-x/full
check_equal "with the file it was bound over" "" "$(inside lxcxt-u ls /dev/lxcxt-x)"
inside lxcxt-u ln -s /tmp /dev/evil
check_exit "no link is followed here either" 5 lxcx device lxcxt-u add /dev/full /dev/evil/lxcxt-escaped
lxcx stop -k lxcxt-u

# Interfaces.
ip link add lxcxtd0 type veth peer name lxcxtd1
ip link set lxcxtd0 up
check "start" lxcx start lxcxt-d
check "an interface goes in" lxcx device lxcxt-d add lxcxtd0 lan0
check_exit "it is not here any more" 1 ip link show lxcxtd0
check_match "but inside" 'lan0' "$(inside lxcxt-d ip -o link)"
check_exit "a name that is taken inside" 4 lxcx device lxcxt-d add lxcxtd1 lan0
check "that one stays" ip link show lxcxtd1
check_exit "a name that is taken here" 4 lxcx device lxcxt-d del lan0 lxcxtd1
check_exit "a name that cannot be one" 2 lxcx device lxcxt-d del lan0 'a name of too many bytes'
check_exit "an interface that is not there" 3 lxcx device lxcxt-d add lxcxtd9
check_exit "nor inside" 3 lxcx device lxcxt-d del lxcxtd9
check_exit "loopback stays where it is" 4 lxcx device lxcxt-d add lo
check_exit "whatever it shall be called" 7 lxcx device lxcxt-d add lo lan9
check_match "with the reason" 'never leave their network namespace' "$output"
check "it comes back" lxcx device lxcxt-d del lan0 lxcxtd0
check "under its name" ip link show lxcxtd0
lxcx stop -k lxcxt-d
ip link del lxcxtd0

make_container lxcxt-h 'lxc.net.0.type = none'
lxcx start lxcxt-h
ip link add lxcxtd0 type veth peer name lxcxtd1
check_exit "the host's own network is the container's already" 4 lxcx device lxcxt-h add lxcxtd0
lxcx stop -k lxcxt-h
ip link del lxcxtd0
