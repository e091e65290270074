#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configurations changed by command: of containers as people have them, and with what LXC makes of the result.
. "$(dirname "$0")/../support/harness.sh"
needs_program lxc-info

make_container lxcxt-c 'lxc.group = web' 'lxc.net.0.type = empty' 'lxc.sysctl.kernel.msgmax = 65536'
config=$containers/lxcxt-c/config
printf '# the last line is mine\n' >>"$config"
cp -p "$config" "$scratch/before"
owner_and_mode() { stat -c '%u:%g %a' "$1"; }
same_as_before() { cmp -s "$config" "$scratch/before"; }

check_equal "get of a list" web "$(lxcx config get lxcxt-c lxc.group)"
check_equal "get with -n" web "$(lxcx config get -n lxcxt-c lxc.group)"
check_equal "get of a device" 'lxc.net.0.type = empty' "$(lxcx config get lxcxt-c lxc.net.0)"
check_equal "get of a family" 'lxc.sysctl.kernel.msgmax = 65536' "$(lxcx config get lxcxt-c lxc.sysctl)"
check_equal "get by an old name" "$(lxcx config get lxcxt-c lxc.rootfs.path)" "$(lxcx config get lxcxt-c lxc.rootfs)"
check_equal "get as JSON" '{"schema":1,"name":"lxcxt-c","key":"lxc.group","settings":1}' \
  "$(lxcx config get lxcxt-c lxc.group --format json | sed 's/"settings":\[{[^]]*}\]/"settings":1/')"
check_exit "get of what has no value" 3 lxcx config get lxcxt-c lxc.start.order
check_match "tells the default" 'its default is 0' "$output"
check_exit "get of no key" 2 lxcx config get lxcxt-c lxc.grup
check_match "did you mean" 'lxc\.group' "$output"
check_exit "get of no container" 3 lxcx config get lxcxt-none lxc.group

# What only a start would have told: the plugins' own view.
make_container lxcxt-p
check "nothing is wrong with a new container" lxcx config check lxcxt-p
plugins_view() { # plugins_view WHAT LINE EXPRESSION
  cp "$containers/lxcxt-p/config" "$scratch/sound"
  printf '%s\n' "$2" >>"$containers/lxcxt-p/config"
  check_exit "check finds $1" 10 lxcx config check lxcxt-p
  check_match "and where" "lxcxt-p/config:[0-9]+:[0-9]+: error: .*$3" "$output"
  cp "$scratch/sound" "$containers/lxcxt-p/config"
}
plugins_view "a plugin that is not there" 'lxcx.hook.nosuch.file = /x' 'nosuch'
plugins_view "a misspelt setting of a plugin" 'lxcx.hook.audit.fiel = /x' "has no setting 'lxcx.hook.audit.fiel'"
plugins_view "a misspelt setting of lxcx itself" 'lxcx.start.aftr = db' 'unknown key .lxcx\.start\.aftr'
plugins_view "a misspelt kind of plugin" 'lxcx.hoook.audit.file = /x' 'unknown key .lxcx\.hoook'
plugins_view "a kind that is none" 'lxcx.nothing = 1' 'unknown key .lxcx\.nothing'
plugins_view "a plugin without a setting" 'lxcx.hook.audit = 1' 'lacks the plugin or its setting'
check_exit "nor can such a key be set" 2 lxcx config set lxcxt-p lxcx.netwrk.veth.x 1
check_match "the nearest is named" 'did you mean lxcx\.network\.veth\.x' "$output"
plugins_view "a profile that is not there" "lxc.seccomp.profile = $scratch/none.seccomp" 'none\.seccomp'
plugins_view "a root that is not there" "lxc.rootfs.path = $scratch/noroot" 'noroot'

