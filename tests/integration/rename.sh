#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lxcx rename: the container is the same under another name, and a renaming that was cut short is finished.
. "$(dirname "$0")/../support/harness.sh"

make_container lxcxt-old
old=$containers/lxcxt-old new=$containers/lxcxt-new
mkdir "$old/data"
echo kept >"$old/data/file"
printf '#!/bin/sh\ntest -e "$(dirname "$0")/file"\n' >"$old/data/hook"
chmod 755 "$old/data/hook"
printf '%s\n' "# of $old" "$old/data srv none bind,create=dir 0 0" >"$old/fstab"
sed -i 's/^lxc\.uts\.name.*/lxc.uts.name = lxcxt-old   /' "$old/config"
grep -q '^lxc.uts.name' "$old/config" || echo 'lxc.uts.name = lxcxt-old' >>"$old/config"
printf '%s\n' "# below $old" "lxc.mount.fstab = $old/fstab" "lxc.hook.pre-start = $old/data/hook" >>"$old/config"
wanted=$(sed -e "/^#/!s#$old#$new#g; s/^lxc\.uts\.name = lxcxt-old/lxc.uts.name = lxcxt-new/" "$old/config")

check "start" lxcx start lxcxt-old
check_exit "what runs is not renamed" 4 lxcx rename lxcxt-old lxcxt-new
lxcx stop -k lxcxt-old
check_exit "nor what does not exist" 3 lxcx rename lxcxt-none lxcxt-new
check_exit "to the same name" 2 lxcx rename lxcxt-old lxcxt-old
check_exit "to what is no name" 2 lxcx rename lxcxt-old ../lxcxt-new
mkdir "$new"
check_exit "to a name that is taken" 4 lxcx rename lxcxt-old lxcxt-new
rmdir "$new"
echo 1 >"$old/lxc_snapshots"
check_exit "one that has clones" 4 lxcx rename lxcxt-old lxcxt-new
rm "$old/lxc_snapshots"
mkdir -p "$old/snaps/snap0"
check_exit "one that has snapshots" 4 lxcx rename lxcxt-old lxcxt-new
rm -r "$old/snaps"
echo 'lxc.uts.nam = x' >>"$old/config"
check_exit "one whose configuration has errors" 10 lxcx rename lxcxt-old lxcxt-new
sed -i '$d' "$old/config"
sed "s#^lxc.rootfs.path#lxc.include = $old/root.conf\n&#" "$old/config" | grep -v '^lxc.rootfs.path' >"$scratch/including"
grep '^lxc.rootfs.path' "$old/config" >"$scratch/root.conf"
cp "$old/config" "$scratch/kept"
cp "$scratch/root.conf" "$old/root.conf"
cp "$scratch/including" "$old/config"
check_exit "one whose root an included file sets" 10 lxcx rename lxcxt-old lxcxt-new
check_match "with the place" 'root.conf:1' "$output"
cp "$scratch/kept" "$old/config"
rm "$old/root.conf"
check_equal "all that has changed nothing" "$(cat "$scratch/kept")" "$(cat "$old/config")"
check_exit "and left nothing" 1 test -e "$old/renamed-from"

check "rename" lxcx rename lxcxt-old lxcxt-new
check_equal "the configuration is the same but for the name and the paths" "$wanted" "$(cat "$new/config")"
check_equal "the fstab too" "# of $old;$new/data srv none bind,create=dir 0 0" "$(paste -sd ';' "$new/fstab")"
check_equal "ls has the new name alone" lxcxt-new "$(lxcx ls -1)"
check "it starts" lxcx start lxcxt-new
check_equal "with its data and its name" "kept lxcxt-new" "$(inside lxcxt-new sh -c 'echo $(cat /srv/file) $(hostname)')"
lxcx stop -k lxcxt-new

# As a renaming leaves it that was killed: before the directory got its name, and after.
echo -n lxcxt-new >"$new/renamed-from"
check "cut short before the rename: it starts under the old name" lxcx start lxcxt-new
check_exit "and the mark is gone" 1 test -e "$new/renamed-from"
lxcx stop -k lxcxt-new
cut_short() {
  echo -n lxcxt-new >"$new/renamed-from"
  mv "$new" "$old"
}
cut_short
check "cut short after it: the next start finishes" lxcx start lxcxt-old
check_equal "name and paths" "kept lxcxt-old" "$(inside lxcxt-old sh -c 'echo $(cat /srv/file) $(hostname)')"
check_exit "the mark is gone" 1 test -e "$old/renamed-from"
lxcx stop -k lxcxt-old
lxcx rename lxcxt-old lxcxt-new
cut_short
check "the same command finishes" lxcx rename lxcxt-new lxcxt-old
check_no_match "all paths" "$new" "$(grep -v '^#' "$old/config")"
lxcx rename lxcxt-old lxcxt-new
cut_short
check "another rename finishes first" lxcx rename lxcxt-old lxcxt-third
check_equal "the name is the last one" lxcxt-third "$(lxcx ls -1)"
check "it starts" lxcx start lxcxt-third
lxcx stop -k lxcxt-third
mv "$containers/lxcxt-third" "$old"
echo -n lxcxt-third >"$old/renamed-from"
check "destroy finishes, and destroys" lxcx destroy lxcxt-old
check_equal "all of it" "" "$(ls "$containers")"
