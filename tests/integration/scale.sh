#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Many containers: a hundred started eight at a time, seen, and stopped; then one started and stopped again and again, after which the kernel holds
# no more of anything than before.
#
#   LXCX_SCALE=100   how many run at once
#   LXCX_CYCLES=25   how many starts and stops of one
. "$(dirname "$0")/../support/harness.sh"

count=${LXCX_SCALE:-100}
cycles=${LXCX_CYCLES:-25}
make_container lxcxt-first 'lxc.mount.auto = proc:mixed sys:mixed' 'lxc.net.0.type = empty' 'lxc.tty.max = 1'
# All on one root file system: a directory holds as many as one likes.
for ((i = 0; i < count; i++)); do
  name=lxcxt-s$i
  mkdir "$containers/$name"
  sed "s/^lxc.uts.name.*/lxc.uts.name = $name/" "$containers/lxcxt-first/config" >"$containers/$name/config"
done
names=$(seq -f 'lxcxt-s%.0f' 0 $((count - 1)))
each() { # each VERB…: of all of them, eight at a time; the names of those that failed
  printf '%s\n' $names | xargs -P 8 -I NAME sh -c '"$@" || echo NAME failed' sh "$lxcx_program" -P "$containers" "$@" NAME 2>&1
}

check_equal "$count starts, eight at a time" '' "$(each start)"
check_equal "all of them run" "$count" "$(lxcx ls --running -1 | wc -l)"
check_equal "ls --fancy has a line for each" "$count" "$(lxcx ls --fancy --running | grep -c RUNNING)"
check_equal "each has an init of its own" "$count" "$(for name in $names; do init_of "$name"; done | sort -u | wc -l)"
check_equal "each has its own name" lxcxt-s0 "$(inside lxcxt-s0 hostname)"
check_equal "the last one too" "lxcxt-s$((count - 1))" "$(inside "lxcxt-s$((count - 1))" hostname)"
check_equal "$count stops, eight at a time" '' "$(each stop -k)"
check_equal "none runs" 0 "$(lxcx ls --running -1 | wc -l)"
check_equal "$count are destroyed, eight at a time" '' "$(for name in $names; do sed -i '/^lxc.rootfs.path/d' "$containers/$name/config"; done; each destroy)"
check "the root that they shared is still there" test -x "$containers/lxcxt-first/rootfs/bin/busybox"

# What one container may have left somewhere in the kernel, many times over. Freed later than at the end of a command: what is counted may take its time.
cgroups() { awk 'NR > 1 { sum += $3 } END { print sum }' /proc/cgroups; }
open_files() { cut -f1 /proc/sys/fs/file-nr; }
mounts() { wc -l </proc/self/mountinfo; }
run_files() { find /run/lxcx | wc -l; }
cycle() { lxcx start lxcxt-first && lxcx stop -k lxcxt-first; }
available_kb() { awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo; }
own_cgroups() { find /sys/fs/cgroup -type d -name '*lxcxt-first*' | wc -l; }
# One life of it: how many files its monitor and its init have open, once what the start opened is closed again.
files_of_a_life() {
  lxcx start lxcxt-first || return
  sleep 1
  ls /proc/"$(lxcx info -p -H lxcxt-first)"/fd | wc -l
  ls /proc/"$(monitor_of lxcxt-first)"/fd | wc -l
  lxcx stop -k lxcxt-first
}
files_of_first=$(files_of_a_life)
check_equal "a first life" 2 "$(grep -c '^[1-9]' <<<"$files_of_first")"
before="$(mounts) $(run_files) $(own_cgroups)" cgroups_before=$(cgroups) files_before=$(open_files) memory_before=$(available_kb)
lost=0
for ((i = 0; i < cycles; i++)); do cycle >"$scratch/said" 2>&1 || lost=$((lost + 1)); done
check_equal "$cycles starts and stops of one, none of them fails" 0 "$lost"
check_equal "no more mounts, files in /run or cgroups of its name than before" "$before" "$(mounts) $(run_files) $(own_cgroups)"
check "no more cgroups, but for what others do" eventually 10 eval '[ $(($(cgroups) - cgroups_before)) -lt $((cycles / 2)) ]'
check_equal "init and monitor have as many files open as in the first life" "$files_of_first" "$(files_of_a_life)"
# Of the whole machine the kernel counts files per processor and adds them up now and then, other programs open and close theirs, and its memory
# comes and goes in caches: only many cycles tell a leak, of a file or of 8 KiB each here, from noise.
if [ "$cycles" -ge 1000 ]; then
  check "no more open files" eventually 30 eval '[ $(($(open_files) - files_before)) -lt $((cycles / 2)) ]'
  check "no more memory" eventually 30 eval '[ $((memory_before - $(available_kb))) -lt $((32768 + cycles * 8)) ]'
fi
