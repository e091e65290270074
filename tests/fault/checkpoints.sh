# SPDX-License-Identifier: Apache-2.0
# The sweeps of checkpoint and restore, for sweep.sh. By criu where it works, as in a virtual machine; elsewhere by one that pretends to, which leaves
# lxcx's own calls what they are.
images=$scratch/images
if ! criu check >/dev/null 2>&1; then
  needs_program python3
  mkdir "$scratch/bin"
  cp "$support/pretend-criu" "$scratch/bin/criu"
  PATH=$scratch/bin:$PATH
fi
# A criu whose caller was killed goes on to its end.
criu_has_ended() { ! grep -q -s -z -x -E '(.*/)?criu' /proc/[0-9]*/cmdline; }
await_criu() { [ "$error" != kill ] || eventually $patience criu_has_ended || broken "criu comes to its end"; }
is_running() { [ "$(state_of)" = RUNNING ]; }
holds_dump() { [ -e "$images/$1/images/inventory.img" ]; }
files_of() { find "$images/$1" -printf '%P %y %m %U %G %l\n' | LC_ALL=C sort; find "$images/$1" -type f ! -name '*.log' -exec sha256sum {} + | LC_ALL=C sort; }

# A dump that leaves the container running, whatever becomes of it.
once_checkpoint() { once_running; }
ready_checkpoint() { rm -rf "$images"; mkdir "$images"; }
args_checkpoint=(checkpoint -D "$images/dump" $name)
must_leave_nothing() { # but the log that tells why, of what failed
  [ "$error" = kill ] || [ $status = 0 ] || [ ! -e "$images/$1" ] || [ "$(ls -A "$images/$1")" = dump.log ] ||
    broken "a dump that failed leaves nothing but its log" "$(ls -lA "$images/$1")"
  [ $status != 0 ] || holds_dump "$1" || broken "what checkpoint calls a success has images"
}
after_checkpoint() {
  await_criu
  must_leave_nothing dump
  must "${program[@]}" checkpoint -D "$images/next" $name
  runs_on
}

# One that stops it, on top of a pre-dump: it runs, or it can be restored.
once_checkpoint_stop() { create_now; }
ready_checkpoint_stop() {
  rm -rf "$images"
  mkdir "$images"
  start_now
  init_before=$(init_of $name)
  real checkpoint -p -D "$images/pre" $name || broken "pre-dump for the test"
  pre_before=$(files_of pre)
}
args_checkpoint_stop=(checkpoint -s -D "$images/dump" --predump-dir ../pre $name)
after_checkpoint_stop() {
  await_criu
  [ "$(files_of pre)" = "$pre_before" ] || broken "the pre-dump is as it was" "$(files_of pre)"
  [ $status != 0 ] || ! is_running || broken "what is dumped and stopped no longer runs"
  eventually 5 eval 'is_running || [ "$(state_of)" = STOPPED ]' || broken "it runs or is stopped" "$(state_of)"
  local whole=dump
  if is_running; then
    must_leave_nothing dump
    runs_on
    must "${program[@]}" checkpoint -s -D "$images/next" --predump-dir ../pre $name
    whole=next
  fi
  must_be_clean
  must "${program[@]}" checkpoint -r -D "$images/$whole" $name
  is_running || broken "it runs again" "$(state_of)"
  must "${program[@]}" stop -k $name
  must_be_clean
  must_be_whole
}

once_restore() {
  mkdir "$images"
  create_now
  start_now
  real checkpoint -s -D "$images/dump" $name || broken "dump for the test"
  dump_before=$(files_of dump | grep -v 'restore\.log\|stats-restore')
}
ready_restore() { :; }
args_restore=(checkpoint -r -D "$images/dump" $name)
after_restore() {
  [ "$error" = kill ] || [ $status = 0 ] || must_be_clean
  [ $status != 0 ] || is_running || broken "what restore calls a success runs" "$(state_of)"
  await_criu
  # Killed, it may have come up all the same.
  must_give "0 4" "${program[@]}" checkpoint -r -D "$images/dump" $name
  is_running || broken "it runs after the next restore" "$(state_of)"
  must "${program[@]}" attach $name -- true
  must "${program[@]}" stop -k $name
  must_be_clean
  must_be_whole
  [ "$(files_of dump | grep -v 'restore\.log\|stats-restore')" = "$dump_before" ] || broken "the images are as they were" "$(files_of dump)"
}