# The same of a file that is no container's; it need not have a root file system that is there.
printf '%s\n' 'lxc.uts.name = web' "lxc.rootfs.path = $scratch/noroot" >"$scratch/alone.conf"
check "nothing is wrong with a file" lxcx config check -f "$scratch/alone.conf"
check_equal "show -f" "$(cat "$scratch/alone.conf")" "$(lxcx config show -f "$scratch/alone.conf")"
check_exit "show without a name" 2 lxcx config show
echo 'lxc.net.0.type = nosuch' >>"$scratch/alone.conf"
check_exit "check -f finds a network type that is not there" 10 lxcx config check -f "$scratch/alone.conf"
check_match "and where" 'alone\.conf:3:[0-9]+: error: .*nosuch' "$output"
echo 'lxc.rootfs.path = nosuch:/x' >"$scratch/alone.conf"
check_exit "check -f finds a kind of storage that is not there" 10 lxcx config check -f "$scratch/alone.conf"

chmod 600 "$config"
facts=$(owner_and_mode "$config")
check "set" lxcx config set lxcxt-c lxc.uts.name other
check "set of a value that begins with a dash" lxcx config set lxcxt-c lxc.start.order -- -5
check "append" lxcx config set --append lxcxt-c lxc.group 'db mail'
check "set of a device's key" lxcx config set lxcxt-c lxc.net.0.name lan
check_equal "they read back" 'other -5 web db mail lan' \
  "$(for key in uts.name start.order group net.0.name; do lxcx config get lxcxt-c lxc.$key; done | paste -s -d ' ')"
check_equal "LXC reads the same" 'lxc.uts.name = other lxc.start.order = -5' \
  "$(lxc-info -P "$containers" -n lxcxt-c -H -c lxc.uts.name -c lxc.start.order | paste -s -d ' ')"
check_equal "owner and mode are as they were" "$facts" "$(owner_and_mode "$config")"
check "the comment is still there" grep -q '^# the last line is mine$' "$config"
check "unset" lxcx config unset lxcxt-c lxc.start.order
check "unset" lxcx config unset lxcxt-c lxc.net.0.name
check "set back" lxcx config set lxcxt-c lxc.group web
if grep -q '^lxc.uts.name' "$scratch/before"; then
  check "set back" lxcx config set lxcxt-c lxc.uts.name "$(sed -n 's/^lxc.uts.name *= *//p' "$scratch/before")"
else
  check "unset" lxcx config unset lxcxt-c lxc.uts.name
fi
check "then the file is what it was" same_as_before

check_exit "a value that is none" 10 lxcx config set lxcxt-c lxc.tty.max many
check_match "says which and why" "lxc\.tty\.max: 'many' is not a number" "$output"
check_exit "a line break in a value" 10 lxcx config set lxcxt-c lxc.uts.name $'a\nlxc.hook.start = /evil'
check_exit "a device's key without the device" 10 lxcx config set lxcxt-c lxc.net.7.link br0
check_exit "unset of no key" 2 lxcx config unset lxcxt-c lxc.mount.entry.x
check_exit "too few words" 2 lxcx config set lxcxt-c lxc.tty.max
check_exit "a link" 6 bash -c "ln -s '$config' '$scratch/link' && '$lxcx_program' config set -f '$scratch/link' lxc.tty.max 1"
check_exit "a file that another holds" 4 flock "$config" "$lxcx_program" -P "$containers" config set lxcxt-c lxc.tty.max 1
check "nothing of that changed the file" same_as_before

include=$scratch/included.conf
echo 'lxc.cap.drop = sys_time' >"$include"
printf 'lxc.include = %s\n' "$include" >"$scratch/file.conf"
check_exit "a list beside an include's" 0 lxcx config set -f "$scratch/file.conf" lxc.cap.drop mknod
check_match "is said to have more" "included\.conf:1 sets lxc\.cap\.drop" "$output"
check_exit "unset of what an include sets" 0 lxcx config unset -f "$scratch/file.conf" lxc.cap.drop
check_exit "and again" 3 lxcx config unset -f "$scratch/file.conf" lxc.cap.drop
check_equal "the include is as it was" 'lxc.cap.drop = sys_time' "$(cat "$include")"
check "an empty value clears it" lxcx config set -f "$scratch/file.conf" lxc.cap.drop ''
check_exit "then there is none" 3 lxcx config get -f "$scratch/file.conf" lxc.cap.drop

