#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The monitor may be killed: the container lives on, lxcx tells the truth, and everything is taken down in the end.
. "$(dirname "$0")/../support/harness.sh"

make_container lxcxt-m
check "start" lxcx start lxcxt-m
kill -9 "$(monitor_of lxcxt-m)"
sleep 0.2
check_equal "ls still says that it runs" RUNNING "$(lxcx info -s -H lxcxt-m)"
check_match "ls --fancy too" '^lxcxt-m +RUNNING' "$(lxcx ls --fancy)"
check_equal "attach works" hello "$(inside lxcxt-m echo hello)"
check_exit "a second start is refused" 4 lxcx start lxcxt-m
check "stop works" lxcx stop -k lxcxt-m
check "the cgroups are gone" test -z "$(find /sys/fs/cgroup -maxdepth 3 -name '*lxcxt-m*')"

check "start again" lxcx start lxcxt-m
init=$(init_of lxcxt-m)
kill -9 "$(monitor_of lxcxt-m)"
kill -9 "$init"
eventually 5 is_dead "$init"
check_equal "an orphaned init that ended is seen to have ended" STOPPED "$(lxcx info -s -H lxcxt-m)"
check "and its leftovers are gone with that command" test -z "$(find /sys/fs/cgroup -maxdepth 3 -name '*lxcxt-m*'; ls -d /run/lxcx/*/lxcxt-m 2>/dev/null)"
check "it can be started again" lxcx start lxcxt-m
check "stop" lxcx stop -k lxcxt-m

make_container lxcxt-d 'lxc.monitor.signal.pdeath = SIGKILL'
check "start with a death signal" lxcx start lxcxt-d
init=$(init_of lxcxt-d)
kill -9 "$(monitor_of lxcxt-d)"
check "init goes with its monitor when the configuration says so" eventually 5 is_dead "$init"
check_equal "and the container is stopped" STOPPED "$(lxcx info -s -H lxcxt-d)"
