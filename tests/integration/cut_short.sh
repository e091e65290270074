#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A creation that fails and cannot be taken back keeps its record, by which destroy, or the next create, finishes.
. "$(dirname "$0")/../support/harness.sh"

# A template that fails, and leaves a mount in the root file system, where nothing can be removed while it stands.
cat >"$scratch/failing" <<'END'
#!/bin/sh
for word; do case $word in --rootfs=*) rootfs=${word#--rootfs=} ;; esac; done
mkdir "$rootfs/busy" && nsenter -t "$LXCXT_HARNESS" -m mount -t tmpfs lxcxt-busy "$rootfs/busy" || echo "no mount" >&2
exit 3
END
chmod 755 "$scratch/failing"
export LXCXT_HARNESS=$$
busy=$containers/lxcxt-c/rootfs/busy
partial=$containers/lxcxt-c/partial
test_clean_up() { ! mountpoint -q "$busy" || umount "$busy"; }

# cut_short: a create that fails like this, and what then must be there.
cut_short() {
  output=$(lxcx create -t "$scratch/failing" -n lxcxt-c -f none 2>&1 </dev/null)
  check "the template fails the creation" test $? != 0
  check "which cannot be taken back" mountpoint -q "$busy"
  check_match "as a warning says" 'warning: could not remove .*destroying the container tries again' "$output"
  check "the record stays" test -s "$partial"
  check_match "it names the storage" '^create.storage.dir$' "$(tr '\t' ' ' <"$partial" 2>/dev/null)"
  check_exit "what is not whole is not started" 4 lxcx start lxcxt-c
  check_exit "destroy fails while the mount stands" 4 lxcx destroy lxcxt-c
  check "and keeps the record" test -s "$partial"
  umount "$busy"
}

cut_short
check "destroy finishes" lxcx destroy lxcxt-c
check "nothing is left" test ! -e "$containers/lxcxt-c"

cut_short
check "a second create finishes it too" lxcx create -t busybox -n lxcxt-c -f none
check "the container is whole" test ! -e "$partial"
check "nothing of the first creation is in it" test ! -e "$busy"
check "it starts" lxcx start lxcxt-c

# Given up by a signal, to lxcx alone or, as a terminal does it, to all of its process group; the template's own children go with it.
cat >"$scratch/waiting" <<'END'
#!/bin/sh
for word; do case $word in --path=*) path=${word#--path=} ;; esac; done
echo begun >"$path/rootfs/begun"
sleep 3600
END
chmod 755 "$scratch/waiting"
for whom in '' -; do
  for signal in TERM INT HUP; do
    what="create given up by SIG$signal to ${whom:+the group of }lxcx"
    # Not as a job of this shell, which would ignore SIGINT in it.
    setsid -f python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
pid = os.fork()
if pid == 0: os.execv(sys.argv[2], sys.argv[2:])
if os.getpgrp() == os.getpid(): [signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
open(sys.argv[1] + ".pid", "w").write(f"{pid} {os.getpgrp()}")
open(sys.argv[1], "w").write(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))' \
      "$scratch/status" "$lxcx_program" -P "$containers" create -t "$scratch/waiting" -n lxcxt-g -f none 2>"$scratch/said"
    eventually 10 test -e "$containers/lxcxt-g/rootfs/begun" || failed "$what: the template begins" "$(cat "$scratch/said")"
    read -r pid group <"$scratch/status.pid"
    if [ -n "$whom" ]; then kill -$signal -- -$group; else kill -$signal $pid; fi
    check "$what ends" eventually 10 test -s "$scratch/status"
    check_equal "$what: status" 14 "$(cat "$scratch/status")"
    check_match "$what: message" 'given up|cancelled' "$(cat "$scratch/said")"
    check "$what: nothing is left" test ! -e "$containers/lxcxt-g"
    rm -f "$scratch/status" "$scratch/status.pid"
  done
done
