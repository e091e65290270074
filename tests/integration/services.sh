#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What starts containers at boot: the unit files as systemd reads them, and the scripts by running them.
. "$(dirname "$0")/../support/harness.sh"
needs_program cmake

prefix=$scratch/prefix
mkdir -p "$prefix/bin"
ln -s "$lxcx_program" "$prefix/bin/lxcx"
check "the services can be installed by themselves" cmake --install "$LXCX_BUILD_DIR" --prefix "$prefix" --component services
units=$prefix/lib/systemd/system service=$prefix/etc/init.d/lxcx

if command -v systemd-analyze >/dev/null; then
  check_exit "systemd takes lxcx.service" 0 systemd-analyze verify --man=no "$units/lxcx.service"
  check_equal "without a word" "" "$(grep -F "$units" <<<"$output")"
  cp "$units/lxcx@.service" "$units/lxcx@web.service"
  check_exit "systemd takes lxcx@.service" 0 systemd-analyze verify --man=no "$units/lxcx@web.service"
  check_equal "without a word" "" "$(grep -F "$units" <<<"$output")"
  if [ -x "$LXCX_BUILD_DIR/libexec/lxcx/lxcx-netd" ]; then
    ln -s "$LXCX_BUILD_DIR/libexec/lxcx/lxcx-netd" "$prefix/libexec/lxcx/lxcx-netd"
    for unit in lxcx-netd.socket lxcx-netd.service; do
      check_exit "systemd takes $unit" 0 env SYSTEMD_UNIT_PATH="$units:" systemd-analyze verify --man=no "$units/$unit"
      check_equal "without a word" "" "$(grep -F "$units" <<<"$output")"
    done
    check_no_match "the service has one capability" 'CapabilityBoundingSet=.* ' "$(cat "$units/lxcx-netd.service")"
  fi
else
  echo "SKIPPED systemd-analyze verify: there is none"
fi
check_equal "every path in them is the prefix's" "" "$(grep -h -E '^-?Exec' "$units"/* | grep -v -F "=$prefix/" | grep -v -F "=-$prefix/")"
check_no_match "nothing is left to substitute" '@[a-z]+@' "$(cat "$units"/* "$prefix"/etc/init.d/*)"

if command -v insserv >/dev/null || [ -r /lib/lsb/init-functions ]; then
  check_match "the init script has an LSB header" '^# Default-Stop: +0 1 6$' "$(sed -n '/BEGIN INIT INFO/,/END INIT INFO/p' "$service")"
fi

export LXCX_DEFAULTS=$scratch/default
mkdir "$LXCX_DEFAULTS"
printf '%s\n' "OPTIONS='-P $containers'" "STOPOPTS='-a -A -s -P $containers'" 'SHUTDOWNDELAY=2' >"$LXCX_DEFAULTS/lxc"
states() { lxcx ls --running -1 | sed 's/lxcxt-//' | tr '\n' ' '; }

make_container lxcxt-none 'lxc.start.auto = 1'
make_container lxcxt-onboot 'lxc.start.auto = 1' 'lxc.group = onboot'
make_container lxcxt-late 'lxc.start.auto = 1' 'lxc.group = late'
make_container lxcxt-hand
check_exit "status before: not running" 3 "$service" status
check_match "it names them" '^lxcxt-onboot 0$' "$output"
check "start" "$service" start
check_equal "starts the group onboot and those without one" "none onboot " "$(states)"
check "status after: running" "$service" status
lxcx -q start lxcxt-hand
check "stop" "$service" stop
check_equal "ends all that run" "" "$(states)"
echo 'BOOTGROUPS=late' >"$LXCX_DEFAULTS/lxcx"
check "restart" "$service" restart
check_equal "/etc/default/lxcx counts after /etc/default/lxc" "late " "$(states)"
check "stop" "$service" stop
echo 'LXC_AUTO=false' >>"$LXCX_DEFAULTS/lxcx"
check "start where nothing is to be started" "$service" start
check_equal "starts nothing" "" "$(states)"
check_exit "an unknown verb" 2 "$service" dance
check_match "is answered by those there are" 'start\|stop\|restart\|reload\|force-reload\|status' "$output"

# One instance for a container: what lxcx@.service runs, as systemd would.
run() { sed -n "s/^$1=-\{0,1\}//p" "$units/lxcx@.service" | sed "s/%i/$2/; s#bin/lxcx #bin/lxcx -P $containers #"; }
$(run ExecStart lxcxt-hand) </dev/null >"$scratch/console" 2>&1 &
main=$!
check "lxcx@ runs its container" eventually 10 eval '[ "$(states)" = "hand " ]'
check "and stops it" $(run ExecStop lxcxt-hand)
wait $main
got=$?
check_match "the main process ends with a status that the unit expects" "\b$got\b" "0 $(sed -n 's/^SuccessExitStatus=//p' "$units/lxcx@.service")"
