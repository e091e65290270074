#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One container directory, two programs: what LXC made starts under lxcx, what lxcx made starts under LXC, and neither harms what the other runs.
. "$(dirname "$0")/../support/harness.sh"
for program in lxc-create lxc-start lxc-attach lxc-stop lxc-info; do needs_program $program; done

# LXC leaves its monitors' groups behind, and the one that it parks them in.
test_clean_up() {
  local name
  for name in lxcxt-l lxcxt-x; do lxc-stop -P "$containers" -n $name -k 2>/dev/null; done
  lxc-stop -P "$long" -n lxcxt-far -k 2>/dev/null
  for name in l x far; do rmdir /sys/fs/cgroup/{,*/}lxc.{monitor,payload}.lxcxt-$name; done 2>/dev/null
  rmdir /sys/fs/cgroup/{,*/}lxc.pivot 2>/dev/null
}
# Everything of a container but what its own system writes while it runs, and the log of what was refused.
contents() {
  (cd "$containers/$1" && sha256sum config && find . \( -path './rootfs/var/*' -o -path './rootfs/tmp/*' -o -path ./rootfs/etc/resolv.conf -o -path "./$1.log" \) -prune -o -printf '%P %y %m %U %G %l\n' | sort)
}
state() { lxcx info -s -H "$1" 2>/dev/null; }
lxc_state() { lxc-info -P "$containers" -n "$1" -s -H; }
lxc_init() { lxc-info -P "$containers" -n "$1" -p -H; }
lxc_inside() { lxc-attach -P "$containers" -n "$1" -- /bin/hostname </dev/null; }
long=$scratch/$(printf '%090d' 0)

printf '%s\n' 'lxc.net.0.type = empty' 'lxc.apparmor.profile = generated' 'lxc.apparmor.allow_nesting = 1' >"$scratch/lxc.conf"
check "LXC creates a container" lxc-create -P "$containers" -t busybox -n lxcxt-l -f "$scratch/lxc.conf"
before=$(contents lxcxt-l)
check "lxcx lists it" eval 'lxcx ls -1 | grep -x lxcxt-l'
check "lxcx finds no fault with its configuration" lxcx config check lxcxt-l
check "it starts under lxcx" lxcx start lxcxt-l
check_equal "attach enters it" lxcxt-l "$(inside lxcxt-l hostname)"
check_equal "to LXC it is a stopped container: docs/migrating-from-lxc.md says so" STOPPED "$(lxc_state lxcxt-l)"
check "it shuts down when asked" timeout 20 "$lxcx_program" -P "$containers" stop lxcxt-l
check_equal "its directory is as before, its configuration to the byte" "$before" "$(contents lxcxt-l)"

check "it starts under LXC again" lxc-start -P "$containers" -n lxcxt-l
init=$(lxc_init lxcxt-l)
before=$(contents lxcxt-l)
check_equal "lxcx sees that it runs" RUNNING "$(state lxcxt-l)"
check_match "info says who runs it" '^Manager: +lxc$' "$(lxcx info lxcxt-l)"
check "ls lists it among the active" eval 'lxcx ls -1 --active | grep -x lxcxt-l'
check_match "ls --fancy shows it" '^lxcxt-l +RUNNING' "$(lxcx ls --fancy)"
check_match "in JSON ls says who runs it" '"name":"lxcxt-l","state":"RUNNING","pid":null,"manager":"lxc"' "$(lxcx ls --format json)"
check "wait has it" lxcx wait -s RUNNING -t 0 lxcxt-l
refused() { # refused WHAT COMMAND…: busy, by whom, and what to do
  local what=$1
  shift
  check_exit "$what: refused" 4 "$@"
  check_match "$what: says that LXC runs it" "'lxcxt-l' is running under LXC" "$output"
  check_match "$what: and what to do" 'hint: .*lxc-(stop|attach)' "$output"
}
refused start lxcx start lxcxt-l
refused execute lxcx execute lxcxt-l -- true
refused stop lxcx stop lxcxt-l
refused "stop --kill" lxcx stop -k lxcxt-l
refused attach lxcx attach lxcxt-l -- true
refused console lxcx console lxcxt-l
refused freeze lxcx freeze lxcxt-l
refused destroy lxcx destroy lxcxt-l
refused "destroy --force" lxcx destroy --force lxcxt-l
check_exit "creating another under its name is refused" 4 lxcx create -t busybox -n lxcxt-l -f none
check_equal "its init has not noticed" "$init" "$(lxc_init lxcxt-l)"
check_equal "nor has LXC" RUNNING "$(lxc_state lxcxt-l)"
check_equal "lxc-attach enters it" lxcxt-l "$(lxc_inside lxcxt-l)"
check_equal "its directory is untouched" "$before" "$(contents lxcxt-l)"
check "lxc-stop stops it" lxc-stop -P "$containers" -n lxcxt-l -k
check_equal "lxcx sees that too" STOPPED "$(state lxcxt-l)"
check "and starts it" lxcx start lxcxt-l
check "and stops it" lxcx stop -k lxcxt-l

# Where the name of LXC's socket would be too long, it has a hash in its place.
mkdir -p "$long/lxcxt-far"
chmod 711 "$long" "$long/lxcxt-far"
sed "s/lxcxt-l\"/lxcxt-far\"/" "$containers/lxcxt-l/config" >"$long/lxcxt-far/config"
far() { "$lxcx_program" -P "$long" "$@"; }
check "in a directory with a long path LXC starts one" lxc-start -P "$long" -n lxcxt-far
check_match "ls sees it there as well" '^lxcxt-far +RUNNING' "$(far ls --fancy)"
check_match "and info" '^Manager: +lxc$' "$(far info lxcxt-far)"
check_exit "and a second start is refused" 4 far start lxcxt-far
check "LXC stops it" lxc-stop -P "$long" -n lxcxt-far -k

make_container lxcxt-x
before=$(contents lxcxt-x)
check "what lxcx made starts under LXC" lxc-start -P "$containers" -n lxcxt-x
check_equal "runs there" RUNNING "$(lxc_state lxcxt-x)"
check_equal "is entered by lxc-attach" lxcxt-x "$(lxc_inside lxcxt-x)"
check "stops when LXC asks" lxc-stop -P "$containers" -n lxcxt-x -t 10
check_equal "by itself, not by being killed" STOPPED "$(lxc_state lxcxt-x)"
check_equal "its directory is as before, its configuration to the byte" "$before" "$(contents lxcxt-x)"
check "starts under lxcx again" lxcx start lxcxt-x
check_equal "is entered there" lxcxt-x "$(inside lxcxt-x hostname)"
check "and stops" timeout 20 "$lxcx_program" -P "$containers" stop lxcxt-x
