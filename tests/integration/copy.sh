#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lxcx copy: a container like another under its own name, and snapshots, which protect what they stand on.
. "$(dirname "$0")/../support/harness.sh"

make_container lxcxt-one 'lxc.net.0.type = empty' 'lxc.net.1.type = veth' 'lxc.net.1.hwaddr = 00:16:3e:aa:bb:cc'
one=$containers/lxcxt-one two=$containers/lxcxt-two
sed -i 's/^lxc\.net\.1\.type.*/lxc.net.1.type = empty/' "$one/config"
grep -q '^lxc.uts.name' "$one/config" || echo 'lxc.uts.name = lxcxt-one' >>"$one/config"
mkdir "$one/data" "$one/hooks"
echo shared >"$one/data/file"
echo lxcxt-one >"$one/rootfs/etc/hostname"
cat >"$one/hooks/clone" <<'EOF'
#!/bin/sh
mount -t tmpfs none "$LXC_ROOTFS_MOUNT/mnt" && echo gone >"$LXC_ROOTFS_MOUNT/mnt/file"
{ echo "$*"; env | grep ^LXC_ | sort; [ ! -f "$LXC_ROOTFS_MOUNT/etc/hostname" ] || cat "$LXC_ROOTFS_MOUNT/etc/hostname"; } >"$LXC_ROOTFS_MOUNT/cloned"
EOF
chmod 750 "$one/hooks/clone"
printf '%s\n' "# of $one" "$one/data srv none bind,create=dir 0 0" "$one/hooks/clone opt/hook none bind,create=file 0 0" >"$one/fstab"
printf '%s\n' "# below $one" "lxc.mount.fstab = $one/fstab" "lxc.hook.clone = $one/hooks/clone" "lxc.log.file = $one/log" >>"$one/config"
: >"$one/log"
whole() { find "$one" -printf '%P %y %m %U %G %s %l\n' | sort; cat "$one/config"; }
untouched() { check_equal "$1" "" "$(diff <(printf '%s\n' "$before") <(whole))"; }

check "start" lxcx start lxcxt-one
check_exit "what runs is not copied" 4 lxcx copy lxcxt-one lxcxt-two
lxcx stop -k lxcxt-one
before=$(whole)
check_exit "nor what does not exist" 3 lxcx copy lxcxt-none lxcxt-two
check_exit "to the same name" 2 lxcx copy lxcxt-one lxcxt-one
check_exit "to what is no name" 2 lxcx copy lxcxt-one ../two
check_exit "to no name at all" 2 lxcx copy lxcxt-one
check_exit "with two names" 2 lxcx copy -N lxcxt-two lxcxt-one lxcxt-three
check_exit "on a storage that is not there" 3 lxcx copy -B lxcxt lxcxt-one lxcxt-two
check_exit "on another kind" 6 lxcx copy -B overlay lxcxt-one lxcxt-two
check_exit "a snapshot by what makes none" 6 lxcx copy -s -B dir lxcxt-one lxcxt-two
mkdir "$two"
echo mine >"$two/file"
check_exit "to a directory that holds something" 4 lxcx copy lxcxt-one lxcxt-two
check_equal "which stays" mine "$(cat "$two/file")"
rm -r "$two"
untouched "all that has changed nothing"
check_equal "and made nothing" lxcxt-one "$(ls "$containers")"

check_exit "copy" 0 lxcx copy lxcxt-one lxcxt-two -- first 'second one'
check_match "it says what is shared" "'$one/data' is not copied" "$output"
untouched "the container is what it was"
check_equal "only paths, name and hardware address differ" \
  "$(sed -E -e "/^#/!s#$one/(fstab|hooks|log)#$two/\1#g" -e 's/^(lxc.uts.name = ).*/\1lxcxt-two/' -e 's/^(lxc.rootfs.path = ).*/\1/' -e 's/bb:cc$//' "$one/config" | sed 's/00:16:3e:aa:/00:16:3e:/')" \
  "$(sed -E -e 's/^(lxc.rootfs.path = ).*/\1/' -e 's/(hwaddr = 00:16:3e:).*/\1/' "$two/config")"
