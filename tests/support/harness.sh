# SPDX-License-Identifier: Apache-2.0
# Sourced by every integration test. A test is a list of promises, one line of output each; at its end everything of the machine that it could
# have touched must be as it was before. The binary under test is $LXCX_BUILD_DIR/bin/lxcx.
set -u

test_name=$(basename "$0" .sh)
lxcx_program=$LXCX_BUILD_DIR/bin/lxcx
failures=0

# Not fit to run here: says why, by name.
skip() {
  echo "SKIPPED $test_name: $*"
  exit 77
}
needs_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }
needs_program() { command -v "$1" >/dev/null 2>&1 || skip "needs $1"; }

passed() { echo "ok - $1"; }
failed() {
  echo "FAILED - $1"
  failures=$((failures + 1))
  [ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/    /'
}

# check PROMISE COMMAND…: the command succeeds.
check() {
  local promise=$1 output
  shift
  if output=$("$@" 2>&1); then passed "$promise"; else failed "$promise" "$* gave $?: $output"; fi
}
# check_exit PROMISE STATUS COMMAND…: the command ends with that status; its output is in $output afterwards.
check_exit() {
  local promise=$1 status=$2 got
  shift 2
  output=$("$@" 2>&1)
  got=$?
  if [ $got = "$status" ]; then passed "$promise"; else failed "$promise" "$* gave $got instead of $status: $output"; fi
}
# check_equal PROMISE WANTED GOT
check_equal() {
  if [ "$2" = "$3" ]; then passed "$1"; else failed "$1" "$(printf 'wanted: %s\ngot:    %s' "$2" "$3")"; fi
}
# check_match PROMISE REGULAR-EXPRESSION TEXT: some line of the text matches (grep -E).
check_match() {
  if printf '%s\n' "$3" | grep -q -E -- "$2"; then passed "$1"; else failed "$1" "$(printf 'no line matches %s in:\n%s' "$2" "$3")"; fi
}
check_no_match() {
  if printf '%s\n' "$3" | grep -q -E -- "$2"; then failed "$1" "$(printf 'a line matches %s in:\n%s' "$2" "$3")"; else passed "$1"; fi
}
# eventually SECONDS COMMAND…: tries until the command succeeds.
eventually() {
  local end=$(($(date +%s) + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt $end ] || return 1
    sleep 0.05
  done
}

# is_dead PID: it has ended; whether its parent has noticed is not this test's business.
is_dead() { ! grep -q -s '^State:[[:space:]]*[^Z]' "/proc/$1/status"; }

lxcx() { "$lxcx_program" -P "$containers" "$@"; }

# make_container NAME [CONFIGURATION LINE…]: a busybox container with exactly those lines and the template's own.
make_container() {
  local name=$1 file=$scratch/$1.conf
  shift
  : >"$file"
  [ $# = 0 ] || printf '%s\n' "$@" >"$file"
  lxcx -q create -t busybox -n "$name" -f "$file" || failed "create $name for the test"
}
inside() { # inside NAME COMMAND…
  local name=$1
  shift
  lxcx attach "$name" -- "$@" </dev/null
}
monitor_of() { awk -F'\t' '$1 == "monitor" { split($2, part, " "); print part[1] }' /run/lxcx/*/"$1"/state; }
init_of() { lxcx info -H -p "$1"; }

# Where lxcx keeps what it knows of the containers of a path: core/container/name.cpp.
fnv1a() {
  local text=$1 i hash=$((0xcbf29ce484222325)) byte
  for ((i = 0; i < ${#text}; i++)); do
    printf -v byte %d "'${text:i:1}"
    hash=$(((hash ^ byte) * 0x100000001b3))
  done
  printf %016x $hash
}

# What the machine looks like, in every respect a container touches. Sorted lines.
world() {
  cut -d' ' -f5- /proc/self/mountinfo | sed 's/^/mount /' | sort
  find /sys/fs/cgroup -maxdepth 4 -type d -name '*lxcxt-*' 2>/dev/null | sed 's/^/cgroup /' | sort
  ip -o link | awk -F': ' '{ print "interface " $2 }'
  losetup -a 2>/dev/null | sed 's/^/loop /'
  find "$run_directory" -mindepth 0 2>/dev/null | sed 's/^/file /' | sort
  find /run/lxcx -mindepth 2 -name '*lxcxt-*' 2>/dev/null | sed 's/^/file /' | sort
  # Our own processes: the monitors and what they became, by program.
  for process in /proc/[0-9]*; do
    case "$(readlink "$process/exe" 2>/dev/null)" in
      "$LXCX_BUILD_DIR"/*) tr '\0' ' ' <"$process/cmdline" 2>/dev/null | sed 's/^/process /' ;;
    esac
  done | grep -F lxcxt- | sort
}

clean_up() {
  local name status=$?
  for name in $(lxcx -q ls -1 2>/dev/null); do lxcx -q destroy --force "$name" 2>/dev/null; done
  if declare -F test_clean_up >/dev/null; then test_clean_up; fi
  # A network namespace and its devices go a moment after their last process.
  eventually 5 same_world || failed "nothing is left behind, nothing of others is gone" "$(world_changes)"
  rm -rf "$scratch"
  trap - EXIT
  case $status in 77 | 130) exit $status ;; esac
  [ $failures = 0 ] || { echo "$test_name: $failures promises broken"; exit 1; }
  exit 0
}
# What is new, and what is gone; but what an earlier run left when it was killed (its names say that it is a test's) may go.
world_changes() {
  diff <(printf '%s\n' "$world_before") <(world) | grep '^[<>]' | grep -v '^< .*lxcxt-'
}
same_world() { [ -z "$(world_changes)" ]; }

needs_root
scratch=$(mktemp -d "${TMPDIR:-/tmp}/lxcxt-$test_name.XXXXXX")
chmod 711 "$scratch"
containers=$scratch/containers
mkdir -p "$containers"
run_directory=/run/lxcx/$(fnv1a "$containers")
world_before=$(world)
trap clean_up EXIT
trap 'exit 130' INT TERM
