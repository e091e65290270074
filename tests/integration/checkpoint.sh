#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lxcx checkpoint: what is refused, with the reason, and before anything is touched. What criu does on a kernel where it works: tests/vm/checkpoint.sh.
. "$(dirname "$0")/../support/harness.sh"

images=$scratch/images
stopped() { [ "$(lxcx info -s -H "$1")" = STOPPED ]; }
# A criu that works, to everybody's surprise, and does nothing: for what is refused with criu or without.
mkdir "$scratch/bin"
printf '#!/bin/sh\nexit 0\n' >"$scratch/bin/criu"
chmod 755 "$scratch/bin/criu"

check_exit "no directory" 2 lxcx checkpoint lxcxt-a
for options in "-r -s" "-r -p" "-p -s" "-d" "-F" "-r -d -F" "-r --predump-dir x"; do
  check_exit "$options" 2 lxcx checkpoint $options -D "$images" lxcxt-a
done
check_exit "a container that does not exist" 3 lxcx checkpoint -D "$images" lxcxt-a
check_exit "nor can it be restored" 3 lxcx checkpoint -r -D "$images" lxcxt-a

make_container lxcxt-a
check_exit "a container that does not run" 11 lxcx checkpoint -D "$images" lxcxt-a
check_exit "nothing to restore" 3 lxcx checkpoint -r -D "$images" lxcxt-a
mkdir "$images"
check_exit "an empty directory has no checkpoint" 3 lxcx checkpoint -r -D "$images" lxcxt-a
printf 'lxcx checkpoint 1\nname\tlxcxt-a\nlxcpath\t%s\n' "$containers" >"$images/lxcx.facts"
check_exit "nor has one whose dump was cut short" 3 lxcx checkpoint -r -D "$images" lxcxt-a
check_match "it says so" 'not whole' "$output"
mkdir -m 711 "$images/images"
check_exit "nor one without all images" 3 lxcx checkpoint -r -D "$images" lxcxt-a
inventory=$images/images/inventory.img
touch "$inventory"
chmod 666 "$inventory"
check_exit "images that others can write" 5 lxcx checkpoint -r -D "$images" lxcxt-a
chmod 600 "$inventory"
chown 12345 "$inventory"
check_exit "or that belong to somebody else" 5 lxcx checkpoint -r -D "$images" lxcxt-a
chown 0 "$inventory"
chmod 777 "$images"
check_exit "a directory that others can write to" 5 lxcx checkpoint -r -D "$images" lxcxt-a
chmod 700 "$images"
for place in "$images" "$images/images"; do
  ln -s /etc/passwd "$place/core-1.img"
  check_exit "a link among ${place##*/}" 5 lxcx checkpoint -r -D "$images" lxcxt-a
  rm "$place/core-1.img"
done
# What criu would follow once more, when others can have made it lead elsewhere.
mkdir -p "$scratch/open/pre/images"
chmod 777 "$scratch/open"
ln -s "$scratch/open/pre/images" "$images/images/parent"
check_exit "a pre-dump in a directory where others can rename it" 5 lxcx checkpoint -r -D "$images" lxcxt-a
check_match "it says which" "others can change what '.*/open/pre/images' leads to, at 'pre'" "$output"
ln -s "$images" "$scratch/link"
check_exit "a link instead of the directory" 3 lxcx checkpoint -r -D "$scratch/link" lxcxt-a
sed -i 's/^name.*/name\tlxcxt-other/' "$images/lxcx.facts"
chown 12345 "$scratch/open/pre"
chmod 1777 "$scratch/open"
check_exit "a pre-dump of somebody else's in a directory like /tmp" 5 lxcx checkpoint -r -D "$images" lxcxt-a
chown 0 "$scratch/open/pre"
check_exit "the checkpoint of another container, with a pre-dump of root's own there" 2 lxcx checkpoint -r -D "$images" lxcxt-a
check_match "the hint names it" "hint: .* lxcxt-other" "$output"
echo lxc >"$images/lxcx.facts"
check_exit "a checkpoint that somebody else made" 10 lxcx checkpoint -r -D "$images" lxcxt-a
rm -r "$images/lxcx.facts" "$images/images"