check_match "the root file system is its own" "^lxc.rootfs.path = dir:$two/rootfs$" "$(cat "$two/config")"
check_no_match "the address is another" 'aa:bb:cc' "$(cat "$two/config")"
check_equal "its fstab names its own files, and the directory of both" "# of $one;$one/data srv none bind,create=dir 0 0;$two/hooks/clone opt/hook none bind,create=file 0 0" "$(paste -sd ';' "$two/fstab")"
check_equal "files keep their modes" "750" "$(stat -c %a "$two/hooks/clone")"
check_exit "logs are not copied" 1 test -e "$two/log"
check_exit "nor is anything left of the making" 1 test -e "$two/partial"
check_equal "the same files in the root" "$(cd "$one/rootfs" && find . -printf '%p %y %m %U %G %l\n' | sort)" \
  "$(cd "$two/rootfs" && find . ! -name cloned -printf '%p %y %m %U %G %l\n' | sort)"
check_equal "with its name" lxcxt-two "$(cat "$two/rootfs/etc/hostname")"
cloned=$two/rootfs/cloned
check_equal "the clone hook: its arguments" "lxcxt-two lxc clone first second one" "$(head -1 "$cloned")"
for line in LXC_SRC_NAME=lxcxt-one LXC_NAME=lxcxt-two "LXC_CONFIG_FILE=$two/config" "LXC_ROOTFS_PATH=$two/rootfs"; do
  check_match "its environment: $line" "^$line$" "$(cat "$cloned")"
done
check_equal "it ran before the new name was written" lxcxt-one "$(tail -1 "$cloned")"
check_exit "what it mounted is gone" 1 test -e "$two/rootfs/mnt/file"
check "it starts" lxcx start lxcxt-two
check_equal "as another" "lxcxt-two shared" "$(inside lxcxt-two sh -c 'echo $(hostname) $(cat /srv/file)')"
check "beside the first" lxcx start lxcxt-one
lxcx stop -k lxcxt-one
lxcx stop -k lxcxt-two
check_exit "a name that is taken" 4 lxcx copy lxcxt-one lxcxt-two
check "destroy the copy" lxcx destroy lxcxt-two
echo 'lxc.rootfs.managed = 0' >>"$one/config"
lxcx copy -q lxcxt-one lxcxt-two
lxcx destroy lxcxt-two
check_exit "the copy of what is not lxcx' own is lxcx' own" 1 test -e "$two"
sed -i '$d' "$one/config"
check_equal "the other one is whole" shared "$(cat "$one/data/file")"

check "with name and address kept" lxcx copy -q -K -M lxcxt-one lxcxt-two
check_equal "they are" "lxcxt-one 00:16:3e:aa:bb:cc lxcxt-one" \
  "$(lxcx config get lxcxt-two lxc.uts.name) $(lxcx config get lxcxt-two lxc.net.1.hwaddr) $(cat "$two/rootfs/etc/hostname")"
lxcx destroy lxcxt-two
check "into another directory" lxcx copy -q -p "$scratch/elsewhere" lxcxt-one lxcxt-one
check_match "with its paths" "dir:$scratch/elsewhere/lxcxt-one/rootfs" "$(cat "$scratch/elsewhere/lxcxt-one/config")"
check "it starts there" "$lxcx_program" -P "$scratch/elsewhere" start lxcxt-one
"$lxcx_program" -P "$scratch/elsewhere" stop -k lxcxt-one
"$lxcx_program" -P "$scratch/elsewhere" destroy lxcxt-one

