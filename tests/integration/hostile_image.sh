#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whoever wrote the image chose every path in it. A link that leads out of the root never makes lxcx touch what it names on the host.
. "$(dirname "$0")/../support/harness.sh"

make_container lxcxt-h
root=$containers/lxcxt-h/rootfs
target=$scratch/target
mkdir -p "$target/pts"
echo untouched >"$target/file"
# As an absolute path that exists on the host, and as one that climbs.
declare -A links=([absolute]=$target [climbing]=../../../../../../../../../..$target)
seen_on_host() { find "$target" -printf '%P %y %m %u %s\n' | sort; }
host_before=$(seen_on_host)
config_before=$(cat "$containers/lxcxt-h/config")

# refused_with PROMISE PATH-IN-THE-IMAGE: a start with that path a link to the host's directory is refused, and the host's directory is as it was.
refused_with() {
  local promise=$1 place=$root/$2 kind
  for kind in "${!links[@]}"; do
    [ ! -e "$place" ] || mv "$place" "$place.was"
    ln -s "${links[$kind]}" "$place"
    output=$(lxcx start lxcxt-h 2>&1)
    status=$?
    check "$promise ($kind): the start is refused" test $status != 0
    check_match "with a reason that names it" "/$2" "$output"
    check_equal "and the host is as it was" "$host_before" "$(seen_on_host)"
    lxcx -q stop -k lxcxt-h
    rm "$place"
    [ ! -e "$place.was" ] || mv "$place.was" "$place"
  done
}
refused_with "/dev is a link" dev
refused_with "/proc is a link" proc
refused_with "/sys is a link" sys

# A link in the way of a mount entry is followed inside the root, where it leads to nothing of the host's.
echo "lxc.mount.entry = tmpfs mnt/below tmpfs create=dir 0 0" >>"$containers/lxcxt-h/config"
for kind in "${!links[@]}"; do
  rm -rf "$root/mnt"
  ln -s "${links[$kind]}" "$root/mnt"
  lxcx -q start lxcxt-h
  check_equal "a mount entry below a link ($kind) makes nothing on the host" "$host_before" "$(seen_on_host)"
  check_no_match "and mounts nothing there" "$target" "$(cut -d' ' -f5 /proc/self/mountinfo)"
  lxcx -q stop -k lxcxt-h
done
rm "$root/mnt"
printf '%s\n' "$config_before" >"$containers/lxcxt-h/config"

# A node of the image's own in /dev is never seen: /dev is a fresh tmpfs.
mkdir -p "$root/dev"
rm -f "$root/dev/null" && mknod "$root/dev/null" b 7 200
mknod "$root/dev/sda" b 7 201
check "an image with devices of its own starts" lxcx start lxcxt-h
check_equal "its /dev/null is the real one" "1:3 character special file" "$(inside lxcxt-h stat -c '%t:%T %F' /dev/null)"
check_exit "and its other devices are not there" 1 inside lxcxt-h test -e /dev/sda
check_match "the terminals are the container's" '^[0-9]+ pts|console' "$(inside lxcxt-h ls /dev)"
lxcx stop -k lxcxt-h
