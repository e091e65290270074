#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# completion_test.sh SHELL SHARE_DIRECTORY: the completion script parses, and completes verbs, options, containers and plugins in that shell.
set -u
shell=$1 share=$2
command -v "$shell" >/dev/null || { echo "skipped: $shell is not installed"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# A lxcx that knows what a completion asks.
mkdir "$work/bin"
cat >"$work/bin/lxcx" <<'FAKE'
#!/bin/sh
case "$*" in
  "ls -1") printf 'web\nworker\ndb\n' ;;
  "-P /srv ls -1") printf 'elsewhere\n' ;;
  "plugin list template -1") printf 'busybox\nlocal\n' ;;
  "plugin list storage -1") printf 'dir\noverlay\n' ;;
  "plugin list -1") printf 'dir\nveth\n' ;;
esac
FAKE
chmod +x "$work/bin/lxcx"
export PATH=$work/bin:$PATH HOME=$work XDG_CONFIG_HOME=$work XDG_DATA_HOME=$work

failures=0
# expect "LINE" WORD…: exactly these words, in any order.
expect() {
  local line=$1 wanted got
  shift
  wanted=$(printf '%s\n' "$@" | sort)
  got=$(complete_line "$line" | sort -u)
  if [ "$got" != "$wanted" ]; then
    printf 'line: [%s]\nwanted: %s\ngot: %s\n' "$line" "$(echo $wanted)" "$(echo $got)"
    failures=$((failures + 1))
  fi
}

bash_line() {
  bash --norc -c '
    source "$1"
    line=$2
    # As readline splits: = and : end a word.
    read -ra COMP_WORDS <<<"${line//=/ = }"
    [[ $line == *[\ =] ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line}
    _lxcx
    [[ ${#COMPREPLY[@]} -gt 0 ]] && printf "%s\n" "${COMPREPLY[@]}"
  ' bash "$share/bash-completion/completions/lxcx" "$1"
}
fish_line() {
  fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$share/fish/vendor_completions.d/lxcx.fish" "$1" | cut -f1
}
# zsh completes only in its line editor, so that one runs on a pseudo terminal (zpty) and compadd is made to print.
zsh_line() {
  zsh -f "$here/zsh_complete.zsh" "$share/zsh/site-functions" "$1"
}
here=$(dirname "$0")
complete_line() { "${shell}_line" "$1"; }

case $shell in
  bash) bash -n "$share/bash-completion/completions/lxcx" || exit 1 ;;
  zsh) zsh -n "$share/zsh/site-functions/_lxcx" || exit 1 ;;
  fish) fish -n "$share/fish/vendor_completions.d/lxcx.fish" || exit 1 ;;
esac

expect "lxcx sto" stop
expect "lxcx -P /srv fre" freeze
expect "lxcx start w" web worker
expect "lxcx -P /srv start " elsewhere
expect "lxcx start --fore" --foreground
expect "lxcx create -t " none busybox local
expect "lxcx create -B over" overlay
expect "lxcx wait -s STA" STARTING
expect "lxcx plugin dis" disable
expect "lxcx plugin disable net" network
expect "lxcx plugin info v" veth
expect "lxcx help unf" unfreeze
if [ "$shell" = bash ]; then
  expect "lxcx ls --format=j" json
  expect "lxcx info -n d" db
fi
[ "$failures" -eq 0 ]
