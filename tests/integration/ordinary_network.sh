#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An ordinary user's containers have network devices, as lxc-usernet allows, by lxcx-netd. All of it in network and mount namespaces of this test's own.
# Descriptor 9 is the network namespace of the machine.
if [ -z "${LXCXT_IN_NAMESPACES:-}" ] && [ "$(id -u)" = 0 ]; then LXCXT_IN_NAMESPACES=1 exec unshare --mount --net bash "$0" 9</proc/self/ns/net; fi
. "$(dirname "$0")/../support/harness.sh"
needs_program python3
netd_program=$LXCX_BUILD_DIR/libexec/lxcx/lxcx-netd
[ -x "$netd_program" ] || skip "this build has no lxcx-netd"
client=$(dirname "$0")/../support/netd_client
. "$(dirname "$0")/../support/ordinary_user.sh"

# Another user, and a group that the first one is in.
other=4343
printf '%s\n' "lxcxtother:x:$other:$other::/:/bin/sh" >>"$scratch/etc/passwd"
{ cat /etc/group; printf '%s\n' "lxcxt:x:$user:" "lxcxtstaff:x:4300:lxcxt"; } >"$scratch/etc/group"
mount --bind "$scratch/etc/group" /etc/group

home=$scratch/home/.local/share/lxc socket=$scratch/netd/net.sock usernet=$scratch/usernet
start_netd() { # start_netd [COMMAND…]: run by that
  "$@" "$netd_program" --listen "$socket" --usernet "$usernet" >/dev/null 2>>"$scratch/netd.log" &
  netd=$!
  check "the service listens" eventually 5 test -S "$socket"
}
say() { "$client" "$socket" "$@"; } # say UID VERB ARGUMENT…
allow() { printf '%s\n' "$@" >"$usernet"; }
devices() { ip -o link show type veth | grep -o "veth${user}_[A-Za-z0-9]*" | sort -u; }
count_devices() { devices | wc -l; }
no_device() { [ "$(count_devices)" = 0 ]; }
in_state() { awk -F'\t' -v key="$2" '$1 == key { split($2, part, " "); print part[1] }' "$scratch"/run/lxcx/*/"$1"/state; }
with() { # with NAME ADDRESS [LINE…]: such a container
  local name=$1 address=$2
  shift 2
  mine -q create -t busybox "$name"
  printf '%s\n' 'lxc.net.0.type = veth' 'lxc.net.0.link = lxcxt-br0' 'lxc.net.0.flags = up' "lxc.net.0.ipv4.address = $address/24" \
    "lxc.net.0.veth.service = $socket" "$@" >>"$home/$name/config"
}
test_clean_up() {
  for name in $(mine -q ls -1 2>/dev/null); do mine -q destroy --force "$name"; done
  kill $netd $silent $outer $lent 2>/dev/null
  umount /etc/group
  forget_user
  ip link del lxcxt-br0
  ip link del lxcxt-br1
}
netd= silent= outer= lent=
mkdir "$scratch/netd"

ip link set lo up
for bridge in lxcxt-br0 lxcxt-br1; do
  ip link add $bridge type bridge
  ip link set $bridge up
done
ip link set lxcxt-br0 mtu 1450
ip addr add 10.78.0.1/24 dev lxcxt-br0
with lxcxt-mine 10.78.0.2 'lxc.net.0.name = eth7' 'lxc.net.0.hwaddr = 00:16:3e:11:22:44' 'lxc.net.0.mtu = 1400' 'lxc.net.0.ipv4.gateway = auto' \
  'lxc.net.0.veth.pair = lxcxtq0'
with lxcxt-two 10.78.0.3

check_exit "without the service there is no device" 5 mine start lxcxt-mine
check_match "the error says how to get it" 'systemctl enable --now lxcx-netd.socket' "$output"
check_match "and where to allow it" '/etc/lxc/lxc-usernet' "$output"
start_netd
check_exit "without a line nothing is allowed" 5 mine start lxcxt-mine
check_match "the error has the line" "$usernet: lxcxt veth lxcxt-br0 10" "$output"
allow '# for the test' 'lxcxtother veth lxcxt-br0 100' 'lxcxt veth lxcxt-br1' 'lxcxt veth lxcxt-br0 1'
check "a dry run asks" mine start --dry-run lxcxt-mine
check_equal "and makes nothing" 0 "$(count_devices)"
check "start" mine start lxcxt-mine
check "it reaches the bridge" mine attach lxcxt-mine -- ping -c 1 -W 2 10.78.0.1
check "and is reached" busybox ping -c 1 -W 2 10.78.0.2
shown=$(mine attach lxcxt-mine -- sh -c 'ip link show eth7; ip route')
check_match "the hardware address is as told" '00:16:3e:11:22:44' "$shown"
check_match "so is the MTU" 'mtu 1400' "$shown"
check_match "and the route" 'default via 10\.78\.0\.1' "$shown"
device=$(devices)
outside=$(ip link show "$device")
check_match "outside it is a port of the bridge, with the bridge's MTU" 'mtu 1450 .*master lxcxt-br0' "$outside"
check_match "and says whose it is" "alias lxcx-user:$user:lxcxt-br0:0:lxcxt-mine" "$outside"
check_no_match "a name for it has no effect" 'lxcxtq0' "$(ip link)"

check "a dry run of the one that runs has room" mine start --dry-run -s lxc.rootfs.options=ro lxcxt-mine
check_exit "the quota is reached" 5 mine start lxcxt-two
check_match "the error says so" 'quota reached: .lxcxt. has 1 network devices on the bridge .lxcxt-br0.' "$output"
check_match "and what root can do" "$usernet: lxcxt veth lxcxt-br0 2" "$output"
allow 'lxcxt veth lxcxt-br0 1' '@lxcxtstaff veth lxcxt-br0 1'
check "a line for a group adds one more" mine start lxcxt-two
check "the two reach each other" mine attach lxcxt-two -- ping -c 1 -W 2 10.78.0.2
mine stop -k lxcxt-two
allow '@lxcxt veth lxcxt-br0 1'
check_exit "the primary group's line counts too" 5 mine start lxcxt-two
check_match "as one" 'quota reached' "$output"

init=$(in_state lxcxt-mine init)
mine attach lxcxt-mine -- reboot
check "a reboot from inside" eventually 10 eval '[ -n "$(in_state lxcxt-mine init)" ] && [ "$(in_state lxcxt-mine init)" != "$init" ]'
check "has a device again" eventually 10 mine attach lxcxt-mine -- ping -c 1 -W 2 10.78.0.1
check "a restart at once" eval 'mine stop -k lxcxt-mine && mine start lxcxt-mine'
check "has one as well" mine attach lxcxt-mine -- ping -c 1 -W 2 10.78.0.1
check_exit "a device that cannot be named so is taken back" 10 mine start -s lxc.net.0.name=all lxcxt-two

# What is not this user's (CVE-2017-5985).
root_conf='lxc.net.0.type = empty'
make_container lxcxt-roots "$root_conf"
make_container lxcxt-mapped "$root_conf" 'lxc.idmap = u 0 300000 65536' 'lxc.idmap = g 0 300000 65536'
lxcx -q start lxcxt-roots
lxcx -q start lxcxt-mapped
before=$(ip -o link | wc -l)
allow 'lxcxt veth lxcxt-br0 9' 'lxcxtother veth lxcxt-br0 9'
mine_init=$(in_state lxcxt-mine init)
for whose in "the machine's:$$/fd/9" "the service's:$netd/ns/net" "root's container's:$(init_of lxcxt-roots)/ns/net" "root's mapped container's:$(init_of lxcxt-mapped)/ns/net"; do
  check_match "no device into a namespace that is ${whose%:*}" '^5 .*(belongs to|own network)' "$(say $user create lxcxt-br0 web "/proc/${whose##*:}")"
done
# A container of root's that lends this user's id to a user inside, who makes namespaces with it.
unshare --user sleep 60 &
outer=$!
check "a user namespace of root's" eventually 5 eval '[ "$(readlink /proc/$outer/ns/user)" != "$(readlink /proc/self/ns/user)" ]'
for map in uid_map gid_map; do env printf '0 300000 1\n5000 %s 1\n' $user >/proc/$outer/$map; done
nsenter --target $outer --user setpriv --reuid 5000 --regid 5000 --clear-groups unshare --user --net sleep 60 &
lent=$!
check "has one in it that the id made" eventually 5 eval '[ "$(readlink /proc/$lent/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
check_equal "as it is outside" $user "$(stat -c %u /proc/$lent)"
check_match "that is not his" '^5 .*another user' "$(say $user create lxcxt-br0 web "/proc/$lent/ns/net")"
kill $lent $outer
check_match "another user's is not his either" '^5 .*another user' "$(say $other create lxcxt-br0 web "/proc/$mine_init/ns/net")"
check_match "another namespace of his is none of the network" '^5 .*no network namespace' "$(say $user create lxcxt-br0 web "/proc/$mine_init/ns/uts")"
check_match "a file is none" '^5 .*no network namespace' "$(say $user create lxcxt-br0 web /etc/passwd)"
check_match "without one" '^5 .*no network namespace' "$(say $user create lxcxt-br0 web)"
check_match "with two" '^2 .*too large' "$(say $user create lxcxt-br0 web "/proc/$mine_init/ns/net" "/proc/$mine_init/ns/net")"
check_match "a user whom nobody knows" '^5 .*no user has the id 4999' "$(say 4999 check lxcxt-br0 web)"
check_match "who is nobody" '^5 .*not known here' "$(say 65534 check lxcxt-br0 web)"
check_equal "nothing was made of all this" "$before" "$(ip -o link | wc -l)"
ip link add lxcxt-v0 type veth peer name lxcxt-v1
ip link set lxcxt-v0 alias "lxcx:$user:0"
check_match "a device of root's is not his to remove" '^5 .*no device of yours' "$(say $user remove lxcxt-v0)"
check_match "nor the bridge" '^5 ' "$(say $user remove lxcxt-br0)"
check_match "nor is his another user's" '^5 .*no device of yours' "$(say $other remove "$(devices)")"
check_match "what is gone is gone" '^0' "$(say $user remove veth${user}_none)"
ip link del lxcxt-v0
lxcx -q stop -k lxcxt-roots
lxcx -q stop -k lxcxt-mapped

# Counting and making are one act.
allow 'lxcxt veth lxcxt-br0 4'
first=$(devices)
for each in 1 2 3 4 5 6 7 8; do
  say $user create lxcxt-br0 lxcxt-mine "/proc/$mine_init/ns/net" >"$scratch/reply$each" &
  asked[each]=$!
done
wait "${asked[@]}"
check_equal "eight who ask at once get the three that are left" 3 "$(cat "$scratch"/reply* | grep -c "^0 veth${user}_")"
check_equal "the others hear why" 5 "$(cat "$scratch"/reply* | grep -c '^5 .*quota reached')"
for device in $(devices | grep -v -x "$first"); do check_match "one's own can be removed" '^0' "$(say $user remove "$device")"; done
check_equal "and are gone" "$first" "$(devices)"
allow 'lxcxt veth lxcxt-br0 9' 'lxcxtother veth lxcxt-br0 9'

# What is no request.
check_match "bytes of nothing" '^2 .*malformed' "$(say $user raw 00112233)"
check_match "too many" '^2 .*too large' "$(say $user raw +100000)"
check_match "an empty frame" '^2 .*does not begin' "$(say $user raw +256)"
check_match "a name that goes up" '^10 ' "$(say $user check ../x web)"
"$client" "$socket" $other silent 40 >"$scratch/silent" 2>&1 &
silent=$!
check "40 who say nothing" eventually 5 grep connected "$scratch/silent"
check_match "are more than their share" '^4 .*too many requests' "$(say $other check lxcxt-br0 web)"
check_match "a subordinate id has none" '^5 .*no user has the id 200005' "$(say 200005 check lxcxt-br0 web)"
check_match "others are answered meanwhile" '^0' "$(say $user check lxcxt-br0 web)"
kill $silent

# A descriptor in a message that nobody reads is closed by whoever hangs up. The service is stopped meanwhile, so that it finds all of it in its queue.
lingers() { # lingers UID COUNT: so many that say nothing, and one with a socket whose close takes 20 s
  kill -STOP $netd
  "$client" "$socket" "$1" linger "$2" 20 >"$scratch/silent" 2>&1 &
  silent=$!
  check "a socket that lingers is sent" eventually 5 grep connected "$scratch/silent"
}
lingers $other 16
kill -CONT $netd
check_match "one over the share holds up nobody else" '^0' "$(PATIENCE_S=2 say $user check lxcxt-br0 web)"
kill $silent
lingers 200005 0
kill -CONT $netd
check_match "nor does one whom nobody knows" '^0' "$(PATIENCE_S=2 say $user check lxcxt-br0 web)"
kill $silent
lingers $other 0
kill $netd
kill -CONT $netd
check "nor does one that is never accepted hold up the end" eventually 5 is_dead $netd
check "which removes the socket" test ! -e "$socket"
kill $silent
start_netd

# What the administrator has not allowed, or is the host's.
check_exit "another bridge" 5 mine start -s lxc.net.0.link=lxcxt-br1 lxcxt-two
check_match "is named" "lxcxt veth lxcxt-br1 10" "$output"
check_exit "no bridge at all" 5 mine start -s lxc.net.0.link= lxcxt-two
check_match "is called none" "lxcxt veth none 10" "$output"
allow 'lxcxt veth lxcxt-br0 9' 'lxcxt veth none 1'
check "with such a line" mine start -s lxc.net.0.link= lxcxt-two
check_match "it is attached to nothing" "alias lxcx-user:$user:none:0:lxcxt-two" "$(ip link)"
mine stop -k lxcxt-two
for setting in veth.mode=router l2proxy=1 veth.ipv4.route=10.79.0.0/24 veth.vlan.id=7 veth.n_rxqueues=2; do
  check_exit "the host's: $setting" 5 mine start -s "lxc.net.0.$setting" lxcxt-two
  check_match "is refused by name" 'changes the host, which an ordinary user may not' "$output"
done
check_exit "a type that needs the host's devices" 5 mine start -s lxc.net.0.type=macvlan lxcxt-two
check_match "the error names the one that does not" 'type = veth is for ordinary users too' "$output"
chmod 666 "$usernet"
check_exit "a list that anybody may write" 5 mine start lxcxt-two
check_match "is not believed" "others than root can write to '$usernet'" "$output"
chmod 644 "$usernet"
check_exit "an up script that fails" 13 mine start -s lxc.net.0.script.up=/bin/false lxcxt-two
check "leaves no device" eventually 5 eval '[ "$(count_devices)" = 1 ]'

# The service comes and goes.
kill -9 $netd
wait $netd 2>/dev/null
check_equal "containers outlive it" alive "$(mine attach lxcxt-mine -- echo alive)"
check_exit "none starts meanwhile" 5 mine start lxcxt-two
check "one can be stopped" mine stop -k lxcxt-mine
check "and its device goes" eventually 5 no_device
echo 'lxcxt veth lxcxt-br1' >>"$usernet"
# As systemd runs it: with an id of its own and one capability. The socket of the killed one is no obstacle.
chown 4400 "$scratch/netd"
start_netd setpriv --reuid 4400 --regid 4400 --clear-groups --no-new-privs --bounding-set=-all,+net_admin --inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin
check "start" eventually 5 mine start lxcxt-mine
check_exit "a second service on the socket" 4 "$netd_program" --listen "$socket"
kill $netd
wait $netd
check_equal "it ends when told" 0 $?
check "and its socket is gone" test ! -e "$socket"
check "stop" mine stop -k lxcxt-mine
check "no device is left" eventually 5 no_device

# Started for its socket, as by systemd.
given() { # given TYPE: starts it with such a socket
  exec python3 -c 'import os, socket, sys
listening = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[1]))
listening.bind(sys.argv[2])
os.chmod(sys.argv[2], 0o666)
listening.listen(8)
os.dup2(listening.fileno(), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[3], sys.argv[3:])' "$1" "$socket" "$netd_program" --usernet "$usernet" >/dev/null 2>>"$scratch/netd.log"
}
check_exit "a stream is not its socket" 2 eval '(given SOCK_STREAM)'
rm -f "$socket"
given SOCK_SEQPACKET &
netd=$!
check "started for its socket" eventually 5 mine start lxcxt-mine
check "it makes the device" mine attach lxcxt-mine -- ping -c 1 -W 2 10.78.0.1
check "stop" mine stop -k lxcxt-mine
kill $netd
wait $netd
check "the socket is the service manager's" test -S "$socket"
check "no device is left" eventually 5 no_device
check_match "a malformed line was told, by number" "usernet:3: not .NAME veth BRIDGE COUNT." "$(cat "$scratch/netd.log")"
