#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Who may say what root does: a container's directory is not its mapped root's, and what another user put there is not acted upon.
. "$(dirname "$0")/../support/harness.sh"
needs_program setpriv
needs_program python3

mapped=100000
as_mapped() { setpriv --reuid $mapped --regid $mapped --clear-groups "$@"; }
make_container lxcxt-o "lxc.idmap = u 0 $mapped 65536" "lxc.idmap = g 0 $mapped 65536" 'lxc.net.0.type = empty'
home=$containers/lxcxt-o
check_equal "the directory is root's, and the container's root may walk through it" "0:$mapped 710" "$(stat -c '%u:%g %a' "$home")"
check_exit "but not write to it" 1 as_mapped touch "$home/new"
check "it starts" lxcx start lxcxt-o
check_equal "with mapped ids" $mapped "$(awk '/^Uid:/ { print $2 }' "/proc/$(init_of lxcxt-o)/status")"
lxcx stop -k lxcxt-o

# As LXC leaves its directories: whoever is that user on the host may put other files there.
chown $mapped:$mapped "$home"
chmod 770 "$home"
mkdir "$scratch/victim"
echo precious >"$scratch/victim/file"
cp "$home/config" "$scratch/config"
check "it starts all the same" lxcx start lxcxt-o
lxcx stop -k lxcxt-o
as_mapped mv "$home/config" "$home/was"
{ cat "$scratch/config"; echo "lxc.hook.pre-start = /bin/sh -c 'id >$scratch/proof'"; } | as_mapped sh -c "cat >'$home/config'"
check_exit "a configuration of another's is not started" 5 lxcx start lxcxt-o
check_match "it says whose" "belongs to user $mapped" "$output"
check_exit "nor copied" 5 lxcx copy lxcxt-o lxcxt-p
check_exit "nor is anything destroyed by it" 5 lxcx destroy lxcxt-o
check_exit "none of it was done" 1 test -e "$scratch/proof"
# However fast the two change places.
cp "$home/config" "$home/evil"
chown $mapped "$home/evil"
cp "$scratch/config" "$home/config"
chown 0:0 "$home/config"
sed -i "s#lxc.hook.pre-start.*#lxc.hook.clone = /bin/sh -c 'id >$scratch/proof'#" "$home/evil"
timeout 6 python3 - "$home" <<'EOF' &
import ctypes, os, sys
libc = ctypes.CDLL(None)
fd = os.open(sys.argv[1], os.O_RDONLY)
while True:
    libc.renameat2(fd, b"config", fd, b"evil", 2)
EOF
flipping=$!
for ((i = 0; i < 15; i++)); do lxcx -q copy lxcxt-o lxcxt-p >/dev/null 2>&1 && lxcx -q destroy lxcxt-p; done
kill $flipping
wait $flipping 2>/dev/null
check_exit "what was not checked is not copied" 1 test -e "$scratch/proof"
rm "$home/evil"
mkdir "$scratch/elsewhere"
mkdir "$scratch/elsewhere/victim"
printf '%s\n' "$scratch/elsewhere" victim >"$home/lxc_rdepends"
cp "$scratch/config" "$home/config"
lxcx -q copy lxcxt-o lxcxt-p && lxcx -q destroy lxcxt-p
check_equal "nothing is noted where no container is" "" "$(ls "$scratch/elsewhere/victim")"
chown $mapped "$home/lxc_rdepends"
check_exit "what it stands on is not another's to say" 5 lxcx copy lxcxt-o lxcxt-p
rm "$home/lxc_rdepends"
chmod 646 "$home/config"
check_exit "nor one that everybody can write" 5 lxcx start lxcxt-o
rm "$home/config"
sed "s#^lxc.rootfs.path.*#lxc.rootfs.path = dir:$scratch/victim#" "$scratch/config" >"$home/config"
printf 'storage\trootfs\tmade %s\n' "$scratch/victim" >"$scratch/records"
chown $mapped "$scratch/records"
mv "$scratch/records" "$home/storage-records"
check_exit "records of another's remove nothing" 5 lxcx destroy lxcxt-o
check_match "it says whose" "belongs to user $mapped" "$output"
check_equal "what they name is there" precious "$(cat "$scratch/victim/file")"
rm "$home/storage-records"
printf 'create\tstorage\tdir\ncreate\tsource\t%s\nstorage\trootfs\tmade %s\n' "$scratch/victim" "$scratch/victim" >"$home/partial"
chown $mapped "$home/partial"
check_exit "nor does what says that a creation was cut short" 5 lxcx destroy lxcxt-o
check_equal "what it names is there" precious "$(cat "$scratch/victim/file")"
rm "$home/partial"
: >"$home/renamed-from"
check_exit "a mark of a renaming that says nothing" 10 lxcx start lxcxt-o
check_match "is named" "$home/renamed-from" "$output"
rm "$home/renamed-from"
cp "$scratch/config" "$home/config"
check "destroy" lxcx destroy lxcxt-o
