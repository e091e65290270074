#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lxcx autostart: which containers, in which order, and what they wait for.
. "$(dirname "$0")/../support/harness.sh"

# Each writes its name when it starts and when it has stopped.
order=$scratch/order
make_ordered() { # NAME LINE…
  local name=$1
  shift
  make_container "lxcxt-$name" 'lxc.net.0.type = empty' 'lxc.init.cmd = /bin/sleep 1000' 'lxc.signal.halt = SIGKILL' \
    "lxc.hook.pre-start = $scratch/note +$name" "lxc.hook.post-stop = $scratch/note -$name" "$@"
}
printf '#!/bin/sh\nprintf "%%s " "$1" >>%s\n' "$order" >"$scratch/note"
chmod 755 "$scratch/note"
order() { cat "$order" 2>/dev/null; rm -f "$order"; }
states() { lxcx ls --running -1 | sed 's/lxcxt-//' | tr '\n' ' '; }

make_ordered web 'lxc.start.auto = 1' 'lxc.start.order = 20' 'lxc.start.delay = 1'
make_ordered db 'lxc.start.auto = 1' 'lxc.start.order = 10'
make_ordered last 'lxc.start.auto = 1' 'lxc.start.order = 30'
make_ordered boot 'lxc.start.auto = 1' 'lxc.group = onboot other'
make_ordered manual 'lxc.group = other'

check_equal "--list shows names with their delays, in order" "lxcxt-db 0
lxcxt-web 1
lxcxt-last 0" "$(lxcx autostart -L)"
check_equal "an empty group stands for no group, and comes where it stands" "lxcxt-boot 0 lxcxt-db 0 lxcxt-web 1 lxcxt-last 0 " "$(lxcx autostart --dry-run -g onboot, | tr '\n' ' ')"
check_equal "a group" "lxcxt-boot 0" "$(lxcx autostart -L -g other)"
check_equal "without lxc.start.auto, too" "lxcxt-boot 0 lxcxt-manual 0 " "$(lxcx autostart -L -A -g other | tr '\n' ' ')"
check_equal "all groups" "lxcxt-boot 0 lxcxt-db 0 lxcxt-web 1 lxcxt-last 0 " "$(lxcx autostart -L -a | tr '\n' ' ')"
check_match "the plan in JSON" '^\{"schema":1,"action":"start","plan":\[\{"name":"lxcxt-db","rank":0,"order":10,"delay":0,"groups":\[\],"waits_for":\[\],"needs":\[\],"error":null\},' "$(lxcx autostart -L --format json)"
check_equal "nothing was started by looking" "" "$(states)"

check "start" lxcx autostart -g onboot,
check_equal "by group and order" "+boot +db +web +last " "$(order)"
check_equal "they run" "boot db last web " "$(states)"
check "start again: nothing to do" lxcx autostart -a
check_equal "and nothing was done" "" "$(order)"
check_equal "those that run can be ended, last started first" "lxcxt-last lxcxt-web lxcxt-db " "$(lxcx autostart -L -s | tr '\n' ' ')"
check "shutdown" lxcx autostart -a -A -s -t 5
check_equal "in the reverse order" "-last -web -db -boot " "$(order)"
check_equal "none runs" "" "$(states)"

lxcx -q start lxcxt-manual lxcxt-db 2>/dev/null
lxcx -q start lxcxt-manual
order >/dev/null
check "kill of a group" lxcx autostart -k -A -g other
check_equal "kills that group" "-manual " "$(order)"
check_exit "actions exclude each other" 2 lxcx autostart -k -s
check_exit "an impossible number of jobs" 2 lxcx autostart -j 0
check_exit "operands are none of its" 2 lxcx autostart web
check_match "--all and --groups" '--all is for all groups' "$(lxcx autostart -L -a -g x 2>&1 >/dev/null)"
check_match "a group given twice" "'x' is there twice" "$(lxcx autostart -L -g x,x 2>&1 >/dev/null)"

# What lxcx adds.
for name in web db last boot; do lxcx -q destroy "lxcxt-$name"; done
make_ordered app 'lxc.start.auto = 1' 'lxcx.start.requires = lxcxt-store' 'lxcx.start.after = lxcxt-log'
make_ordered store 'lxc.start.order = 50' 'lxcx.start.ready = test -e /ready || { touch /ready; exit 3; }'
make_ordered log 'lxc.start.auto = 1' 'lxc.start.order = 99'
check_equal "what is waited for comes first, and what is required comes along" "lxcxt-log 0 lxcxt-store 0 lxcxt-app 0 " "$(lxcx autostart -L | tr '\n' ' ')"
check "start with dependencies" lxcx autostart -j 8
check_match "those that wait come last" '\+app $' "$(order)"
check_equal "all run" "app log store " "$(states)"
check "the command made it ready" inside lxcxt-store test -e /ready
check "shutdown with dependencies" lxcx autostart -s -A -j 8
check_match "those that depend go first" '^-app ' "$(order)"

lxcx -q config set lxcxt-store lxcx.start.ready 'sleep 1000'
lxcx -q config set lxcxt-store lxcx.start.ready.timeout 1
check_exit "what is never ready has failed" 12 lxcx autostart
check_match "it says so" "start lxcxt-store: it runs, but was not ready within 1 s" "$output"
check_match "and who depends on it has, too" "start lxcxt-app: it requires 'lxcxt-store', which did not start" "$output"
check_match "and how many have" "autostart: 2 of 3 containers did not start: lxcxt-store, lxcxt-app" "$output"
check_equal "the others run" "log store " "$(states)"
lxcx -q autostart -k -A
check_exit "an error in JSON is with its container" 12 lxcx --format json autostart
check_match "by name" '"name":"lxcxt-app","error":\{"code":11,' "$output"
lxcx -q autostart -k -A

lxcx -q config set lxcxt-store lxcx.start.after lxcxt-app
order >/dev/null
check_exit "a circle is an error of the configuration" 10 lxcx autostart
check_match "and shown" 'start lxcxt-app: it waits for itself: lxcxt-app -> lxcxt-store -> lxcxt-app' "$output"
check_equal "those in it are not started" "+log " "$(order)"
check_exit "--list tells, too" 10 lxcx autostart -L
lxcx -q autostart -k -A
lxcx -q config set lxcxt-app lxcx.start.requires lxcxt-nobody
check_exit "what requires an undefined one fails" 3 lxcx autostart -L
check_match "naming it" "'lxcxt-nobody'" "$output"

echo 'lxc.start.auto = maybe' >>"$containers/lxcxt-app/config"
check_match "a configuration that cannot be read is left out, with a warning" "'lxcxt-app': .*left out" "$(lxcx autostart -L 2>&1)"

names=$scratch/names
mkdir "$names"
ln -s "$lxcx_program" "$names/lxc-autostart"
sed -i '$d' "$containers/lxcxt-app/config"
lxcx -q destroy lxcxt-app
lxcx -q config unset lxcxt-store lxcx.start.after
lxcx -q config set lxcxt-store lxc.start.auto 1
lxcx -q config set lxcxt-store lxc.init.cmd /bin/nosuch
check_exit "lxc-autostart ends with 2 when some have failed" 2 "$names/lxc-autostart" -P "$containers"
lxcx -q autostart -k -A
lxcx -q destroy lxcxt-log
check_exit "and with 1 when all have" 1 "$names/lxc-autostart" -P "$containers"
