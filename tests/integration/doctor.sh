#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lxcx doctor finds what is wrong and changes nothing; lxcx checkconfig reads what the kernel was built with.
. "$(dirname "$0")/../support/harness.sh"

# state WHAT: what the doctor says of it.
report=$(lxcx doctor)
status=$?
case $status in 0 | 6) passed "it ends with one of its statuses" ;; *) failed "it ends with one of its statuses" "$status: $report" ;; esac
state() { printf '%s\n' "$report" | grep -E "^[a-z]+ +$1 " | head -n 1 | sed -E "s#^[a-z]+ +$1 +([a-z]+).*#\1#"; }
for what in 'mount namespace' 'pid namespace' hierarchies lxcx-monitor lxcx-enter lxcx-init 'run directory' lxcpath 'storage dir'; do
  check_equal "$what is well: containers run here" ok "$(state "$what")"
done
check_equal "a kind of device is missing exactly if ip cannot make one" \
  "$(unshare --net ip link add lxcxtm type veth 2>/dev/null && echo ok || echo missing)" "$(state veth)"
case $status in
  0) check_match "it says that all is well" '^Containers can run here' "$report" ;;
  6) check_match "it says what is lacking" 'What the default container needs, and lacks' "$report" ;;
esac
check_match "JSON says the same" "^\\{\"schema\":1,\"fit\":$([ $status = 0 ] && echo true || echo false),\"checks\":\\[\\{\"area\":\"kernel\"" "$(lxcx --format json doctor)"

as_user() { (cd / && env -u XDG_RUNTIME_DIR HOME="$scratch/home" setpriv --reuid 65534 --regid 65534 --clear-groups "$lxcx_program" "$@"); }

chmod 777 "$containers"
check_exit "a directory that everybody can write to is no place for containers" 6 lxcx doctor
check_match "it says which, and what to do" "chmod o-w $containers" "$output"
chmod 755 "$containers"

# An ordinary user's run directory is made by the first start, with what is missing above it.
if setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$lxcx_program"; then
  chmod 755 "$scratch"
  mkdir "$scratch/home"
  report=$(as_user doctor)
  check_equal "one that cannot be made is broken" broken "$(state 'run directory')"
  check_match "and would be elsewhere" 'set XDG_RUNTIME_DIR' "$report"
  check_no_match "nothing is mounted over /run" 'mount -t tmpfs' "$report"
  chown 65534:65534 "$scratch/home"
  chmod 500 "$scratch/home"
  report=$(as_user doctor)
  check_match "what is to be mended is the directory above it" "chmod u\\+rwx $scratch/home\$" "$report"
  chmod 700 "$scratch/home"
  report=$(as_user doctor)
  check_equal "a run directory that can be made is well" ok "$(state 'run directory')"
  check_equal "and is not made" '' "$(ls -A "$scratch/home")"
  rmdir "$scratch/home"
fi

mkdir "$scratch/plugins"
echo '{' >"$scratch/plugins/storage-lxcxt.json"
report=$(lxcx --plugin-dir "$scratch/plugins" doctor)
check_equal "a plugin that is refused is broken" broken "$(state 'storage lxcxt')"
check_match "with the reason" "storage lxcxt .*broken +$scratch/plugins/storage-lxcxt.json: " "$report"
check_equal "a program that is not there is missing" missing \
  "$(report=$(PATH=/nowhere "$lxcx_program" -P "$scratch/none" doctor); command -v newuidmap >/dev/null && echo missing || state newuidmap)"
check_exit "what does not exist yet is no problem" 1 test -e "$scratch/none"

# checkconfig.
printf '%s\n' '# CONFIG_VETH is not set' CONFIG_NAMESPACES=y CONFIG_PID_NS=y CONFIG_MACVLAN=m 'CONFIG_BRIDGE=yes' CONFIG_XCONFIG_UTS_NS=y >"$scratch/config"
shown=$(CONFIG=$scratch/config lxcx checkconfig)
check_match "built in" '^Namespaces: enabled$' "$shown"
check_match "a module" '^Macvlan: enabled(, (not )?loaded)?$' "$shown"
check_match "left out" '^Veth pair device: missing$' "$shown"
check_match "another value" '^Bridges: missing$' "$shown"
check_match "another name" '^Utsname namespace: missing$' "$shown"
check_match "what nothing works without" '^Ipc namespace: required$' "$shown"
gzip -k "$scratch/config"
check_equal "compressed, it is the same" "$(sed 1d <<<"$shown")" "$(CONFIG=$scratch/config.gz lxcx checkconfig | sed 1d)"
head -c 40 "$scratch/config.gz" >"$scratch/torn.gz"
check_exit "a torn file is an error" 10 env CONFIG="$scratch/torn.gz" "$lxcx_program" checkconfig
check_match "JSON has the option" '\{"section":"Misc","name":"Veth pair device","option":"CONFIG_VETH","state":"missing","loaded":null\}' \
  "$(CONFIG=$scratch/config lxcx --format json checkconfig)"
