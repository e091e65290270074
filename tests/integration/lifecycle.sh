#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A container's whole life, and what is said to commands that come at the wrong time.
. "$(dirname "$0")/../support/harness.sh"

check "create makes a container" lxcx create -t busybox -n lxcxt-a -f none
check_match "its configuration says what it was made with" '^# Template used to create this container: busybox$' "$(cat "$containers/lxcxt-a/config")"
printf '%s\n' 'lxc.net.0.type = empty' 'lxc.net.0.hwaddr = 00:16:3e:xx:xX:Xx' '# lxc.net.0.hwaddr = xx' >"$scratch/address.conf"
check "create from a configuration with an address to fill in" lxcx create -t busybox -n lxcxt-h -f "$scratch/address.conf"
check_match "each x has its digit" '^lxc\.net\.0\.hwaddr = 00:16:3e(:[0-9a-f]{2}){3}$' "$(cat "$containers/lxcxt-h/config")"
check_match "a comment is left alone" '^# lxc\.net\.0\.hwaddr = xx$' "$(cat "$containers/lxcxt-h/config")"
check "destroy it" lxcx destroy lxcxt-h
check_exit "creating it again is refused" 4 lxcx create -t busybox -n lxcxt-a -f none
check_match "the refusal says what to do" 'hint: ' "$output"
check_equal "it is defined, and stopped" STOPPED "$(lxcx info -s -H lxcxt-a)"
check_exit "stopping what does not run says so" 11 lxcx stop lxcxt-a
check_exit "attaching to what does not run says so" 11 lxcx attach lxcxt-a -- true
check_exit "stopping what is not there says that it is not there" 3 lxcx stop lxcxt-nobody
check_exit "starting what does not exist says so" 3 lxcx start lxcxt-nobody

check "start" lxcx start lxcxt-a
check_equal "info -s -H prints the state alone" RUNNING "$(lxcx info -s -H lxcxt-a)"
check "info -p -H prints a living process" test -d "/proc/$(lxcx info -p -H lxcxt-a)"
check_match "ls --fancy lists it" '^lxcxt-a +RUNNING' "$(lxcx ls --fancy)"
check_exit "a second start is refused" 4 lxcx start lxcxt-a
check_match "the refusal names the process" "$(init_of lxcxt-a)" "$output"
check_exit "destroying what runs is refused" 4 lxcx destroy lxcxt-a
check "it still runs" test "$(lxcx info -s -H lxcxt-a)" = RUNNING
check_equal "attach runs a program inside" lxcxt-a "$(inside lxcxt-a hostname)"

check "freeze" lxcx freeze lxcxt-a
check_equal "it is frozen" FROZEN "$(lxcx info -s -H lxcxt-a)"
check "unfreeze" lxcx unfreeze lxcxt-a
check_equal "it runs again" RUNNING "$(lxcx info -s -H lxcxt-a)"

check "a clean stop" lxcx stop lxcxt-a
check_equal "it is stopped" STOPPED "$(lxcx info -s -H lxcxt-a)"
check "wait returns at once for a state that is reached" lxcx wait -s STOPPED -t 0 lxcxt-a
check_exit "wait says when time ran out" 12 lxcx wait -s RUNNING -t 0 lxcxt-a

check "start again" lxcx start lxcxt-a
check "stop --kill" lxcx stop -k lxcxt-a
check "start with another program" lxcx start lxcxt-a -- /bin/sleep 1000
check_equal "that program is init" "/bin/sleep" "$(tr '\0' '\n' <"/proc/$(init_of lxcxt-a)/cmdline" | head -1)"
check "stopping a program that ignores signals does not take a minute" timeout 20 "$lxcx_program" -P "$containers" stop lxcxt-a

check "a frozen container can be killed" eval 'lxcx start lxcxt-a && lxcx freeze lxcxt-a && timeout 20 "$lxcx_program" -P "$containers" stop -k lxcxt-a'

check "start, once more" lxcx start lxcxt-a
before=$(init_of lxcxt-a)
check "a reboot brings it up again" lxcx stop -r -t 20 lxcxt-a
check_equal "it runs" RUNNING "$(lxcx info -s -H lxcxt-a)"
check "with a new init" test "$(init_of lxcxt-a)" != "$before"
inside lxcxt-a poweroff >/dev/null 2>&1
check "poweroff inside stops it" lxcx wait -s STOPPED -t 20 lxcxt-a

