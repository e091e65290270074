#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whose cgroup it is: a start that finds one taken leaves it, and all that runs in it, alone.
. "$(dirname "$0")/../support/harness.sh"

group=lxcxt-group-$$
make_container lxcxt-one "lxc.cgroup.dir.container = $group"
make_container lxcxt-two "lxc.cgroup.dir.container = $group"
check "start in a cgroup by name" lxcx start lxcxt-one
init=$(init_of lxcxt-one)
check_match "it is there" "$group" "$(cat "/proc/$init/cgroup")"
check_exit "another container is not started in the same one" 4 lxcx start lxcxt-two
check_match "the error names it" "$group" "$output"
check_equal "the first one lives on, untouched" "RUNNING $init" "$(lxcx info -s -H lxcxt-one) $(init_of lxcxt-one)"
check "in its cgroup" grep -q "$group" "/proc/$init/cgroup"
check "stop" lxcx stop -k lxcxt-one
check "the name is free again" lxcx start lxcxt-two
lxcx stop -k lxcxt-two

# The same name in two places: each gets a group of its own, also when both start at once.
other=$scratch/other
mkdir "$other"
test_clean_up() { "$lxcx_program" -q -P "$other" destroy --force lxcxt-one 2>/dev/null; }
"$lxcx_program" -q -P "$other" create -t busybox -n lxcxt-one -f none || failed "create for the test"
lxcx destroy lxcxt-one
make_container lxcxt-one
lxcx start lxcxt-one &
first=$!
"$lxcx_program" -P "$other" start lxcxt-one &
second=$!
wait $first && wait $second && passed "two of one name start at once" || failed "two of one name start at once"
one=$(init_of lxcxt-one) two=$("$lxcx_program" -P "$other" info -H -p lxcxt-one)
check "both run" kill -0 "$one" "$two"
check_no_match "in different cgroups" "^$(grep -m1 -o 'lxc.payload.*' "/proc/$one/cgroup")\$" "$(grep -o 'lxc.payload.*' "/proc/$two/cgroup")"
check "stop one" lxcx stop -k lxcxt-one
check "the other goes on" kill -0 "$two"
check "stop the other" "$lxcx_program" -P "$other" stop -k lxcxt-one

# lxcx execute -d leaves nothing of the caller's open: whoever waits for its output does not wait for the program.
check_equal "a daemon does not hold the caller's pipe" done "$(timeout 20 sh -c 'echo done; '"'$lxcx_program' -P '$containers'"' execute -d lxcxt-two -- sleep 1000' || echo hangs)"
check "and runs" lxcx stop -k lxcxt-two