# What the image may have put in the way of the name.
ln -sf "$scratch/precious" "$one/rootfs/etc/hostname"
echo precious >"$scratch/precious"
check "a name that is a link out of the root" lxcx copy -q lxcxt-one lxcxt-two
check_equal "leads nowhere" precious "$(cat "$scratch/precious")"
lxcx destroy lxcxt-two
rm "$one/rootfs/etc/hostname"
mkfifo "$one/rootfs/etc/hostname"
check_exit "a name that is a FIFO" 0 lxcx copy lxcxt-one lxcxt-two
check_match "is warned of" 'keeps the old name' "$output"
lxcx destroy lxcxt-two
rm "$one/rootfs/etc/hostname"

sed -i 's/^mount.*/exit 3/' "$one/hooks/clone"
check_exit "a clone hook that fails" 13 lxcx copy lxcxt-one lxcxt-two
check_match "is named" "hooks/clone.*exited with status 3" "$output"
check_exit "and leaves nothing" 1 test -e "$two"
sed -i '/^exit/d' "$one/hooks/clone"

# Cut short, as by kill -9: the directory stands there with `partial`.
printf 'sleep 60\n' >>"$one/hooks/clone"
lxcx copy -q lxcxt-one lxcxt-two 2>/dev/null &
copying=$!
check "while it is copied" eventually 10 test -e "$two/rootfs/cloned"
check_exit "it cannot be started" 4 lxcx start lxcxt-two
check_exit "nor copied again" 4 lxcx copy lxcxt-one lxcxt-two
kill -9 "$(pgrep -P $copying -f 'lxcx.*copy' | head -1 || echo $copying)" 2>/dev/null
kill -9 $copying 2>/dev/null
wait $copying 2>/dev/null
sed -i '/^sleep/d' "$one/hooks/clone"
check "cut short, the next one clears the way" eventually 10 lxcx copy -q lxcxt-one lxcxt-two
check "and it starts" lxcx start lxcxt-two
lxcx stop -k lxcxt-two
lxcx destroy lxcxt-two

