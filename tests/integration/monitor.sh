#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The monitor may be killed: the container lives on, lxcx tells the truth, and everything is taken down in the end.
. "$(dirname "$0")/../support/harness.sh"

# A name of this run's: what another run left when it was killed must not count.
orphan=lxcxt-orphan-$$
make_container $orphan
check "start" lxcx start $orphan
kill -9 "$(monitor_of $orphan)"
sleep 0.2
check_equal "ls still says that it runs" RUNNING "$(lxcx info -s -H $orphan)"
check_match "ls --fancy too" "^$orphan +RUNNING" "$(lxcx ls --fancy)"
check_equal "attach works" hello "$(inside $orphan echo hello)"
check_exit "a second start is refused" 4 lxcx start $orphan
check "stop works" lxcx stop -k $orphan
check "the cgroups are gone" test -z "$(find /sys/fs/cgroup -maxdepth 3 -name "*$orphan*")"

check "start again" lxcx start $orphan
init=$(init_of $orphan)
kill -9 "$(monitor_of $orphan)"
kill -9 "$init"
eventually 5 is_dead "$init"
check_equal "an orphaned init that ended is seen to have ended" STOPPED "$(lxcx info -s -H $orphan)"
check "and its leftovers are gone with that command" test -z "$(find /sys/fs/cgroup -maxdepth 3 -name "*$orphan*"; ls -d /run/lxcx/*/$orphan 2>/dev/null)"
check "it can be started again" lxcx start $orphan
check "stop" lxcx stop -k $orphan

make_container lxcxt-death 'lxc.monitor.signal.pdeath = SIGKILL'
check "start with a death signal" lxcx start lxcxt-death
init=$(init_of lxcxt-death)
kill -9 "$(monitor_of lxcxt-death)"
check "init goes with its monitor when the configuration says so" eventually 5 is_dead "$init"
check_equal "and the container is stopped" STOPPED "$(lxcx info -s -H lxcxt-death)"
