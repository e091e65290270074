# SPDX-License-Identifier: Apache-2.0
# Sourced after harness.sh, in a mount namespace of the test's own: an ordinary user with ids of his in /etc/subuid, who is in no file of the machine.
#   mine ARGUMENT…     lxcx as that user;  as_user COMMAND…   any program
#   ids LINE           what subuid and subgid say from now on
#   forget_user        takes the files away again
needs_program newuidmap
needs_program setpriv

user=4242
mkdir "$scratch/etc" "$scratch/home" "$scratch/run"
ids() { printf '%s\n' "$1" >"$scratch/etc/subuid"; printf '%s\n' "$1" >"$scratch/etc/subgid"; }
{ cat /etc/passwd; echo "lxcxt:x:$user:$user::$scratch/home:/bin/sh"; } >"$scratch/etc/passwd"
ids 'lxcxt:200000:65536'
for file in passwd subuid subgid; do
  [ -e "/etc/$file" ] || skip "there is no /etc/$file to stand in for"
  mount --bind "$scratch/etc/$file" "/etc/$file"
done
mkdir -p "$scratch/home/.config/lxc"
printf 'lxc.idmap = u 0 200000 65536\nlxc.idmap = g 0 200000 65536\n' >"$scratch/home/.config/lxc/default.conf"
chown -R $user:$user "$scratch/home" "$scratch/run"
chmod 700 "$scratch/home/.config" "$scratch/run"
chmod 711 "$scratch/home"
: >"$scratch/stdin"
as_user() { setpriv --reuid $user --regid $user --clear-groups env -i "HOME=$scratch/home" "XDG_RUNTIME_DIR=$scratch/run" "PATH=$PATH" "$@"; }
as_user test -x "$lxcx_program" || skip "an ordinary user cannot reach $lxcx_program"
mine() { as_user "$lxcx_program" "$@" <"$scratch/stdin"; }
forget_user() { umount /etc/passwd /etc/subuid /etc/subgid; }
