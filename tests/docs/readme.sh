#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# README.md is true: its commands are run, its lists compared with the program's, and what it says is not there is not there.
. "$(dirname "$0")/../support/harness.sh"

needs_program busybox
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
readme=$source_dir/README.md

# block MARK: the code block after the line `<!-- MARK -->`.
block() {
  awk -v mark="<!-- $1 -->" '$0 == mark { wanted = 1; next } wanted && /^```/ { if (inside) exit; inside = 1; next } inside' "$readme"
}
# words MARK: the `words` in backticks on the line of that mark, or below it up to a full stop.
words() {
  awk -v mark="<!-- $1 -->" '(at = index($0, mark)) { inside = 1; $0 = substr($0, at + length(mark)) } inside { print } inside && /[.;]/ { exit }' "$readme" |
    sed 's/[.;].*//' | grep -o '`[^`]*`' | tr -d '`'
}
# A program of that name first in PATH, which keeps containers here.
with_lxcx() {
  mkdir -p "$scratch/bin"
  printf '#!/bin/sh\nexec "%s" -P "%s" "$@"\n' "$1" "$containers" >"$scratch/bin/lxcx"
  chmod +x "$scratch/bin/lxcx"
  PATH=$scratch/bin:$PATH
}

# The quickstart's transcript.
plain() { sed "s#[^ ]*/network.conf#network.conf#" | tr -d "'\""; }
check_equal "the quickstart's commands are the script's" "$(sed -n 's/^show //p' "$source_dir/tools/quickstart" | plain)" \
  "$(block quickstart | sed -n 's/^\$ //p' | grep -v '^sudo ' | plain)"
check_equal "its list of plugins is the program's" "$(lxcx plugin list)" "$(block quickstart | awk '/^\$ lxcx plugin list/ { inside = 1; next } /^$/ { inside = 0 } inside')"

# Lists.
commands=$("$lxcx_program" --help | awk '/^Commands:/ { inside = 1; next } /^$/ { inside = 0 } inside { print $1 }')
check_equal "the commands are the program's" "$commands" "$(words verbs)"
absent=$(words "absent command")
check "commands are named that are not there yet" test -n "$absent"
for name in $absent; do
  check_exit "$name is no command, as it says" 6 "$lxcx_program" help "$name"
done
for kind in storage network template; do
  absent=$(words "absent $kind")
  check "$kind plugins are named that are not there yet" test -n "$absent"
  present=$("$lxcx_program" plugin list "$kind" -1)
  for name in $absent; do check_no_match "$name is not there" "^$name\$" "$present"; done
done

labels=$("${CMAKE:-cmake}" -E chdir "$LXCX_BUILD_DIR" ctest --print-labels | sed -n 's/^  *//p')
for label in $(words labels); do
  check_match "there are tests with the label $label" "^$label\$" "$labels"
done

# What it tells to type, line by line.
with_lxcx "$lxcx_program"
lines=$(block run)
check "there are commands to run" test "$(printf '%s\n' "$lines" | wc -l)" -ge 10
while IFS= read -r line; do
  check "${line%%  *#*}" bash -c "$line" </dev/null
done <<<"$lines"
check_equal "nothing is left of that container" "" "$(lxcx ls -1)"

# Installing, to any prefix; a container runs from there, also when it has been moved.
check_match "the README installs by cmake --install" '^cmake --install .* --prefix ' "$(cat "$readme")"
check "cmake --install" "${CMAKE:-cmake}" --install "$LXCX_BUILD_DIR" --prefix "$scratch/first"
mv "$scratch/first" "$scratch/prefix"
check_equal "no file of it is set-user-ID or set-group-ID" "" "$(find "$scratch/prefix" -type f -perm /6000)"
# Every installed file is below a path of docs/packaging.md.
told=$(awk -F'|' '/^\| path below the prefix/ { inside = 1; next } inside && !/^\|/ { exit } inside { print $2 }' "$source_dir/docs/packaging.md" | grep -o '`[^`]*`' | tr -d '`')
untold=$(cd "$scratch/prefix" && find . -type f -printf '%P\n' | while read -r file; do
  for path in $told; do
    case $file in $path | ${path%/}/*) continue 2 ;; esac
  done
  echo "$file"
done)
check_equal "and each is below a path that docs/packaging.md names" "" "$untold"
for path in $told; do
  check "which has $path" bash -c "ls -d \"$scratch/prefix\"/$path"
done
with_lxcx "$scratch/prefix/bin/lxcx"
while IFS= read -r line; do
  check "installed: $line" bash -c "$line" </dev/null
done <<'END_OF_LINES'
lxcx create -t busybox -f none lxcxt-i
lxcx start lxcxt-i
test "$(lxcx attach lxcxt-i -- hostname)" = lxcxt-i
lxcx stop --kill lxcxt-i
lxcx destroy lxcxt-i
END_OF_LINES
check_equal "its plugins are the prefix's" "$scratch/prefix" \
  "$("$scratch/bin/lxcx" --format json plugin list | grep -o '"manifest":"[^"]*"' | sed 's#"manifest":"\(.*\)/lib/lxcx/plugins.d/.*#\1#' | sort -u)"

# -DLXCX_PLUGINS, as the table has it.
chosen=$(grep -o -m1 'DLXCX_PLUGINS="[^"]*"' "$readme" | sed 's/.*="\(.*\)"/\1/')
configured=$("${CMAKE:-cmake}" -S "$source_dir" -B "$scratch/small" -DLXCX_TESTS=OFF -DLXCX_PLUGINS="$chosen" 2>&1)
check_equal "-DLXCX_PLUGINS builds those and no others" "$(tr ';' '\n' <<<"$chosen" | sort)" \
  "$(awk '/Plugins on:/ { inside = 1; next } /Plugins off:/ { inside = 0 } inside && /^--   / { print $2 }' <<<"$configured" | sort)"
check_match "and says why the others are off" '\(not in LXCX_PLUGINS\)' "$configured"
