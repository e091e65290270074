# SPDX-License-Identifier: Apache-2.0
# Sourced after harness.sh: Debian's tools beside lxcx by their names ($names), each with a container lxcxt-n ($theirs, $containers).
#   both PROMISE TOOL ARGUMENT…   output and status of the two are the same
for program in lxc-create lxc-start lxc-attach lxc-stop lxc-info lxc-ls; do needs_program $program; done

# The same container twice, one for each side.
theirs=$scratch/theirs names=$scratch/names
mkdir -p "$theirs" "$names"
for tool in attach autostart cgroup checkconfig checkpoint config console device create destroy execute freeze info ls monitor start stop top unfreeze unshare update-config usernsexec wait; do
  ln -s "$lxcx_program" "$names/lxc-$tool"
done
make_container lxcxt-n 'lxc.net.0.type = empty' 'lxc.group = web'
cp -a "$containers/lxcxt-n" "$theirs/"
sed -i "s#$containers#$theirs#" "$theirs/lxcxt-n/config"

test_clean_up() {
  lxc-stop -P "$theirs" -n lxcxt-n -k 2>/dev/null
  rmdir /sys/fs/cgroup/{,*/}lxc.{monitor,payload}.lxcxt-n /sys/fs/cgroup/{,*/}lxc.pivot 2>/dev/null
}
# Pids, sizes and times differ from one container to the next.
plain() { sed -E -e "s#$theirs#PATH#g; s#$containers#PATH#g" -e '/^(CPU|BlkIO|Memory|KMem) use:/d' -e 's/^((PID: *)?)[0-9]{2,}$/\1N/'; }
# both PROMISE TOOL ARGUMENT…: stdout and exit status are the same; what lxcx says on stderr is in $complaint.
both() {
  local promise=$1 tool=$2 wanted got
  shift 2
  wanted=$(lxc-"$tool" -P "$theirs" "$@" 2>/dev/null </dev/null; echo "status $?")
  got=$("$names/lxc-$tool" -P "$containers" "$@" 2>"$scratch/complaint" </dev/null; echo "status $?")
  complaint=$(cat "$scratch/complaint")
  check_equal "$promise" "$(plain <<<"$wanted")" "$(plain <<<"$got")"
}
