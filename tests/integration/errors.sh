#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bad input: a clear message, the documented exit status, nothing changed.
. "$(dirname "$0")/../support/harness.sh"

make_container lxcxt-x
config=$containers/lxcxt-x/config
cp "$config" "$scratch/good"
tree() { (cd "$containers" && find . -printf '%p %y %m %U %s %l\n' | sort); }
# refused PROMISE STATUS REGEX LINES…: with those lines added, start gives that status and a line that matches, and changes nothing.
refused() {
  local promise=$1 status=$2 regex=$3 before
  shift 3
  { cat "$scratch/good"; printf '%s\n' "$@"; } >"$config"
  before=$(tree)
  check_exit "$promise: refused" "$status" lxcx start lxcxt-x
  check_match "$promise: says what and where" "$regex" "$output"
  check_equal "$promise: nothing changed" "$before" "$(tree)"
  check_equal "$promise: still stopped" STOPPED "$(lxcx info -s -H lxcxt-x 2>/dev/null)"
  cp "$scratch/good" "$config"
}
line=$(($(wc -l <"$scratch/good") + 1))

refused "an unknown key" 10 "config:$line:1: error: .*lxc\.uts\.nam" 'lxc.uts.nam = web'
check_match "an unknown key: did you mean" 'lxc\.uts\.name' "$output"
check_match "an unknown key: a caret points at it" '^ *\^' "$output"
refused "a bad value" 10 "config:$line:[0-9]+: error: " 'lxc.tty.max = many'
refused "several errors" 10 "config:$((line + 1)):" 'lxc.bogus = 1' 'lxc.autodev = 7'
check_match "several errors: all at once" "config:$line:" "$output"
refused "a key that does not act yet" 6 'lxc\.sched\.core' 'lxc.sched.core = 1'
refused "a line without =" 10 "config:$line:" 'lxc.tty.max'
refused "a missing include" 10 'nowhere\.conf' 'lxc.include = /lxcxt/nowhere.conf'
refused "a bridge that is not there" 3 'lxcxt-nobr' 'lxc.net.0.type = veth' 'lxc.net.0.link = lxcxt-nobr' 'lxc.net.0.flags = up'
refused "a network plugin that is not there" 3 'carrier-pigeon' 'lxc.net.0.type = carrier-pigeon'
refused "a setting that the network plugin lacks" 10 "no setting 'colour'" 'lxc.net.0.type = empty' 'lxc.net.0.colour = red'
refused "a storage plugin that is not there" 3 'floppy' 'lxc.rootfs.path = floppy:/dev/fd0'
refused "a missing root file system" 3 '/lxcxt/none' 'lxc.rootfs.path = dir:/lxcxt/none'
refused "a missing init" 3 '/sbin/nosuch' 'lxc.init.cmd = /sbin/nosuch' 'lxc.mount.entry ='
check_match "a missing init: a hint" 'hint: ' "$output"
refused "a mount source that is not there" 3 "$line" 'lxc.mount.entry = /lxcxt/nothing mnt none bind 0 0'
refused "a seccomp policy that is not there" 3 'none\.seccomp' 'lxc.seccomp.profile = /lxcxt/none.seccomp'
refused "a sysctl that is not there" 3 'kernel\.nosuch' 'lxc.sysctl.kernel.nosuch = 1'
refused "a resource limit that does not exist" 10 'nosuch' 'lxc.prlimit.nosuch = 1'

# An init for another machine: the ELF header says aarch64.
init=$containers/lxcxt-x/rootfs/bin/foreign
cp "$containers/lxcxt-x/rootfs/bin/busybox" "$init"
printf '\267\000' | dd of="$init" bs=1 seek=18 conv=notrunc status=none
refused "an init for another architecture" 6 'built for aarch64' 'lxc.init.cmd = /bin/foreign' 'lxc.mount.entry ='
rm "$init"

for name in 'a/b' '..' '-x' '.hidden'; do
  before=$(tree)
  check_exit "the name '$name' is refused" 2 lxcx create -t busybox -f none -- -n "$name" -n "$name"
  check_exit "the name '$name' is refused at start" 2 lxcx start -n "$name"
  check_equal "the name '$name': nothing changed" "$before" "$(tree)"
done

check_exit "a template that is not there" 3 lxcx create -t lxcxt-nosuch -n lxcxt-y -f none
check "leaves no directory" test ! -e "$containers/lxcxt-y"
check_exit "an option that the template lacks" 2 lxcx create -t busybox -n lxcxt-y -f none -- --nosuch
check "leaves no directory either" test ! -e "$containers/lxcxt-y"
printf 'lxc.bogus = 1\n' >"$scratch/bad.conf"
check_exit "a bad configuration at create" 10 lxcx create -t busybox -n lxcxt-y -f "$scratch/bad.conf"
check "leaves nothing" test ! -e "$containers/lxcxt-y"
check_exit "an unknown option" 2 lxcx start --nosuch lxcxt-x
check_exit "an unknown command" 2 lxcx strat lxcxt-x
check_match "is met with a guess" 'start' "$output"

# A full disk.
mkdir "$scratch/small"
mount -t tmpfs -o size=64k lxcxt-small "$scratch/small"
check_exit "a full disk at create" 7 "$lxcx_program" -P "$scratch/small" create -t busybox -n lxcxt-f -f none
check_match "is called by its name" 'No space left' "$output"
check "and leaves nothing" test -z "$(ls -A "$scratch/small")"
umount "$scratch/small"

# Someone else.
check_exit "no permission" 5 setpriv --reuid 65534 --regid 65534 --clear-groups "$lxcx_program" -P "$containers" start lxcxt-x

# The names of before LXC 2.1.
{ grep -v -E 'uts.name|tty.max' "$scratch/good"; echo 'lxc.utsname = oldname'; echo 'lxc.tty = 2'; } >"$config"
check_exit "old key names are accepted" 0 lxcx start lxcxt-x
check_match "with a warning that says the new one" 'lxc\.uts\.name' "$output"
check_equal "and they act" oldname "$(inside lxcxt-x hostname)"
lxcx stop -k lxcxt-x
