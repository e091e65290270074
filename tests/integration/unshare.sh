#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lxcx unshare and usernsexec: the namespaces and the ids are those asked for, and the program's status comes back.
if [ -z "${LXCXT_IN_NETNS:-}" ] && [ "$(id -u)" = 0 ]; then LXCXT_IN_NETNS=1 exec unshare --net bash "$0"; fi
. "$(dirname "$0")/../support/harness.sh"

names() { readlink /proc/self/ns/{mnt,pid,uts,ipc,net,user,cgroup}; }
export -f names
check_equal "the namespaces asked for are new, the others are not" "$(names | grep -v -e uts -e ipc)" \
  "$(lxcx unshare -s 'UTSNAME|IPC' -- bash -c names | grep -x -F -f <(names))"
check_exit "the status is the command's, also for a caller that ignores SIGCHLD" 3 \
  env --ignore-signal=CHLD "$lxcx_program" unshare -s MOUNT -- sh -c 'exit 3'
check_equal "a host name inside" lxcxt-inside "$(lxcx unshare -s UTSNAME -H lxcxt-inside hostname)"
check_no_match "is not the host's" lxcxt-inside "$(hostname)"
check_equal "the first process, with its own /proc" "1 1" "$(lxcx unshare -s 'MOUNT|PID' -M -- sh -c 'echo $$ $(ls -d /proc/[0-9]* | head -n 1 | tr -dc 0-9)')"
check "a mount inside" lxcx unshare -s MOUNT -- mount -t tmpfs lxcxt-inside /mnt
check_no_match "is not the host's" lxcxt-inside "$(cat /proc/self/mountinfo)"
check_equal "one id is mapped" "7 7 0 1" "$(lxcx unshare -s USER -u 7 -- sh -c 'echo $(id -u) $(cat /proc/self/uid_map)')"
check_equal "by a user's name" 5 "$(lxcx unshare -s USER -u games -- id -u)"
ip link add lxcxtu0 type veth peer name lxcxtu1
check "an interface goes along" lxcx unshare -s NETWORK -i lxcxtu0 -- ip link show lxcxtu0
check "and ends with the namespace, with its other end" eventually 5 eval '! ip link show lxcxtu1'
check_exit "the program's status" 4 lxcx unshare -s PID -- sh -c 'exit 4'
check_exit "a signal" 137 lxcx unshare -s UTSNAME -- sh -c 'kill -9 $$'
check_exit "no such program" 3 lxcx unshare -s UTSNAME -- /nosuch
check_match "is said" "execute '/nosuch': No such file" "$output"
check_exit "what is no program" 5 lxcx unshare -s UTSNAME -- /etc/passwd
check_exit "no namespaces" 2 lxcx unshare -- true
check_exit "a namespace that is none" 2 lxcx unshare -s NOPE -- true
check_exit "no program" 2 lxcx unshare -s PID
check_exit "an option without its namespace" 2 lxcx unshare -s PID -H x -- true
check_exit "a user that is none" 2 lxcx unshare -s USER -u nosuch -- true
check_exit "an interface that is none" 3 lxcx unshare -s NETWORK -i lxcxtu9 -- true
check_equal "a daemon is not waited for" "" "$(timeout 20 sh -c "'$lxcx_program' unshare -d -s UTSNAME -- sleep 2 >/dev/null 2>&1 || echo failed")"

check_equal "root of a user namespace" "0 0 0 100000 65536 0 100000 65536" \
  "$(lxcx usernsexec -m b:0:100000:65536 -- sh -c 'echo $(id -u) $(id -g) $(cat /proc/self/uid_map /proc/self/gid_map)')"
check_equal "users and groups apart" "0 100000 10 0 200000 20" \
  "$(lxcx usernsexec -m u:0:100000:10 -m g:0:200000:20 -- sh -c 'echo $(cat /proc/self/uid_map /proc/self/gid_map)')"
check_equal "the caller's own behind them" "0 100000 10 10 0 1" "$(lxcx usernsexec -m b:0:100000:10 -s -- sh -c 'echo $(cat /proc/self/uid_map)')"
check_equal "no groups come along" 0 "$(lxcx usernsexec -m b:0:100000:10 -- id -G)"
check_equal "without a program, a shell" 0 "$(echo 'id -u' | lxcx usernsexec -m b:0:100000:10)"
check_exit "its status" 3 lxcx usernsexec -m b:0:100000:10 -- sh -c 'exit 3'
touch "$scratch/file"
chmod 755 "$scratch"
check "it owns what its root owns" lxcx usernsexec -m b:0:0:10 -- chown 5 "$scratch/file"
check_equal "as mapped" 5 "$(stat -c %u "$scratch/file")"
for map in x:0:1:1 b:0:1 b:0:1:0 b:-1:0:1 b:0:4294967290:10 b:0:1:1:1 ''; do
  check_exit "'$map' is no map" 2 lxcx usernsexec -m "$map" -- true
done
grep -q '^root:' /etc/subuid 2>/dev/null || {
  check_exit "without ids of one's own" 3 lxcx usernsexec -- true
  check_match "it says how to get some" 'usermod --add-subuids' "$output"
}
