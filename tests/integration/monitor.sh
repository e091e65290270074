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
check_exit "there is no console any more" 6 lxcx console -t 0 $orphan
check_match "and what to do is said" "hint: .lxcx attach $orphan. works" "$output"
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

# leftovers: what is still there of it.
leftovers() { find /sys/fs/cgroup -maxdepth 3 -name "*$orphan*"; ls -d /run/lxcx/*/$orphan 2>/dev/null; }
# orphan_ends: its monitor and its init are killed.
orphan_ends() {
  local init
  lxcx start $orphan || failed "start $orphan"
  init=$(init_of $orphan)
  kill -9 "$(monitor_of $orphan)" "$init"
  eventually 5 is_dead "$init"
}
for verb in 'ls -1' '--format json ls' 'top -b -c 1' 'autostart -L'; do
  orphan_ends
  check "$verb" lxcx $verb
  check_equal "$verb takes down what nobody else does" '' "$(leftovers)"
done
orphan_ends
for verb in 'start --dry-run' 'config get -k lxc.uts.name'; do
  before=$(leftovers)
  lxcx $verb $orphan >/dev/null
  check_equal "$verb touches nothing" "$before" "$(leftovers)"
done
unprivileged() { (cd / && HOME=/nonexistent exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"); }
if unprivileged test -x "$lxcx_program"; then
  check "ls of a user who may not is no failure" unprivileged "$lxcx_program" -P "$containers" ls
  check_equal "and touches nothing" "$before" "$(leftovers)"
fi
check_match "ls --running does not list it" '^$' "$(lxcx ls --running -1)"
check_equal "and takes it down" '' "$(leftovers)"

make_container lxcxt-death 'lxc.monitor.signal.pdeath = SIGKILL'
check "start with a death signal" lxcx start lxcxt-death
init=$(init_of lxcxt-death)
kill -9 "$(monitor_of lxcxt-death)"
check "init goes with its monitor when the configuration says so" eventually 5 is_dead "$init"
check_equal "and the container is stopped" STOPPED "$(lxcx info -s -H lxcxt-death)"
