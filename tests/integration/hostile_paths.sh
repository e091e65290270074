#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each path of an image that lxcx mounts on, executes or reads, made into each thing that it should not be; and somebody who swaps them during starts.
# Whatever becomes of the start, it ends, the host is as it was, and nothing is mounted outside of the container.
. "$(dirname "$0")/../support/harness.sh"
needs_program python3

make_container lxcxt-p 'lxc.mount.entry = tmpfs mnt/directory tmpfs create=dir 0 0' 'lxc.mount.entry = /dev/null mnt/file none bind,create=file 0 0' \
  'lxc.mount.auto = proc:mixed sys:ro cgroup:mixed'
root=$containers/lxcxt-p/rootfs
target=$scratch/target
mkdir -p "$target/directory" "$root/mnt/directory"
for name in file init passwd; do echo untouched >"$target/$name"; done
chmod 755 "$target/init"
touch "$root/mnt/file"
seen_on_host() { find "$target" -type f -exec cat {} +; find "$target" -printf '%P %y %m %u %s\n' | sort; }
host_before=$(seen_on_host)

# make KIND PLACE: such a thing at a path of the image.
make() {
  local up
  case $1 in
    absolute) ln -s "$target" "$2" ;;
    relative)
      up=$(dirname "${2#"$containers/"}" | sed 's#[^/][^/]*#..#g')
      ln -s "$up/../target" "$2"
      ;;
    climbing) ln -s "../../../../../../../../../..$target" "$2" ;;
    magic) ln -s "/proc/self/root$target" "$2" ;;
    magic-parent) ln -s "/proc/1/root$target" "$2" ;;
    fifo) mkfifo "$2" ;;
    hard-link) ln "$target/file" "$2" ;;
    device) mknod "$2" b 7 200 ;;
    file) echo an image >"$2" ;;
    directory) mkdir "$2" ;;
    loop) ln -s "$(basename "$2")" "$2" ;;
  esac
}
wrong=''
for place in dev proc sys mnt mnt/directory mnt/file sbin sbin/init etc/passwd; do
  for kind in absolute relative climbing magic magic-parent fifo hard-link device file directory loop; do
    mv "$root/$place" "$scratch/was"
    make $kind "$root/$place"
    output=$(timeout 20 "$lxcx_program" -P "$containers" start lxcxt-p 2>&1 </dev/null)
    status=$?
    [ $status != 124 ] || wrong+="$place as $kind: the start does not end"$'\n'
    [ $status = 0 ] || [ ${#output} -gt 20 ] || wrong+="$place as $kind: status $status, and no reason: $output"$'\n'
    if [ $status = 0 ]; then
      # Without a command, the login shell is looked for in the container's /etc/passwd.
      timeout 20 "$lxcx_program" -P "$containers" attach lxcxt-p </dev/null >/dev/null 2>&1
      [ $? != 124 ] || wrong+="$place as $kind: attach does not end"$'\n'
      lxcx -q stop -k lxcxt-p || wrong+="$place as $kind: it cannot be stopped"$'\n'
    fi
    [ "$(seen_on_host)" = "$host_before" ] || wrong+="$place as $kind: the host was changed"$'\n'
    ! grep -q "$target" /proc/self/mountinfo || wrong+="$place as $kind: something was mounted on the host"$'\n'
    rm -rf "${root:?}/$place"
    mv "$scratch/was" "$root/$place"
  done
done
check_equal "whatever stands at a path of the image, the start ends and the host is untouched" "" "$wrong"
check "as it was, it starts" lxcx start lxcxt-p
lxcx stop -k lxcxt-p

# renameat2(2), RENAME_EXCHANGE: no look at a path says what the next one finds there.
cat >"$scratch/race.py" <<'P'
import ctypes, os, sys
renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
root, target, pairs = os.open(sys.argv[1], os.O_RDONLY), sys.argv[2], []
for place in sys.argv[3:]:
    os.symlink(target, place + ".link", dir_fd=root)
    pairs.append((place.encode(), (place + ".link").encode()))
print("racing", flush=True)
while True:
    for first, second in pairs:
        renameat2(root, first, root, second, 2)
P
check_race() { # check_race PROMISE PLACE…
  local promise=$1 before good=0 bad=0
  shift
  python3 "$scratch/race.py" "$root" "$target" "$@" >"$scratch/racing" &
  local racer=$!
  eventually 10 grep -q racing "$scratch/racing"
  wrong=''
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
    timeout 20 "$lxcx_program" -P "$containers" start lxcxt-p >/dev/null 2>&1 </dev/null && good=$((good + 1)) || bad=$((bad + 1))
    lxcx -q stop -k lxcxt-p 2>/dev/null
    [ "$(seen_on_host)" = "$host_before" ] || wrong+="the host was changed"$'\n'
    ! grep -q "$target" /proc/self/mountinfo || wrong+="something was mounted on the host"$'\n'
  done
  kill $racer
  wait $racer 2>/dev/null
  for place in "$@"; do
    if [ -L "$root/$place" ]; then rm "$root/$place" && mv "$root/$place.link" "$root/$place"; else rm -f "$root/$place.link"; fi
  done
  check_equal "$promise ($good started, $bad were refused)" "" "$wrong"
}
check_race "who swaps /dev, /proc and /sys with links gets nothing on the host" dev proc sys
check_race "nor does who swaps the places of mount entries" mnt mnt/directory
check_race "nor who swaps init" sbin sbin/init
check "as it was, it starts" lxcx start lxcxt-p
lxcx stop -k lxcxt-p