check "start" lxcx start lxcxt-a
touch "$images/mine"
check_exit "a dump overwrites nothing" 4 lxcx checkpoint -D "$images" -s lxcxt-a
check_equal "and touches nothing" mine "$(ls "$images")"
rm "$images/mine"
chmod 777 "$images"
check_exit "nor writes where others can" 5 lxcx checkpoint -D "$images" -s lxcxt-a
rmdir "$images"
check_exit "nor where there is no place" 3 lxcx checkpoint -D "$images/deep" -s lxcxt-a
check_exit "nor into a file" 2 lxcx checkpoint -D "$scratch/bin/criu" -s lxcxt-a
check_exit "an action script that is not there" 3 lxcx checkpoint -D "$images" -A "$scratch/none" -s lxcxt-a
check_exit "no such pre-dump" 3 lxcx checkpoint -D "$images" --predump-dir ../none -s lxcxt-a
check_exit "without criu" 6 env PATH=/nonexistent "$lxcx_program" -P "$containers" checkpoint -D "$images" -s lxcxt-a
check_match "it says how to get it" 'hint: .*package criu' "$output"
printf '#!/bin/sh\necho "Error (criu/x.c:1): no luck" >&2\nexit 1\n' >"$scratch/bin/broken"
chmod 755 "$scratch/bin/broken"
mkdir "$scratch/broken"
ln -s "$scratch/bin/broken" "$scratch/broken/criu"
check_exit "a criu that does not work here" 6 env PATH="$scratch/broken" "$lxcx_program" -P "$containers" checkpoint -D "$images" -s lxcxt-a
check_match "criu says why" '^lxcx: checkpoint lxcxt-a: criu does not work .*: no luck$' "$output"
if command -v criu >/dev/null && ! criu check >/dev/null 2>&1; then
  check_exit "this machine's criu, which does not work" 6 lxcx checkpoint -D "$images" -s lxcxt-a
  check_match "says why too" '^lxcx: checkpoint lxcxt-a: criu does not work .*: .+' "$output"
else
  echo "SKIPPED this machine's criu, which does not work: it does, or there is none"
fi
check_exit "in JSON too" 6 env PATH="$scratch/broken" "$lxcx_program" -P "$containers" --format json checkpoint -D "$images" -s lxcxt-a
check_match "the code is in it" '"code":6,"name":"unsupported"' "$output"
check_exit "by the name of LXC's tool" 1 env PATH="$scratch/broken" /bin/bash -c 'exec -a lxc-checkpoint "$0" "$@"' "$lxcx_program" -P "$containers" -D "$images" -s -n lxcxt-a
check "freeze" lxcx freeze lxcxt-a
check_exit "one that is frozen" 4 lxcx checkpoint -D "$images" -s lxcxt-a
lxcx unfreeze lxcxt-a
# Whoever freezes it while criu is asked whether it works comes in time.
mkdir "$scratch/freezing"
printf '#!/bin/sh\nexec %s -P %s freeze lxcxt-a\n' "$lxcx_program" "$containers" >"$scratch/freezing/criu"
chmod 755 "$scratch/freezing/criu"
check_exit "one that is frozen at the last moment" 4 env PATH="$scratch/freezing:$PATH" "$lxcx_program" -P "$containers" checkpoint -D "$images" -s lxcxt-a
lxcx unfreeze lxcxt-a
# A criu that fails at its work, after all checks.
printf '#!/bin/sh\n[ "$1" = check ] && exit 0\nwhile [ $# -gt 0 ]; do [ "$1" = --images-dir ] && touch "$2/half.img"; [ "$1" = --work-dir ] && cd "$2"; shift; done\n%s\n' \
  'echo "(00.1) Error (criu/x.c:1): cannot" >dump.log; cp dump.log restore.log; exit 1' >"$scratch/bin/criu"
PATH="$scratch/bin:$PATH" check_exit "a dump that fails" 7 lxcx checkpoint -D "$images" -s lxcxt-a
check_match "tells criu's error" 'criu could not dump it: cannot$' "$output"
check_match "and where the log is" "criu's log: $images/dump.log" "$output"
check_equal "which is all it leaves" dump.log "$(ls "$images")"
check_equal "in a directory that is root's alone" 700 "$(stat -c %a "$images")"
check_equal "the container runs on" RUNNING "$(lxcx info -s -H lxcxt-a)"

# One that fails when it has ended the container already: what it wrote may be all there is of it.
make_container lxcxt-d
lxcx start lxcxt-d
mkdir "$scratch/ends"
printf '#!/bin/sh\n[ "$1" = check ] && exit 0\nwhile [ $# -gt 0 ]; do case $1 in --images-dir) cd "$2" ;; --tree) tree=$2 ;; esac; shift; done\n%s\n' \
  'touch core-1.img; kill -9 "$tree"; while grep -qs "^State:[[:space:]]*[^Z]" "/proc/$tree/status"; do sleep 0.1; done; exit 1' >"$scratch/ends/criu"
chmod 755 "$scratch/ends/criu"
PATH="$scratch/ends:$PATH" check_exit "a dump that fails after the container's end" 7 lxcx checkpoint -D "$scratch/kept" -s lxcxt-d
check_match "says where it is" "hint: .*has ended.*$scratch/kept" "$output"
check "and its images are kept" test -e "$scratch/kept/images/core-1.img"