check "destroy" lxcx destroy lxcxt-a
check "its directory is gone" test ! -e "$containers/lxcxt-a"
check_exit "destroying what is gone says so" 3 lxcx destroy lxcxt-a

make_container lxcxt-e 'lxc.ephemeral = 1'
check "an ephemeral container starts" lxcx start lxcxt-e
check "and stops" lxcx stop -k lxcxt-e
check "and is gone" eventually 5 test ! -e "$containers/lxcxt-e"

make_container lxcxt-k
check "destroy --force stops first" eval 'lxcx start lxcxt-k && lxcx destroy --force lxcxt-k'

# A second life is as the first was: the same program, and a foreground that stays one.
make_container lxcxt-again
two_lives='if [ -e /second ]; then echo second life; exit 3; fi; touch /second; echo first life; reboot -f'
check_exit "a foreground start goes on after a reboot, to the end of the second life" 3 timeout 30 "$lxcx_program" -P "$containers" start -F lxcxt-again -- /bin/sh -c "$two_lives"
check_match "with the console of the first" 'first life' "$output"
check_match "and of the second" 'second life' "$output"
check "start with a program" lxcx start lxcxt-again -- /bin/sh -c 'if [ -e /third ]; then exec sleep 1000; fi; touch /third; sleep 0.5; reboot -f'
check "which is started again after a reboot" eventually 20 eval '[ "$(tr "\\0" " " <"/proc/$(init_of lxcxt-again)/cmdline")" = "sleep 1000 " ]'
lxcx stop -k lxcxt-again

# An init that takes lxc.signal.stop for something else is killed all the same.
check "start one that ignores lxc.signal.stop" lxcx start -s lxc.signal.stop=SIGUSR2 lxcxt-again -- /bin/sh -c 'trap "" USR2; sleep 1000'
check_exit "stop -k ends it" 0 timeout 30 "$lxcx_program" -P "$containers" stop -k lxcxt-again

# What is bound below a container's directory, from the same file system, is not emptied with it.
mkdir "$scratch/precious" "$containers/lxcxt-again/shared"
echo kept >"$scratch/precious/file"
mount --bind "$scratch/precious" "$containers/lxcxt-again/shared"
check_exit "destroy with something mounted below" 4 lxcx destroy lxcxt-again
check_match "says where" 'lxcxt-again/shared' "$output"
umount "$containers/lxcxt-again/shared"
check_equal "has removed nothing of that" kept "$(cat "$scratch/precious/file")"
check "nor of the container" test -x "$containers/lxcxt-again/rootfs/bin/busybox"
check "destroy" lxcx destroy lxcxt-again

# Entering needs the security plugins alone: a storage plugin that has gone locks nobody out.
make_container lxcxt-locked
check "start" lxcx start lxcxt-locked
check_equal "attach without the storage plugin" here \
  "$(unshare -m sh -c 'mount -t tmpfs lxcxt-hide "$1" && shift && exec "$@"' - "$LXCX_BUILD_DIR/lib/lxcx/plugins" \
    env LXCX_PLUGIN_PATH="$scratch/none" "$lxcx_program" -P "$containers" attach -e lxcxt-locked -- echo here 2>&1)"
check "attach to the pid namespace alone, with a /proc and a /sys of its own" lxcx attach -s PID -R lxcxt-locked -- test -d /sys/kernel
check "stop" lxcx stop -k lxcxt-locked

# A container known by a file alone: nothing of it is left, and its root, which lxcx did not make, is.
make_container lxcxt-file
sed 's/^lxc.uts.name.*//' "$containers/lxcxt-file/config" >"$scratch/alone.conf"
check_exit "started from a file, ephemeral, it ends with init's status and no error of its own" 5 \
  lxcx start -F -f "$scratch/alone.conf" -s lxc.ephemeral=1 lxcxt-alone -- /bin/sh -c 'exit 5'
check_equal "nothing is left of the run" "" "$(find /run/lxcx -mindepth 2 -name lxcxt-alone)"
check "its root is left" test -x "$containers/lxcxt-file/rootfs/bin/busybox"

# What a start refuses must not keep a container from being destroyed.
echo 'lxcx.storage.floppy.size = 1' >>"$containers/lxcxt-file/config"
check_exit "a setting of a plugin that is not there: start" 3 lxcx start lxcxt-file
check "destroy" lxcx destroy lxcxt-file
