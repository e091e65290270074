#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# start -F and execute: output, exit status, streams; attach likewise.
. "$(dirname "$0")/../support/harness.sh"

make_container lxcxt-f
check_exit "execute passes an exit status on" 7 lxcx execute lxcxt-f -- sh -c 'exit 7'
check_exit "and a signal, as a shell does" 143 lxcx execute lxcxt-f -- sh -c 'kill -TERM $$'
check_equal "its output is a pipe's" "one two" "$(lxcx execute lxcxt-f -- echo one two </dev/null)"
check_equal "its input too" "abc" "$(printf abc | lxcx execute lxcxt-f -- cat)"
check_exit "a directory, which would lead out, is refused" 2 lxcx execute lxcxt-f -- ls /proc/self/fd/0/ </
check_match "by its number" 'standard stream 0 is a directory' "$output"
check_exit "by start -F too" 2 lxcx start -F -s lxc.console.path=none lxcxt-f -- /bin/ls </
check_exit "a program that is not there" 3 lxcx execute lxcxt-f -- /no/such
check_match "is named" '/no/such' "$output"
check_equal "nothing runs afterwards" STOPPED "$(lxcx info -s -H lxcxt-f)"
check_equal "the tiny init reaps orphans" "0" "$(lxcx execute lxcxt-f -- sh -c '(sleep 0.1 & exec true) ; sleep 0.4; grep -c "^State:.Z" /proc/[0-9]*/status | grep -c ":1$"' </dev/null)"

check_no_match "process 1 of execute has nothing of the caller's environment" sesame \
  "$(SECRET=sesame lxcx execute lxcxt-f -- cat /proc/1/environ </dev/null | tr '\0' '\n')"
check_match "nor a capability that the container lacks" '^CapEff:.*[048c]$' "$(lxcx execute -s 'lxc.cap.drop=chown dac_override' lxcxt-f -- grep CapEff /proc/1/status </dev/null)"
# Who keeps its program open until nobody runs it any more has no way to write to it all the same.
check "execute in the background" lxcx execute -d lxcxt-f -- sleep 1000
exec 78<"/proc/$(init_of lxcxt-f)/exe"
lxcx stop -k lxcxt-f
check_match "its program lies on no file system that could be written to" 'Read-only file system' "$( (: >>/proc/self/fd/78) 2>&1)"
exec 78<&-
check_exit "reboot(2) ends what was executed" 129 timeout 20 "$lxcx_program" -P "$containers" execute lxcxt-f -- reboot -f
check_equal "and starts nothing" STOPPED "$(lxcx info -s -H lxcxt-f)"

if grep -q landlock /sys/kernel/security/lsm 2>/dev/null || "$lxcx_program" doctor | grep -q 'landlock.*ok'; then
  check_exit "execute under a Landlock ruleset" 5 lxcx execute -s lxcx.security.landlock.payload.scope=signal lxcxt-f -- sh -c 'exit 5'
else
  echo "SKIPPED execute under a Landlock ruleset: this kernel has no Landlock"
fi

check_exit "start -F ends with init's status" 3 lxcx start -F lxcxt-f -- /bin/sh -c 'exit 3'
check_exit "and with 0 when the container powers off" 0 lxcx start -F lxcxt-f -- /bin/sh -c 'poweroff -f'
check_equal "and shows the console" "hello" "$(lxcx start -F lxcxt-f -- /bin/echo hello </dev/null | tr -d '\r')"
check_match "another program in place of init" '^Name:.cat' "$(lxcx start -F lxcxt-f -- /bin/cat /proc/1/status </dev/null)"

check "a console log" lxcx start -L "$scratch/console.log" lxcxt-f -- /bin/sh -c 'echo logged; exec sleep 1000'
check "has what the console had" eventually 5 grep -q logged "$scratch/console.log"
lxcx stop -k lxcxt-f
check "-c FILE redirects the console" lxcx start -c "$scratch/console.file" lxcxt-f -- /bin/sh -c 'echo redirected; exec sleep 1000'
check "to the file" eventually 5 grep -q redirected "$scratch/console.file"
lxcx stop -k lxcxt-f
check "a pid file" lxcx start -p "$scratch/pid" lxcxt-f
check_equal "holds the monitor's pid" "$(monitor_of lxcxt-f)" "$(cat "$scratch/pid")"

check_exit "attach passes an exit status on" 5 lxcx attach lxcxt-f -- sh -c 'exit 5'
check_exit "a signal" 137 lxcx attach lxcxt-f -- sh -c 'kill -KILL $$'
check_exit "what is not there" 127 lxcx attach lxcxt-f -- /no/such
check_exit "what is not executable" 126 lxcx attach lxcxt-f -- /etc/passwd
head -c 300000 /dev/urandom >"$scratch/bytes"
check_equal "binary data passes through unharmed" "$(sha256sum <"$scratch/bytes")" "$(lxcx attach lxcxt-f -- cat <"$scratch/bytes" | sha256sum)"
check_equal "the environment can be set" "blue" "$(lxcx attach -v COLOUR=blue lxcxt-f -- sh -c 'echo $COLOUR' </dev/null)"
check_equal "and cleared" "" "$(COLOUR=red lxcx attach --clear-env lxcxt-f -- sh -c 'echo $COLOUR' </dev/null)"
check_equal "but for what is kept" "red" "$(COLOUR=red lxcx attach --clear-env --keep-var COLOUR lxcxt-f -- sh -c 'echo $COLOUR' </dev/null)"
check_equal "another user" "33 44" "$(lxcx attach -u 33 -g 44 lxcxt-f -- sh -c 'echo $(id -u) $(id -g)' </dev/null)"
exec 77<"$0"
check_no_match "no descriptor of the caller goes in" "integration/$test_name" "$(lxcx attach lxcxt-f -- sh -c 'ls -l /proc/$$/fd' </dev/null)"
check_no_match "nor into init" "integration/$test_name" "$(ls -l "/proc/$(init_of lxcxt-f)/fd")"
exec 77<&-
for row in CapInh CapAmb; do
  check_match "attached: $row is empty" "^$row:.0+\$" "$(inside lxcxt-f grep "$row" /proc/self/status)"
  check_match "init: $row is empty" "^$row:.0+\$" "$(inside lxcxt-f grep "$row" /proc/1/status)"
done
check_equal "attached has init's bounding set" "$(inside lxcxt-f grep CapBnd /proc/1/status)" "$(inside lxcxt-f grep CapBnd /proc/self/status)"
check_match "and its seccomp filter" '^Seccomp:.2' "$(inside lxcxt-f grep '^Seccomp:' /proc/self/status)"
check_equal "and its cgroup" "$(cat "/proc/$(init_of lxcxt-f)/cgroup" | grep memory)" "$(lxcx attach lxcxt-f -- sh -c 'sleep 1' </dev/null & sleep 0.4; pid=$(pgrep -f '^sleep 1$' | head -1); grep memory "/proc/$pid/cgroup"; wait)"
lxcx stop -k lxcxt-f

check_equal "execute needs no container: it shares the host's root" "$(hostname)" "$(lxcx execute -n lxcxt-none -s lxc.namespace.keep=uts -- hostname </dev/null)"
