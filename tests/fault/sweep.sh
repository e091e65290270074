#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sweep.sh VERB (the functions once_VERB below name them, with - for _): runs that command again and again, and each time another call to the kernel, counted over
# all its processes, fails with EIO; then once more, and the process that comes to the call dies by SIGKILL. After each run: it failed with a
# message, or it survived; nothing is left behind, nothing is lost, the next command works.
#
#   LXCX_FAULT_FULL=1    every call; otherwise about LXCX_FAULT_POINTS (12) of them, evenly spread, and the last LXCX_FAULT_TAIL (10)
#   LXCX_FAULT_FIRST=n   the first call that fails
#   LXCX_FAULT_LAST=n    the last one
#   LXCX_FAULT_MODES     "5 kill": the errors to inject
#   LXCX_FAULT_USER=1    by an ordinary user
#   LXCX_FAULT_PATIENCE  after how many seconds a command hangs (20)
if [ -n "${LXCX_FAULT_USER:-}" ] && [ -z "${LXCXT_IN_MOUNTNS:-}" ] && [ "$(id -u)" = 0 ]; then
  LXCXT_IN_MOUNTNS=1 exec unshare --mount bash "$0" "$@"
fi
. "$(dirname "$0")/../support/harness.sh"

support=$(dirname "$0")/../support
test_name=fault-${1:?which command?}
verb=${1//-/_}
name=lxcxt-f$$x  # two sweeps at once keep apart, and none is the beginning of another
faulty=$LXCX_BUILD_DIR/tests/lxcx-faulty
patience=${LXCX_FAULT_PATIENCE:-20}
as=()
on=()  # what gives the command its terminal
configuration=none
run_root=/run/lxcx
if [ -n "${LXCX_FAULT_USER:-}" ]; then
  test_name=$test_name-user
  . "$support/ordinary_user.sh"
  swept=$name
  test_clean_up() {
    mine -q destroy --force "$swept" 2>/dev/null
    forget_user
  }
  lxcx() { real "$@"; }  # root may not destroy what another user says how to
  as=(setpriv --reuid $user --regid $user --clear-groups env "HOME=$scratch/home" "XDG_RUNTIME_DIR=$scratch/run")
  containers=$scratch/home/.local/share/lxc
  configuration=$scratch/home/.config/lxc/default.conf
  run_root=$scratch/run/lxcx
  init_of() { real info -H -p "$1"; }
  monitor_of() { sed -n 's/^monitor\t\([0-9]*\).*/\1/p' "$run_root"/*/"$1/state"; }
fi
export LXCX_FAULT_RECORD=$scratch/run/record
mkdir -p "$scratch/run"

# faulty N ERROR ARGUMENT…: sets $status and $output.
faulty() {
  local nth=$1 error=$2
  shift 2
  rm -f "$LXCX_FAULT_RECORD"
  output=$(LXCX_FAULT_NTH=$nth LXCX_FAULT_ERRNO=$error timeout $patience "${as[@]}" "${on[@]}" "$faulty" -P "$containers" "$@" 2>&1 </dev/null)
  status=$?
}
fault_report() { env -u LXCX_FAULT_NTH "$faulty" --fault-report; }

# What a container that is not running must not have.
leftovers() {
  compgen -G "$run_root/*/$name"
  find /sys/fs/cgroup -maxdepth 4 -type d -name "*$name*" 2>/dev/null
  # The pattern comes from a file, or grep would find itself.
  grep -l -a -s -F -f "$scratch/pattern" /proc/[0-9]*/cmdline
  diff <(printf '%s\n' "$mounts_before") <(cut -d' ' -f5- /proc/self/mountinfo)
}
is_clean() { [ -z "$(leftovers)" ]; }
contents() { find "$containers/$name" -printf '%P %y %m %U %G %l\n' 2>/dev/null | sort; cat "$containers/$name/config" 2>/dev/null; }

broken() { failed "$verb, $fault: $1" "${2:-}${output:+
its own output (status $status): $output}"; }
must_be_clean() { eventually 3 is_clean || broken "nothing is left behind" "$(leftovers)"; }
# What runs inside adds files of its own; none of those that were there may be missing or changed.
lost() { LC_ALL=C comm -23 <(printf '%s\n' "$contents_before" | LC_ALL=C sort) <(contents | LC_ALL=C sort); }
must_be_whole() { [ -z "$(lost)" ] || broken "nothing is lost" "$(lost)"; }
# must COMMAND…: the next command works.
must() {
  local got
  got=$(timeout $patience "$@" 2>&1 </dev/null) || broken "the next command works" "$* gave $?: $got"
}
# must_give STATUSES COMMAND…
must_give() {
  local wanted=$1 got result
  shift
  got=$(timeout $patience "$@" 2>&1 </dev/null)
  result=$?
  case " $wanted " in *" $result "*) ;; *) broken "the next command works" "$* gave $result: $got" ;; esac
}
real() { "${as[@]}" "$lxcx_program" -P "$containers" "$@"; }
program=("${as[@]}" "$lxcx_program" -P "$containers")
state_of() { real info -s -H "$name" 2>/dev/null; }
create_now() { real -q create -t busybox -n $name -f "$configuration" >/dev/null 2>&1 || broken "create for the test"; }
start_now() { real start $name >/dev/null 2>&1 || broken "start for the test" "$(real start $name 2>&1)"; }

