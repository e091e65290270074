#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each configuration that LXC and its templates bring along, under /usr/share/lxc/config, starts a container: as it is included by those that templates
# write, the ones for mapped ids on top of that of their distribution.
. "$(dirname "$0")/../support/harness.sh"
shipped=/usr/share/lxc/config
[ -e $shipped/common.conf ] || skip "needs $shipped, of Debian's lxc"

maps='lxc.idmap = u 0 100000 65536
lxc.idmap = g 0 100000 65536'
chmod 711 "$containers"
make_container lxcxt-plain
make_container lxcxt-mapped 'lxc.idmap = u 0 100000 65536' 'lxc.idmap = g 0 100000 65536'
root_of() { sed -n 's/^lxc.rootfs.path *= *//p' "$containers/$1/config"; }
for file in "$shipped"/*.conf; do
  name=$(basename "$file")
  # What a busybox inside needs, whatever the file says of init's terminals: nothing more.
  {
    container=lxcxt-plain
    case $name in
      *.userns.conf | userns.conf)
        common=${file/userns/common}
        [ ! -e "$common" ] || echo "lxc.include = $common"
        echo "$maps"
        container=lxcxt-mapped
        ;;
      nesting.conf) echo "lxc.include = $shipped/common.conf" ;;
    esac
    echo "lxc.include = $file"
    echo "lxc.rootfs.path = $(root_of $container)"
  } >"$scratch/$name"
  check "$name" lxcx start -n lxcxt-shipped -f "$scratch/$name"
  check "  it runs" inside lxcxt-shipped true
  lxcx stop -k lxcxt-shipped
done