# What cannot be dumped, by key.
refused() { # refused NAME KEY: a container with that line is refused, and runs on
  lxcx start "$1" || failed "start $1"
  PATH="$scratch/bin:$PATH" check_exit "$2" 6 lxcx checkpoint -D "$scratch/refused" "$1"
  check_match "the line is named" "$(printf '%s' "$2" | sed 's/ =.*//; s/\./\\./g')|config:[0-9]+" "$output"
  lxcx stop -k "$1"
}
make_container lxcxt-b "lxc.namespace.share.uts = $(init_of lxcxt-a)"
refused lxcxt-b "lxc.namespace.share.uts = PID"
ip link add lxcxt-link type bridge
test_clean_up() { ip link delete lxcxt-link; }
chmod 711 "$containers"
make_container lxcxt-mapped 'lxc.idmap = u 0 100000 65536' 'lxc.idmap = g 0 100000 65536'
lxcx start lxcxt-mapped
check_exit "a dump that builds on a pre-dump, with mapped ids" 6 lxcx checkpoint -s -D "$scratch/second" --predump-dir ../first lxcxt-mapped
check_equal "leaves it running" RUNNING "$(lxcx info -s -H lxcxt-mapped)"
lxcx stop -k lxcxt-mapped
make_container lxcxt-c 'lxc.net.0.type = macvlan' 'lxc.net.0.link = lxcxt-link' 'lxc.net.0.macvlan.mode = bridge'
if lxcx start lxcxt-c 2>/dev/null; then
  lxcx stop -k lxcxt-c
  refused lxcxt-c "lxc.net.0.type = macvlan"
else
  echo "SKIPPED a device that cannot be dumped: no macvlan here"
fi
check "stop" lxcx stop -k lxcxt-a

# A restore that fails, at its end and at its beginning: nothing but the log stays. The facts are those of a dump.
make_images() {
  rm -rf "$images"
  mkdir -m 700 "$images"
  printf 'lxcx checkpoint 1\nname\tlxcxt-a\nlxcpath\t%s\nconfig_file\t%s\nclone_flags\t0\nkind\tdump\n' "$containers" "$containers/lxcxt-a/config" \
    >"$images/lxcx.facts"
  cp "$containers/lxcxt-a/config" "$images/lxcx.config"
  mkdir -m 711 "$images/images"
  touch "$inventory"
}
make_images
PATH="$scratch/bin:$PATH" check_exit "a restore that fails" 7 lxcx checkpoint -r -D "$images" lxcxt-a
check_match "tells criu's error" 'criu could not restore it: cannot$' "$output"
check_match "and where the log is" "criu's log: $images/restore.log" "$output"
check "the container is stopped" stopped lxcxt-a
check_equal "nothing is left of it" "" "$(ls -A "$run_directory" | grep -v '\.lock$'; find /sys/fs/cgroup -name 'lxc.payload.lxcxt-a*')"
sed -i 's/^kind.*/kind\tpre-dump/' "$images/lxcx.facts"
check_exit "a pre-dump is no checkpoint" 2 lxcx checkpoint -r -D "$images" lxcxt-a
check "start" lxcx start lxcxt-a
make_images
check_exit "what runs is not restored" 4 lxcx checkpoint -r -D "$images" lxcxt-a
lxcx stop -k lxcxt-a

# A criu that is cut off from lxcx: it waits at the gate, where a dead lxcx gives no answer, and gives up; the next command finds all and ends it.
cat >"$scratch/bin/criu" <<'X'
#!/bin/sh
[ "$1" = check ] && exit 0
while [ $# -gt 0 ]; do case $1 in --action-script) gate=$2 ;; --work-dir) cd "$2" ;; esac; shift; done
sleep 1000 & init=$!
echo $$ >criu.pid
until [ -e go ]; do sleep 0.1; done
CRTOOLS_SCRIPT_ACTION=post-restore CRTOOLS_INIT_PID=$init "$gate"
answer=$?
kill $init
echo "(00.1) Error (criu/x.c:1): gate said $answer" >restore.log
echo $answer >answer
exit 1
X
make_images
PATH="$scratch/bin:$PATH" lxcx checkpoint -r -D "$images" lxcxt-a >"$scratch/out" 2>&1 &
caller=$!
check "a restore is under way" eventually 60 test -s "$images/criu.pid"
daemon=$(awk '$1 == "PPid:" { print $2 }' "/proc/$(cat "$images/criu.pid")/status")
check_equal "the container is starting" STARTING "$(lxcx info -s -H lxcxt-a)"
kill -9 "$daemon"
wait $caller
check_equal "its caller hears of the end" 9 $?
touch "$images/go"
check "the gate says no when lxcx is dead" eventually 60 test -s "$images/answer"
check_equal "so criu gives up" 1 "$(cat "$images/answer")"
check "the next command takes down what was left" stopped lxcxt-a
check_equal "all of it" "" "$(ls -A "$run_directory" | grep -v '\.lock$'; find /sys/fs/cgroup -name 'lxc.payload.lxcxt-a*')"