# Each command: once, before all runs; before each run; the run; after it.
once_create() { :; }
ready_create() { :; }
args_create=(create -t busybox -n $name -f "$configuration")
after_create() {
  if [ $status = 0 ]; then
    must "${program[@]}" config check "$name"
  else
    [ "$error" = kill ] || [ ! -e "$containers/$name" ] || broken "nothing is left behind" "$(ls -lR "$containers/$name" | head -20)"
    # Killed after its last word of the configuration it may be whole: then it is there, and starts.
    if [ -e "$containers/$name/config" ] && [ ! -e "$containers/$name/partial" ]; then
      must_give 4 "${program[@]}" create -t busybox -n $name -f "$configuration"
    else
      [ ! -e "$containers/$name" ] || must_give "3 4" "${program[@]}" start $name
      must "${program[@]}" create -t busybox -n $name -f "$configuration"
    fi
  fi
  must "${program[@]}" start $name
  must "${program[@]}" stop -k $name
  must "${program[@]}" destroy $name
  [ ! -e "$containers/$name" ] || broken "destroy leaves nothing" "$(ls -lR "$containers/$name")"
  must_be_clean
}

once_start() { create_now; }
ready_start() { :; }
args_start=(start $name)
after_start() {
  if [ $status != 0 ] && [ "$error" != kill ]; then
    must_be_clean
    must_be_whole
  elif [ "$error" != kill ]; then
    [ "$(state_of)" = RUNNING ] || broken "what start calls a success runs"
  fi
  # Killed, it may have come up all the same: then a second start is refused.
  if [ $status = 0 ]; then must_give 4 "${program[@]}" start $name; else must_give "0 4" "${program[@]}" start $name; fi
  eventually 3 eval '[ "$(state_of)" = RUNNING ]' || broken "it runs after the next start" "$(state_of)"
  must "${program[@]}" attach $name -- true
  must "${program[@]}" stop -k $name
  must_be_clean
  must_be_whole
}

once_attach() { create_now; start_now; init_before=$(init_of $name); }
ready_attach() { :; }
args_attach=(attach $name -- true)
after_attach() {
  [ "$(state_of)" = RUNNING ] || broken "the container runs on"
  [ "$(init_of $name)" = "$init_before" ] || broken "with the same init"
  must "${program[@]}" attach $name -- true
}

once_stop() { create_now; }
ready_stop() { start_now; }
args_stop=(stop -k $name)
after_stop() {
  [ $status != 0 ] || must_be_clean
  must_give "0 11" "${program[@]}" stop -k $name
  must_be_clean
  must_be_whole
}

once_teardown() { create_now; }
ready_teardown() {
  start_now
  local init
  init=$(init_of $name)
  kill -9 "$(monitor_of $name)" "$init"
  eventually 5 is_dead "$init"
}
args_teardown=(stop $name)
after_teardown() {
  [ $status != 0 ] || must_be_clean
  must_give "0 11" "${program[@]}" stop $name
  must_be_clean
  must_be_whole
}

once_destroy() { :; }
ready_destroy() { create_now; }
args_destroy=(destroy $name)
after_destroy() {
  must_give "0 3" "${program[@]}" destroy $name
  [ ! -e "$containers/$name" ] || broken "destroy leaves nothing" "$(ls -lR "$containers/$name" | head)"
  must_be_clean
}