old=$scratch/old.conf
printf '%s\n' '# mine' 'lxc.utsname = web' 'lxc.network.type = empty' 'lxc.network.flags = up' '#lxc.tty = 4' 'lxc.rootfs = /srv/web' 'lxc.kmsg = 0' >"$old"
cp "$old" "$scratch/old.before"
check_exit "convert" 0 lxcx config convert -f "$old"
check_match "tells what it did" 'old\.conf:2: lxc\.utsname = web  ->  lxc\.uts\.name = web' "$output"
check_equal "today's names" "$(printf '%s\n' '# mine' 'lxc.uts.name = web' 'lxc.net.0.type = empty' 'lxc.net.0.flags = up' '#lxc.tty.max = 4' \
  'lxc.rootfs.path = /srv/web')" "$(cat "$old")"
check "the old file is kept" cmp "$old.backup" "$scratch/old.before"
check_equal "a second time there is nothing to do" '{"schema":1,"file":"'"$old"'","backup":null,"changes":[]}' \
  "$(lxcx config convert --format json -c "$old")"
check "nor another backup" test ! -e "$old.backup.1"
cp "$scratch/old.before" "$scratch/other.conf"
ln -s "$lxcx_program" "$scratch/lxc-update-config"
check_exit "as lxc-update-config" 0 "$scratch/lxc-update-config" -c "$scratch/other.conf"
check "it does the same" cmp "$old" "$scratch/other.conf"
check_exit "lxc-update-config without words" 0 "$scratch/lxc-update-config"
check_match "shows how" '--config=FILE' "$output"
mkdir -p "$containers/lxcxt-o"
cp "$old" "$containers/lxcxt-o/config"
check_equal "LXC reads what came of it" 'lxc.uts.name = web lxc.net.0.type = empty' \
  "$(lxc-info -P "$containers" -n lxcxt-o -H -c lxc.uts.name -c lxc.net.0.type | paste -s -d ' ')"
rm -r "$containers/lxcxt-o"
printf 'lxc.utsname = web\nlxc.tty = many\n' >"$scratch/bad.conf"
check_exit "a file with errors is not converted" 10 lxcx config convert -f "$scratch/bad.conf"
check "nor backed up" test ! -e "$scratch/bad.conf.backup"

check_exit "--running of what does not run" 11 lxcx config get --running lxcxt-c lxc.group
check "start" lxcx start lxcxt-c
check "set while it runs" lxcx config set lxcxt-c lxc.group later
check_equal "--running has what it was started with" web "$(lxcx config get --running lxcxt-c lxc.group)"
check_equal "without, it is the file" later "$(lxcx config get lxcxt-c lxc.group)"
check "stop" lxcx stop -k lxcxt-c

# lxc.conf, of root.
check_equal "an item of lxc.conf, or its default" "$(sed -n 's/^lxc.lxcpath *= *//p' /etc/lxc/lxc.conf 2>/dev/null | grep . || echo /var/lib/lxc)" "$("$lxcx_program" config system lxc.lxcpath)"
check_match "all that have a value" '^lxc.default_config = /' "$("$lxcx_program" config system)"
check_match "the names alone" '^lxc.cgroup.pattern$' "$("$lxcx_program" config system --list)"
check_match "in JSON" '^\{"schema":1,"file":"/etc/lxc/lxc.conf","items":\{"lxc.lxcpath":"/' "$("$lxcx_program" --format json config system lxc.lxcpath)"
check_exit "an item that is none" 2 lxcx config system lxc.lxcpth
check_match "the nearest is named" "did you mean 'lxc.lxcpath'" "$output"
grep -q '^lxc.cgroup.pattern' /etc/lxc/lxc.conf 2>/dev/null || check_exit "one that is not set" 3 lxcx config system lxc.cgroup.pattern