if grep -q overlay /proc/filesystems; then
  echo base >"$one/rootfs/etc/base"
  check "a snapshot" lxcx copy -q -s lxcxt-one lxcxt-two
  check_match "stands on the container" "^lxc.rootfs.path = overlay:$one/rootfs:$two/overlay/delta$" "$(cat "$two/config")"
  check_equal "LXC's files say so" "$containers lxcxt-two $containers lxcxt-one" "$(paste -sd ' ' "$one/lxc_snapshots" "$two/lxc_rdepends" | paste -sd ' ')"
  check "it starts" lxcx start lxcxt-two
  check_equal "with the container's files" base "$(inside lxcxt-two cat /etc/base)"
  inside lxcxt-two sh -c 'echo changed >/etc/base'
  check_equal "its changes are its own" base "$(cat "$one/rootfs/etc/base")"
  lxcx stop -k lxcxt-two
  check_match "who starts the container is warned" 'other containers are snapshots' "$(lxcx start lxcxt-one 2>&1; lxcx stop -k lxcxt-one)"
  check_exit "the container is protected from destroy" 4 lxcx destroy lxcxt-one
  check_exit "and from rename" 4 lxcx rename lxcxt-one lxcxt-first
  check "a snapshot of the snapshot" lxcx copy -q -s lxcxt-two lxcxt-three
  check "starts" lxcx start lxcxt-three
  check_equal "with the changes" changed "$(inside lxcxt-three cat /etc/base)"
  lxcx stop -k lxcxt-three
  check "a copy of the snapshot" lxcx copy -q lxcxt-two lxcxt-four
  check_exit "the snapshot itself is protected" 4 lxcx destroy lxcxt-two
  check "rename the upper one" lxcx rename lxcxt-three lxcxt-third
  check_exit "and it protects under its new name" 4 lxcx destroy lxcxt-two
  check "destroy from above" lxcx destroy lxcxt-third
  check "down" lxcx destroy lxcxt-two
  check_exit "the copy stands on the container too" 4 lxcx destroy lxcxt-one
  check "it starts without what it was copied of" lxcx start lxcxt-four
  check_equal "and has its changes" changed "$(inside lxcxt-four cat /etc/base)"
  lxcx stop -k lxcxt-four
  mv "$containers/lxcxt-four" "$scratch/lxcxt-four"
  check_exit "a snapshot that is not there any more protects nothing" 0 lxcx rename lxcxt-one lxcxt-first
  lxcx rename lxcxt-first lxcxt-one
  mv "$scratch/lxcxt-four" "$containers/lxcxt-four"
  lxcx destroy lxcxt-four
  # It may be on a disk that is not mounted.
  check "a snapshot elsewhere" lxcx copy -q -s -p "$scratch/disk" lxcxt-one lxcxt-five
  mv "$scratch/disk" "$scratch/unmounted"
  check_exit "that is not there protects all the same" 4 lxcx destroy lxcxt-one
  check_match "and the error says what to do" 'take both lines out' "$output"
  mv "$scratch/unmounted" "$scratch/disk"
  "$lxcx_program" -P "$scratch/disk" destroy lxcxt-five
  # Who asks before the lock is free asks again.
  lock=$(ls -d /run/lxcx/*/.lxcxt-one.lock)
  mkdir "$containers/lxcxt-six"
  printf '%s\n' "$containers" lxcxt-one >"$containers/lxcxt-six/lxc_rdepends"
  flock "$lock" sh -c "sleep 1; printf '%s\n' '$containers' lxcxt-six >'$one/lxc_snapshots'" &
  sleep 0.3
  check_exit "a clone that appears while destroy waits" 4 lxcx destroy lxcxt-one
  wait
  rm -r "$containers/lxcxt-six" "$one/lxc_snapshots"
  # What is ephemeral goes with its stop, unless others stand on it.
  check_exit "no snapshot of what is ephemeral" 6 eval "echo 'lxc.ephemeral = 1' >>'$one/config'; lxcx copy -s lxcxt-one lxcxt-two"
  sed -i '$d' "$one/config"
  lxcx copy -q -s lxcxt-one lxcxt-two
  echo 'lxc.ephemeral = 1' >>"$one/config"
  lxcx -q start lxcxt-one
  lxcx -q stop -k lxcxt-one
  check "what others stand on stays" test -x "$one/rootfs/bin/busybox"
  sed -i '$d' "$one/config"
  lxcx destroy lxcxt-two
  # Layers of its own that a copy cannot take along.
  check "an overlay" lxcx create -q -t busybox -B overlay -f none lxcxt-layers
  mkdir "$containers/lxcxt-layers/patch"
  echo patched >"$containers/lxcxt-layers/patch/patched"
  sed -i "s#overlay:#&$containers/lxcxt-layers/patch:#" "$containers/lxcxt-layers/config"
  check "with another layer of its own" lxcx copy -q lxcxt-layers lxcxt-seven
  check_exit "is protected by the copy" 4 lxcx destroy lxcxt-layers
  check "which starts" lxcx start lxcxt-seven
  check_equal "and has it" patched "$(inside lxcxt-seven cat /patched)"
  lxcx stop -k lxcxt-seven
  lxcx destroy lxcxt-seven
  lxcx destroy lxcxt-layers
  check_exit "of one that was destroyed nothing is noted" 1 test -e "$one/lxc_snapshots"
fi
ln -s "$lxcx_program" "$scratch/lxc-copy"
check "as lxc-copy" "$scratch/lxc-copy" -P "$containers" -n lxcxt-one -N lxcxt-two
check "lxc-copy -R" "$scratch/lxc-copy" -P "$containers" -n lxcxt-two -N lxcxt-three -R
check_equal "has renamed it" "lxcxt-one lxcxt-three" "$(lxcx ls -1 | paste -sd ' ')"
lxcx destroy lxcxt-three
check "destroy" lxcx destroy lxcxt-one
check_equal "nothing is left" "" "$(ls "$containers")"