once_rename() { create_now; }
ready_rename() { :; }
args_rename=(rename $name ${name}new)
after_rename() {
  [ $status != 0 ] || [ ! -e "$containers/$name" ] || broken "what rename calls a success has no old name"
  # Either name is there, never both; and whichever it is starts, and can be renamed back.
  local now=$name
  [ -e "$containers/$name" ] || now=${name}new
  [ ! -e "$containers/$name" ] || [ ! -e "$containers/${name}new" ] || broken "it has one name" "$(ls "$containers")"
  must "${program[@]}" start $now
  must "${program[@]}" stop -k $now
  [ $now = $name ] || must "${program[@]}" rename $now $name
  [ ! -e "$containers/$name/renamed-from" ] || broken "nothing of the renaming is left"
  must_be_clean
  must_be_whole
}

once_copy() { create_now; }
ready_copy() { :; }
args_copy=(copy $name ${name}new)
after_copy() {
  must_be_whole
  after_new
}
once_copy_snapshot() { create_now; }
ready_copy_snapshot() { :; }
args_copy_snapshot=(copy --snapshot $name ${name}new)
after_copy_snapshot() {
  [ ! -e "$containers/${name}new" ] || [ "$error" = kill ] || [ $status = 0 ] || broken "nothing is left behind" "$(ls -lR "$containers/${name}new" | head -20)"
  [ $status != 0 ] || must_give 4 "${program[@]}" destroy $name
  must_be_whole
  after_new
  [ ! -e "$containers/$name/lxc_snapshots" ] || broken "no clone is noted that is gone" "$(cat "$containers/$name/lxc_snapshots")"
}
# Whatever became of it, the same command or the copy it made works, and destroy takes all of it back.
after_new() {
  [ $status != 0 ] || must "${program[@]}" config check ${name}new
  [ $status = 0 ] || [ "$error" = kill ] || [ ! -e "$containers/${name}new" ] || broken "nothing is left behind" "$(ls -lR "$containers/${name}new" | head -20)"
  declare -n again=args_$verb
  [ $status = 0 ] || must_give "0 4" "${program[@]}" "${again[@]}"
  must "${program[@]}" start ${name}new
  must "${program[@]}" stop -k ${name}new
  must "${program[@]}" destroy ${name}new
  [ ! -e "$containers/${name}new" ] || broken "destroy leaves nothing" "$(ls -lR "$containers/${name}new")"
  must_be_clean
}

# What changes a running container: it runs on, with the same init, and the next command works.
runs_on() {
  [ "$(init_of $name)" = "$init_before" ] || broken "the container runs on, with the same init"
  must "${program[@]}" attach $name -- true
}
once_running() { create_now; start_now; init_before=$(init_of $name); }

once_freeze() { once_running; }
ready_freeze() { :; }
args_freeze=(freeze $name)
after_freeze() {
  [ $status != 0 ] || [ "$(state_of)" = FROZEN ] || broken "what freeze calls a success is frozen" "$(state_of)"
  must "${program[@]}" freeze $name
  must "${program[@]}" unfreeze $name
  [ "$(state_of)" = RUNNING ] || broken "it runs after unfreeze" "$(state_of)"
  runs_on
}

once_unfreeze() { once_running; }
ready_unfreeze() { real freeze $name || broken "freeze for the test"; }
args_unfreeze=(unfreeze $name)
after_unfreeze() {
  [ $status != 0 ] || [ "$(state_of)" = RUNNING ] || broken "what unfreeze calls a success runs" "$(state_of)"
  must "${program[@]}" unfreeze $name
  runs_on
}

once_cgroup() { once_running; }
ready_cgroup() { real cgroup $name pids.max 70 || broken "a limit for the test"; }
args_cgroup=(cgroup $name pids.max 71)
after_cgroup() {
  case "$status $(real cgroup $name pids.max)" in "0 71" | [1-9]*\ 7[01]) ;; *) broken "the limit is the old one or the new one" "$(real cgroup $name pids.max)" ;; esac
  runs_on
}

once_device() { once_running; }
ready_device() { :; }
args_device=(device $name add /dev/full /dev/lxcxt-full)
after_device() {
  [ $status != 0 ] || inside $name test -c /dev/lxcxt-full || broken "what device add calls a success is there"
  ! inside $name test -c /dev/lxcxt-full || must "${program[@]}" device $name del /dev/full /dev/lxcxt-full
  must "${program[@]}" device $name add /dev/full /dev/lxcxt-full
  must "${program[@]}" device $name del /dev/full /dev/lxcxt-full
  ! inside $name test -e /dev/lxcxt-full || broken "device del takes it away"
  runs_on
}

