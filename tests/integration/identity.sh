#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Who a container's processes are: several ranges of ids, ids of a mount, capabilities, a session keyring, a scheduling cookie, an architecture.
. "$(dirname "$0")/../support/harness.sh"
chmod 711 "$scratch" "$containers"

# Three ranges, with a hole.
make_container lxcxt-i 'lxc.net.0.type = empty' 'lxc.idmap = u 0 100000 1000' 'lxc.idmap = u 1000 300000 500' 'lxc.idmap = u 2000 400000 10' \
  'lxc.idmap = g 0 100000 65536'
check "start with several ranges" lxcx start lxcxt-i
check_equal "the kernel has them" '0 100000 1000,1000 300000 500,2000 400000 10,' "$(inside lxcxt-i cat /proc/self/uid_map | awk '{ printf "%s %s %s,", $1, $2, $3 }')"
check "root writes" inside lxcxt-i touch /tmp/root
check "a user of the second range writes" lxcx attach lxcxt-i -u 1042 -g 7 -- touch /tmp/second </dev/null
check "a user of the third writes" lxcx attach lxcxt-i -u 2009 -g 0 -- touch /tmp/third </dev/null
check_equal "the files are theirs, as the host counts" '100000:100000 300042:100007 400009:100000' \
  "$(stat -c %u:%g "$containers"/lxcxt-i/rootfs/tmp/{root,second,third} | tr '\n' ' ' | sed 's/ $//')"
check_exit "a user of none" 7 lxcx attach lxcxt-i -u 1700 -g 0 -- true </dev/null
lxcx stop -k lxcxt-i

# While a start hook, which is the image's program, runs, process 1 is still lxcx: nothing of it is to be read.
printf '%s\n' '#!/bin/sh' 'tr "\0" "\n" </proc/1/environ >/tmp/seen' 'ls /proc/1/fd/ >>/tmp/seen' 'exit 0' >"$containers/lxcxt-i/rootfs/bin/look"
chmod 755 "$containers/lxcxt-i/rootfs/bin/look"
check "start with a start hook that looks into process 1" env SECRET=sesame "$lxcx_program" -P "$containers" start -s lxc.hook.start=/bin/look lxcxt-i
check_equal "it has run, and seen nothing" "" "$(cat "$containers/lxcxt-i/rootfs/tmp/seen" 2>&1)"
lxcx stop -k lxcxt-i

# Ids of one mount.
mkdir "$scratch/data"
touch "$scratch/data/file"
check "start with a mount whose ids are the container's" lxcx start -s "lxc.mount.entry=$scratch/data data none bind,create=dir,idmap=container 0 0" lxcxt-i
check_equal "what is root's outside is root's inside" 0:0 "$(inside lxcxt-i stat -c %u:%g /data/file)"
check "and can be written" inside lxcxt-i touch /data/new
check_equal "which is root's outside" 0:0 "$(stat -c %u:%g "$scratch/data/new")"
lxcx stop -k lxcxt-i
check "start without" lxcx start -s "lxc.mount.entry=$scratch/data data none bind,create=dir 0 0" lxcxt-i
check_equal "then it is nobody's" 65534:65534 "$(inside lxcxt-i stat -c %u:%g /data/file)"
check_exit "and cannot be written" 1 inside lxcxt-i touch /data/other
lxcx stop -k lxcxt-i

# Capabilities.
make_container lxcxt-k 'lxc.net.0.type = empty'
sed -i '/^lxc.cap/d' "$containers/lxcxt-k/config"
check "start with lxc.cap.keep = none" lxcx start -s lxc.cap.keep=none lxcxt-k -- /bin/sleep 100
check_equal "init has none, and may get none" 'CapInh:0 CapPrm:0 CapEff:0 CapBnd:0 CapAmb:0 ' \
  "$(sed -n 's/^\(Cap[A-Z][a-z]*:\)\t0*\([0-9a-f]\)$/\1\2/p' "/proc/$(init_of lxcxt-k)/status" | tr '\n' ' ')"
check_equal "nor has what enters" 'CapBnd: 0000000000000000' "$(inside lxcxt-k grep CapBnd /proc/self/status | tr '\t' ' ')"
lxcx stop -k lxcxt-k

# A 32-bit personality.
check "start with lxc.arch = i686" lxcx start -s lxc.arch=i686 lxcxt-k -- /bin/sleep 100
case $(uname -m) in
  x86_64)
    check_equal "personality(2): PER_LINUX32" 00000008 "$(cat "/proc/$(init_of lxcxt-k)/personality")"
    check_equal "so uname says inside" i686 "$(inside lxcxt-k uname -m)"
    ;;
  *) echo "SKIPPED lxc.arch = i686: this machine is $(uname -m)" ;;
esac
lxcx stop -k lxcxt-k

# The session keyring, as a program sees it that asks for its number.
cat >"$scratch/keyring.c" <<'END'
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
  printf("%ld\n", syscall(SYS_keyctl, 0L, -3L, 0L));
  return 0;
}
END
if cc -static -o "$containers/lxcxt-k/rootfs/keyring" "$scratch/keyring.c" 2>/dev/null; then
  sed -i '/^lxc.seccomp.profile/d' "$containers/lxcxt-k/config" # which may refuse keyctl
  outside=$("$containers/lxcxt-k/rootfs/keyring")
  check_match "by default the session keyring is a new one" '^[0-9]+$' "$(lxcx start -F lxcxt-k -- /keyring | tr -d '\r' | grep -v "^$outside$")"
  check_equal "with lxc.keyring.session = 0 it is the caller's" "$outside" "$(lxcx start -F -s lxc.keyring.session=0 lxcxt-k -- /keyring | tr -d '\r')"
else
  echo "SKIPPED the session keyring: there is no cc that links statically"
fi
