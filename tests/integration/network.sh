#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Network devices that carry traffic. Everything happens in a network namespace of this test's own.
if [ -z "${LXCXT_IN_NETNS:-}" ] && [ "$(id -u)" = 0 ]; then LXCXT_IN_NETNS=1 exec unshare --net bash "$0"; fi
. "$(dirname "$0")/../support/harness.sh"

ip link set lo up
ip link add lxcxt-br0 type bridge
ip addr add 10.77.0.1/24 dev lxcxt-br0
ip addr add fd77::1/64 dev lxcxt-br0 nodad
ip link set lxcxt-br0 up
world_before=$(world)
ping_from_host() { busybox ping -c 1 -W 2 "$1"; }

make_container lxcxt-v 'lxc.net.0.type = veth' 'lxc.net.0.link = lxcxt-br0' 'lxc.net.0.flags = up' 'lxc.net.0.name = eth7' 'lxc.net.0.veth.pair = lxcxtv0' \
  'lxc.net.0.hwaddr = 00:16:3e:11:22:33' 'lxc.net.0.mtu = 1400' 'lxc.net.0.ipv4.address = 10.77.0.2/24' 'lxc.net.0.ipv4.gateway = 10.77.0.1' \
  'lxc.net.0.ipv6.address = fd77::2/64' 'lxc.net.0.ipv6.gateway = fd77::1'
check "a veth on a bridge" lxcx start lxcxt-v
check "it is called as told, outside" ip link show lxcxtv0
check_match "and inside" 'eth7' "$(inside lxcxt-v ip -o link)"
check_match "with the hardware address" '00:16:3e:11:22:33' "$(inside lxcxt-v ip link show eth7)"
check_match "and the MTU" 'mtu 1400' "$(inside lxcxt-v ip link show eth7)"
check "IPv4 from inside" inside lxcxt-v ping -c 1 -W 2 10.77.0.1
check "IPv4 from outside" ping_from_host 10.77.0.2
check "IPv6 from inside" eventually 5 inside lxcxt-v ping -c 1 -W 2 fd77::1
check "IPv6 from outside" eventually 5 ping_from_host fd77::2
check_match "the default route" 'default via 10\.77\.0\.1' "$(inside lxcxt-v ip route)"
check_equal "info -i -H prints the addresses" "10.77.0.2 fd77::2" "$(lxcx info -i -H lxcxt-v | xargs)"
check_match "ls --fancy shows them" '10\.77\.0\.2' "$(lxcx ls --fancy)"
check_match "info shows the host's end" 'Link: +lxcxtv0' "$(lxcx info lxcxt-v)"

make_container lxcxt-w 'lxc.net.0.type = veth' 'lxc.net.0.link = lxcxt-br0' 'lxc.net.0.flags = up' 'lxc.net.0.ipv4.address = 10.77.0.3/24'
check "a second container on the bridge" lxcx start lxcxt-w
check "reaches the first" inside lxcxt-w ping -c 1 -W 2 10.77.0.2
check "the first goes" lxcx stop -k lxcxt-v
check "its device goes with it" eventually 5 eval "! ip link show lxcxtv0"
check "the second stays connected" inside lxcxt-w ping -c 1 -W 2 10.77.0.1
host_end=$(lxcx info lxcxt-w | awk '$1 == "Link:" { print $2 }')
# /sys is still that of the namespace this test came from.
check_match "info counts a device's bytes in the namespace it is called in" '"name":"'"$host_end"'","tx_bytes":[1-9][0-9]*,"rx_bytes":[1-9]' "$(lxcx info --format json lxcxt-w)"
check "start under the same name at once" lxcx start lxcxt-v
check "stop" lxcx stop -k lxcxt-v
check "the other's device is taken away" ip link del "$host_end"
check_match "what cannot be counted is null, not 0" '"name":"'"$host_end"'","tx_bytes":null,"rx_bytes":null' "$(lxcx info --format json lxcxt-w)"
check "stop" lxcx stop -k lxcxt-w

make_container lxcxt-m 'lxc.net.0.type = macvlan' 'lxc.net.0.macvlan.mode = bridge' 'lxc.net.0.link = lxcxt-br0' 'lxc.net.0.flags = up' 'lxc.net.0.ipv4.address = 10.77.0.4/24'
check "a macvlan" lxcx start lxcxt-m
check_match "has its address" '10\.77\.0\.4' "$(inside lxcxt-m ip addr)"
lxcx stop -k lxcxt-m

make_container lxcxt-e 'lxc.net.0.type = empty' 'lxc.net.0.flags = up'
check "an empty network" lxcx start lxcxt-e
check_equal "has loopback alone" "lo" "$(inside lxcxt-e ls /sys/class/net | xargs)"
check "which is up" inside lxcxt-e ping -c 1 127.0.0.1
lxcx stop -k lxcxt-e

make_container lxcxt-n 'lxc.net.0.type = none'
check "no network namespace" lxcx start lxcxt-n
check_equal "shares this one" "$(readlink /proc/self/ns/net)" "$(readlink "/proc/$(init_of lxcxt-n)/ns/net")"
lxcx stop -k lxcxt-n

make_container lxcxt-i
check "without any lxc.net there is a namespace" lxcx start lxcxt-i
check "of its own" test "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$(init_of lxcxt-i)/ns/net")"
lxcx stop -k lxcxt-i

make_container lxcxt-b 'lxc.net.0.type = veth' 'lxc.net.0.link = lxcxt-br0' 'lxc.net.0.flags = up' 'lxc.net.0.veth.pair = lxcxtb0' 'lxc.net.0.ipv4.address = 10.77.0.5/24' \
  'lxc.net.0.script.up = /bin/false'
check_exit "an up script that fails stops the start" 13 lxcx start lxcxt-b
check "and takes the device away" eventually 5 eval "! ip link show lxcxtb0"
sed -i '/script.up/d' "$containers/lxcxt-b/config"
check "--net replaces the type for one run" lxcx --net empty start lxcxt-b
check_equal "and only loopback is there" "lo" "$(inside lxcxt-b ls /sys/class/net | xargs)"
lxcx stop -k lxcxt-b
