#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A full /run keeps no container from being taken down. It is a small tmpfs, in a mount namespace of this test's own.
if [ -z "${LXCXT_IN_MOUNTNS:-}" ] && [ "$(id -u)" = 0 ]; then
  mkdir -p /run/lxcx
  LXCXT_IN_MOUNTNS=1 exec unshare --mount bash "$0"
fi
mount -t tmpfs -o size=256k,mode=711 lxcxt-run /run/lxcx || exit 1
. "$(dirname "$0")/../support/harness.sh"

fill() { dd if=/dev/zero of=/run/lxcx/lxcxt-fill bs=4k 2>/dev/null; ! dd if=/dev/zero of=/run/lxcx/lxcxt-more bs=4k count=1 2>/dev/null; }
name=lxcxt-full-$$ # a name of this run's: what another left when it was killed must not count
make_container $name
for end in 'stop -k' 'the end of its init'; do
  check "start" lxcx start $name
  init=$(init_of $name)
  check "/run is full" fill
  if [ "$end" = 'stop -k' ]; then
    check "$end" timeout 20 "$lxcx_program" -P "$containers" stop -k $name
  else
    kill -9 "$init"
  fi
  check "$end: the run directory goes" eventually 10 eval "! compgen -G '/run/lxcx/*/$name'"
  check "$end: and so do the cgroups" eventually 10 eval '[ -z "$(find /sys/fs/cgroup -maxdepth 4 -type d -name "*$name*")" ]'
  check_equal "$end: it is stopped" STOPPED "$(lxcx info -s -H $name)"
  rm -f /run/lxcx/lxcxt-fill /run/lxcx/lxcxt-more
done

check "start" lxcx start $name
init=$(init_of $name)
kill -9 "$(monitor_of $name)" "$init"
check "its init and its monitor are gone" eventually 5 is_dead "$init"
check "/run is full" fill
check "a command that finds the teardown undone finishes it" timeout 20 "$lxcx_program" -P "$containers" stop $name
check "the run directory goes" eval "! compgen -G '/run/lxcx/*/$name'"
rm -f /run/lxcx/lxcxt-fill /run/lxcx/lxcxt-more
check "the next start" lxcx start $name
check "the next stop" lxcx stop -k $name
