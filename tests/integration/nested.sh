#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A container in a container: an installed lxcx inside a Debian, of root's and with mapped ids, creates, starts, enters, limits, stops and destroys one of its own; its groups are
# below the outer one's, whose limit holds for it.
. "$(dirname "$0")/../support/harness.sh"
tree=$LXCX_BUILD_DIR/tests/debian.tar
[ -s "$tree" ] || skip "there is no Debian tree: tests/support/debian-tree makes it, with mmdebstrap and a Debian mirror"

prefix=$scratch/prefix
check "the build tree is installed" cmake --install "$LXCX_BUILD_DIR" --prefix "$prefix"
cat >"$scratch/lxcxt-root.conf" <<END
lxc.mount.auto = proc:rw sys:rw cgroup:rw:force
lxc.pty.max = 64
lxc.net.0.type = empty
lxc.apparmor.allow_nesting = 1
lxc.mount.entry = $prefix opt/lxcx none ro,bind,create=dir 0 0
lxc.mount.entry = $(command -v busybox) bin/busybox none ro,bind,create=file 0 0
END
{ cat "$scratch/lxcxt-root.conf"; printf 'lxc.idmap = %s 0 100000 65536\n' u g; } >"$scratch/lxcxt-user.conf"
chmod 711 "$containers" "$scratch"

nested() { inside "$outer" /opt/lxcx/bin/lxcx "$@"; }
# The outer container's group of a hierarchy, as the host sees it.
group_of_outer() { sed -n 's/^[0-9]*:pids://p; s/^0:://p' "/proc/$(init_of $outer)/cgroup" | head -n 1; }
inner_group_exists() { compgen -G "/sys/fs/cgroup/*$(group_of_outer)/lxc.payload.inner" || compgen -G "/sys/fs/cgroup$(group_of_outer)/lxc.payload.inner"; }
for outer in lxcxt-root lxcxt-user; do
  check "$outer: create" lxcx -q create -t local -n $outer -f "$scratch/$outer.conf" -- --fstree="$tree"
  check "$outer: start" lxcx start $outer -- /bin/sleep 1000
  check "$outer: create inside" nested create -q -t busybox -n inner
  # There is no bridge inside.
  inside $outer sed -i -e '/^lxc.net.0\.[^t]/d' -e 's/^lxc.net.0.type.*/lxc.net.0.type = empty/' /var/lib/lxc/inner/config
  check "$outer: start inside" nested start inner
  check_equal "$outer: it runs" RUNNING "$(nested info -s -H inner)"
  check_equal "$outer: attach inside" 'uid=0(root) gid=0(root)' "$(nested attach inner -- id)"
  check_equal "$outer: its exit status comes through both" 7 "$(nested attach inner -- sh -c 'exit 7'; echo $?)"
  check "$outer: its group is below the outer one's" inner_group_exists
  check_equal "$outer: ls --nesting sees it from the host" "$outer $outer/inner" "$(lxcx ls -1 --nesting --running | tr '\n' ' ' | sed 's/ $//')"
  seen=$(lxcx ls --nesting --format json | python3 -c 'import json, sys; print(*next((c["pid"], c["state"], c["inside"], c["unprivileged"]) for c in json.load(sys.stdin)["containers"] if c["name"] == "inner"))')
  check_match "$outer: and which process it is there" "^[0-9]+ RUNNING \['$outer'\] False\$" "$seen"
  check_match "$outer: that process is the init of two namespaces" '^NSpid:.[0-9]+.[0-9]+.1$' "$(cat "/proc/${seen%% *}/status")"
  check "$outer: freeze inside" nested freeze inner
  check_match "$outer: which the host sees too" "^$outer/inner FROZEN" "$(lxcx ls --nesting -F name,state --frozen)"
  check_equal "$outer: it is frozen" FROZEN "$(nested info -s -H inner)"
  check "$outer: unfreeze inside" nested unfreeze inner
  check_match "$outer: nobody inside sees a group above its own" '^[0-9]+:[^:]*:/$' "$(inside $outer cat /proc/1/cgroup)"
  check_no_match "$outer: not one" '/\.\.' "$(inside $outer cat /proc/1/cgroup)"
  check "$outer: stop inside" nested stop inner
  check "$outer: execute inside" nested execute inner -- true
  check "$outer: start again, and leave it running" nested start inner
  # What it says of itself is shown, and nothing of it followed or waited for.
  inside $outer sh -c 'rm -rf /var/lib/lxc/evil; mkdir -p /var/lib/lxc/evil /var/lib/lxc/pipe; ln -s /proc/1/root/etc/passwd /var/lib/lxc/evil/config; mkfifo /var/lib/lxc/pipe/config'
  check_equal "$outer: links and FIFOs of its making" "$outer $outer/inner $outer/pipe" "$(timeout 20 "$lxcx_program" -P "$containers" ls -F name --nesting=1 | sed 1d | tr -s '\n ' ' ' | sed 's/ $//')"
  check_exit "$outer: ls --nesting=0" 2 lxcx ls --nesting=0
  check "$outer: stop takes the inner one along" lxcx stop -k $outer
  check "$outer: start" lxcx start $outer -- /bin/sleep 1000
  check_equal "$outer: the inner one is stopped" STOPPED "$(nested info -s -H inner)"
  check "$outer: destroy inside" nested destroy inner
  check_equal "$outer: nothing is left of it" '' "$(nested ls | grep inner)"
  lxcx stop -k $outer
  lxcx destroy $outer
done