once_execute() { create_now; }
ready_execute() { :; }
args_execute=(execute $name -- true)
after_execute() {
  [ "$error" = kill ] || must_be_clean
  # Killed, it leaves what the next command takes down, or what runs on.
  must_give "0 11" "${program[@]}" stop -k $name
  must "${program[@]}" execute $name -- true
  must_be_clean
  must_be_whole
}

once_config() { create_now; }
ready_config() { real config set $name lxc.uts.name again && real config set $name lxc.uts.name before || broken "a host name for the test"; contents_before=$(contents); }
args_config=(config set $name lxc.uts.name after)
after_config() {
  case "$status $(real config get $name lxc.uts.name)" in "0 after" | [1-9]*\ before | [1-9]*\ after) ;; *) broken "the value is the old one or the new one" ;; esac
  must "${program[@]}" config check $name
  must "${program[@]}" config set $name lxc.uts.name again
  must "${program[@]}" config set $name lxc.uts.name before
  [ "$(find "$containers/$name" -maxdepth 1 -printf '%f ' | wc -w)" = 3 ] || broken "nothing is left beside the configuration" "$(ls -a "$containers/$name")"
  must_be_whole
}

once_autostart() { create_now; real config set $name lxc.start.auto 1; }
ready_autostart() { :; }
args_autostart=(autostart -a)
after_autostart() {
  [ $status != 0 ] || [ "$(state_of)" = RUNNING ] || broken "what autostart calls a success runs"
  [ "$error" = kill ] || [ "$(state_of)" = RUNNING ] || must_be_clean
  must "${program[@]}" autostart -a
  eventually 3 eval '[ "$(state_of)" = RUNNING ]' || broken "it runs after the next autostart" "$(state_of)"
  must "${program[@]}" autostart -a -k
  must_be_clean
}

# What only looks at a running container, or has none, changes nothing.
for looks in info ls wait top; do
  eval "once_$looks() { once_running; }; ready_$looks() { :; }; after_$looks() { runs_on; must_be_whole; }"
done
args_info=(info $name)
args_ls=(ls --fancy)
args_wait=(wait -s RUNNING -t 5 $name)
args_top=(top -b -d 1 --count 1)

for alone in unshare usernsexec; do
  eval "once_$alone() { :; }; ready_$alone() { :; }; after_$alone() { must \"\${program[@]}\" \"\${args_$alone[@]}\"; must_be_clean; }"
done
args_unshare=(unshare -s 'MOUNT|PID|UTSNAME' -- true)
args_usernsexec=(usernsexec -m b:0:100000:10 -- true)

for steady in doctor checkconfig plugin_list plugin_info plugin_check; do
  eval "once_$steady() { :; }; ready_$steady() { :; }; after_$steady() { must_give \"\$fine\" \"\${program[@]}\" \"\${args_$steady[@]}\"; must_be_clean; }"
done
args_doctor=(doctor)
fine_doctor="0 6"
args_checkconfig=(checkconfig)
fine_checkconfig="0 3"
args_plugin_list=(plugin list --all)
args_plugin_info=(plugin info storage dir)
args_plugin_check=(plugin check "$(find "$LXCX_BUILD_DIR" -name storage-dir.so -print -quit)")

