#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# systemd.sh [LAYOUT]: a Debian as people run it: systemd comes up whole, restarts from inside, goes down by its own halt signal, privileged and with mapped ids. In a virtual
# machine (LAYOUT is given, by in-vm), where all takes ten times as long, one boot has to do.
. "$(dirname "$0")/../support/harness.sh"
tree=$LXCX_BUILD_DIR/tests/debian.tar
[ -s "$tree" ] || skip "there is no Debian tree: tests/support/debian-tree makes it, with mmdebstrap and a Debian mirror"

cat >"$scratch/lxcxt-root.conf" <<'END'
lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed
lxc.net.0.type = empty
lxc.tty.max = 4
END
# What systemd would mount and may not: the lines that LXC's own userns.conf has for it.
{
  cat "$scratch/lxcxt-root.conf"
  printf 'lxc.idmap = %s 0 100000 65536\n' u g
  echo 'lxc.mount.entry = /sys/kernel/debug sys/kernel/debug none bind,optional 0 0'
} >"$scratch/lxcxt-user.conf"
chmod 711 "$containers"

is_up() { [ "$(inside "$1" systemctl is-system-running)" = running ]; }
boots() {
  eventually ${patience:-60} is_up "$1" || { failed "$2" "$(inside "$1" systemctl --failed --no-pager; tail -n 20 "$scratch/$1.log")"; return; }
  passed "$2"
}
in_vm=${1:-}
names='lxcxt-root lxcxt-user'
[ -z "$in_vm" ] || { names=lxcxt-root patience=150; }
for name in $names; do
  check "$name: create" lxcx -q create -t local -n $name -f "$scratch/$name.conf" -- --fstree="$tree"
  check "$name: start" lxcx start $name -L "$scratch/$name.log"
  boots $name "$name: systemd reports running"
  check_equal "$name: no unit has failed" '' "$(inside $name systemctl --failed --plain --no-legend --no-pager)"
  check_equal "$name: it knows that it is a container" lxc "$(inside $name systemd-detect-virt)"
  if [ -z "$in_vm" ]; then
    init=$(init_of $name)
    inside $name systemctl reboot
    check "$name: a reboot from inside begins anew" eventually 30 eval "[ \"\$(init_of $name)\" != $init ] && [ -n \"\$(init_of $name)\" ]"
    boots $name "$name: and comes up again"
  fi
  check "$name: stop, by the signal that systemd waits for" timeout 50 "$lxcx_program" -P "$containers" stop $name
  check_match "$name: it went down in order" 'Halting system|Powering off|Reached target.*(Power|Halt)' "$(cat "$scratch/$name.log")"
done
if [ -z "$in_vm" ]; then
  check "start" lxcx start lxcxt-root
  boots lxcxt-root "once more"
  inside lxcxt-root systemctl poweroff
  check "a poweroff from inside stops it" lxcx wait lxcxt-root -s STOPPED -t 30
fi
