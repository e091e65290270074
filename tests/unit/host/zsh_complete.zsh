# SPDX-License-Identifier: Apache-2.0
# zsh_complete.zsh FUNCTIONS_DIRECTORY LINE: prints what zsh would offer, one word on a line.
zmodload zsh/zpty || exit 1
zpty shell zsh -f -i
zpty -w shell "PS1= RPS1=; stty -echo; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
# Every match passes compadd; -O collects those that fit what has been typed.
zpty -w shell 'compadd() {
  local -a shown
  if [[ " $* " == *" -O "* || " $* " == *" -A "* || " $* " == *" -D "* ]]; then builtin compadd "$@"; return; fi
  builtin compadd -O shown "$@"
  (( $#shown )) && print -rl -- "<match>"${^shown}"</match>"
  builtin compadd "$@"
}
finish() { print "<end>"; exit; }
zle -N finish; bindkey "^X" finish; bindkey "^I" complete-word; print "<ready>"'
zpty -r -m shell line "*<ready>*" 
zpty -w -n shell "$2"$'\t\x18'
local all= part
while zpty -r shell part; do all+=$part; [[ $part == *"<end>"* ]] && break; done
for part in ${(f)all}; do
  [[ $part == *"<match>"*"</match>"* ]] && print -r -- ${${part##*<match>}%%</match>*}
done
exit 0
