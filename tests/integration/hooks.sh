#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Hooks: the order, the arguments, the environment, what a failure does.
. "$(dirname "$0")/../support/harness.sh"

out=$scratch/order
cat >"$scratch/hook" <<END
#!/bin/sh
echo "\$* pid=\${LXC_PID:+set} target=\$LXC_TARGET name=\$LXC_NAME version=\$LXC_HOOK_VERSION type=\$LXC_HOOK_TYPE" >>"$out"
echo "hook \$3 speaks"
END
chmod 755 "$scratch/hook"
all="pre-start pre-mount mount autodev start-host stop post-stop"
hooks() { for type in $all; do echo "lxc.hook.$type = $scratch/hook extra"; done; }

mapfile -t lines < <(hooks)
make_container lxcxt-h "${lines[@]}"
check "start with all hooks" lxcx start lxcxt-h -l debug -o "$scratch/log"
check_equal "they ran in LXC's order" "pre-start pre-mount mount autodev start-host" "$(awk '{print $4}' "$out" | xargs)"
check_equal "version 0: the hook's own words, then name, section and type" "extra lxcxt-h lxc pre-start" "$(head -1 "$out" | cut -d' ' -f1-4)"
check_match "start-host knows init" 'start-host pid=set' "$(cat "$out")"
check_no_match "pre-start does not" 'pre-start pid=set' "$(cat "$out")"
check_match "what they say is logged" 'hook lxc speaks|speaks' "$(cat "$scratch/log")"
: >"$out"
lxcx stop -k lxcxt-h
check_equal "at the end, stop and then post-stop" "stop post-stop" "$(awk '{print $4}' "$out" | xargs)"
check_match "they know the target" 'target=stop' "$(cat "$out")"
check_match "stop hooks are handed namespaces" 'net:/proc/[0-9]+/fd/[0-9]+' "$(head -1 "$out")"
: >"$out"

mapfile -t lines < <(hooks; echo 'lxc.hook.version = 1')
make_container lxcxt-v "${lines[@]}"
check "version 1" lxcx start lxcxt-v
check_match "no further arguments, but the environment" '^extra pid= target= name=lxcxt-v version=1 type=pre-start' "$(head -1 "$out")"
lxcx stop -k lxcxt-v
: >"$out"

make_container lxcxt-f "lxc.hook.pre-start = $scratch/hook" 'lxc.hook.pre-start = /bin/sh -c "echo the reason >&2; exit 3"' "lxc.hook.pre-start = $scratch/hook" \
  "lxc.hook.post-stop = $scratch/hook"
check_exit "a pre-start hook that fails stops the start" 13 lxcx start lxcxt-f
check_match "the error says which, and its status" 'pre-start.*status 3|status 3' "$output"
check_match "and what it said" 'the reason' "$output"
check_equal "the ones after it did not run, post-stop did, once" "pre-start post-stop" "$(awk '{print $3}' "$out" | xargs)"
check_equal "nothing runs" STOPPED "$(lxcx info -s -H lxcxt-f)"
: >"$out"

make_container lxcxt-m "lxc.hook.mount = /bin/false" "lxc.hook.post-stop = $scratch/hook"
check_exit "a hook in the child that fails stops the start too" 13 lxcx start lxcxt-m
check_equal "and post-stop runs, once" "post-stop" "$(awk '{print $3}' "$out" | xargs)"

make_container lxcxt-a "lxcx.hook.audit.file = $scratch/audit"
check "the audit plugin" lxcx start lxcxt-a
lxcx stop -k lxcxt-a
check_match "wrote the start" '"event": ?"running"' "$(cat "$scratch/audit")"
check "one JSON object a line" python3 -c 'import json,sys; [json.loads(line) for line in open(sys.argv[1])]' "$scratch/audit"

: >"$out"
make_container lxcxt-n 'lxc.net.0.type = empty' 'lxc.net.0.flags = up' "lxc.net.0.script.up = $scratch/hook" "lxc.net.0.script.down = $scratch/hook"
check "network scripts" lxcx start lxcxt-n
lxcx stop -k lxcxt-n
check_equal "up, then down" "up down" "$(awk '{print $3}' "$out" | xargs)"
check_match "with LXC's words" '^lxcxt-n net up empty' "$(head -1 "$out")"

make_container lxcxt-d 'lxc.hook.autodev = /bin/sh -c "ln -s zero $LXC_ROOTFS_MOUNT/dev/null"'
check_exit "a device that an autodev hook made must be that device" 5 lxcx start lxcxt-d
check_match "the error names it" '/dev/null' "$output"

make_container lxcxt-s "lxc.hook.stop = /bin/false" "lxc.hook.post-stop = /bin/false"
check "start with hooks that will fail at the end" lxcx start lxcxt-s
check "stop succeeds all the same" lxcx stop -k lxcxt-s
check "and so does the next start" lxcx start lxcxt-s
lxcx stop -k lxcxt-s