# A mask is there or not, whole, and the only file.
masks=$scratch/plugins.d
is_masked() { "${program[@]}" --plugin-dir "$masks" plugin list --all | grep -q 'hook *audit .*masked'; }
once_plugin_disable() { mkdir "$masks"; }
ready_plugin_disable() { rm -f "$masks"/*; }
args_plugin_disable=(--plugin-dir "$masks" plugin disable --directory "$masks" hook audit)
after_plugin_disable() {
  [ $status != 0 ] || is_masked || broken "what disable calls a success is hidden" "$(ls -lA "$masks")"
  must "${program[@]}" --plugin-dir "$masks" plugin disable --directory "$masks" hook audit
  is_masked || broken "it is hidden after the next disable" "$(ls -lA "$masks")"
  must "${program[@]}" --plugin-dir "$masks" plugin enable --directory "$masks" hook audit
  [ -z "$(ls -A "$masks")" ] || broken "nothing is left beside the masks" "$(ls -lA "$masks")"
}
once_plugin_enable() { mkdir "$masks"; }
ready_plugin_enable() { real --plugin-dir "$masks" plugin disable --directory "$masks" hook audit || broken "disable for the test"; }
args_plugin_enable=(--plugin-dir "$masks" plugin enable --directory "$masks" hook audit)
after_plugin_enable() {
  [ $status != 0 ] || ! is_masked || broken "what enable calls a success is seen"
  must_give "0 3" "${program[@]}" --plugin-dir "$masks" plugin enable --directory "$masks" hook audit
  [ -z "$(ls -A "$masks")" ] || broken "nothing is left of the mask" "$(ls -lA "$masks")"
}

old_lines=$'# by hand\nlxc.utsname = before\nlxc.network.type = empty\n'
once_config_convert() { mkdir -p "$containers/$name"; }
ready_config_convert() { rm -f "$containers/$name"/*; printf %s "$old_lines" >"$containers/$name/config"; }
args_config_convert=(config convert $name)
after_config_convert() {
  local file kept=''
  [ $status != 0 ] || grep -q '^lxc.uts.name = before$' "$containers/$name/config" || broken "what convert calls a success has today's names"
  for file in "$containers/$name"/config*; do
    if [ "$(cat "$file")" = "${old_lines%?}" ]; then
      kept=$file
    elif [ "$file" != "$containers/$name/config" ]; then
      broken "a backup is whole" "$(head "$containers/$name"/*)"
    fi
  done
  [ "$kept" ] || broken "the old lines are kept" "$(head "$containers/$name"/*)"
  must "${program[@]}" config convert $name
  [ "$(real config get $name lxc.uts.name)" = before ] || broken "the value is the same" "$(head "$containers/$name"/*)"
  [ -z "$(ls -A "$containers/$name" | grep -v -x -E 'config(\.backup(\.[0-9])?)?')" ] || broken "nothing is left beside the configuration" "$(ls -lA "$containers/$name")"
}

# Somebody at a terminal, who finds it as it was. What is typed ahead counts, and leaves again.
once_console() {
  once_running
  patience=15
  on=("$support/on-terminal" 'type \x01q' sh -c '
    before=$(stty -g)
    "$@"
    status=$?
    [ "$LXCX_FAULT_ERRNO" = kill ] || [ "$(stty -g)" = "$before" ] || { echo "it was: $before, it is: $(stty -g)"; exit 98; }
    exit $status' sh)
}
ready_console() { :; }
args_console=(console $name -t 1)
after_console() {
  case "$status $output" in 98\ *"stty sane"*) ;; 98\ *) broken "the terminal is as it was, or the user is told" ;; esac
  must "${on[@]}" "${program[@]}" console $name -t 1
  runs_on
}

# There is always something to tell.
once_monitor() { once_running; }
ready_monitor() {
  rm -f "$scratch/told"
  (until [ -e "$scratch/told" ]; do real freeze $name; real unfreeze $name; done) 2>/dev/null &
  teller=$!
}
args_monitor=(monitor --count 2 -t 10)
after_monitor() {
  must "${program[@]}" monitor --count 2 -t 10
  touch "$scratch/told"
  wait $teller
  runs_on
}

# busybox's init takes seconds to reboot; this one asks the kernel at once.
hasten_reboot() {
  local init=$containers/$name/rootfs/sbin/init
  rm "$init"
  printf '#!/bin/sh\ntrap "reboot -f" TERM\nwhile :; do sleep 1000 & wait $!; done\n' >"$init"
  chmod 755 "$init"
}
once_reboot() {
  create_now
  hasten_reboot
  start_now
}
ready_reboot() { init_before=$(init_of $name); }
args_reboot=(stop -r -t 10 $name)
after_reboot() {
  # Asked or not, it runs, and can be asked again.
  eventually 10 eval '[ "$(state_of)" = RUNNING ]' || broken "it runs" "$(state_of)"
  [ $status != 0 ] || [ "$(init_of $name)" != "$init_before" ] || broken "what is called a success has a new init"
  must "${program[@]}" stop -r -t 10 $name
  must "${program[@]}" attach $name -- true
}

# What the monitor becomes when init has ended: the teardown, and after it perhaps another start. It is the program that lies in bin, and its calls are
# counted on from the start's.
once_monitored() {
  create_now
  mkdir -p "$scratch/install/bin"
  cp "$faulty" "$scratch/install/bin/lxcx"
  cp -r "$LXCX_BUILD_DIR/libexec" "$LXCX_BUILD_DIR/lib" "$scratch/install"
  faulty=$scratch/install/bin/lxcx
}
run_monitored() { # N ERROR COMMAND…: a start, and that command
  local nth=$1 error=$2
  shift 2
  faulty "$nth" "$error" start $name
  read -r first _ < <(fault_report)
  first=$((first + 1))
  [ $status = 0 ] || return
  output=$(timeout $patience "$@" 2>&1 </dev/null)
  status=$?
}
after_monitored() {
  must_give "0 11" "${program[@]}" stop -k $name
  must_be_clean
  must_be_whole
  must "${program[@]}" start $name
  must "${program[@]}" stop -k $name
  must_be_clean
}
once_ending() { once_monitored; }
ready_ending() { :; }
run_ending() { run_monitored "$@" "${program[@]}" stop -k $name; }
after_ending() {
  [ $status != 0 ] || must_be_clean
  after_monitored
}
once_restart() {
  once_monitored
  hasten_reboot
}
ready_restart() { :; }
run_restart() { run_monitored "$@" "${program[@]}" stop -r -t 10 $name; }
after_restart() {
  [ $status != 0 ] || eventually 3 eval '[ "$(state_of)" = RUNNING ]' || broken "what is called a success runs" "$(state_of)"
  after_monitored
}

case $verb in checkpoint* | restore*) . "$(dirname "$0")/checkpoints.sh" ;; esac

# The statuses of a run in which nothing fails.
declare -n fine_words=fine_$verb
fine=${fine_words:-0}
is_fine() { case " $fine " in *" $status "*) ;; *) return 1 ;; esac; }

run_once() { # N ERROR
  if declare -F run_$verb >/dev/null; then
    run_$verb "$@"
  else
    declare -n arguments=args_$verb
    faulty "$@" "${arguments[@]}"
  fi
}

# one_run N: true when the call was reached.
one_run() {
  local nth=$1 calls call
  fault="call $nth ${error/5/fails}"
  output=''
  ready_$verb
  run_once "$nth" "$error"
  read -r calls call < <(fault_report)
  fault="call $nth ($call) with $error"
  [ $status != 124 ] || broken "it ends"
  if [ "$call" = - ]; then
    is_fine || broken "it succeeds when nothing fails"
  elif [ $status != 0 ] && [ "$error" != kill ] && [ ${#output} -lt 12 ]; then
    broken "it says what failed"
  fi
  after_$verb
  [ "$call" != - ]
}

sweep() {
  local nth stride=1 runs=0 last_calls=${LXCX_FAULT_TAIL:-10} calls
  error=$1 first=1
  ready_$verb
  fault="no fault"
  run_once 0 5
  is_fine || broken "it succeeds when nothing fails"
  read -r calls _ < <(fault_report)
  after_$verb
  nth=${LXCX_FAULT_FIRST:-$first}
  [ -n "${LXCX_FAULT_FULL:-}" ] || stride=$(((calls - nth + ${LXCX_FAULT_POINTS:-12}) / ${LXCX_FAULT_POINTS:-12}))
  while [ "$nth" -le "${LXCX_FAULT_LAST:-100000}" ] && one_run $nth; do
    runs=$((runs + 1))
    # The last calls hand the work from one process to the next: each of them.
    if [ $((nth + stride)) -le $((calls - last_calls)) ]; then nth=$((nth + stride)); else nth=$((nth < calls - last_calls ? calls - last_calls : nth + 1)); fi
    [ $failures -lt 40 ] || { echo "too many broken promises, the rest is not tried"; return; }
  done
  [ $runs -gt 0 ] || broken "some call can be made to fail"
  echo "$verb: $((calls - first + 1)) calls, $runs of them made to fail with $error, one each run"
}

test -x "$faulty" || skip "needs $faulty"
printf '%s\n' "$containers" >"$scratch/pattern"
mounts_before=$(cut -d' ' -f5- /proc/self/mountinfo)
once_$verb
contents_before=$(contents)
for mode in ${LXCX_FAULT_MODES:-5 kill}; do sweep "$mode"; done
[ $failures = 0 ] && passed "whatever call of $verb fails, nothing is left behind, nothing is lost, and the next command works"
